"""The ways to connect, by the name of their level; what drives them needs the published client."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["WAYS", "Way"]


@dataclass(frozen=True)
class Way:
    """One way to connect.

    Args:
        transport: `memory`, `sql` or `http`.
        says: what it is, in words.
    """

    transport: str
    says: str


WAYS = {
    "gateway": Way("memory", "L1: `JobsClientSync(backend.gateway())`"),
    "gateway, awaited": Way("memory", "L1: `JobsClient(backend.async_gateway())`"),
    "session": Way("sql", "L2: `from_session_sync(session=backend.session())`"),
    "session, awaited": Way("sql", "L2: `await from_session(session=backend.session())`"),
    "SQL": Way("sql", "L3: `connect_sync()` with account, user and password, by the proxy"),
    "SQL, awaited": Way("sql", "L3: `await connect()`, likewise"),
    "active session": Way(
        "sql", "L3: `connect_sync()` while a Snowpark session on the server is active"
    ),
    "HTTP": Way(
        "http",
        "L3: `connect_sync()` with a token and `direct_access: true`, by the proxy: discovery over"
        " SQL, then HTTP",
    ),
    "HTTP, awaited": Way("http", "L3: `await connect()`, likewise"),
}
