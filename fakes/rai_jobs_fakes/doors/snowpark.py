"""The SQL face as a Snowpark session, as far as statements go: `sql(…)`, its rows, its errors.

No DataFrames: what a session makes of tables has no place here. Snowpark itself is loaded only when
an error of it is needed, and only where it is installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, SupportsIndex

from ..faces.sql import Outcome, SqlFace, SqlFailure, SqlResult
from ..machine.execution import User
from .connector_values import bindable, connector_error, is_lost
from .dbapi import FakeConnection

__all__ = ["FakeAsyncJob", "FakeQuery", "FakeRow", "FakeSession"]

_SQL_ERROR = "1304"
_SESSION_CLOSED = "1404"


class FakeRow(tuple[Any, ...]):
    """One row: by position, by column name, or by attribute.

    Args:
        names: the columns' names.
        values: the values.
    """

    _names: tuple[str, ...]

    def __new__(cls, names: Sequence[str], values: Sequence[object]) -> FakeRow:
        """Make a row."""
        row = super().__new__(cls, tuple(values))
        row._names = tuple(names)
        return row

    def __getitem__(self, item: SupportsIndex | slice | str) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return a value by position or name, or the values of a slice.

        Raises:
            KeyError: no column has that name.
            IndexError: no column has that position.
        """
        if isinstance(item, str):
            if item not in self._names:
                raise KeyError(item)
            return super().__getitem__(self._names.index(item))
        return super().__getitem__(item)

    def __getattr__(self, name: str) -> Any:
        """Return a value by name."""
        if name.startswith("__") or name not in self._names:
            raise AttributeError(f"Row object has no attribute {name}")
        return self[name]

    def __contains__(self, item: object) -> bool:
        """Tell whether there is a column of that name."""
        return item in self._names

    def as_dict(self) -> dict[str, Any]:
        """Return the values by column name."""
        return dict(zip(self._names, self, strict=True))

    asDict = as_dict  # noqa: N815  (Snowpark's other name for it)

    def __repr__(self) -> str:
        pairs = zip(self._names, self, strict=True)
        return f"Row({', '.join(f'{name}={value!r}' for name, value in pairs)})"


class FakeAsyncJob:
    """A statement that was started without waiting for it; here it has always ended."""

    def __init__(self, query_id: str, outcome: list[FakeRow] | Exception) -> None:
        self.query_id = query_id
        self._outcome = outcome

    def is_done(self) -> bool:
        """Tell that it has ended."""
        return True

    def is_failed(self) -> bool:
        """Tell whether it failed."""
        return isinstance(self._outcome, Exception)

    def result(self) -> list[FakeRow]:
        """Return its rows.

        Raises:
            snowflake.snowpark.exceptions.SnowparkSQLException: it was refused.
        """
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


class FakeQuery:
    """A statement of a session; each `collect` runs it."""

    def __init__(self, session: FakeSession, query: str, params: Sequence[object]) -> None:
        self._session = session
        self._query = query
        self._params = params

    def collect(self, **ignored: object) -> list[FakeRow]:
        """Run the statement and return its rows.

        Raises:
            snowflake.snowpark.exceptions.SnowparkSQLException: it is refused; where Snowpark is
                not installed, the connector's ProgrammingError.
            snowflake.connector.errors.OperationalError: a fault lost the connection.
        """
        del ignored
        outcome = self._session.run(self._query, self._params)
        if isinstance(outcome, SqlFailure):
            raise _snowpark_error(outcome, self._query)
        return _rows(outcome)

    def collect_nowait(self, **ignored: object) -> FakeAsyncJob:
        """Run the statement; its rows, or its error, come from the job's `result`."""
        del ignored
        outcome = self._session.run(self._query, self._params)
        if isinstance(outcome, SqlFailure):
            return FakeAsyncJob(outcome.query_id, _snowpark_error(outcome, self._query))
        return FakeAsyncJob(outcome.query_id, _rows(outcome))

    def to_local_iterator(self, **ignored: object) -> Iterator[FakeRow]:
        """Run the statement and iterate over its rows."""
        del ignored
        return iter(self.collect())


class FakeSession:
    """A session whose other end is the fake.

    Args:
        face: the SQL face.
        user: who is asking.
    """

    def __init__(self, face: SqlFace, user: User) -> None:
        self.connection = FakeConnection(face, user)

    def sql(self, query: str, params: Sequence[object] | None = None) -> FakeQuery:
        """Return a statement, to be run by `collect`.

        Args:
            query: the statement, with `?` for values.
            params: the values.
        """
        return FakeQuery(self, query, tuple(params or ()))

    def run(self, query: str, params: Sequence[object]) -> Outcome:
        """Run a statement; return its result, or what it failed with.

        Raises:
            snowflake.snowpark.exceptions.SnowparkSessionException: the session is closed; where
                Snowpark is not installed, the connector's DatabaseError.
        """
        if self.connection.is_closed():
            _refuse_where_snowpark_is()
        return self.connection.run(query, [bindable(value) for value in params])

    def get_current_account(self) -> str | None:
        """Return the account's name, in quotes, as Snowpark does."""
        return _quoted(self.connection.account)

    def get_current_user(self) -> str | None:
        """Return the user's name, in quotes."""
        return _quoted(self.connection.user)

    def get_current_role(self) -> str | None:
        """Return the role's name, in quotes."""
        return _quoted(self.connection.role)

    def get_current_warehouse(self) -> str | None:
        """Return the warehouse's name, in quotes."""
        return _quoted(self.connection.warehouse)

    def get_current_database(self) -> str | None:
        """Return the database's name, in quotes; `None` before `use_database`."""
        return _quoted(self.connection.database)

    def get_current_schema(self) -> str | None:
        """Return the schema's name, in quotes; `None` before `use_schema`."""
        return _quoted(self.connection.schema)

    def use_role(self, role_name: str) -> None:
        """Have `get_current_role` name another role; nothing depends on it here."""
        self.connection.session.use("role", role_name)

    def use_warehouse(self, warehouse_name: str) -> None:
        """Have `get_current_warehouse` name another warehouse; nothing depends on it here."""
        self.connection.session.use("warehouse", warehouse_name)

    def use_database(self, database_name: str) -> None:
        """Have `get_current_database` name another database; nothing depends on it here."""
        self.connection.session.use("database", database_name)

    def use_schema(self, schema_name: str) -> None:
        """Have `get_current_schema` name another schema; nothing depends on it here."""
        self.connection.session.use("schema", schema_name)

    def close(self) -> None:
        """Close, with the connection; a second call does nothing."""
        self.connection.close()

    def __enter__(self) -> FakeSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<FakeSession of {self.connection.user!r}>"


def _rows(result: SqlResult) -> list[FakeRow]:
    names = [column.name for column in result.columns]
    return [FakeRow(names, row) for row in result.rows]


def _snowpark_error(failure: SqlFailure, query: str) -> Exception:
    error: Any = connector_error(failure, query)
    snowpark = _snowpark_exceptions()
    # Snowpark wraps what Snowflake refuses, not what the connector itself fails with. [choice]
    if snowpark is None or is_lost(failure):
        return error
    return snowpark.SnowparkSQLException(error.msg, error_code=_SQL_ERROR, conn_error=error)


def _refuse_where_snowpark_is() -> None:
    snowpark = _snowpark_exceptions()
    if snowpark is not None:
        raise snowpark.SnowparkSessionException(
            "Cannot perform this operation because the session has been closed.",
            error_code=_SESSION_CLOSED,
        )


def _snowpark_exceptions() -> Any:
    """Return Snowpark's module of errors, `None` where Snowpark is not installed."""
    try:
        return import_module("snowflake.snowpark.exceptions")
    except ModuleNotFoundError:
        return None


def _quoted(name: str | None) -> str | None:
    return None if name is None else '"{}"'.format(name.replace('"', '""'))
