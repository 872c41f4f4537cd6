"""What the connector makes of values, columns and refusals; for the doors that look like it.

The numbers and the wordings are the connector's own (4 and 5), which is loaded only for an error.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, TypeAlias

from ..faces.sql import SqlColumn, SqlFailure

__all__ = [
    "Description",
    "bindable",
    "connection_is_closed",
    "connector_error",
    "cursor_is_closed",
    "described",
    "is_lost",
    "no_such_query",
    "programming_error",
]

Description: TypeAlias = tuple[str, int, None, "int | None", "int | None", "int | None", bool]

_TYPE_CODES = {
    "fixed": 0,
    "real": 1,
    "text": 2,
    "date": 3,
    "variant": 5,
    "timestamp_ltz": 6,
    "timestamp_tz": 7,
    "timestamp_ntz": 8,
    "object": 9,
    "array": 10,
    "binary": 11,
    "time": 12,
    "boolean": 13,
}
_OF_THE_CONNECTION = range(250_000, 260_000)
_SIZES = {"text": 16_777_216, "binary": 8_388_608}
_CONNECTION_IS_CLOSED = 250002
_CURSOR_IS_CLOSED = 252006
_NOT_SUPPORTED_TYPE = 255001
_BOUND = (str, bytes, bool, int, float, Decimal, dt.datetime, dt.date, dt.time)


def described(column: SqlColumn) -> Description:
    """Return a column as a cursor describes it."""
    size = _SIZES.get(column.type)
    code = _TYPE_CODES[column.type]
    return column.name, code, None, size, column.precision, column.scale, column.nullable


def bindable(value: object) -> object:
    """Return a value as it is bound; the connector takes (type, value) too.

    Raises:
        snowflake.connector.errors.ProgrammingError: a value of that type cannot be bound.
    """
    if value is None or isinstance(value, _BOUND):
        return value
    pair: Any = value
    if isinstance(value, tuple) and len(pair) == 2 and isinstance(pair[0], str):
        return bindable(pair[1])
    kind = type(pair).__name__.lower()
    raise programming_error(f"Binding data in type ({kind}) is not supported.", _NOT_SUPPORTED_TYPE)


def connector_error(failure: SqlFailure, query: str | None = None) -> Exception:
    """Return the connector's error for a statement that was refused, or never answered."""
    from snowflake.connector.errors import OperationalError, ProgrammingError

    kind = OperationalError if is_lost(failure) else ProgrammingError
    return kind(
        msg=failure.message,
        errno=failure.errno,
        sqlstate=failure.sqlstate,
        sfqid=failure.query_id,
        query=query,
        # The connector 4 would report it home; the 5 takes the argument and needs none.
        send_telemetry=False,
    )


def is_lost(failure: SqlFailure) -> bool:
    """Tell whether a failure is the connector's own: the connection was lost, or never made."""
    return failure.errno in _OF_THE_CONNECTION


def programming_error(message: str, errno: int) -> Exception:
    """Return the connector's error for a wrong use of a cursor."""
    from snowflake.connector.errors import ProgrammingError

    return ProgrammingError(msg=message, errno=errno, send_telemetry=False)


def no_such_query(query_id: str) -> Exception:
    """Return the connector's error for the result of a query that nobody knows."""
    from snowflake.connector.errors import DatabaseError

    return DatabaseError(
        msg="Cannot retrieve data on the status of this query. No information returned from"
        f" server for query '{query_id}'",
        send_telemetry=False,
    )


def connection_is_closed() -> Exception:
    """Return the connector's error for the use of a closed connection."""
    from snowflake.connector.errors import DatabaseError

    return DatabaseError(
        msg="Connection is closed",
        errno=_CONNECTION_IS_CLOSED,
        sqlstate="08003",
        send_telemetry=False,
    )


def cursor_is_closed() -> Exception:
    """Return the connector's error for the use of a closed cursor."""
    from snowflake.connector.errors import InterfaceError

    return InterfaceError(msg="Cursor is closed.", errno=_CURSOR_IS_CLOSED, send_telemetry=False)
