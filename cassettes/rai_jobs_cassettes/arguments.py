"""What callers hand in, checked before any file is touched; an error names the argument.

None shows what was given for a list: it might be the secret that belongs elsewhere.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeVar, cast

from .errors import CassetteError

__all__ = [
    "allowed_of",
    "functions_of",
    "held_of",
    "path_of",
    "require_text",
    "text_of",
    "texts_of",
]

_F = TypeVar("_F")


def path_of(argument: str, given: object) -> Path:
    """Return a path.

    Raises:
        CassetteError: it is none.
    """
    held = fspath(cast("PathLike[Any]", given)) if isinstance(given, PathLike) else given
    if not isinstance(held, str) or not held:
        raise CassetteError(f"`{argument}` must be the path of a file; got {given!r:.200}.")
    return Path(held)


def require_text(argument: str, given: object) -> None:
    """Check that what shall be text is that.

    Raises:
        CassetteError: it is not; says of what type it is.
    """
    if not isinstance(given, str):
        raise CassetteError(f"`{argument}` must be text; it is of type {type(given).__name__}.")


def text_of(value: str | bytes) -> str:
    """Return a secret as text: bytes that are none are looked for in base64."""
    if isinstance(value, str):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return b64encode(value).decode()


def texts_of(argument: str, given: object) -> tuple[str, ...]:
    """Return secrets as texts.

    Raises:
        CassetteError: they are one text, where each character would be a secret, or no texts; it
            does not say what was given.
    """
    held = held_of(argument, given, "texts or bytes")
    texts = [text_of(each) for each in held if isinstance(each, (str, bytes))]
    if len(texts) < len(held):
        raise CassetteError(f"`{argument}` must be texts or bytes; one of them is neither.")
    return tuple(texts)


def functions_of(argument: str, given: Iterable[_F], kind: type) -> tuple[_F, ...]:
    """Return sanitisers: rules of a `kind`, or functions.

    Raises:
        CassetteError: one is neither.
    """
    held = cast("tuple[_F, ...]", held_of(argument, given, "sanitisers"))
    for each in held:
        if not isinstance(each, kind) and not callable(each):
            raise CassetteError(
                f"`{argument}` must be rules of `rai_jobs_cassettes.sanitize` or functions of an"
                f" interaction; got one of type {type(each).__name__}."
            )
    return held


def allowed_of(argument: str, given: object) -> tuple[str | re.Pattern[str], ...]:
    """Return texts and patterns.

    Raises:
        CassetteError: they are one text, or one is neither.
    """
    held = held_of(argument, given, "texts or patterns")
    if not all(isinstance(each, (str, re.Pattern)) for each in held):
        raise CassetteError(f"`{argument}` must be texts or patterns; one of them is neither.")
    return cast("tuple[str | re.Pattern[str], ...]", held)


def held_of(argument: str, given: object, what: str) -> tuple[object, ...]:
    """Return what a sequence holds.

    Args:
        argument: what the caller calls it.
        given: it.
        what: what it should hold, in words.

    Raises:
        CassetteError: it is no sequence, or a single text.
    """
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        kind = type(given).__name__
        raise CassetteError(
            f"`{argument}` must be a sequence of {what}; got one value of type {kind}."
        )
    return tuple(cast("Iterable[object]", given))
