"""`Cassette`: a recording in use, between its file and the seams.

What is in the file is said in `format`, what may be written in `sanitize`, what answers a request
in `recording`; how a client is met in `http` and `sql`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeAlias

from rai_jobs.clock import Clock, SystemClock
from rai_jobs.version import __version__

from .errors import CassetteError, SecretsFoundError
from .format import Opened, Stored, dumps, open_cassette, write_whole
from .interactions import Header, Interaction, Kind, Tree
from .recording import Recording
from .replay.index import Repeats
from .replay.nearest import named
from .replay.views import key_of
from .sanitize import DEFAULT, Sanitized, Sanitizer, sanitize, scan, secrets_around

__all__ = ["Cassette", "Mode", "Settings", "may_record"]

Mode: TypeAlias = Literal["none", "once", "new", "all"]
"""`none` plays alone; `once` records where there is no file, and plays where there is one; `new`
plays, and records what is not there; `all` records everything anew."""

_RECORDED_WITH = ("httpx", "snowflake-connector-python", "snowflake-snowpark-python", "vcrpy")
_SAME_TIME_S = 1.0
"""Times that differ by less, where all else is as it was, are left as they were. [choice]"""


@dataclass(frozen=True)
class Settings:
    """How a cassette is used; the arguments of `use_cassette` of the same names."""

    clock: Clock | None
    repeats: Repeats
    secrets: tuple[str, ...]
    sanitizers: tuple[Sanitizer, ...]
    without: tuple[str, ...]
    allowed: tuple[str | re.Pattern[str], ...]
    source: str | None
    recorded_with: Mapping[str, str] | None

    def __repr__(self) -> str:
        return "Settings()"  # the secrets are in it


def may_record(path: Path, mode: Mode) -> bool:
    """Tell whether a file may be written to, as a mode says and as the file is there now."""
    return mode in ("new", "all") or (mode == "once" and not path.exists())


class Cassette:
    """A recording in use: what it holds, and what of it was asked for. Made by `use_cassette`."""

    def __init__(self, path: Path, mode: Mode, settings: Settings) -> None:
        self.path = path
        self.mode = mode
        self._settings = settings
        self._opened: Opened | None = None
        exists = path.exists()
        if mode == "none" and not exists:
            raise CassetteError(
                f'{path} is not there, and `mode="none"` plays alone: record it first, with'
                ' `mode="once"`.'
            )
        self.records = may_record(path, mode)
        if exists and mode != "all":
            self._opened = open_cassette(path)
        self.recording = Recording(
            str(path),
            () if self._opened is None else self._opened.stored,
            plays=self._opened is not None,
            records=self.records,
            clock=settings.clock,
            repeats=settings.repeats,
            cleaned=self._cleaned,
        )
        self._began_on = (settings.clock or SystemClock()).now()

    @property
    def header(self) -> Header | None:
        """What the file that is played says of itself; `None` where none is played."""
        return None if self._opened is None else self._opened.header

    @property
    def unused(self) -> tuple[str, ...]:
        """What was recorded and never asked for: number, line and request of each."""
        return self.named(self.recording.unplayed)

    def named(self, positions: Iterable[int]) -> tuple[str, ...]:
        """Return number, line and request of what is in the file at these positions, from 0."""
        if self._opened is None:
            return ()
        stored = self._opened.stored
        return tuple(
            f"number {position + 1} (line {stored[position].line}):"
            f" {named(stored[position].kind, stored[position].interaction().request)}"
            for position in positions
        )

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """All of it: what was in the file, and what was recorded since, which is not sanitised."""
        stored = () if self._opened is None else self._opened.stored
        return (*(each.interaction() for each in stored), *self.recording.kept)

    def save(self, extra_sanitizers: Sequence[Sanitizer] = ()) -> None:
        """Write what was recorded; it is done at the end of `use_cassette`, too.

        Nothing is written where nothing is new. What is in the file already stays as it is.

        Args:
            extra_sanitizers: rules beside those that `use_cassette` was given.

        Raises:
            SecretsFoundError: what would be written still looks like it holds a secret; the
                recording is kept, so that this can be called again with another rule.
            CassetteFileError: the file cannot be written; nothing is lost.
        """
        kept = self.recording.kept
        if not self.records or (not kept and self.path.exists() and self.mode != "all"):
            return
        clean = self._sanitized(kept, extra_sanitizers)
        header = self._header(clean.names)
        written: Sequence[Interaction] = clean.interactions
        if self._opened is None and self.path.exists():
            with suppress(CassetteError):  # what cannot be read is recorded anew all the same
                header, written = _steadied(open_cassette(self.path), header, written)
        before: Sequence[Stored] = () if self._opened is None else self._opened.stored
        new = [(each, key_of(each.kind, each.request)) for each in written]
        content = dumps(header, [*((each, each.key) for each in before), *new])
        found = scan(clean.interactions, allowed=self._settings.allowed) or scan(
            content.decode(), allowed=self._settings.allowed
        )
        if found:
            raise SecretsFoundError(self.path, found)
        write_whole(self.path, content)

    def _sanitized(
        self, interactions: Sequence[Interaction], extra: Sequence[Sanitizer] = ()
    ) -> Sanitized:
        return sanitize(
            interactions,
            secrets={*self._settings.secrets, *self.recording.learned, *secrets_around()},
            extra=[*self._settings.sanitizers, *extra],
            defaults=[each for each in DEFAULT if each.name not in self._settings.without],
            bound=self.recording.stand_ins,
        )

    def _header(self, sanitizers: Sequence[str]) -> Header:
        if self._opened is not None:
            return self._opened.header
        return Header(
            recorded_on=self._began_on.isoformat(),
            recorded_with=self._settings.recorded_with or _versions(),
            source=self._settings.source,
            sanitizers=tuple(sanitizers),
        )

    def _cleaned(self, kind: Kind, request: dict[str, Tree]) -> dict[str, Tree]:
        return self._sanitized([Interaction(0.0, kind, request, {})]).interactions[0].request

    def __repr__(self) -> str:
        count = 0 if self._opened is None else len(self._opened.stored)
        return (
            f"<Cassette {self.path}, mode {self.mode}: {count} interactions,"
            f" {len(self.recording.kept)} new>"
        )


def _versions() -> dict[str, str]:
    found = {"rai-jobs": __version__, "python": ".".join(map(str, sys.version_info[:2]))}
    for name in _RECORDED_WITH:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _steadied(
    before: Opened, header: Header, interactions: Sequence[Interaction]
) -> tuple[Header, list[Interaction]]:
    """Return what is written so that what did not change looks as it did: only then a diff tells.

    Times jitter, and the day of the recording is another; both are left as they were while what
    was answered is the same.
    """
    old = [each.interaction() for each in before.stored]
    steady: list[Interaction] = []
    alike = len(old) == len(interactions)
    for number, new in enumerate(interactions):
        at, is_same = new.at, number < len(old) and _is_same(old[number], new)
        if is_same:
            at = old[number].at
        alike = alike and is_same
        steady.append(replace(new, at=max(at, steady[-1].at if steady else at)))
    return (replace(header, recorded_on=before.header.recorded_on) if alike else header), steady


def _is_same(old: Interaction, new: Interaction) -> bool:
    what = (old.kind, old.request, old.response)
    return what == (new.kind, new.request, new.response) and abs(old.at - new.at) < _SAME_TIME_S
