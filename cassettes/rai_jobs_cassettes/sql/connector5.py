"""The insides of `snowflake-connector-python` 5: Python classes over a core of another language."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from .codec import SESSION_NAMES, Answer, Raised
from .driver import Driver, replayed

__all__ = ["Connector5"]


class Connector5(Driver):
    """The connector 5."""

    def names(self, connection: Any) -> dict[str, Any]:
        """Return what a connection says of itself, asked of the core at once."""
        info = connection._get_connection_info()
        return {
            name: getattr(info, name) if info.HasField(name) else None for name in SESSION_NAMES
        }

    def parameters(self, connection: Any) -> Mapping[str, object]:
        """Return all that the core knows: also what it was configured with."""
        return connection._session_parameters._fetch_all()

    def prepare(self, connection: Any, settings: dict[str, Any]) -> None:
        """Do what `__init__` does, but read no file and start nothing in the core."""
        shared: Any = import_module("snowflake.connector._internal.connection").ConnectionMixin
        proxies: Any = import_module("snowflake.connector._internal.connection.freezable_proxy")
        # With nothing given, it would look for a default in the user's files.
        shared.__init__(connection, account="replayed", **settings)
        connection.auto_cleanup = False
        connection._closed = False
        connection._close_lock = threading.Lock()
        connection._telemetry_client = None
        connection.db_handle = None
        # The core knows no such connection: when nothing answers for it any more, it is closed.
        connection.conn_handle = "replayed"
        connection._session_parameters = proxies.SessionParametersProxy(None)
        connection._session_parameters._cache = {}
        connection._connection_info = proxies.ConnectionInfoProxy(None)
        connection._connection_info._cache = {}

    def update(self, connection: Any, session: Mapping[str, Any]) -> None:
        """Put it where a closed connection has what the core said last."""
        names = {name: session[name] for name in SESSION_NAMES if name in session}
        connection._connection_info._cache.update(names)
        connection._session_parameters._cache.update(session.get("parameters", {}))

    def close(self, connection: Any) -> None:
        """Take the handle away, as closing does."""
        mark = replayed(connection)
        if mark is not None:
            mark.closed = True
        connection.conn_handle = None
        del connection._messages[:]

    def columns(self, cursor: Any) -> list[Any] | None:
        """Return the newer description, which knows vectors and fields."""
        return cursor._query_result.description_v2

    def read(self, cursor: Any) -> list[Any] | None:
        """Return all rows by the cursor's own iterator."""
        if cursor._query_result.description_v2 is None or cursor._result_set._handle is None:
            return None
        return cursor._create_row_iterator().fetch_all()

    def sets(self, cursor: Any) -> tuple[str, ...]:
        """Return the ids of the children that were not yet advanced to."""
        several = cursor._multi_statement
        return () if several is None else tuple(several.child_query_ids[several._next_index :])

    def forget_rows(self, cursor: Any) -> None:
        """Do nothing: this connector does."""

    def remember_sets(self, cursor: Any, ids: tuple[str, ...]) -> None:
        """Set them as the children that come next; the one before them was advanced to."""
        results: Any = import_module("snowflake.connector._internal.cursor.query_result")
        several = results.MultiStatementQueryResultState(None, [cursor.sfqid, *ids], None)
        several.advance()
        cursor._multi_statement = several if ids else None

    def serve(self, cursor: Any, answer: Answer, columns: list[Any] | None, rows: Any) -> None:
        """Set what the properties read, and an iterator that `fetchone` finds already made."""
        results: Any = import_module("snowflake.connector._internal.cursor.query_result")
        stats: Any = self.connector.cursor.QueryResultStats
        cursor._result_set.release()
        cursor._query_result = results.QueryResult(
            description_v2=columns,
            sqlstate=answer.sqlstate,
            sfqid=answer.query_id,
            query=answer.query,
            stats=stats(**answer.stats),
            rowcount=answer.rowcount,
            is_file_transfer=answer.transfer,
            query_result_format=None if columns is None else "json",
        )
        cursor._iterator = rows
        cursor._rownumber = -1
        cursor._prefetch_hook = None
        cursor._binding_data = None
        self.remember_sets(cursor, answer.sets)

    def made_anew(self, raised: Raised) -> dict[str, Any]:
        """Return an id of the request, which the error tells: the same for the same query."""
        if raised.query_id is None:
            return {}
        return {"request_id": str(uuid.uuid5(uuid.NAMESPACE_OID, raised.query_id))}

    def fail(self, cursor: Any, raised: Raised) -> None:
        """Leave nothing of before it, and its own id and state there."""
        results: Any = import_module("snowflake.connector._internal.cursor.query_result")
        cursor.reset()
        cursor._query_result = results.QueryResult(
            sqlstate=raised.sqlstate, sfqid=raised.query_id, query=raised.query
        )
