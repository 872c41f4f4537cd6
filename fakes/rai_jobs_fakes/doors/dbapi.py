"""The SQL face as a `snowflake.connector` connection, in memory.

What it looks like is the connector's own (4 and 5): DB-API 2.0, its descriptions, its errors. The
connector itself is loaded only when an error or a status of it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from ..faces.sql import Outcome, SqlFace, SqlFailure, SqlSession
from ..faces.sql.paramstyle import Parameters, as_qmark
from ..machine.execution import User
from .connector_values import (
    Description,
    bindable,
    connection_is_closed,
    connector_error,
    cursor_is_closed,
    described,
    no_such_query,
    programming_error,
)

if TYPE_CHECKING:
    from snowflake.connector.constants import QueryStatus

__all__ = ["FakeConnection", "FakeCursor", "Outcome"]

Row: TypeAlias = "tuple[object, ...] | dict[str, object]"

_NOT_POSITIVE_SIZE = 252003
_FAILED_PROCESSING_PYFORMAT = 252004
_RUNNING = frozenset(
    {"RUNNING", "QUEUED", "RESUMING_WAREHOUSE", "QUEUED_REPARING_WAREHOUSE", "BLOCKED", "NO_DATA"}
)
_FAILED = frozenset(
    {"ABORTING", "FAILED_WITH_ERROR", "ABORTED", "FAILED_WITH_INCIDENT", "DISCONNECTED"}
)


class FakeConnection:
    """A connection whose other end is the fake; threads may share it, as they may the real one.

    Args:
        face: the SQL face.
        user: who is asking.
    """

    def __init__(self, face: SqlFace, user: User) -> None:
        self._face = face
        self._user = user
        self._closed = False
        self._autocommit = True
        self.session: SqlSession = face.open(user)
        self.account = self.session.account
        self.user = user.name
        self.session_id = self.session.id

    @property
    def role(self) -> str | None:
        """The current role."""
        return self.session.role

    @property
    def warehouse(self) -> str | None:
        """The current warehouse."""
        return self.session.warehouse

    @property
    def database(self) -> str | None:
        """The current database."""
        return self.session.database

    @property
    def schema(self) -> str | None:
        """The current schema."""
        return self.session.schema

    def cursor(self, cursor_class: type | None = None, *, use_dict: bool = False) -> FakeCursor:
        """Return a new cursor.

        Args:
            cursor_class: the connector's `DictCursor`, for rows that are dicts; or its usual one.
            use_dict: the same without naming the class.

        Raises:
            snowflake.connector.errors.DatabaseError: the connection is closed.
        """
        self._require_open()
        return FakeCursor(self, use_dict=use_dict or _is_dict_cursor(cursor_class))

    def close(self, *, retry: bool = True) -> None:
        """Close; a second call does nothing. `retry` is the connector's, and means nothing here."""
        del retry
        self._closed = True

    def is_closed(self) -> bool:
        """Tell whether it is closed."""
        return self._closed

    def is_valid(self) -> bool:
        """Tell whether it can be used."""
        return not self._closed

    def commit(self) -> None:
        """Do nothing: there is no transaction of SQL here."""
        self._require_open()

    def rollback(self) -> None:
        """Do nothing: there is no transaction of SQL here."""
        self._require_open()

    def autocommit(self, mode: bool) -> None:  # noqa: FBT001
        """Remember `mode`, and do nothing with it."""
        self._require_open()
        self._autocommit = mode

    def get_query_status(self, sf_qid: str) -> QueryStatus:
        """Return the status of a query by its id: everything has ended when it is known here.

        Raises:
            ValueError: `sf_qid` is not a UUID.
        """
        from snowflake.connector.constants import QueryStatus

        outcome = self.outcome(sf_qid)
        if outcome is None:
            return QueryStatus.NO_DATA
        failed = isinstance(outcome, SqlFailure)
        return QueryStatus.FAILED_WITH_ERROR if failed else QueryStatus.SUCCESS

    def get_query_status_throw_if_error(self, sf_qid: str) -> QueryStatus:
        """Return the status of a query by its id, or raise what it failed with.

        Raises:
            ValueError: `sf_qid` is not a UUID.
            snowflake.connector.errors.ProgrammingError: it failed.
        """
        outcome = self.outcome(sf_qid)
        if isinstance(outcome, SqlFailure):
            raise connector_error(outcome)
        return self.get_query_status(sf_qid)

    @staticmethod
    def is_still_running(status: QueryStatus) -> bool:
        """Tell whether a status is that of a query that has not ended."""
        return status.name in _RUNNING

    @staticmethod
    def is_an_error(status: QueryStatus) -> bool:
        """Tell whether a status is that of a query that failed."""
        return status.name in _FAILED

    def run(
        self, statement: str, binds: Sequence[object], *, asynchronous: bool = False
    ) -> Outcome:
        """Run one statement; return, and keep, its result or what it failed with.

        Raises:
            snowflake.connector.errors.DatabaseError: the connection is closed.
        """
        self._require_open()
        try:
            return self._face.execute(
                statement, binds, user=self._user, session=self.session, asynchronous=asynchronous
            )
        except SqlFailure as failure:
            return failure

    def outcome(self, query_id: str) -> Outcome | None:
        """Return what came of a query, `None` when it is not, or no longer, known.

        Raises:
            ValueError: `query_id` is not a UUID.
        """
        try:
            UUID(query_id)
        except ValueError:
            raise ValueError(f"Invalid UUID: '{query_id}'") from None
        return self.session.outcome(query_id)

    def __enter__(self) -> FakeConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<FakeConnection of {self.user!r}{', closed' if self._closed else ''}>"

    def _require_open(self) -> None:
        if self._closed:
            raise connection_is_closed()


class FakeCursor:
    """A cursor of a `FakeConnection`.

    Args:
        connection: the connection.
        use_dict: whether rows are dicts by column name, rather than tuples.
    """

    def __init__(self, connection: FakeConnection, *, use_dict: bool = False) -> None:
        self.connection = connection
        self.arraysize = 1
        self.description: list[Description] | None = None
        self.rowcount: int | None = None
        self.sfqid: str | None = None
        self.sqlstate: str | None = None
        self.query: str | None = None
        self._use_dict = use_dict
        self._closed = False
        self._rows: Iterator[Row] | None = None

    def execute(
        self,
        command: str,
        params: Parameters | None = None,
        *,
        parameters: Parameters | None = None,
        _force_qmark_paramstyle: bool = False,
        **ignored: object,
    ) -> FakeCursor:
        """Run one statement.

        Args:
            command: the statement, with `?`, or with `%s` or `%(name)s`, for values.
            params: the values.
            parameters: the values, by the connector 5's name.
            _force_qmark_paramstyle: whether `?` alone stands for a value.
            ignored: the connector's other options, which mean nothing here.

        Raises:
            snowflake.connector.errors.ProgrammingError: the statement is refused.
            snowflake.connector.errors.OperationalError: a fault lost the connection.
            snowflake.connector.errors.InterfaceError: the cursor is closed.
        """
        del ignored
        given = parameters if params is None else params
        self._show(self._run(command, given, qmark=_force_qmark_paramstyle))
        return self

    def execute_async(
        self, command: str, params: Parameters | None = None, **ignored: object
    ) -> dict[str, str | None]:
        """Run one statement without its result; `get_results_from_sfqid` has it, or its error."""
        del ignored
        self.sfqid = self._run(command, params, asynchronous=True).query_id
        return {"queryId": self.sfqid}

    def executemany(
        self, command: str, seqparams: Iterable[Parameters], **options: Any
    ) -> FakeCursor:
        """Run one statement for each set of values; the last result stays."""
        for parameters in seqparams:
            self.execute(command, parameters, **options)
        return self

    def get_results_from_sfqid(self, sfqid: str) -> None:
        """Take the result of a query by its id.

        Raises:
            ValueError: `sfqid` is not a UUID.
            snowflake.connector.errors.DatabaseError: there is no such query.
            snowflake.connector.errors.ProgrammingError: it failed.
        """
        self._require_open()
        outcome = self.connection.outcome(sfqid)
        if outcome is None:
            raise no_such_query(sfqid)
        self._show(outcome)

    def fetchone(self) -> Any:
        """Return the next row, `None` after the last."""
        return next(self._remaining(), None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next `size` rows, `arraysize` when not given, as far as there are.

        Raises:
            snowflake.connector.errors.ProgrammingError: `size` is negative.
        """
        wanted = self.arraysize if size is None else size
        if wanted < 0:
            raise programming_error(
                f"The number of rows is not zero or positive number: {wanted}", _NOT_POSITIVE_SIZE
            )
        rows = self._remaining()
        return [row for _, row in zip(range(wanted), rows, strict=False)]

    def fetchall(self) -> list[Any]:
        """Return all rows that remain."""
        return list(self._remaining())

    def close(self) -> bool:
        """Close; tell whether it was open."""
        was_open, self._closed, self._rows = not self._closed, True, None
        return was_open

    def is_closed(self) -> bool:
        """Tell whether it, or its connection, is closed."""
        return self._closed or self.connection.is_closed()

    def reset(self) -> None:
        """Forget the rows that remain."""
        self._rows = iter(()) if self._rows is not None else None

    def setinputsizes(self, sizes: object) -> None:
        """Do nothing; DB-API asks for it."""

    def setoutputsize(self, size: object, column: object = None) -> None:
        """Do nothing; DB-API asks for it."""

    def __iter__(self) -> Iterator[Any]:
        return self._remaining()

    def __next__(self) -> Any:
        return next(self._remaining())

    def __enter__(self) -> FakeCursor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(
        self,
        command: str,
        params: Parameters | None,
        *,
        qmark: bool = False,
        asynchronous: bool = False,
    ) -> Outcome:
        self._require_open()
        self.query = command
        try:
            text, given = as_qmark(command, params, pyformat=not qmark)
        except (TypeError, KeyError) as error:
            raise programming_error(
                f"Failed processing pyformat-parameters; {error}", _FAILED_PROCESSING_PYFORMAT
            ) from error
        binds = [bindable(value) for value in given]
        return self.connection.run(text, binds, asynchronous=asynchronous)

    def _show(self, outcome: Outcome) -> None:
        self.sfqid = outcome.query_id
        if isinstance(outcome, SqlFailure):
            self.sqlstate = outcome.sqlstate
            raise connector_error(outcome, self.query)
        self.sqlstate = None
        self.description = [described(column) for column in outcome.columns]
        self.rowcount = len(outcome.rows)
        names = [column.name for column in outcome.columns]
        rows = outcome.rows
        self._rows = (
            (dict(zip(names, row, strict=True)) for row in rows) if self._use_dict else iter(rows)
        )

    def _remaining(self) -> Iterator[Row]:
        if self._closed:
            self._require_open()
        if self._rows is None:
            raise TypeError("There is no result to fetch from: nothing was executed.")
        return self._rows

    def _require_open(self) -> None:
        if self.is_closed():
            raise cursor_is_closed()


def _is_dict_cursor(cursor_class: type | None) -> bool:
    if cursor_class is None:
        return False
    from snowflake.connector import DictCursor

    return issubclass(cursor_class, DictCursor)
