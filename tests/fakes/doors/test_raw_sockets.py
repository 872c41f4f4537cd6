"""Bytes on a real socket that no client of ours would send."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Generator

import pytest

from rai_jobs_fakes import FakeBackend, WireSettings
from rai_jobs_fakes.doors.server import FakeServer

from .test_wire_endpoint import login_of

JOB = b'{"job_type": "SOLVER", "worker_name": "w", "payload": "{}"}'
LIMIT = 50_000


class Raw:
    """A backend, its server, and sockets to it."""

    def __init__(self) -> None:
        self.backend = FakeBackend(max_body_bytes=LIMIT, wire=WireSettings(max_body_bytes=LIMIT))
        self.server: FakeServer = self.backend.serve()

    def open(self) -> socket.socket:
        return socket.create_connection((self.server.host, self.server.port), 5)

    def head(self, method: str, path: str, *lines: str) -> bytes:
        token = f'authorization: Snowflake Token="{self.backend.token()}"'
        return "\r\n".join([f"{method} {path} HTTP/1.1", "host: x", token, *lines, "", ""]).encode()

    def is_well(self) -> bool:
        """Whether a usual request is answered as usual."""
        with self.open() as usual:
            usual.sendall(self.head("GET", "/v1alpha1/jobs"))
            return answer_on(usual)[0] == 200


@pytest.fixture(scope="module")
def raw() -> Generator[Raw]:
    made = Raw()
    with made.server:
        yield made


def answer_on(connection: socket.socket) -> tuple[int, bytes]:
    """The status and the body of the next answer; a status of 0 where the connection ends."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65_536)
        if not more:
            return 0, received
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    [length] = [int(line[15:]) for line in lines if line.startswith("content-length:")] or [-1]
    while len(body) < length or length < 0:
        more = connection.recv(65_536)
        if not more:
            break
        body += more
    return int(lines[0].split()[1]), body


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n",
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1alpha1/jobs HTTP/1.1\r\nhost: x\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: nope\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[-40:])[:40],
)
def test_what_is_no_request_gets_a_refusal_or_nothing_and_others_go_on(
    raw: Raw, sent: bytes
) -> None:
    with raw.open() as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        try:
            status, body = answer_on(connection)
        except ConnectionResetError:
            status, body = 0, b""
    assert status < 500
    assert b"Traceback" not in body
    assert raw.is_well()


def test_a_body_that_breaks_off_is_carried_out_by_nobody(raw: Raw) -> None:
    before = len(raw.backend.executions)
    for path in ("/v1alpha1/jobs", "/session/v1/login-request"):
        # All of the JSON is there; the last blank of the body is not.
        for how in (f"content-length: {len(JOB) + 1}", "transfer-encoding: chunked"):
            with raw.open() as connection:
                part = JOB if "length" in how else b"%x\r\n%s\r\n" % (len(JOB), JOB)
                connection.sendall(raw.head("POST", path, how) + part)
    assert raw.is_well()
    assert len(raw.backend.executions) == before


def test_a_body_may_come_a_byte_at_a_time_while_others_are_served(raw: Raw) -> None:
    with raw.open() as slow:
        slow.sendall(raw.head("POST", "/v1alpha1/jobs", f"content-length: {len(JOB)}"))
        for number, byte in enumerate(JOB):
            slow.sendall(bytes([byte]))
            if number in {0, len(JOB) // 2}:
                assert raw.is_well()
        assert answer_on(slow)[0] == 200


def test_requests_that_come_together_are_answered_one_after_the_other(raw: Raw) -> None:
    create = raw.head("POST", "/v1alpha1/jobs", f"content-length: {len(JOB)}") + JOB
    with raw.open() as connection:
        before = len(raw.backend.executions)
        connection.sendall(create * 20 + raw.head("GET", "/nothing", "connection: close"))
        received = b""
        while more := connection.recv(65_536):
            received += more
    assert received.count(b"HTTP/1.1 200 ") == 20
    assert received.count(b"HTTP/1.1 404 ") == 1
    assert len(raw.backend.executions) == before + 20


@pytest.mark.parametrize("path", ["/v1alpha1/jobs", "/session/v1/login-request"])
def test_a_body_that_is_too_large_is_refused_before_all_of_it_came(raw: Raw, path: str) -> None:
    with raw.open() as connection:
        connection.sendall(raw.head("POST", path, "content-length: 10000000000"))
        connection.sendall(b" " * (LIMIT + 1))
        assert answer_on(connection)[0] == 413
    assert raw.is_well()


def test_a_connection_whose_body_was_too_large_can_be_used_again(raw: Raw) -> None:
    large = b" " * (10 * LIMIT)
    with raw.open() as connection:
        head = raw.head("POST", "/v1alpha1/jobs", f"content-length: {len(large)}")
        sending = threading.Thread(target=connection.sendall, args=(head + large,))
        sending.start()
        assert answer_on(connection)[0] == 413
        sending.join(5)
        connection.sendall(raw.head("GET", "/v1alpha1/jobs"))
        assert answer_on(connection)[0] in {0, 200}
    assert raw.is_well()


@pytest.mark.parametrize(
    "lines",
    [
        ["host: 127.0.0.1", "host: evil.test"],
        ["host: 127.0.0.1", "x-rai-jobs-namespace: a b"],
        ["host: 127.0.0.1", "x-rai-jobs-namespace: \xff"],
        ["host: 127.0.0.1", "origin: \xff"],
        ["host: 127.0.0.1", "content-encoding: gzip"],
        ["host: 127.0.0.1", "content-type: \xff"],
        ["host: [", "authorization: \xff"],
        ["host: 127.0.0.1", "content-length: 10000000000"],
        ["host: 127.0.0.1", "transfer-encoding: gzip, chunked"],
    ],
    ids=repr,
)
def test_a_request_of_control_that_is_none_is_refused_in_words(raw: Raw, lines: list[str]) -> None:
    told = ["POST /control/users HTTP/1.1", "content-type: application/json", *lines]
    told += [] if "content-length" in lines[-1] else ["content-length: 2"]
    with raw.open() as connection:
        connection.sendall("\r\n".join([*told, "", "{}"]).encode("latin-1"))
        connection.sendall(b" " * 8_100_000 if "content-length" in lines[-1] else b"")
        status, body = answer_on(connection)
    assert 400 <= status < 500
    assert b"Traceback" not in body
    assert body
    assert raw.is_well()
    assert len(raw.backend.snapshot().users) == 1


def test_an_expected_continue_is_told_so(raw: Raw) -> None:
    body = login_of(raw.backend)
    with raw.open() as connection:
        head = raw.head(
            "POST",
            "/session/v1/login-request",
            f"content-length: {len(body)}",
            "expect: 100-continue",
        )
        connection.sendall(head)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        status, answer = answer_on(connection)
    assert (status, json.loads(answer)["success"]) == (200, True)
