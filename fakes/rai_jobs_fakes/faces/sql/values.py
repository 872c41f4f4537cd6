"""What the SQL face answers with: columns, tables, results, and the failure that refuses (spec §5).

Values only. Statements, the machine and DuckDB are elsewhere; the doors turn these into whatever a
Snowflake library hands out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

__all__ = [
    "Row",
    "SqlColumn",
    "SqlFailure",
    "SqlResult",
    "SqlTable",
    "SqlType",
    "column_of",
    "one_row",
    "table_of",
]

SqlType: TypeAlias = Literal[
    "fixed",
    "real",
    "text",
    "boolean",
    "date",
    "timestamp_ntz",
    "timestamp_ltz",
    "timestamp_tz",
    "variant",
    "object",
    "array",
    "binary",
    "time",
]
Row: TypeAlias = tuple[object, ...]

# Precision and scale per type, as Snowflake's wire gives them for columns of no declared size.
_SIZES: Mapping[str, tuple[int, int]] = {
    "fixed": (38, 0),
    "timestamp_ntz": (0, 9),
    "timestamp_ltz": (0, 9),
    "timestamp_tz": (0, 9),
    "time": (0, 9),
}


@dataclass(frozen=True)
class SqlColumn:
    """A column of a result, in the words of Snowflake's wire."""

    name: str
    type: SqlType
    scale: int | None = None
    precision: int | None = None
    nullable: bool = True


@dataclass(frozen=True)
class SqlTable:
    """Columns and rows; every row has one value a column, of the type that a client sees.

    Those are int or Decimal for fixed, float, str, bool, bytes, date, time, `datetime` (aware, in
    UTC, except for timestamp_ntz), and JSON text for variant, object and array; or None.
    """

    columns: tuple[SqlColumn, ...]
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class SqlResult(SqlTable):
    """What one statement was answered with."""

    query_id: str = ""
    """Looks like a UUID."""


class SqlFailure(Exception):
    """A statement was refused, as Snowflake refuses it; `str()` gives the connector's text.

    Args:
        errno: Snowflake's number.
        sqlstate: the SQLSTATE.
        message: what is wrong, without the numbers.
        query_id: the statement's; the face fills it in.
        at: line, from 1, and position, from 0, where they are known.
    """

    def __init__(
        self,
        errno: int,
        sqlstate: str,
        message: str,
        query_id: str = "",
        *,
        at: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(errno, sqlstate, message)
        self.at = at
        self.errno = errno
        self.sqlstate = sqlstate
        self.message = message
        self.query_id = query_id

    def anew(self, query_id: str) -> SqlFailure:
        """Return the same refusal of another statement, without the frames that led to this one."""
        return SqlFailure(self.errno, self.sqlstate, self.message, query_id, at=self.at)

    def __str__(self) -> str:
        return f"{self.errno:06d} ({self.sqlstate}): {self.message}"


def column_of(name: str, type: SqlType, *, scale: int | None = None) -> SqlColumn:
    """Return a nullable column with the sizes that are usual for its type."""
    precision, usual = _SIZES.get(type, (None, None))
    return SqlColumn(name, type, usual if scale is None else scale, precision)


def one_row(columns: Mapping[str, tuple[SqlType, object]]) -> SqlTable:
    """Return a table of one row: by column name, the type and the value."""
    return SqlTable(
        tuple(column_of(name, kind) for name, (kind, _) in columns.items()),
        (tuple(value for _, value in columns.values()),),
    )


def table_of(
    objects: Iterable[Mapping[str, Any]], usual: tuple[str, ...], *, all_usual: bool = False
) -> SqlTable:
    """Return JSON objects as a table: their keys in upper case, NULL for what one lacks.

    A column whose values are not all of one plain type is a variant.

    Args:
        objects: the objects, one a row.
        usual: the columns, in upper case, that stand there when there are no objects.
        all_usual: whether those columns are there, first, even when objects are.
    """
    rows = [{key.upper(): value for key, value in each.items()} for each in objects]
    first = usual if all_usual or not rows else ()
    names = list(dict.fromkeys([*first, *(name for row in rows for name in row)]))
    columns = [column_of(name, _type_of([row.get(name) for row in rows])) for name in names]
    return SqlTable(
        tuple(columns),
        tuple(tuple(_shown(row.get(column.name), column) for column in columns) for row in rows),
    )


def _type_of(values: list[Any]) -> SqlType:
    found: set[SqlType] = {_plain_type(value) for value in values if value is not None}
    if not found:
        return "text"
    return found.pop() if len(found) == 1 else "variant"


def _plain_type(value: object) -> SqlType:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, Decimal)):
        return "fixed"
    if isinstance(value, float):
        return "real"
    return "text" if isinstance(value, str) else "variant"


def _shown(value: object, column: SqlColumn) -> object:
    return json.dumps(value) if column.type == "variant" and value is not None else value
