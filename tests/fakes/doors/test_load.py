"""Many at once, and those that go away: clients in a request, a server in an answer."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable

import httpx
import pytest

from rai_jobs import Config, JobServerError, connect_sync
from rai_jobs_fakes import FakeBackend, Fault, VirtualClock
from rai_jobs_fakes.doors import server as door
from rai_jobs_fakes.doors.server import FakeServerError

from ..making import bearer

CONNECTIONS = 200


def request_of(backend: FakeBackend) -> bytes:
    token = backend.token()
    return (
        "POST /v1alpha1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 55\r\n"
        f'authorization: Snowflake Token="{token}"\r\n\r\n'
    ).encode() + b'{"job_type": "ML", "worker_name": "w", "payload": "{}"}'


def test_two_hundred_connections_at_once_are_each_answered() -> None:
    backend = FakeBackend()
    request = request_of(backend)
    with backend.serve() as server, selectors.DefaultSelector() as answers:
        opened = [
            socket.create_connection((server.host, server.port), 5) for _ in range(CONNECTIONS)
        ]
        for each in opened:
            each.sendall(request[:-1])
            answers.register(each, selectors.EVENT_READ)
        # Every one of them is in the middle of a request.
        for each in opened:
            each.sendall(request[-1:])
        answered: list[bytes] = []
        while len(answered) < CONNECTIONS:
            ready = answers.select(5)
            assert ready, f"{len(answered)} were answered"
            for key, _ in ready:
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                answered.append(connection.recv(1_000)[:13])
                answers.unregister(connection)
        for each in opened:
            each.close()
    assert set(answered) == {b"HTTP/1.1 200 "}
    assert len(backend.executions) == CONNECTIONS


def test_clients_that_are_killed_leave_nothing_that_lasts() -> None:
    backend = FakeBackend()
    request = request_of(backend)
    before = set(threading.enumerate())
    with backend.serve() as server:
        for cut in range(1, len(request), 7):
            dying = socket.create_connection((server.host, server.port), 5)
            dying.sendall(request[:cut])
            # Not closed in peace: what was sent is thrown away, and the other end is told so.
            dying.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            dying.close()
        headers = bearer(server.token())
        answer = httpx.get(f"{server.url}/v1alpha1/jobs", headers=headers, trust_env=False)
        assert answer.json() == {"jobs": []}
    assert set(threading.enumerate()) <= before


def rest_of(connection: socket.socket) -> bytes:
    """What still comes until the other end closes."""
    with connection:
        received = b""
        while more := connection.recv(65_536):
            received += more
        return received


class Held(VirtualClock):
    """A clock on which a sleep ends when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = threading.Event()
        self.awake = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.asleep.set()
        self.awake.wait(5)
        self.advance(seconds)


def test_a_client_that_is_gone_when_its_late_answer_comes_harms_nobody() -> None:
    clock = Held()
    backend = FakeBackend(clock=clock)
    backend.faults.inject(Fault.delayed(30))
    with backend.serve() as server:
        with socket.create_connection((server.host, server.port), 5) as leaving:
            leaving.sendall(request_of(backend))
            assert clock.asleep.wait(5)
        clock.awake.set()
        headers = bearer(server.token())
        answer = httpx.get(f"{server.url}/v1alpha1/jobs", headers=headers, trust_env=False)
        assert len(answer.json()["jobs"]) == 1


@pytest.mark.parametrize("ask", ["create", "get"])
def test_a_server_that_dies_in_the_middle_of_an_answer_is_an_error_that_says_so(ask: str) -> None:
    # Every answer is cut, as it is when its server is killed; and nothing answers after that.
    backend = FakeBackend()
    asked: dict[str, Callable[[], object]] = {
        "create": lambda: jobs.create("Predictive", "w", {}),
        "get": lambda: jobs.get("Predictive", "x"),
    }
    with backend.serve() as server:
        config = Config(base_url=server.url, token=server.token())
        with connect_sync(config=config, clock=backend.clock) as client:
            jobs = client.jobs
            backend.faults.inject(Fault.dropped("mid-body", times=None))
            with pytest.raises(JobServerError) as caught:
                asked[ask]()
            told = str(caught.value)
            assert told.startswith(f"{ask}: ")
            assert "peer closed connection without sending complete message body" in told
            assert ("may have been created" in told) is (ask == "create")
            server.stop()
            with pytest.raises(JobServerError) as caught:
                asked[ask]()
            assert "refused" in str(caught.value)
            assert "may have been created" not in str(caught.value)


def test_it_stops_with_open_connections_idle_or_in_the_middle() -> None:
    backend = FakeBackend()
    before = set(threading.enumerate())
    request = request_of(backend)
    server = backend.serve()
    server.start()
    opened = [socket.create_connection((server.host, server.port), 5) for _ in range(20)]
    for number, each in enumerate(opened):
        each.sendall(request[: -number or None])
    first = opened[0].recv(1_000)
    assert first.startswith(b"HTTP/1.1 200 ")
    server.stop()
    assert set(threading.enumerate()) <= before
    received = [rest_of(each) for each in opened]
    assert (first + received[0]).endswith(b"}")
    assert set(received[1:]) == {b""}


def test_a_server_that_does_not_stop_in_time_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(threading.enumerate())
    monkeypatch.setattr(door, "_STOP_TIMEOUT_S", 0.05)
    clock = Held()
    backend = FakeBackend(clock=clock)
    backend.faults.inject(Fault.delayed(30))
    server = backend.serve()
    server.start()
    with socket.create_connection((server.host, server.port), 5) as waiting:
        waiting.sendall(request_of(backend))
        assert clock.asleep.wait(5)
        with pytest.raises(FakeServerError, match=r"on http://127\.0\.0\.1:\d+ did not stop"):
            server.stop()
        assert server.running
        clock.awake.set()
        assert waiting.recv(1_000) == b""
    monkeypatch.undo()
    server.stop()
    assert not server.running
    assert set(threading.enumerate()) <= before
