"""The insides of `snowflake-connector-python` 4: all of it Python."""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ..errors import CassetteError
from ..tape import passing
from .codec import SESSION_NAMES, Answer, Raised
from .driver import Driver, replayed

__all__ = ["Connector4"]

# What a cursor tells of its session; the server repeats it with every answer.
_SHOWN_PARAMETERS = (
    "TIMEZONE",
    "BINARY_OUTPUT_FORMAT",
    "DATE_OUTPUT_FORMAT",
    "TIME_OUTPUT_FORMAT",
    "TIMESTAMP_OUTPUT_FORMAT",
    "TIMESTAMP_LTZ_OUTPUT_FORMAT",
    "TIMESTAMP_NTZ_OUTPUT_FORMAT",
    "TIMESTAMP_TZ_OUTPUT_FORMAT",
)
_STATS = {
    "num_rows_inserted": "numRowsInserted",
    "num_rows_deleted": "numRowsDeleted",
    "num_rows_updated": "numRowsUpdated",
    "num_dml_duplicates": "numDmlDuplicates",
}


class NoServer:
    """Stands where a connection has what talks to its server."""

    token = None
    master_token = None

    def close(self) -> None:
        """Do nothing."""

    def delete_session(self, retry: bool = False) -> None:  # noqa: FBT001, FBT002 - theirs
        """Do nothing: there is no session."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise CassetteError(
            f"A replayed connection has no server, and was asked for `rest.{name}`: what goes by"
            " `connection.rest` is not recorded, and nothing is once its cassette is closed. Use a"
            " cursor, while the cassette lasts."
        )


class NoTelemetry:
    """Stands where a connection has what tells its maker how it is used."""

    is_closed = True

    def close(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    def add_log_to_batch(self, _: Any) -> None:
        """Do nothing."""

    try_add_log_to_batch = add_log_to_batch

    def send_batch(self, *_: Any, **__: Any) -> None:
        """Do nothing."""


class Connector4(Driver):
    """The connector 4."""

    errors_tell_statements = True
    handlers_may_swallow = True

    def names(self, connection: Any) -> dict[str, Any]:
        """Return what a connection says of itself."""
        return {name: getattr(connection, name) for name in SESSION_NAMES}

    def parameters(self, connection: Any) -> Mapping[str, object]:
        """Return the session's parameters, as the server told them."""
        return dict(connection._session_parameters)

    def prepare(self, connection: Any, settings: dict[str, Any]) -> None:
        """Do what `__init__` does, but read no file and connect to nothing."""
        module: Any = import_module("snowflake.connector.connection")
        for name, (value, _) in module.DEFAULT_CONFIGURATION.items():
            setattr(connection, f"_{name}", value)
        for name, value in settings.items():
            setattr(connection, f"_{name}", value)
        if connection._paramstyle is None:
            connection._paramstyle = self.connector.paramstyle
        set_errors = getattr(connection, "_SnowflakeConnection__set_error_attributes", None)
        if set_errors is not None:
            set_errors()
        connection._lock_sequence_counter = threading.Lock()
        connection._lock_converter = threading.Lock()
        connection._errorhandler = self._errors.Error.default_errorhandler
        connection._rest = NoServer()
        connection._session_parameters = {}
        connection._client_param_telemetry_enabled = True
        connection._server_param_telemetry_enabled = False
        connection._telemetry = NoTelemetry()
        connection._async_sfqids = {}
        connection._done_async_sfqids = {}
        connection.messages = []
        connection.sequence_counter = 0
        connection.heartbeat_thread = None
        connection.query_context_cache = None
        connection._disable_query_context_cache = True
        connection.expired = False
        connection.converter = connection._converter_class(use_numpy=connection._numpy)

    def update(self, connection: Any, session: Mapping[str, Any]) -> None:
        """Set the attributes that the properties read."""
        for name in SESSION_NAMES:
            if name in session:
                setattr(connection, f"_{name}", session[name])
        connection._session_parameters.update(session.get("parameters", {}))

    def close(self, connection: Any) -> None:
        """Take the server away, as closing does."""
        mark = replayed(connection)
        if mark is not None:
            mark.closed = True
        connection._rest = None
        del connection.messages[:]

    @contextmanager
    def passing_in_threads(self) -> Generator[None]:
        """Wrap the one method that sends all requests of this connector.

        It has threads of its own, for heartbeats, for cancelling, and for fetching large results.
        """
        session: Any = import_module("snowflake.connector.vendored.requests.sessions").Session
        send = session.send

        @functools.wraps(send)
        def send_passing(*args: Any, **kwargs: Any) -> Any:
            with passing():
                return send(*args, **kwargs)

        session.send = send_passing
        try:
            yield
        finally:
            session.send = send

    def columns(self, cursor: Any) -> list[Any] | None:
        """Return the newer description, which knows vectors and fields."""
        return cursor._description

    def read(self, cursor: Any) -> list[Any] | None:
        """Return all rows, past the check of their type that the public methods make."""
        if cursor._result_set is None and cursor._result is None:
            return None
        rows: list[Any] = []
        while (row := cursor._fetchone()) is not None:
            rows.append(row)
        return rows

    def sets(self, cursor: Any) -> tuple[str, ...]:
        """Return the ids that wait for `nextset`."""
        return tuple(cursor._multi_statement_resultIds)

    def forget_rows(self, cursor: Any) -> None:
        """Take the iterator away: `query_result` would go on reading it."""
        cursor._result = None
        cursor._result_set = None

    def remember_sets(self, cursor: Any, ids: tuple[str, ...]) -> None:
        """Set them as those that wait for `nextset`."""
        cursor._multi_statement_resultIds = deque(ids)

    def serve(self, cursor: Any, answer: Answer, columns: list[Any] | None, rows: Any) -> None:
        """Set what the properties and `fetchone` read."""
        states: Any = self.connector.cursor.ResultState
        cursor._sfqid = answer.query_id
        cursor._sqlstate = answer.sqlstate
        cursor._total_rowcount = -1 if answer.rowcount is None else answer.rowcount
        if columns is not None:  # otherwise the last one stands, as it does in the connector
            cursor._description = columns
        cursor._result = rows
        cursor._result_set = None
        cursor._result_state = states.RESET if rows is None else states.VALID
        cursor._rownumber = -1
        cursor._inner_cursor = None
        cursor._prefetch_hook = None
        cursor._query_result_format = "json"
        cursor._is_file_transfer = answer.transfer
        cursor._multi_statement_resultIds = deque(answer.sets)
        cursor.multi_statement_savedIds = (
            [answer.query_id, *answer.sets] if answer.sets else cursor.multi_statement_savedIds
        )
        cursor._stats_data = {_STATS[name]: value for name, value in answer.stats.items()}
        if answer.query is not None:
            cursor.query = answer.query
        parameters = cursor.connection._session_parameters
        for name in _SHOWN_PARAMETERS:
            if name in parameters:
                setattr(cursor, f"_{name.lower()}", parameters[name])

    def fail(self, cursor: Any, raised: Raised) -> None:
        """Leave the rows of before it gone, and its own id and state there."""
        cursor.reset()
        cursor._sfqid = raised.query_id
        cursor._sqlstate = raised.sqlstate
        cursor.query = raised.query

    def other_error(self, name: str, value: dict[str, Any]) -> Exception:
        """Return one of those that are in the module `network`."""
        kind: Any = getattr(import_module("snowflake.connector.network"), name, None)
        if kind is None:
            return super().other_error(name, value)
        return kind(self._errors.ProgrammingError(**value))
