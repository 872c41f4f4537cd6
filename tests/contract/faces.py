"""Every face that the contract is run on: a name, and how to open it onto a backend."""

from __future__ import annotations

import asyncio
import atexit
import ssl
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import httpx
import respx
from starlette.types import ASGIApp, Receive, Scope, Send

from rai_jobs import (
    Config,
    ConnectorExecutor,
    HttpJobsGateway,
    JobsClientSync,
    SessionExecutor,
    SqlJobsGateway,
    StaticTokenAuth,
    connect_sync,
    from_session_sync,
)
from rai_jobs.http.discovery import EndpointCache
from rai_jobs.sql.executor import SqlExecutor
from rai_jobs_fakes import FakeBackend, HttpDialect, WireSettings
from rai_jobs_fakes.contract import Subject, make_backend
from rai_jobs_fakes.doors.server import FakeServer

FAR_AWAY = "https://backend.test"
TLS = ssl.create_default_context()
"""Made once: reading the system's certificates takes longer than a test."""


class AsgiTransport(httpx.BaseTransport):
    """A synchronous client's way to an ASGI application in the same process."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app=app)
        self._loop = asyncio.new_event_loop()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def ask() -> httpx.Response:
            asked = httpx.Request(
                request.method, request.url, headers=request.headers, content=request.read()
            )
            answer = await self._transport.handle_async_request(asked)
            body = await answer.aread()
            return httpx.Response(answer.status_code, headers=answer.headers, content=body)

        return self._loop.run_until_complete(ask())

    def close(self) -> None:
        self._loop.close()


@contextmanager
def gateway() -> Generator[Subject]:
    """The gateway face, in memory."""
    backend = make_backend()

    def connect(user: str, guard_rails: bool) -> JobsClientSync:
        return JobsClientSync(backend.gateway(user, guard_rails=guard_rails), clock=backend.clock)

    yield Subject(backend, connect, cancels_for_all=True)


def _over_http(
    backend: FakeBackend, base_url: str, transport: httpx.BaseTransport | None
) -> Subject:
    """Return a subject whose clients are our HTTP gateway, by token."""

    def connect(user: str, guard_rails: bool) -> JobsClientSync:
        gateway = HttpJobsGateway(
            base_url,
            auth=StaticTokenAuth(backend.token(user)),
            transport=transport,
            guard_rails=guard_rails,
            clock=backend.clock,
        )
        return JobsClientSync(gateway, clock=backend.clock)

    return Subject(backend, connect)


def transport(dialect: HttpDialect) -> Callable[[], AbstractContextManager[Subject]]:
    """Return a face: the httpx transport of a backend that spells things in `dialect`."""

    @contextmanager
    def face() -> Generator[Subject]:
        backend = make_backend(http_dialect=dialect)
        yield _over_http(backend, FAR_AWAY, backend.http_transport())

    return face


@contextmanager
def mounted() -> Generator[Subject]:
    """The HTTP face behind a respx router."""
    backend = make_backend()
    with respx.mock(assert_all_called=False) as router:
        backend.mount(router, base_url=FAR_AWAY)
        transport = httpx.HTTPTransport(verify=TLS)
        yield _over_http(backend, FAR_AWAY, transport)


@contextmanager
def asgi() -> Generator[Subject]:
    """The HTTP face as an ASGI application."""
    backend = make_backend()
    app = AsgiTransport(backend.asgi_app())
    yield _over_http(backend, FAR_AWAY, app)
    app.close()


class Switchboard:
    """One running server for all tests of a process: it answers from the backend of the moment.

    Starting and stopping a server takes a third of a second, most of it waiting.
    """

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.backend: FakeBackend | None = None

    def serve(self, backend: FakeBackend) -> None:
        """Answer from `backend` from now on."""
        self.backend, self.app = backend, backend.asgi_app()

    def login(self, user: str | None) -> tuple[str, str]:
        assert self.backend is not None
        assert user is not None
        return user, self.backend.password(user)

    def token(self, user: str | None) -> str:
        raise AssertionError(f"ask the backend for the token of {user}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)

    @cached_property
    def running(self) -> FakeServer:
        running = FakeServer(self, self.token, host="127.0.0.1", port=0, login_of=self.login)
        running.start()
        atexit.register(running.stop)
        return running

    @property
    def url(self) -> str:
        return self.running.url


SWITCHBOARD = Switchboard()


@contextmanager
def server() -> Generator[Subject]:
    """The HTTP face on a real socket, reached as a user would: by `connect_sync`."""
    backend = make_backend()
    SWITCHBOARD.serve(backend)

    def connect(user: str, guard_rails: bool) -> JobsClientSync:
        config = Config(
            base_url=SWITCHBOARD.url, token=backend.token(user), guard_rails=guard_rails
        )
        return connect_sync(config=config, clock=backend.clock).jobs

    yield Subject(backend, connect)


def _over_sql(executor_of: Callable[[FakeBackend, str], SqlExecutor]) -> Face:
    """Return a face: our SQL gateway on a connection or session of the fake."""

    @contextmanager
    def face() -> Generator[Subject]:
        backend = make_backend()

        def connect(user: str, guard_rails: bool) -> JobsClientSync:
            gateway = SqlJobsGateway(executor_of(backend, user), clock=backend.clock)
            return JobsClientSync(gateway, clock=backend.clock)

        yield Subject(
            backend, connect, cancels_for_all=True, streams=("progress",), guards_rails=False
        )

    return face


@contextmanager
def discovered() -> Generator[Subject]:
    """Direct Access on a real socket that SQL told of, with SQL for the rest: by a session."""
    backend = make_backend(service_endpoint=SWITCHBOARD.url)
    SWITCHBOARD.serve(backend)
    EndpointCache.forget_all()

    def connect(user: str, guard_rails: bool) -> JobsClientSync:
        config = Config(direct_access=True, token=backend.token(user), guard_rails=guard_rails)
        session = backend.session(user)
        return from_session_sync(session=session, config=config, clock=backend.clock).jobs

    yield Subject(backend, connect, cancels_for_all=True)


FOR_DAYS = WireSettings(session_token_s=86_400, master_token_s=864_000)
"""Some tests let more time pass than a session that nobody keeps alive has."""


@contextmanager
def wire_connection() -> Generator[Subject]:
    """Snowflake's wire on a real socket, reached by the real connector, as the settings say."""
    backend = make_backend(wire=FOR_DAYS)
    SWITCHBOARD.serve(backend)

    def connect(user: str, guard_rails: bool) -> JobsClientSync:
        config = Config(connection=SWITCHBOARD.running.connection_parameters(user))
        return connect_sync(config=config, clock=backend.clock).jobs

    yield Subject(backend, connect, cancels_for_all=True, streams=("progress",), guards_rails=False)


@contextmanager
def wire_session() -> Generator[Subject]:
    """Snowflake's wire on a real socket, reached by a real Snowpark session."""
    snowpark: Any = import_module("snowflake.snowpark")
    backend = make_backend(wire=FOR_DAYS)
    SWITCHBOARD.serve(backend)
    with ExitStack() as open_sessions:

        def connect(user: str, guard_rails: bool) -> JobsClientSync:
            parameters = SWITCHBOARD.running.connection_parameters(user)
            session = snowpark.Session.builder.configs(parameters).create()
            open_sessions.callback(session.close)
            return from_session_sync(session=session, config=Config(), clock=backend.clock).jobs

        yield Subject(
            backend, connect, cancels_for_all=True, streams=("progress",), guards_rails=False
        )


Face = Callable[[], AbstractContextManager[Subject]]

FACES: dict[str, Callable[[], AbstractContextManager[Subject]]] = {
    "gateway": gateway,
    "transport": transport(HttpDialect()),
    "transport-bare": transport(
        HttpDialect(
            instants="epoch_ms",
            transaction_wrapper=None,
            transactions_wrapper=None,
            error_key=None,
        )
    ),
    "transport-sql": transport(
        HttpDialect(
            instants="sql",
            transaction_wrapper="data",
            transactions_wrapper="Transactions",
            error_key="error",
        )
    ),
    "respx": mounted,
    "asgi": asgi,
    "server": server,
    "sql-connection": _over_sql(lambda of, user: ConnectorExecutor(of.connection(user))),
    "sql-session": _over_sql(lambda of, user: SessionExecutor(of.session(user))),
    "hybrid": discovered,
    "wire-connection": wire_connection,
}
if find_spec("snowflake.snowpark") is not None:
    FACES["wire-session"] = wire_session
