"""The HTTP face as an `httpx` transport."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from rai_jobs_fakes import FakeBackend, Fault, HttpDialect
from rai_jobs_fakes.doors.httpx_transport import asked_of, outcome_of
from rai_jobs_fakes.faces.http import HttpFace

from ..making import bearer, headers_of

BASE = "https://backend.test"
JOB = b'{"job_type": "SOLVER", "worker_name": "w", "payload": "{}"}'


@pytest.fixture
def backend() -> FakeBackend:
    """A backend with users ann and bob."""
    made = FakeBackend()
    made.add_user("ann")
    made.add_user("bob")
    return made


def client(backend: FakeBackend, user: str | None = None) -> httpx.Client:
    return httpx.Client(transport=backend.http_transport(user), base_url=BASE)


def test_without_a_user_a_request_goes_by_its_token(backend: FakeBackend) -> None:
    with client(backend) as http:
        for user in ("ann", "bob"):
            answer = http.post("/v1alpha1/jobs", content=JOB, headers=headers_of(backend, user))
            assert answer.status_code == 200
        assert http.post("/v1alpha1/jobs", content=JOB).status_code == 401
    assert [view.created_by for view in backend.executions] == ["ann", "bob"]


@pytest.mark.parametrize("token", [None, "wrong", "bob's"])
def test_with_a_user_it_goes_by_the_user_whatever_its_token(
    backend: FakeBackend, token: str | None
) -> None:
    known = {"bob's": backend.token("bob")}
    headers = {} if token is None else bearer(known.get(token, token))
    with client(backend, "ann") as http:
        assert http.post("/v1alpha1/jobs", content=JOB, headers=headers).status_code == 200
    assert [view.created_by for view in backend.executions] == ["ann"]


def test_an_answer_is_json_with_its_length(backend: FakeBackend) -> None:
    with client(backend, "ann") as http:
        answer = http.get("/v1alpha1/jobs")
    assert answer.json() == {"jobs": []}
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_an_error_keeps_the_content_type_of_the_dialect() -> None:
    backend = FakeBackend(http_dialect=HttpDialect(error_key=None))
    with client(backend, "fake_user") as http:
        answer = http.get("/nowhere")
    assert (answer.status_code, answer.text) == (404, "no such path: /nowhere")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_header_names_may_be_in_any_case(backend: FakeBackend) -> None:
    [(name, value)] = headers_of(backend, "ann").items()
    with client(backend) as http:
        assert http.get("/v1alpha1/jobs", headers={name.upper(): value}).status_code == 200


@pytest.mark.parametrize("segment", ["a%2Fb", "a%252Fb", "%3F", "a%20b", "k%C3%A4se"])
def test_a_path_reaches_the_face_as_it_was_sent(backend: FakeBackend, segment: str) -> None:
    shown = {"a%2Fb": "a/b", "a%252Fb": "a%2Fb", "%3F": "?", "a%20b": "a b"}.get(segment, "käse")
    with client(backend, "ann") as http:
        answer = http.get(f"/v1alpha1/jobs/SOLVER/{segment}")
    assert answer.json() == {"message": f"no Prescriptive execution {shown!r}"}


def test_a_query_reaches_the_face(backend: FakeBackend) -> None:
    with client(backend, "ann") as http:
        made = http.post("/v1alpha1/jobs", content=JOB).json()["id"]
        path = f"/v1alpha1/jobs/SOLVER/{made}/events/progress"
        assert http.get(path, params={"continuation_token": ""}).status_code == 200
        assert http.get(path, params={"continuation_token": "zz"}).status_code == 400


def test_a_body_that_is_sent_in_pieces_arrives_whole(backend: FakeBackend) -> None:
    def pieces() -> Iterator[bytes]:
        yield JOB[:7]
        yield b""
        yield JOB[7:]

    with client(backend, "ann") as http:
        assert http.post("/v1alpha1/jobs", content=pieces()).status_code == 200


def test_it_serves_on_after_a_client_was_closed(backend: FakeBackend) -> None:
    transport = backend.http_transport("ann")
    for _ in range(2):
        with httpx.Client(transport=transport, base_url=BASE) as http:
            assert http.get("/v1alpha1/jobs").status_code == 200


def test_a_request_may_name_any_host(backend: FakeBackend) -> None:
    with httpx.Client(transport=backend.http_transport("ann")) as http:
        for url in ("http://a.test", "https://b.test:8443"):
            assert http.get(f"{url}/v1alpha1/jobs").status_code == 200


class TestFaults:
    """What `httpx` makes of a fault."""

    @pytest.fixture
    def http(self, backend: FakeBackend) -> Iterator[httpx.Client]:
        """A client that waits a minute for an answer, and ten seconds for a connection."""
        timeout = httpx.Timeout(60, connect=10)
        transport = backend.http_transport("ann")
        with httpx.Client(transport=transport, base_url=BASE, timeout=timeout) as made:
            yield made

    @pytest.mark.parametrize(
        ("fault", "error", "seconds", "created"),
        [
            (Fault.unreachable(), httpx.ConnectError, 0, 0),
            (Fault.unreachable(delay_s=11), httpx.ConnectTimeout, 10, 0),
            (Fault.unreachable(delay_s=9), httpx.ConnectError, 9, 0),
            (Fault.dropped("before"), httpx.RemoteProtocolError, 0, 0),
            (Fault.dropped("after"), httpx.RemoteProtocolError, 0, 1),
            (Fault.dropped("after", delay_s=61), httpx.ReadTimeout, 60, 1),
            (Fault.dropped("mid-body"), httpx.RemoteProtocolError, 0, 1),
            (Fault.delayed(61), httpx.ReadTimeout, 60, 1),
            (Fault.http(503, delay_s=61), httpx.ReadTimeout, 60, 0),
        ],
        ids=repr,
    )
    def test_it_raises_what_a_real_transport_would(
        self,
        backend: FakeBackend,
        http: httpx.Client,
        fault: Fault,
        error: type[httpx.TransportError],
        seconds: float,
        created: int,
    ) -> None:
        backend.faults.inject(fault)
        with pytest.raises(error) as caught:
            http.post("/v1alpha1/jobs", content=JOB)
        assert type(caught.value) is error
        assert caught.value.request.url == f"{BASE}/v1alpha1/jobs"
        assert backend.clock.monotonic() == seconds
        assert len(backend.executions) == created
        assert http.post("/v1alpha1/jobs", content=JOB).status_code == 200

    def test_what_is_late_but_in_time_is_waited_for(
        self, backend: FakeBackend, http: httpx.Client
    ) -> None:
        backend.faults.inject(Fault.delayed(60))
        assert http.get("/v1alpha1/jobs").json() == {"jobs": []}
        assert backend.clock.monotonic() == 60

    def test_without_a_timeout_it_waits_as_long_as_it_takes(self, backend: FakeBackend) -> None:
        backend.faults.inject(Fault.delayed(10_000))
        transport = backend.http_transport("ann")
        with httpx.Client(transport=transport, base_url=BASE, timeout=None) as http:  # noqa: S113
            assert http.get("/v1alpha1/jobs").status_code == 200

    def test_a_body_breaks_off_after_its_first_half(
        self, backend: FakeBackend, http: httpx.Client
    ) -> None:
        backend.faults.inject(Fault.dropped("mid-body"))
        with http.stream("POST", "/v1alpha1/jobs", content=JOB) as answer:
            announced = int(answer.headers["content-length"])
            chunks = answer.iter_raw()
            assert len(next(chunks)) == announced // 2
            with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
                next(chunks)

    def test_a_torn_body_breaks_off_for_an_asynchronous_client_too(
        self, backend: FakeBackend
    ) -> None:
        async def ask() -> None:
            request = httpx.Request("GET", f"{BASE}/v1alpha1/jobs", headers=headers_of(backend))
            backend.faults.inject(Fault.dropped("mid-body"))
            face = HttpFace(backend, HttpDialect())
            _, outcome = outcome_of(face.handle(asked_of(request, b"")), request)
            assert isinstance(outcome, httpx.Response)
            with pytest.raises(httpx.RemoteProtocolError):
                await outcome.aread()

        asyncio.run(ask())
