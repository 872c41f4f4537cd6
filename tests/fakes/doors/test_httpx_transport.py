"""The HTTP face as an `httpx` transport."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from rai_jobs_fakes import FakeBackend, HttpDialect

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
