"""A bare application that knows nothing: it answers each path with the bytes that another did.

What a client of Snowflake costs by itself, and a server beneath any application, is what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.server import FakeServer

__all__ = ["Recorded", "connected", "recorded", "served"]

_CONNECTOR: Any = import_module("snowflake.connector")
# Untyped: the connector 4 does not tell what `connect` takes.


class _Recorder:
    """An application that remembers what another answered to each path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.answers: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.body":
                self.answers[scope["path"]] = message["body"]
            await send(message)

        await self._app(scope, receive, sending)


class Recorded:
    """An application that answers each path with the same bytes.

    Args:
        answers: the bytes by path.
    """

    def __init__(self, answers: dict[str, bytes]) -> None:
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request once it is there."""
        await Request(scope, receive).body()
        answer = Response(self._answers[scope["path"]], media_type="application/json")
        await answer(scope, receive, send)


def recorded(backend: FakeBackend, app: ASGIApp, use: Callable[[Any], object]) -> Recorded:
    """Return an application that answers a connection as `app` did while it was used once.

    Args:
        backend: whose users log in.
        app: the application.
        use: uses a connection; what it asks is all that can be asked later.
    """
    recorder = _Recorder(app)
    with served(backend, recorder) as server:
        connection = connected(server)
        use(connection)
        connection.close()
    return Recorded(recorder.answers)


def served(backend: FakeBackend, app: ASGIApp) -> FakeServer:
    """Return a server of `app` that `connected` finds its way to as a user of `backend`."""

    def login(user: str | None) -> tuple[str, str]:
        return "fake_user", backend.password(user)

    return FakeServer(app, backend.token, host="127.0.0.1", port=0, login_of=login)


def connected(server: FakeServer) -> Any:
    """Return a connection of the real connector."""
    parameters: dict[str, Any] = server.connection_parameters()
    return _CONNECTOR.connect(**parameters)
