"""The rows of a result as Snowflake sends them to whoever asks for Arrow: one stream, in base64.

A session asks by its parameter `PYTHON_CONNECTOR_QUERY_RESULT_FORMAT`; without it rows are JSON.
The form of each type is what the connector's own reader takes. pyarrow is loaded at first use.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

from ..sql import SqlColumn, SqlResult, SqlSession
from ..sql.values import SqlType
from .rows import micros_of, micros_since_epoch, minutes_of_offset

__all__ = ["arrow_stream", "wants_arrow"]

_FORMAT = "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT"
_MICROS = 1_000_000
_NANOS_A_MICRO = 1_000
_LARGEST = 2**63
_PRECISION = 38
_TZ_BYTES = 16
_Made: TypeAlias = "tuple[Any, list[object]]"


def wants_arrow(session: SqlSession) -> bool:
    """Tell whether a session asks for Arrow, and can be given it: pyarrow must be installed."""
    return str(session.parameters[_FORMAT]).upper() == "ARROW" and _has_arrow()


def arrow_stream(result: SqlResult) -> str:
    """Return the rows as a stream of Arrow, in base64; empty where there are none."""
    if not result.rows:
        return ""
    arrow = import_module("pyarrow")
    fields: list[Any] = []
    arrays: list[Any] = []
    for number, column in enumerate(result.columns):
        values: list[Any] = [row[number] for row in result.rows]
        kind, held = _MAKES.get(column.type, _text)(arrow, column, values)
        fields.append(arrow.field(column.name, kind, metadata=_told(column)))
        arrays.append(arrow.array(held, type=kind))
    schema = arrow.schema(fields)
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(arrow.record_batch(arrays, schema=schema))
    return b64encode(sink.getvalue().to_pybytes()).decode()


@lru_cache(maxsize=1)
def _has_arrow() -> bool:
    return find_spec("pyarrow") is not None


def _told(column: SqlColumn) -> dict[str, str]:
    told = {
        "logicalType": column.type.upper(),
        "precision": str(_PRECISION if column.precision is None else column.precision),
        "scale": str(column.scale or 0),
        "finalType": "T",
    }
    return {**told, "byteLength": str(_TZ_BYTES)} if column.type == "timestamp_tz" else told


def _text(arrow: Any, column: SqlColumn, values: Sequence[Any]) -> _Made:
    del column
    return arrow.string(), [None if value is None else str(value) for value in values]


def _fixed(arrow: Any, column: SqlColumn, values: Sequence[Any]) -> _Made:
    small = not column.scale and all(
        value is None or (value == int(value) and -_LARGEST <= value < _LARGEST) for value in values
    )
    if small:
        return arrow.int64(), [None if value is None else int(value) for value in values]
    kind = arrow.decimal128(_PRECISION, column.scale or 0)
    return kind, [None if value is None else Decimal(value) for value in values]


def _plain(name: str) -> Callable[[Any, SqlColumn, Sequence[Any]], _Made]:
    return lambda arrow, _, values: (getattr(arrow, name)(), list(values))


def _time(arrow: Any, column: SqlColumn, values: Sequence[Any]) -> _Made:
    del column
    nanos = [None if value is None else micros_of(value) * _NANOS_A_MICRO for value in values]
    return arrow.int64(), list(nanos)


def _timestamp(arrow: Any, column: SqlColumn, values: Sequence[Any]) -> _Made:
    with_offset = column.type == "timestamp_tz"
    parts = [("epoch", arrow.int64()), ("fraction", arrow.int32())]
    parts += [("timezone", arrow.int32())] if with_offset else []
    held = [None if value is None else _instant(value, with_offset) for value in values]
    return arrow.struct(parts), list(held)


def _instant(value: datetime, with_offset: bool) -> dict[str, int]:  # noqa: FBT001
    seconds, micros = divmod(micros_since_epoch(value), _MICROS)
    told = {"epoch": seconds, "fraction": micros * _NANOS_A_MICRO}
    return {**told, "timezone": minutes_of_offset(value)} if with_offset else told


_MAKES: Mapping[SqlType, Callable[[Any, SqlColumn, Sequence[Any]], _Made]] = {
    "fixed": _fixed,
    "real": _plain("float64"),
    "boolean": _plain("bool_"),
    "binary": _plain("binary"),
    "date": _plain("date32"),
    "time": _time,
    "timestamp_ntz": _timestamp,
    "timestamp_ltz": _timestamp,
    "timestamp_tz": _timestamp,
}
