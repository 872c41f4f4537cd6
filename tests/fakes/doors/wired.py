"""One running server of a process for all tests that leave it as it was, and the real connector.

Starting a server takes a third of a second, loading the connector one.
"""

from __future__ import annotations

import atexit
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.server import FakeServer

from ..faces.wire.talking import KEY, pem_of

CONNECTOR = int(version("snowflake-connector-python").partition(".")[0])


class Switch:
    """An application that answers from the backend of the moment, and refuses when told to."""

    def __init__(self) -> None:
        self.backend = FakeBackend()
        self.app: ASGIApp = self.backend.asgi_app()
        self.refuse_after_answering = 0
        self.targets: list[str] = []

    def turn(self) -> FakeBackend:
        """Answer from a new backend from now on."""
        self.backend = FakeBackend()
        self.backend.add_user("Ann", admin=True, public_key=pem_of(KEY))
        self.backend.add_user("bob", password="bobs own", token="bobs-token")
        self.app = self.backend.asgi_app()
        self.refuse_after_answering = 0
        self.targets = []
        return self.backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.targets.append(f"{scope['path']}?{scope['query_string'].decode()}")
        if self.refuse_after_answering and scope["path"].startswith("/queries/"):
            self.refuse_after_answering -= 1

            async def swallow(message: Any) -> None:
                pass

            await self.app(scope, receive, swallow)
            await Response("try again later", 503)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def token(self, user: str | None) -> str:
        return self.backend.token(user)

    def login(self, user: str | None) -> tuple[str, str]:
        name = user or "fake_user"
        return name, self.backend.password(name)


SWITCH = Switch()


@cache
def server() -> FakeServer:
    """The server, running until the process ends."""
    made = FakeServer(
        SWITCH,
        SWITCH.token,
        host="127.0.0.1",
        port=0,
        login_of=SWITCH.login,
    )
    made.start()
    atexit.register(made.stop)
    return made


@contextmanager
def connected(**changed: Any) -> Generator[Any]:
    """A connection of the real connector to the backend of the moment."""
    connection = connect(**changed)
    try:
        yield connection
    finally:
        connection.close()


def connect(**changed: Any) -> Any:
    """Connect by the real connector as `fake_user`; `None` leaves a parameter out."""
    # Untyped: the connector 4 does not tell what `connect` takes.
    connector: Any = import_module("snowflake.connector")

    parameters = {**server().connection_parameters(), **changed}
    given: dict[str, Any] = {name: of for name, of in parameters.items() if of is not None}
    return connector.connect(**given)
