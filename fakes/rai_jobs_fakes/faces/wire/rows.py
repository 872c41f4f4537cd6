"""From a result to what travels: the types of its columns, and each value as text (wire §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from ..sql import SqlColumn, SqlResult
from ..sql.values import SqlType

__all__ = ["micros_of", "micros_since_epoch", "minutes_of_offset", "row_set", "row_types"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_MICROS = 1_000_000
# Offsets travel with a day's minutes added, so that none is negative.
_OFFSET = 1_440
_TEXT_SIZE = 16_777_216
_SIZES: Mapping[SqlType, int] = {"text": _TEXT_SIZE, "binary": 8_388_608}


def row_types(columns: Sequence[SqlColumn]) -> list[dict[str, object]]:
    """Return the `rowtype` of `columns`."""
    return [
        {
            "name": each.name,
            "database": "",
            "schema": "",
            "table": "",
            "type": each.type,
            "nullable": each.nullable,
            "length": _SIZES.get(each.type),
            "byteLength": _SIZES.get(each.type),
            "precision": each.precision,
            "scale": each.scale,
            "collation": None,
        }
        for each in columns
    ]


def row_set(result: SqlResult) -> list[list[str | None]]:
    """Return the `rowset` of `result`: texts, and `None` for NULL."""
    writes = [_write_of(each) for each in result.columns]
    return [
        [None if value is None else write(value) for value, write in zip(row, writes, strict=True)]
        for row in result.rows
    ]


def _write_of(column: SqlColumn) -> Callable[[Any], str]:
    if column.type == "fixed" and column.scale:
        scale = column.scale
        return lambda value: f"{Decimal(value):.{scale}f}"
    return _WRITES[column.type]


def _boolean(value: object) -> str:
    return "1" if value else "0"


def _real(value: float) -> str:
    # `repr` gives as many digits as it takes to read the same number back.
    return "NaN" if value != value else repr(float(value))


def _date(value: date) -> str:
    return str(value.toordinal() - _FIRST_DAY)


def micros_of(value: time) -> int:
    """Return a time of day in microseconds."""
    seconds = value.hour * 3_600 + value.minute * 60 + value.second
    return seconds * _MICROS + value.microsecond


def micros_since_epoch(value: datetime) -> int:
    """Return an instant in microseconds since 1970 UTC; one without a zone is in UTC."""
    aware = value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)
    return (aware - _EPOCH) // _MICROSECOND


def minutes_of_offset(value: datetime) -> int:
    """Return the offset of an instant from UTC as it travels."""
    return (value.utcoffset() or timedelta()) // timedelta(minutes=1) + _OFFSET


def _time(value: time) -> str:
    return _seconds(micros_of(value))


def _timestamp(value: datetime) -> str:
    return _seconds(micros_since_epoch(value))


def _with_offset(value: datetime) -> str:
    return f"{_timestamp(value)} {minutes_of_offset(value)}"


def _seconds(micros: int) -> str:
    seconds, rest = divmod(abs(micros), _MICROS)
    return f"{'-' if micros < 0 else ''}{seconds}.{rest:06d}000"


def _hex(value: bytes) -> str:
    return value.hex().upper()


_WRITES: Mapping[SqlType, Callable[[Any], str]] = {
    "fixed": str,
    "real": _real,
    "text": str,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "timestamp_ntz": _timestamp,
    "timestamp_ltz": _timestamp,
    "timestamp_tz": _with_offset,
    "variant": str,
    "object": str,
    "array": str,
    "binary": _hex,
}
