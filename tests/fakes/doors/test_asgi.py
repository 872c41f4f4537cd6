"""The HTTP face as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from rai_jobs_fakes import FakeBackend, Fault, HttpDialect, JobScript
from rai_jobs_fakes.doors.asgi import CannotDropError

from ..making import headers_of

JOB = b'{"job_type": "SOLVER", "worker_name": "w", "payload": "{}"}'


@pytest.fixture
def backend() -> FakeBackend:
    """A backend whose clock stands at the start."""
    return FakeBackend()


def ask(
    backend: FakeBackend, asks: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
) -> httpx.Response:
    """Ask the application once, as the default user."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=backend.asgi_app())
        async with httpx.AsyncClient(
            transport=transport, base_url="https://backend.test", headers=headers_of(backend)
        ) as http:
            return await asks(http)

    return asyncio.run(asked())


def test_an_asynchronous_client_creates_and_looks(backend: FakeBackend) -> None:
    made = ask(backend, lambda http: http.post("/v1alpha1/jobs", content=JOB))
    [view] = backend.executions
    assert made.json() == {"id": view.id}
    found = ask(backend, lambda http: http.get(f"/v1alpha1/jobs/SOLVER/{view.id}"))
    assert found.json()["job"]["state"] == "COMPLETED"
    assert found.headers["content-type"] == "application/json"


# Not here: an encoded newline, which Starlette's own router refuses before the face (reported).
@pytest.mark.parametrize(
    ("segment", "shown"),
    [
        ("a%2Fb", "a/b"),
        ("a%2Fartifacts", "a/artifacts"),
        ("%2e%2e%2Fjobs", "../jobs"),
        ("a%3Fb", "a?b"),
        ("a%252Fb", "a%2Fb"),
        ("k%C3%A4se", "käse"),
        ("%FF", "\ufffd"),
        ("a%20b", "a b"),
    ],
)
def test_what_is_encoded_stays_in_the_id(backend: FakeBackend, segment: str, shown: str) -> None:
    url = httpx.URL("https://backend.test").copy_with(
        raw_path=f"/v1alpha1/transactions/{segment}".encode()
    )
    answer = ask(backend, lambda http: http.get(url))
    assert answer.status_code == 404
    assert answer.json() == {"message": f"no Logic execution {shown!r}"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/v1alpha1/jobs/SOLVER", 404),
        ("DELETE", "/v1alpha1/jobs", 405),
        ("OPTIONS", "/v1alpha1/jobs", 405),
        ("POST", "/v1alpha1/jobs", 400),
        ("GET", "/v1alpha1/jobs", 200),
    ],
)
def test_every_path_and_method_is_answered_by_the_face(
    backend: FakeBackend, method: str, path: str, status: int
) -> None:
    answer = ask(backend, lambda http: http.request(method, path))
    assert answer.status_code == status
    assert isinstance(answer.json(), dict)


def test_a_head_request_is_refused(backend: FakeBackend) -> None:
    assert ask(backend, lambda http: http.head("/v1alpha1/jobs")).status_code == 405


def test_requests_go_by_their_token(backend: FakeBackend) -> None:
    answer = ask(
        backend, lambda http: http.get("/v1alpha1/jobs", headers={"authorization": "Bearer x"})
    )
    assert (answer.status_code, answer.json()["message"]) == (401, "unauthorized: no such token")


def test_a_query_reaches_the_face(backend: FakeBackend) -> None:
    ask(backend, lambda http: http.post("/v1alpha1/jobs", content=JOB))
    path = f"/v1alpha1/jobs/SOLVER/{backend.executions[0].id}/events/progress"
    for token, status in (("", 200), ("zz", 400), ("%C3%A4&x=1", 400)):
        url = f"{path}?continuation_token={token}"
        assert ask(backend, lambda http, url=url: http.get(url)).status_code == status


def test_a_body_that_is_sent_in_pieces_arrives_whole(backend: FakeBackend) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(JOB), 7):
            yield JOB[start : start + 7]

    answer = ask(backend, lambda http: http.post("/v1alpha1/jobs", content=pieces()))
    assert answer.status_code == 200


def test_an_error_in_plain_text_says_its_character_set_once() -> None:
    backend = FakeBackend(http_dialect=HttpDialect(error_key=None))
    answer = ask(backend, lambda http: http.get("/nowhere"))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == "no such path: /nowhere"


def test_many_requests_at_once_are_each_answered(backend: FakeBackend) -> None:
    backend.script(JobScript(run_s=5))

    async def flood() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=backend.asgi_app())
        async with httpx.AsyncClient(
            transport=transport, base_url="https://backend.test", headers=headers_of(backend)
        ) as http:
            return await asyncio.gather(
                *(http.post("/v1alpha1/jobs", content=JOB) for _ in range(50))
            )

    ids = {answer.json()["id"] for answer in asyncio.run(flood())}
    assert ids == {view.id for view in backend.executions}
    assert len(ids) == 50


def test_a_delay_passes_before_the_answer(backend: FakeBackend) -> None:
    backend.faults.inject(Fault.delayed(30))
    assert ask(backend, lambda http: http.get("/v1alpha1/jobs")).json() == {"jobs": []}
    assert backend.clock.monotonic() == 30


def test_a_status_keeps_its_headers(backend: FakeBackend) -> None:
    backend.faults.inject(Fault.http(429, headers={"Retry-After": "7"}))
    answer = ask(backend, lambda http: http.get("/v1alpha1/jobs"))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("fault", [Fault.unreachable(), Fault.dropped("mid-body")], ids=repr)
def test_a_connection_that_cannot_be_dropped_is_an_error(
    backend: FakeBackend, fault: Fault
) -> None:
    backend.faults.inject(fault)
    with pytest.raises(CannotDropError, match=r"use `backend\.serve\(\)`"):
        ask(backend, lambda http: http.get("/v1alpha1/jobs"))
