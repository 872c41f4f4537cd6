"""The app's procedures, and the two ways to call one: each gives the first row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

CREATE = "CALL RELATIONALAI.api.EXEC_JOB_ASYNC(?, ?, ?)"
GET = "CALL RELATIONALAI.api.GET_JOB(?, ?)"
EVENTS = "SELECT RELATIONALAI.api.GET_JOB_EVENTS(?, ?, ?)"

STATE_OF_GET = 3
"""Where GET has the state."""

Ask: TypeAlias = Callable[[str, Sequence[str]], Sequence[Any]]
"""Runs a statement with values, and returns its first row."""


class Connection(Protocol):
    """What is used of a connection of `snowflake.connector`."""

    def cursor(self) -> Any: ...


class Session(Protocol):
    """What is used of a session of Snowpark."""

    def sql(self, query: str, params: Sequence[Any] | None = None) -> Any: ...


def by_connection(connection: Connection) -> Ask:
    """Return how to ask by a connection that takes `?` for a value."""

    def ask(statement: str, values: Sequence[str]) -> Sequence[Any]:
        return connection.cursor().execute(statement, values).fetchone()

    return ask


def by_session(session: Session) -> Ask:
    """Return how to ask by a session, as a procedure is given one."""

    def ask(statement: str, values: Sequence[str]) -> Sequence[Any]:
        return session.sql(statement, params=list(values)).collect()[0]

    return ask
