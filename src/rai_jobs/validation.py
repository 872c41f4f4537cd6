"""Checks of what a caller hands in, before anything is sent.

Each check returns the value in its normal form or raises `JobInvalidRequestError` with what was
given and what is allowed. A check knows no transport and no backend.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, cast

from .errors import JobInvalidRequestError

__all__ = [
    "MAX_ID_LENGTH",
    "json_text",
    "optional_filter",
    "require_bool",
    "require_id",
    "require_int",
    "require_minutes",
    "require_name",
    "require_payload",
    "require_seconds",
    "require_string",
    "shown",
]

MAX_ID_LENGTH = 256
"""The longest id that is sent, in characters (our choice: the backend's ids have 36)."""

_MAX_TEXT_LENGTH = 8_192
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ID = re.compile(r"[\x21-\x7e]+")


def shown(value: object) -> str:
    """Return `value` as an error shows it: its repr, cut to 80 characters, and its type."""
    text = repr(value)
    if len(text) > 80:
        text = f"{text[:77]}…"
    return text if isinstance(value, str) else f"{text} ({type(value).__name__})"


def require_string(argument: str, value: object) -> str:
    """Return `value` if it is a `str` that can be sent, which may be empty."""
    if not isinstance(value, str) or len(value) > _MAX_TEXT_LENGTH or _SURROGATE.search(value):
        raise JobInvalidRequestError(
            f"`{argument}` must be a string of at most {_MAX_TEXT_LENGTH} characters, without"
            f" lone surrogates; got {shown(value)}."
        )
    return value


def require_name(argument: str, value: object) -> str:
    """Return `value` trimmed if it is a `str` with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise JobInvalidRequestError(
            f"`{argument}` is required: a non-empty string; got {shown(value)}."
        )
    return value.strip()


def require_id(argument: str, value: object) -> str:
    """Return `value` trimmed if it can stand as one segment of a path and as a bind (our choice).

    That is 1 to 256 visible ASCII characters without slashes, and not dots alone: URL libraries
    resolve `.` and `..`, so that a request would reach another resource.
    """
    text = require_name(argument, value)
    visible = _ID.fullmatch(text) and not any(char in text for char in "/\\")
    if len(text) > MAX_ID_LENGTH or not visible or not text.strip("."):
        raise JobInvalidRequestError(
            f"`{argument}` must be 1 to {MAX_ID_LENGTH} visible ASCII characters without slashes,"
            f" and not only dots; got {shown(text)} of {len(text)} characters."
        )
    return text


def optional_filter(argument: str, value: object) -> str | None:
    """Return a filter trimmed, `None` when it was not given; an empty one is an error."""
    return None if value is None else require_name(argument, value)


def require_bool(argument: str, value: object) -> bool:
    """Return `value` if it is a real `bool`: 0 and 1 are not."""
    if not isinstance(value, bool):
        raise JobInvalidRequestError(f"`{argument}` must be True or False; got {shown(value)}.")
    return value


def require_int(argument: str, value: object) -> int:
    """Return `value` if it is an `int`: booleans and floats are not."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise JobInvalidRequestError(f"`{argument}` must be an integer; got {shown(value)}.")
    return value


def require_minutes(argument: str, value: object) -> int | None:
    """Return a timeout in whole minutes, 1 or more; `None` leaves it to the backend."""
    if value is None:
        return None
    if require_int(argument, value) < 1:
        raise JobInvalidRequestError(
            f"`{argument}` must be 1 minute or more, or None for the backend's default;"
            f" got {shown(value)}."
        )
    return require_int(argument, value)


def require_seconds(argument: str, value: object, *, below: float = math.inf) -> float:
    """Return a duration in seconds: finite, more than 0 and less than `below`."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if 0 < number < math.inf and number < below:
        return float(number)
    limit = "" if below == math.inf else f" and less than {below:g}"
    raise JobInvalidRequestError(
        f"`{argument}` must be a finite number of seconds, more than 0{limit}; got {shown(value)}."
    )


def json_text(argument: str, value: object) -> str:
    """Return `value` as JSON text; NaN and infinity are not JSON.

    Raises:
        JobInvalidRequestError: it has no JSON form; the first offending place is named.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        place = _offending_place(argument, value, depth=50)
        raise JobInvalidRequestError(f"`{argument}` must be JSON-serialisable: {place}.") from error


def require_payload(value: object) -> dict[str, Any]:
    """Return a copy of `value` if it is a `dict` with a JSON form."""
    if not isinstance(value, dict):
        raise JobInvalidRequestError(f"`payload` must be a dict; got {shown(value)}.")
    payload = dict(cast("dict[str, Any]", value))
    json_text("payload", payload)
    return payload


def _offending_place(place: str, value: object, depth: int) -> str:
    items: list[tuple[str, object]] = []
    if depth == 0:
        return f"{place[:80]} is nested too deeply, or holds itself"
    if isinstance(value, dict):
        held = cast("dict[object, object]", value)
        items = [(f"{place}[{key!r}]", item) for key, item in held.items()]
    elif isinstance(value, (list, tuple)):
        entries = enumerate(cast("list[object]", value))
        items = [(f"{place}[{index}]", item) for index, item in entries]
    offending = next((pair for pair in items if not _is_json(pair[1])), None)
    if offending is not None:
        return _offending_place(*offending, depth - 1)
    return f"{place} is {shown(cast('object', value))}"


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
