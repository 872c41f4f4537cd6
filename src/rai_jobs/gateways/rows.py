"""From a backend's row to a `JobRecord`: column spellings, instants, types (spec §5, §6).

This is the one place that knows how columns are spelt. A row is any mapping; what it lacks becomes
`None`, what it holds and cannot be read is a `JobServerError` that names the column.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, cast

from ..errors import JobServerError
from ..models import JobRecord
from ..reasoners import ReasonerType
from ..validation import shown

__all__ = ["parse_instant", "record_from_row"]

# Per field of the record, the column names that backends use, in lower case, the usual one first.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "job_id", "txn_id"),
    "reasoner_type": ("reasoner_type", "type", "job_type"),
    "database_name": ("database_name", "dbname", "database"),
    "read_only": ("read_only", "readonly"),
    "state": ("state",),
    "created_by": ("created_by",),
    "created_on": ("created_on",),
    "finished_at": ("finished_at",),
    "duration": ("duration",),
    "payload": ("payload",),
    "reasoner_name": ("reasoner_name", "engine_name", "worker_name"),
    "abort_reason": ("abort_reason",),
    "timeout_ms": ("timeout_ms",),
}

_MILLISECONDS_FROM = 1e10
_MOST = 1 << 63
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_FRACTION = re.compile(r"(:\d{2}\.\d{1,6})\d*")
_SHORT_OFFSET = re.compile(r"([+-]\d{2}):?(\d{2})?$")


def record_from_row(
    row: Mapping[str, object],
    *,
    operation: str,
    reasoner_type: str | None = None,
    status: int | None = None,
) -> JobRecord:
    """Return the record that `row` describes.

    Args:
        row: columns by name, in any case.
        operation: the client operation, for the error.
        reasoner_type: the discriminator, where the row itself does not bear a type.
        status: the HTTP status that it came with, for the error.

    Raises:
        JobServerError: a column is missing (id, state) or cannot be read.
    """
    held = {name: _first(row, names) for name, names in _layout(tuple(row)).items()}
    try:
        return JobRecord(
            _required_text(held["id"]),
            _label(held["reasoner_type"] or reasoner_type),
            _text(held["database_name"]),
            _boolean(held["read_only"]),
            _required_text(held["state"]).upper(),
            _text(held["created_by"]),
            parse_instant(held["created_on"]),
            parse_instant(held["finished_at"]),
            _integer(held["duration"]),
            _payload(held["payload"]),
            _text(held["reasoner_name"]),
            _text(held["abort_reason"]),
            _integer(held["timeout_ms"]),
        )
    except ValueError as error:
        names = ", ".join(sorted(name.lower() for name in row))
        raise JobServerError(
            f"{operation}: the backend answered a row that cannot be read: {error}."
            f" The row has the columns: {names[:200]}.",
            operation=operation,
            status=status,
        ) from None


@lru_cache(maxsize=256)
def _layout(columns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return, per field of the record, the columns that may hold it, the usual one first.

    The rows of one answer have the same columns, so this is worked out once.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, aliases in _COLUMNS.items():
        by_alias = [[column for column in columns if column.lower() == alias] for alias in aliases]
        found[name] = tuple(column for columns_of in by_alias for column in columns_of)
    return found


def _first(row: Mapping[str, object], names: tuple[str, ...]) -> object:
    for name in names:
        value = row[name]
        if value is not None:
            return value
    return None


def parse_instant(value: object) -> datetime | None:
    """Return an instant of any form that backends write, aware and in UTC (spec §6).

    Args:
        value: a `datetime`; ISO 8601 or SQL text, with or without a zone (none means UTC); epoch
            seconds or, from 1e10 on, milliseconds, as a number or digits; `None` or empty text.

    Raises:
        ValueError: it is none of these.
    """
    try:
        return _instant(value)
    except OverflowError:
        raise ValueError(f"no instant: {shown(value)}") from None


def _instant(value: object) -> datetime | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, str):
        text = value.strip()
        if _NUMBER.fullmatch(text):
            return _from_epoch(float(text))
        return _in_utc(_from_text(text))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_epoch(value)
    raise ValueError(f"no instant: {shown(value)}")


def _from_text(text: str) -> datetime:
    # Most backends write this; what is not read so is looked at more closely.
    try:
        return datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
    except ValueError:
        pass
    # Python 3.10 reads neither `Z`, nor more than six digits of a second, nor a bare `+00`.
    plain = re.sub(r"\s+(?=[+-]\d{2})", "", re.sub(r"\s*[zZ]$", "+00:00", text))
    plain = _FRACTION.sub(lambda match: match.group(1).ljust(10, "0"), plain, count=1)
    if ":" in plain:
        plain = _SHORT_OFFSET.sub(lambda match: f"{match[1]}:{match[2] or '00'}", plain)
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        raise ValueError(f"no instant: {shown(text)}") from None


def _from_epoch(number: float) -> datetime:
    if not math.isfinite(number):
        raise ValueError(f"no instant: {shown(number)}")
    if abs(number) >= _MILLISECONDS_FROM:
        return _EPOCH + timedelta(milliseconds=number)
    return _EPOCH + timedelta(seconds=number)


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        return instant.replace(tzinfo=timezone.utc)
    return instant.astimezone(timezone.utc)


def _label(value: object) -> str:
    text = _required_text(value)
    kind = ReasonerType.find(text)
    return kind.label if kind else text


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _required_text(value: object) -> str:
    if not isinstance(value, (str, int)) or isinstance(value, bool) or not str(value).strip():
        raise ValueError(f"an id, type or state is missing or no text: {shown(value)}")
    return str(value)


def _boolean(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"true", "1"}:
        return True
    if text in {"false", "0"}:
        return False
    raise ValueError(f"no boolean: {shown(value)}")


def _integer(value: object) -> int | None:
    if value is None:
        return None
    if type(value) is int and abs(value) < _MOST:
        return value
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        raise ValueError(f"no number: {shown(value)}") from None


def _payload(value: object) -> dict[str, Any] | str | None:
    if value is None or isinstance(value, dict):
        return cast("dict[str, Any] | None", value)
    text = str(value)
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else text
