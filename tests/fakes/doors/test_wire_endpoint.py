"""The wire face beside the HTTP face, in one ASGI application."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from rai_jobs_fakes import FakeBackend, Fault, WireSettings
from rai_jobs_fakes.doors.asgi import CannotDropError

LOGIN = "/session/v1/login-request"


def ask(
    backend: FakeBackend,
    method: str,
    path: str,
    parts: list[bytes],
    query: bytes = b"",
    token: str = "",
) -> tuple[int, dict[bytes, bytes], bytes, int]:
    """Send one request in `parts`; return status, headers, body, and how many parts were read."""
    sent: list[Any] = []
    read: list[bytes] = []

    async def receive() -> dict[str, Any]:
        read.append(parts[len(read)])
        more = len(read) < len(parts)
        return {"type": "http.request", "body": read[-1], "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [
            (b"host", b"backend.test"),
            (b"authorization", f'Snowflake Token="{token}"'.encode()),
        ],
    }
    asyncio.run(backend.asgi_app()(scope, receive, send))
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"], len(read)


def login_of(backend: FakeBackend) -> bytes:
    data = {"LOGIN_NAME": "fake_user", "PASSWORD": backend.password()}
    return json.dumps({"data": data}).encode()


def test_a_body_arrives_in_parts_and_the_query_with_it() -> None:
    backend = FakeBackend()
    body = login_of(backend)
    parts = [body[:5], b"", body[5:]]
    status, headers, answer, _ = ask(backend, "POST", LOGIN, parts, b"roleName=r")
    told = json.loads(answer)
    assert (status, told["success"]) == (200, True)
    assert told["data"]["sessionInfo"]["roleName"] == "R"
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"content-length"] == str(len(answer)).encode()


def test_no_more_of_a_body_is_read_than_may_be() -> None:
    backend = FakeBackend(wire=WireSettings(max_body_bytes=1_000))
    status, _, answer, read = ask(backend, "POST", LOGIN, [b" " * 600] * 50)
    assert (status, read) == (413, 2)
    assert json.loads(answer)["code"] == "390400"


def test_every_other_path_is_the_http_faces() -> None:
    status, _, answer, _ = ask(FakeBackend(), "GET", "/v1alpha1/jobs", [b""])
    assert (status, json.loads(answer)) == (401, {"message": "unauthorized: no such token"})


QUERY = "/queries/v1/query-request"
JOBS = json.dumps({"sqlText": "select id from RELATIONALAI.api.jobs"}).encode()


def test_an_answer_is_as_late_as_a_fault_says() -> None:
    backend = FakeBackend()
    token = json.loads(ask(backend, "POST", LOGIN, [login_of(backend)])[2])["data"]["token"]
    backend.faults.inject(Fault.delayed(5))
    status, _, answer, _ = ask(backend, "POST", QUERY, [JOBS], token=token)
    assert (status, json.loads(answer)["success"]) == (200, True)
    assert backend.clock.monotonic() == 5


def test_a_server_that_cannot_drop_a_connection_says_so() -> None:
    backend = FakeBackend()
    token = json.loads(ask(backend, "POST", LOGIN, [login_of(backend)])[2])["data"]["token"]
    backend.faults.inject(Fault.dropped("before"))
    with pytest.raises(CannotDropError, match=r"backend\.serve"):
        ask(backend, "POST", QUERY, [JOBS], token=token)
