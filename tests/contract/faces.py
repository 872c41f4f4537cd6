"""Every face that the contract is run on: a name, and how to open it onto a backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import httpx
import respx

from rai_jobs import Config, HttpJobsGateway, JobsClientSync, StaticTokenAuth, connect_sync
from rai_jobs_fakes import HttpDialect
from rai_jobs_fakes.contract import Subject, make_backend

FAR_AWAY = "https://backend.test"


class AsgiTransport(httpx.BaseTransport):
    """A synchronous client's way to an ASGI application in the same process."""

    def __init__(self, app: object) -> None:
        self._transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def ask() -> httpx.Response:
            asked = httpx.Request(
                request.method, request.url, headers=request.headers, content=request.read()
            )
            answer = await self._transport.handle_async_request(asked)
            body = await answer.aread()
            return httpx.Response(answer.status_code, headers=answer.headers, content=body)

        return asyncio.run(ask())


@contextmanager
def gateway() -> Generator[Subject]:
    """The gateway face, in memory."""
    backend = make_backend()

    def connect(user: str, guard_rails: bool) -> JobsClientSync:
        return JobsClientSync(backend.gateway(user, guard_rails=guard_rails), clock=backend.clock)

    yield Subject(backend, connect, cancels_for_all=True)


def _over_http(
    subject_of: Callable[[Callable[..., JobsClientSync]], Subject],
    base_url: str,
    transport: httpx.BaseTransport | None,
) -> Subject:
    """Return a subject whose clients are our HTTP gateway, by token."""

    def connect(user: str, guard_rails: bool) -> JobsClientSync:
        gateway = HttpJobsGateway(
            base_url,
            auth=StaticTokenAuth(subject.backend.token(user)),
            transport=transport,
            guard_rails=guard_rails,
        )
        return JobsClientSync(gateway, clock=subject.backend.clock)

    subject = subject_of(connect)
    return subject


def transport(dialect: HttpDialect) -> Callable[[], AbstractContextManager[Subject]]:
    """Return a face: the httpx transport of a backend that spells things in `dialect`."""

    @contextmanager
    def face() -> Generator[Subject]:
        backend = make_backend(http_dialect=dialect)
        yield _over_http(
            lambda connect: Subject(backend, connect), FAR_AWAY, backend.http_transport()
        )

    return face


@contextmanager
def mounted() -> Generator[Subject]:
    """The HTTP face behind a respx router."""
    backend = make_backend()
    with respx.mock(assert_all_called=False) as router:
        backend.mount(router, base_url=FAR_AWAY)
        yield _over_http(lambda connect: Subject(backend, connect), FAR_AWAY, None)


@contextmanager
def asgi() -> Generator[Subject]:
    """The HTTP face as an ASGI application."""
    backend = make_backend()
    app = AsgiTransport(backend.asgi_app())
    yield _over_http(lambda connect: Subject(backend, connect), FAR_AWAY, app)


@contextmanager
def server() -> Generator[Subject]:
    """The HTTP face on a real socket, reached as a user would: by `connect_sync`."""
    backend = make_backend()
    with backend.serve() as running:

        def connect(user: str, guard_rails: bool) -> JobsClientSync:
            config = Config(
                base_url=running.url, token=backend.token(user), guard_rails=guard_rails
            )
            return connect_sync(config=config, clock=backend.clock).jobs

        subject = Subject(backend, connect)
        yield subject
        subject.close()


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
}
