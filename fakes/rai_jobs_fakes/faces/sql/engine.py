"""The engine for queries that are more than plain: DuckDB in memory, loaded when first needed.

It gets SQL in its own dialect, and the rows of the views that the SQL names. It sees no file, no
network and no clock, and keeps nothing from one query to the next.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...instants import instant_of
from .arguments import Json
from .failures import (
    invalid_group_by,
    invalid_identifier,
    took_too_long,
    unknown_function,
    unknown_object,
    unreadable_value,
    unsupported,
)
from .values import Row, SqlColumn, SqlFailure, SqlTable, SqlType, column_of
from .views import Item, View

if TYPE_CHECKING:
    import duckdb

__all__ = ["Engine"]

# How a column of each type is made from a list. Instants are microseconds, in UTC without saying
# so: DuckDB gives out instants with a zone only where a package for zones is installed.
_LOADS: Mapping[SqlType, str] = {
    "fixed": "unnest(${}::BIGINT[])",
    "text": "unnest(${}::VARCHAR[])",
    "boolean": "unnest(${}::BOOLEAN[])",
    "timestamp_ltz": "make_timestamp(unnest(${}::BIGINT[]))",
    "variant": "unnest(${}::JSON[])",
}
_INTEGER = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)")
_DECIMAL = re.compile(r"DECIMAL\(\d+,(\d+)\)")
_MEMORY = "1GB"
_PREFIX = re.compile(r"^[A-Z][A-Za-z ]* Error: ")
_REFUSALS: tuple[tuple[re.Pattern[str], Callable[[str], SqlFailure]], ...] = (
    (re.compile(r'Referenced (?:column|table) "([^"]+)" not found'), invalid_identifier),
    (re.compile(r'Column "([^"]+)" referenced that exists in the SELECT'), invalid_identifier),
    (re.compile(r'does not have a column named "([^"]+)"'), invalid_identifier),
    (re.compile(r'column "([^"]+)" must appear in the GROUP BY'), invalid_group_by),
    (
        re.compile(r'Function with name "?([^" ]+)"? does not exist'),
        lambda name: unknown_function((name.upper(),)),
    ),
    (re.compile(r'Table with name "?([^" ]+)"? does not exist'), unknown_object),
    (
        re.compile(r"Could not convert string '([^']*)' to U?(?:INT|DOUBLE|FLOAT|DECIMAL|HUGEINT)"),
        lambda text: unreadable_value(f"Numeric value '{text}' is not recognized"),
    ),
    (re.compile(r"(?:Conversion|Invalid Input|Out of Range) Error: (.*)"), unreadable_value),
)


class Engine:
    """One DuckDB, for one query at a time.

    Args:
        longest_s: how long a query may take, in seconds of real time. [choice]
    """

    def __init__(self, longest_s: float = 5.0) -> None:
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def run(
        self, sql: str, binds: Sequence[object], tables: Sequence[tuple[View, Sequence[Item]]]
    ) -> SqlTable:
        """Return what `sql` selects.

        Args:
            sql: a query in DuckDB's dialect, with `$1`, `$2`, … for values.
            binds: the values.
            tables: the views that it names, and what they show.

        Raises:
            SqlFailure: the query is wrong, or more than the engine can do.
        """
        import duckdb

        with self._lock:
            connection = self._connected()
            for view, items in tables:
                _load(connection, view, items)
            # Real time, for a query that never ends: whoever waits for it is real too.
            canceling = threading.Timer(self._longest_s, connection.interrupt)
            canceling.daemon = True
            canceling.start()
            try:
                _require_text(sql, *binds)
                cursor = connection.execute(sql, [_bound(value) for value in binds])
                described: Sequence[tuple[Any, ...]] = cursor.description or ()
                kinds = [str(column[1]) for column in described]
                if any("TIME ZONE" in kind for kind in kinds):
                    raise unsupported("an instant in a zone other than UTC")
                rows: list[tuple[Any, ...]] = cursor.fetchall()
            except duckdb.InterruptException as error:
                raise took_too_long(self._longest_s) from error
            except duckdb.Error as error:
                raise _failure(str(error)) from error
            finally:
                canceling.cancel()
        columns = [
            _column(str(column[0]), kind) for column, kind in zip(described, kinds, strict=True)
        ]
        return SqlTable(tuple(columns), _converted(rows, columns))

    def _connected(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        if self._connection is None:
            # One thread, so that what has no order keeps the one in which it was loaded.
            settings: dict[str, str | bool | int | float | list[str]] = {
                "threads": 1,
                "memory_limit": _MEMORY,
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
            }
            self._connection = duckdb.connect(":memory:", config=settings)
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute("SET enable_progress_bar = false")
            # In this order: without access to files, nothing about them can be changed.
            self._connection.execute("SET temp_directory = ''")
            self._connection.execute("SET enable_external_access = false")
        return self._connection


def _load(connection: duckdb.DuckDBPyConnection, view: View, items: Sequence[Item]) -> None:
    # A list a column is the fastest way in that needs no further package: 10,000 rows in 0.05 s.
    selected = ", ".join(
        f'{_LOADS[each.column.type].format(number)} AS "{each.name}"'
        for number, each in enumerate(view.columns, start=1)
    )
    values = [[_loaded(each.read(item)) for item in items] for each in view.columns]
    connection.execute(f'CREATE OR REPLACE TEMP TABLE "{view.name}" AS SELECT {selected}', values)


def _loaded(value: object) -> object:
    return instant_of(value) if isinstance(value, datetime) else value


def _require_text(*values: object) -> None:
    # DuckDB breaks on half a surrogate pair, which JSON can hold.
    try:
        for value in values:
            if isinstance(value, str):
                value.encode()
    except UnicodeEncodeError:
        raise unreadable_value("Invalid UTF8 detected in string") from None


def _bound(value: object) -> object:
    if isinstance(value, Json):
        return json.dumps(value.value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(timezone.utc).replace(tzinfo=None)
    return value


def _column(name: str, kind: str) -> SqlColumn:
    decimal = _DECIMAL.fullmatch(kind)
    if decimal is not None:
        return column_of(name, "fixed", scale=int(decimal.group(1)))
    return column_of(name, _sql_type(kind))


def _sql_type(kind: str) -> SqlType:
    if kind.endswith("[]"):
        return "array"
    if kind.startswith(("STRUCT(", "MAP(")):
        return "object"
    if _INTEGER.fullmatch(kind):
        return "fixed"
    return _TYPES.get(kind, "text")


_TYPES: Mapping[str, SqlType] = {
    "BLOB": "binary",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "real",
    "FLOAT": "real",
    "JSON": "variant",
    "TIME": "time",
    "TIMESTAMP": "timestamp_ltz",
}


def _converted(rows: Sequence[Row], columns: Sequence[SqlColumn]) -> tuple[Row, ...]:
    converters = [_CONVERTERS.get(column.type) for column in columns]
    if not any(converters):
        return tuple(rows)
    return tuple(
        tuple(
            value if value is None or convert is None else convert(value)
            for value, convert in zip(row, converters, strict=True)
        )
        for row in rows
    )


def _json(value: object) -> str:
    return json.dumps(value, default=str)


def _whole(value: object) -> object:
    # Only a number with a scale is a Decimal to a client.
    return int(value) if isinstance(value, Decimal) and value.as_tuple().exponent == 0 else value


_CONVERTERS: Mapping[SqlType, Callable[[Any], object]] = {
    "array": _json,
    "binary": bytes,
    "fixed": _whole,
    "object": _json,
    "text": str,
    "timestamp_ltz": lambda value: value.replace(tzinfo=timezone.utc),
}


def _failure(message: str) -> SqlFailure:
    first = message.split("\n", 1)[0]
    for pattern, make in _REFUSALS:
        found = pattern.search(first)
        if found is not None:
            return make(found.group(1))
    return unsupported(_PREFIX.sub("", first))
