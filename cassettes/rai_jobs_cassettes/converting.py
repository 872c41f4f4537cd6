"""Cassettes of vcrpy's: read as ours, and made ours.

What they hold is sanitised as a recording is: vcrpy wrote what it was not told to leave out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import allowed_of, functions_of, path_of, require_text, texts_of
from .errors import SecretsFoundError
from .http.vcr_file import looks_like_vcr, read_vcr
from .interactions import Header

if TYPE_CHECKING:
    from .sanitize import Sanitizer

__all__ = ["convert", "looks_like_vcr", "read_vcr"]

_UNKNOWN_TIME = "1970-01-01T00:00:00Z"


def convert(
    source: str | Path,
    target: str | Path,
    *,
    secrets: Iterable[str | bytes] = (),
    extra_sanitizers: Sequence[Sanitizer] = (),
    allowed: Sequence[str | re.Pattern[str]] = (),
    recorded_on: str = _UNKNOWN_TIME,
) -> None:
    """Write a plain vcrpy cassette as one of ours; what was at `target` is replaced.

    The same source makes the same file. vcrpy keeps no times, so all answers come at once. [choice]

    Args:
        source: vcrpy's file, YAML or JSON.
        target: the file to write.
        secrets: values that are known to be secret.
        extra_sanitizers: rules beside the default ones.
        allowed: texts that look like secrets and are none.
        recorded_on: when it was recorded, ISO 8601 in UTC; vcrpy does not say.

    Raises:
        CassetteError: an argument makes no sense.
        CassetteFileError: the source cannot be read, or the target not be written.
        CassetteFormatError: the source is no cassette of vcrpy's.
        SecretsFoundError: what would be written still looks like it holds secrets.
    """
    from .format import dumps, locked, write_whole
    from .replay.views import key_of
    from .sanitize import Rule, sanitize, scan

    source, target = path_of("source", source), path_of("target", target)
    extra = functions_of("extra_sanitizers", extra_sanitizers, Rule)
    let_by = allowed_of("allowed", allowed)
    known = texts_of("secrets", secrets)
    require_text("recorded_on", recorded_on)
    made = sanitize(read_vcr(source), secrets=known, extra=extra)
    found = scan(made.interactions, allowed=let_by)
    if found:
        raise SecretsFoundError(target, found)
    header = Header(
        recorded_on=recorded_on,
        recorded_with={"vcrpy": "format 1"},
        source=f"converted from {source.name}",
        sanitizers=made.names,
    )
    entries = [(each, key_of(each.kind, each.request)) for each in made.interactions]
    with locked(target):
        write_whole(target, dumps(header, entries))
