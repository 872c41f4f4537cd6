"""From `bindings` to values: each has a type and a text (wire §4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from ..sql import SqlFailure
from ..sql.arguments import Json
from ..sql.failures import unreadable_value, unsupported
from .messages import WireRefusal

__all__ = ["bound_values"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - of a time without a zone
_DAY_S = 86_400
_OFFSET = 1_440
_DIGITS = 38


def bound_values(bindings: object) -> list[object]:
    """Return the values in the order of their numbers.

    Args:
        bindings: what the request has under that name; `None` for nothing.

    Raises:
        WireRefusal: it is not in the form of bindings at all.
        SqlFailure: a value is not one of its type, or of a type that cannot be bound here.
    """
    if bindings is None:
        return []
    if not isinstance(bindings, dict):
        raise WireRefusal.bad_request("`bindings` is not a JSON object.")
    given = cast("dict[str, object]", bindings)
    if set(given) != {str(number) for number in range(1, len(given) + 1)}:
        raise WireRefusal.bad_request("`bindings` are not numbered from 1.")
    return [_value(given[str(number)]) for number in range(1, len(given) + 1)]


def _value(binding: object) -> object:
    if not isinstance(binding, dict):
        raise WireRefusal.bad_request("A binding is not a JSON object.")
    pair = cast("dict[str, object]", binding)
    kind, value = pair.get("type"), pair.get("value")
    if isinstance(value, list):
        # What `executemany` makes of an INSERT: a list a column.
        raise unsupported("binding many rows at once")
    if value is None:
        return None
    read = _READS.get(kind.upper()) if isinstance(kind, str) else None
    if read is None or isinstance(value, dict):
        raise unsupported(f"binding values of type {str(kind)[:40]}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return read(text)
    except (ValueError, OverflowError, InvalidOperation, RecursionError):
        raise _unreadable(str(kind), text) from None


def _unreadable(kind: str, text: str) -> SqlFailure:
    return unreadable_value(f"Value '{text[:80]}' of a bind variable is not recognized as {kind}")


def _fixed(text: str) -> object:
    number = Decimal(text)
    if not number.is_finite() or number.adjusted() >= _DIGITS:
        raise ValueError
    exponent = number.as_tuple().exponent
    return int(number) if isinstance(exponent, int) and exponent >= 0 else number


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[_known(text.lower())]


def _known(text: str) -> str:
    if text not in {"true", "1", "false", "0"}:
        raise ValueError
    return text


def _date(text: str) -> date:
    return (_EPOCH + timedelta(milliseconds=int(text))).date()


def _time(text: str) -> time:
    micros = int(text) // 1_000
    if not 0 <= micros < _DAY_S * 1_000_000:
        raise ValueError
    return (_EPOCH + timedelta(microseconds=micros)).time()


def _naive(text: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(text) // 1_000)


def _aware(text: str) -> datetime:
    return _naive(text).replace(tzinfo=timezone.utc)


def _with_offset(text: str) -> datetime:
    nanos, _, offset = text.partition(" ")
    minutes = int(offset or _OFFSET) - _OFFSET
    return _aware(nanos).astimezone(timezone(timedelta(minutes=minutes)))


def _json(text: str) -> Json:
    return Json(json.loads(text))


_READS: Mapping[str, Callable[[str], Any]] = {
    "ANY": str,
    "TEXT": str,
    "FIXED": _fixed,
    "REAL": float,
    "BOOLEAN": _boolean,
    "DATE": _date,
    "TIME": _time,
    "TIMESTAMP_NTZ": _naive,
    "TIMESTAMP_LTZ": _aware,
    "TIMESTAMP_TZ": _with_offset,
    "BINARY": bytes.fromhex,
    "VARIANT": _json,
    "OBJECT": _json,
    "ARRAY": _json,
}
