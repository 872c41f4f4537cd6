"""What the seam needs to know of a connector's insides, whichever major it is.

Everything that is no public API of the connector is here, where both majors share it, and in the
modules of each, so that a new version is a change of one of them.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace
from importlib import import_module
from itertools import islice
from typing import Any, cast

from ..errors import CassetteError
from .codec import SESSION_NAMES, Answer, Column, Raised
from .failures import pythons_own
from .values import cells_of, row_tree, served_rows

__all__ = [
    "Driver",
    "Replayed",
    "Rows",
    "is_reading_tuples",
    "reading_tuples",
    "replayed",
]

_TUPLES: ContextVar[bool] = ContextVar("rai_jobs_cassettes_tuples", default=False)
# What we call of a column, and what the connector calls it.
_COLUMN = {
    "name": "name",
    "type_code": "type_code",
    "is_nullable": "is_nullable",
    "display_size": "display_size",
    "internal_size": "internal_size",
    "precision": "precision",
    "scale": "scale",
    "dimension": "vector_dimension",
}
_MARK = "_rai_jobs_cassettes_replayed"
# Of what a connection is opened with, what changes how a client works with it; no secret is here.
_KEPT_SETTINGS = (
    "application",
    "arrow_number_to_decimal",
    "interpolate_empty_sequences",
    "log_max_query_length",
    "login_timeout",
    "network_timeout",
    "numpy",
    "paramstyle",
)


@contextmanager
def reading_tuples() -> Generator[None]:
    """Have rows read as tuples, whatever the cursor: a dict has no two columns of one name."""
    token = _TUPLES.set(True)
    try:
        yield
    finally:
        _TUPLES.reset(token)


def is_reading_tuples() -> bool:
    """Tell whether rows are read as tuples here."""
    return _TUPLES.get()


class Replayed:
    """The mark of a replayed connection.

    Args:
        open_really: opens it to a server, and takes the mark away.
    """

    def __init__(self, open_really: Callable[[], None]) -> None:
        self.open_really = open_really
        self.opening = threading.Lock()
        self.closed = False


def replayed(connection: Any) -> Replayed | None:
    """Return the mark of a replayed connection; `None` for one that reaches a server."""
    return cast("dict[str, Any]", vars(connection)).get(_MARK)


class Rows:
    """Rows that are read from memory, in every way in which a connector reads its own."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = iter(rows)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._rows)

    def fetch_many(self, size: int) -> list[Any]:
        """Return the next `size` rows, or as many as there are."""
        return list(islice(self._rows, size))

    def fetch_all(self) -> list[Any]:
        """Return the rows that are left."""
        return list(self._rows)


class Driver(ABC):
    """One major version of the connector.

    Args:
        connector: the module `snowflake.connector`.
    """

    def __init__(self, connector: Any) -> None:
        self.connector = connector
        self.connection: type[Any] = connector.SnowflakeConnection
        self.cursors: tuple[type[Any], ...] = (
            connector.cursor.SnowflakeCursor,
            connector.cursor.DictCursor,
        )
        self.statuses: Any = import_module("snowflake.connector.constants").QueryStatus
        self._errors: Any = connector.errors

    # Connections ------------------------------------------------------------------------------

    @abstractmethod
    def names(self, connection: Any) -> dict[str, Any]:
        """Return what a connection says of itself, by `SESSION_NAMES`."""

    @abstractmethod
    def parameters(self, connection: Any) -> Mapping[str, object]:
        """Return the session's parameters, as far as the connector knows them."""

    @abstractmethod
    def prepare(self, connection: Any, settings: dict[str, Any]) -> None:
        """Give an instance all that opening gives it, without a server."""

    @abstractmethod
    def update(self, connection: Any, session: Mapping[str, Any]) -> None:
        """Have a replayed connection say what is in `session`, beside what it says already."""

    @abstractmethod
    def close(self, connection: Any) -> None:
        """Close a replayed connection."""

    def open(
        self,
        connection: Any,
        given: Mapping[str, Any],
        session: Mapping[str, Any],
        initialise: Callable[[], None],
    ) -> None:
        """Open a connection to nothing, as it was recorded.

        Args:
            connection: an instance whose `__init__` did not run.
            given: what it is opened with.
            session: what the recorded one said of itself.
            initialise: runs its `__init__`, which opens it to a server.
        """
        settings = {name: given[name] for name in _KEPT_SETTINGS if given.get(name) is not None}
        self.prepare(connection, settings)

        def open_really() -> None:
            initialise()
            del vars(connection)[_MARK]

        vars(connection)[_MARK] = Replayed(open_really)
        self.update(connection, {**dict.fromkeys(SESSION_NAMES), **session})

    def passing_in_threads(self) -> AbstractContextManager[None]:
        """Let the connector's own HTTP pass in whatever thread it is sent, while this lasts."""
        return nullcontext()

    # Cursors ----------------------------------------------------------------------------------

    @abstractmethod
    def columns(self, cursor: Any) -> list[Any] | None:
        """Return the connector's own description, with what it knows beyond DB-API."""

    @abstractmethod
    def read(self, cursor: Any) -> list[Any] | None:
        """Return all rows of what was run; `None` where there are none to read."""

    @abstractmethod
    def sets(self, cursor: Any) -> tuple[str, ...]:
        """Return the ids of the results that follow the one that a cursor is at."""

    @abstractmethod
    def forget_rows(self, cursor: Any) -> None:
        """Have a cursor forget rows that are still to be read: others will come."""

    @abstractmethod
    def remember_sets(self, cursor: Any, ids: tuple[str, ...]) -> None:
        """Have a cursor go on to the results of `ids`, in order."""

    @abstractmethod
    def serve(self, cursor: Any, answer: Answer, columns: list[Any] | None, rows: Any) -> None:
        """Put a cursor into the state that something leaves it in that was run.

        Args:
            cursor: the cursor.
            answer: what came of it; `query` is set.
            columns: the connector's own description.
            rows: an iterator of its rows; `None` where there are none to read.
        """

    @abstractmethod
    def fail(self, cursor: Any, raised: Raised) -> None:
        """Put a cursor into the state that an error leaves it in."""

    def defer(self, cursor: Any, query_id: str, load: Callable[[], None]) -> None:
        """Have a cursor load the results of a query at the first look at them."""

        def load_once() -> None:
            cursor._prefetch_hook = None
            load()

        self.serve(cursor, Answer(query_id=query_id), None, None)
        cursor._prefetch_hook = load_once

    def load_deferred(self, cursor: Any) -> None:
        """Load what was deferred, by us or by the connector."""
        if cursor._prefetch_hook is not None:
            cursor._prefetch_hook()

    def answer(self, cursor: Any, statement: str | None, *, read: bool) -> Answer:
        """Return what a cursor holds; reading takes all rows away from it.

        Args:
            cursor: the cursor.
            statement: what was run; `None` where the connector knows no text.
            read: whether there may be rows.
        """
        described = self.columns(cursor)
        read_rows = self.read(cursor) if read else None
        width = len(described or ())
        rows = None if read_rows is None else [_plain(row, width) for row in read_rows]
        query = getattr(cursor, "query", None)
        stats = getattr(cursor, "stats", None)
        columns = None
        if described is not None:
            cells = cells_of(rows or (), width)
            columns = tuple(
                _column(each, cells=of) for each, of in zip(described, cells, strict=True)
            )
        return Answer(
            query_id=cursor.sfqid,
            sqlstate=cursor.sqlstate,
            rowcount=cursor.rowcount,
            columns=columns,
            rows=None if rows is None else [row_tree(row) for row in rows],
            query=query if statement is not None and query != statement else None,
            stats=_said(stats),
            sets=self.sets(cursor),
            transfer=bool(cursor.is_file_transfer),
        )

    def show(self, cursor: Any, answer: Answer, statement: str | None) -> None:
        """Have a cursor show an answer, recorded or just read.

        Args:
            cursor: the cursor.
            answer: what came.
            statement: what was run; `None` where the connector knows no text.
        """
        answer = replace(answer, query=answer.query or statement)
        columns = answer.columns
        if columns is None:
            self.serve(cursor, answer, None, None)
            return
        rows = None
        if answer.rows is not None:
            served = served_rows(answer.rows, [each.cells for each in columns])
            names = [each.name for each in columns]
            as_dicts = (dict(zip(names, row, strict=True)) for row in served)
            rows = Rows(as_dicts if cursor._use_dict_result else served)
        self.serve(cursor, answer, [self._described(each) for each in columns], rows)

    def _described(self, column: Column) -> Any:
        fields = column.fields
        return self.connector.cursor.ResultMetadataV2(
            **{theirs: getattr(column, ours) for ours, theirs in _COLUMN.items()},
            fields=None if fields is None else [self._described(each) for each in fields],
        )

    # Errors -----------------------------------------------------------------------------------

    def raise_again(
        self, raised: Raised, statement: str | None, connection: Any, cursor: Any = None
    ) -> None:
        """Raise a recorded error, by the handlers of the cursor and the connection.

        Raises:
            Exception: of the class that was recorded, unless a handler takes it.
        """
        name = raised.raised
        own = pythons_own(name)
        if own is not None:
            raise own(raised.message)
        if self.errors_tell_statements:
            raised = replace(raised, query=raised.query or statement)
        value: dict[str, Any] = {
            "msg": raised.message,
            "errno": raised.errno if raised.errno is not None else -1,
            "sqlstate": raised.sqlstate,
            "sfqid": raised.query_id,
            "query": raised.query,
        }
        kind = getattr(self._errors, name, None)
        if kind is None:
            raise self.other_error(name, value)
        if cursor is not None:
            self.fail(cursor, raised)
            value |= self.made_anew(raised)
        route = self._errors.Error.errorhandler_wrapper
        if self.handlers_may_swallow:
            route(connection, cursor, kind, value)
            return
        try:
            raise self._errors.Error.errorhandler_make_exception(kind, value)
        except kind:  # handlers are called while it is on its way, and it goes on
            route(connection, cursor, kind, value)
            raise

    def made_anew(self, raised: Raised) -> dict[str, Any]:
        """Return what an error says that is made anew each time, and so is not recorded."""
        del raised
        return {}

    errors_tell_statements = False
    """Whether an error has the statement that failed."""

    handlers_may_swallow = False
    """Whether an error that a handler does not raise is none."""

    def other_error(self, name: str, value: dict[str, Any]) -> Exception:
        """Return an error of a class that is not among the connector's errors.

        Raises:
            CassetteError: this version has no such error.
        """
        del value
        raise CassetteError(
            f"The recording has an error {name!r}, which the connector"
            f" {self.connector.__version__} does not have: record it with this version."
        )


def _column(described: Any, **more: Any) -> Column:
    fields = described.fields
    return Column(
        **{ours: getattr(described, theirs) for ours, theirs in _COLUMN.items()},
        fields=None if fields is None else tuple(_column(each) for each in fields),
        **more,
    )


def _plain(row: Any, width: int) -> list[object]:
    """Return a row as a list; a cursor of somebody's own may insist on dicts."""
    values: list[object] = list(row.values() if hasattr(row, "values") else row)
    if len(values) != width:
        raise CassetteError(
            f"A row of {len(values)} values came for {width} columns: a cursor that gives rows as"
            " dicts needs names that differ; use another cursor, or name them apart."
        )
    return values


def _said(stats: Any) -> dict[str, int]:
    named: dict[str, Any] = {} if stats is None else stats._asdict()
    return {name: value for name, value in named.items() if value is not None}
