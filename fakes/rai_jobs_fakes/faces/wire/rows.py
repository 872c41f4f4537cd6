"""From a result to what travels: the types of its columns, and each value as text (wire §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from ..sql import SqlColumn, SqlResult
from ..sql.values import SqlType

__all__ = ["row_set", "row_types"]

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


def _time(value: time) -> str:
    seconds = value.hour * 3_600 + value.minute * 60 + value.second
    return _seconds(seconds * _MICROS + value.microsecond)


def _naive(value: datetime) -> str:
    return _aware(value.replace(tzinfo=timezone.utc))


def _aware(value: datetime) -> str:
    return _seconds((value - _EPOCH) // _MICROSECOND)


def _with_offset(value: datetime) -> str:
    offset = value.utcoffset() or timedelta()
    return f"{_aware(value)} {offset // timedelta(minutes=1) + _OFFSET}"


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
    "timestamp_ntz": _naive,
    "timestamp_ltz": _aware,
    "timestamp_tz": _with_offset,
    "variant": str,
    "object": str,
    "array": str,
    "binary": _hex,
}
