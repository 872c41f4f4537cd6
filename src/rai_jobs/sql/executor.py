"""How a statement is run: one small protocol, and an adapter for each thing that users have.

Values are always bound, never formatted into the text. What an executor raises is whatever the
library under it raises; `errors` makes sense of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..errors import client_closed
from .statements import Statement

__all__ = ["ConnectorExecutor", "SessionExecutor", "SqlExecutor"]


class SqlExecutor(Protocol):
    """Whatever runs a statement."""

    def open(self) -> None:
        """Make sure that there is a connection: what fails here was never sent."""
        ...

    def execute(self, statement: Statement) -> list[dict[str, Any]]:
        """Run `statement` and return its rows: values by column name."""
        ...

    def identity(self) -> str:
        """Return whose connection it is: account and user."""
        ...

    def close(self) -> None:
        """Free what the executor itself made; a second call does nothing."""
        ...


class ConnectorExecutor:
    """Runs statements on a `snowflake.connector` connection, or anything that behaves as one.

    Args:
        connection: an open connection, which belongs to whoever made it; or
        connect: opens one, which is ours, at first use.
    """

    def __init__(self, connection: Any = None, *, connect: Callable[[], Any] | None = None) -> None:
        self._connection: Any = connection
        self._connect = connect
        self._closed = False
        self._lock = threading.Lock()

    def open(self) -> None:
        """Open the connection, where it is ours and not open; many threads open one.

        Raises:
            JobInvalidRequestError: the executor was closed.
        """
        with self._lock:
            if self._connect is None:
                return
            if self._closed:
                raise client_closed("open")
            if self._connection is None or self._connection.is_closed():
                self._connection = self._connect()

    def execute(self, statement: Statement) -> list[dict[str, Any]]:
        """Run `statement` with question-mark binds, whatever paramstyle the process has set."""
        self.open()
        with self._connection.cursor() as cursor:
            # Connectors 4 and 5 bind on the server with this flag alone: the style of a connection
            # is fixed when it is made, and the default one formats values into the text.
            cursor.execute(statement.text, statement.binds, _force_qmark_paramstyle=True)
            names = [str(column[0]) for column in cursor.description or ()]
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
            return [dict(zip(names, row, strict=True)) for row in rows]

    def identity(self) -> str:
        """Return the connection's account and user."""
        self.open()
        return f"{self._connection.account}/{self._connection.user}".lower()

    def close(self) -> None:
        """Close the connection, where it is ours."""
        with self._lock:
            self._closed = True
            if self._connect is not None and self._connection is not None:
                self._connection.close()
                self._connection = None

    def __repr__(self) -> str:
        return "ConnectorExecutor()"


class SessionExecutor:
    """Runs statements on a Snowpark session, or anything that behaves as one.

    Args:
        session: an open session; it belongs to whoever made it.
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    def open(self) -> None:
        """Do nothing: the session is open."""

    def execute(self, statement: Statement) -> list[dict[str, Any]]:
        """Run `statement` and collect its rows."""
        rows: Sequence[Any] = self._session.sql(
            statement.text, params=list(statement.binds)
        ).collect()
        return [dict(row.as_dict()) for row in rows]

    def identity(self) -> str:
        """Return the session's account and user."""
        account, user = self._session.get_current_account(), self._session.get_current_user()
        return f"{account}/{user}".replace('"', "").lower()

    def close(self) -> None:
        """Do nothing: the session was given to us."""

    def __repr__(self) -> str:
        return "SessionExecutor()"
