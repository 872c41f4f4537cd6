"""The HTTP face on a real loopback socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator

import httpx
import pytest

from rai_jobs import Config, SystemClock, connect_sync
from rai_jobs_fakes import FakeBackend, Fault, JobScript, VirtualClock
from rai_jobs_fakes.control.face import ControlFace
from rai_jobs_fakes.control.namespaces import Namespaces
from rai_jobs_fakes.doors.namespaced import Namespaced
from rai_jobs_fakes.doors.server import FakeServer, FakeServerError

from ..making import bearer

JOB = b'{"job_type": "SOLVER", "worker_name": "w", "payload": "{}"}'


class Running:
    """A backend and a server of it."""

    def __init__(self) -> None:
        self.backend = FakeBackend()
        self.backend.add_user("ann")
        self.server = self.backend.serve()

    def client(self, user: str | None = None) -> httpx.Client:
        headers = bearer(self.server.token(user))
        return httpx.Client(
            base_url=self.server.url,
            headers=headers,
            trust_env=False,
            verify=False,  # noqa: S501 - no TLS here, and its set-up takes longer than a test
        )


@pytest.fixture(scope="module")
def running() -> Generator[Running]:
    """One server for all tests that leave it as it was: starting one takes a third of a second."""
    made = Running()
    with made.server:
        yield made


def server_of(port: int = 0) -> FakeServer:
    return FakeBackend().serve(port=port)


class TestServing:
    """A server that runs."""

    def test_it_is_ready_until_it_is_about_to_stop(self) -> None:
        told: list[tuple[int, str]] = []

        def ask() -> None:
            for path in ("/readyz", "/healthz"):
                answer = httpx.get(f"{server.url}{path}", trust_env=False)
                told.append((answer.status_code, answer.text))

        backend = FakeBackend()
        face = ControlFace(Namespaces(backend, lambda name: FakeBackend(namespace=name)))
        server = FakeServer(Namespaced(face), backend.token, host="127.0.0.1", port=0, release=ask)
        for _ in range(2):
            with server:
                ask()
        assert [status for status, _ in told] == [200, 200, 503, 200] * 2
        assert "about to stop" in told[2][1]

    def test_a_request_over_a_socket_reaches_the_backend(self, running: Running) -> None:
        with running.client() as http:
            made = http.post("/v1alpha1/jobs", content=JOB)
            found = http.get(f"/v1alpha1/jobs/SOLVER/{made.json()['id']}")
        assert found.status_code == 200
        assert found.headers["content-type"] == "application/json"
        assert found.json()["job"]["id"] in {view.id for view in running.backend.executions}

    def test_its_address_is_loopback_and_a_free_port(self, running: Running) -> None:
        server = running.server
        assert server.host == "127.0.0.1"
        assert 0 < server.port < 65_536
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert repr(server) == f"<FakeServer {server.url}>"

    def test_a_token_says_who_is_asking(self, running: Running) -> None:
        assert running.server.token("ann") == running.backend.token("ann")
        assert running.server.token() == running.backend.token()
        with running.client("ann") as http:
            http.post("/v1alpha1/jobs", content=JOB)
        assert running.backend.executions[-1].created_by == "ann"
        with pytest.raises(ValueError, match="no user 'nobody'"):
            running.server.token("nobody")

    def test_without_a_token_it_refuses(self, running: Running) -> None:
        answer = httpx.get(f"{running.server.url}/v1alpha1/jobs", trust_env=False)
        assert answer.status_code == 401

    @pytest.mark.parametrize(
        ("segment", "shown"), [("a%2Fb", "a/b"), ("%2e%2e", ".."), ("k%C3%A4se", "käse")]
    )
    def test_an_encoded_segment_stays_one(self, running: Running, segment: str, shown: str) -> None:
        with running.client() as http:
            answer = http.get(f"/v1alpha1/transactions/{segment}")
        assert answer.json() == {"message": f"no Logic execution {shown!r}"}

    def test_a_large_body_arrives_whole(self, running: Running) -> None:
        with running.client() as http:
            answer = http.post("/v1alpha1/jobs", content=b" " * 10_000_000 + JOB)
        assert answer.status_code == 200

    def test_what_is_not_http_is_answered_400_and_harms_nobody(self, running: Running) -> None:
        with socket.create_connection((running.server.host, running.server.port), 5) as raw:
            raw.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            assert raw.recv(1_000).startswith(b"HTTP/1.1 400 ")
        with running.client() as http:
            assert http.get("/v1alpha1/jobs").status_code == 200

    def test_a_client_that_leaves_in_the_middle_harms_nobody(self, running: Running) -> None:
        with socket.create_connection((running.server.host, running.server.port), 5) as raw:
            raw.sendall(b"POST /v1alpha1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{")
        with running.client() as http:
            assert http.get("/v1alpha1/jobs").status_code == 200

    def test_eight_threads_lose_no_request(self, running: Running) -> None:
        before = len(running.backend.executions)
        made: list[list[str]] = [[] for _ in range(8)]

        def work(mine: list[str]) -> None:
            with running.client() as http:
                for _ in range(50):
                    answer = http.post("/v1alpha1/jobs", content=JOB)
                    mine.append(answer.json()["id"])

        threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ids = {each for mine in made for each in mine}
        assert len(ids) == 400
        assert ids == {view.id for view in running.backend.executions[before:]}

    def test_starting_it_again_is_refused_and_it_runs_on(self, running: Running) -> None:
        url = running.server.url
        with pytest.raises(FakeServerError, match=f"running already, on {url}"):
            running.server.start()
        with running.client() as http:
            assert http.get("/v1alpha1/jobs").status_code == 200

    # Not here: a port above 65535, which raises a bare OverflowError (reported).
    def test_a_port_in_use_is_named(self, running: Running) -> None:
        port = running.server.port
        second = running.backend.serve(port=port)
        with pytest.raises(FakeServerError, match=f"Port {port} on 127.0.0.1 is in use: .* or 0"):
            second.start()
        assert repr(second) == "<FakeServer not running>"
        second.stop()
        with running.client() as http:
            assert http.get("/v1alpha1/jobs").status_code == 200

    def test_an_address_that_is_not_ours_is_named(self) -> None:
        elsewhere = FakeBackend().serve(host="192.0.2.1", allow_remote=True)
        with pytest.raises(FakeServerError, match=r"Port 0 on 192\.0\.2\.1 cannot be had \("):
            elsewhere.start()


class TestStarting:
    """A server that does not run yet, or no more."""

    @pytest.mark.parametrize("name", ["port", "url"])
    def test_it_has_no_address_before_it_runs(self, name: str) -> None:
        with pytest.raises(FakeServerError, match=r"not running: use it in a block, `with backend"):
            getattr(server_of(), name)

    def test_it_knows_tokens_before_it_runs(self) -> None:
        backend = FakeBackend()
        assert backend.serve().token() == backend.token()

    def test_stopping_what_does_not_run_does_nothing(self) -> None:
        server = server_of()
        server.stop()
        assert repr(server) == "<FakeServer not running>"

    def test_it_starts_again_after_it_was_stopped_and_leaves_no_thread(self) -> None:
        before = set(threading.enumerate())
        backend = FakeBackend()
        server = backend.serve()
        for _ in range(2):
            server.start()
            headers = bearer(server.token())
            answer = httpx.post(
                f"{server.url}/v1alpha1/jobs", content=JOB, headers=headers, trust_env=False
            )
            assert answer.status_code == 200
            port = server.port
            assert set(threading.enumerate()) - before
            server.stop()
            server.stop()
            assert set(threading.enumerate()) <= before
            with pytest.raises(FakeServerError, match="not running"):
                _ = server.url
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), 5)
        assert len(backend.executions) == 2

    def test_it_stops_when_its_block_fails_and_lets_the_error_through(self) -> None:
        before = set(threading.enumerate())
        server = server_of()
        with pytest.raises(KeyError), server:
            raise KeyError
        assert set(threading.enumerate()) <= before

    def test_it_stops_while_a_client_keeps_its_connection(self) -> None:
        running = Running()
        running.server.start()
        with running.client() as http:
            assert http.get("/v1alpha1/jobs").status_code == 200
            running.server.stop()
            with pytest.raises(httpx.TransportError):
                http.get("/v1alpha1/jobs")

    def test_it_starts_from_a_thread_and_stops_from_another(self) -> None:
        server = server_of()
        for step in (server.start, server.stop):
            thread = threading.Thread(target=step)
            thread.start()
            thread.join()
        assert repr(server) == "<FakeServer not running>"

    def test_a_server_may_live_by_the_systems_clock(self) -> None:
        clock = SystemClock()
        backend = FakeBackend(clock=clock)
        backend.script(JobScript(run_s=3_600))
        before = clock.now()
        with backend.serve() as server:
            config = Config(base_url=server.url, token=server.token())
            with connect_sync(config=config) as client:
                operation = client.jobs.create("Prescriptive", "w", {})
                job = client.jobs.get("Prescriptive", operation.id)
        assert job is not None
        assert job.created_on is not None
        assert before <= job.created_on <= clock.now()
        assert job.state == "RUNNING"
        assert 0 <= (job.duration or 0) < 60_000


class TestFaults:
    """Faults on a real socket."""

    @pytest.mark.parametrize(
        ("fault", "message", "created"),
        [
            (Fault.dropped("before"), "without sending a response", 0),
            (Fault.dropped("after"), "without sending a response", 1),
            (Fault.dropped("mid-body"), "received 23 bytes, expected 46", 1),
            # A socket that listens cannot keep a connection from being made.
            (Fault.unreachable(), "without sending a response", 0),
        ],
        ids=repr,
    )
    def test_the_connection_is_really_dropped(
        self, running: Running, fault: Fault, message: str, created: int
    ) -> None:
        before = len(running.backend.executions)
        with running.client() as http, running.client() as other:
            neighbour = _own_address(other.get("/v1alpha1/jobs"))
            running.backend.faults.inject(fault)
            with pytest.raises(httpx.RemoteProtocolError, match=message):
                http.post("/v1alpha1/jobs", content=JOB)
            assert len(running.backend.executions) == before + created
            assert http.get("/v1alpha1/jobs").status_code == 200
            # The connections of others live on.
            assert _own_address(other.get("/v1alpha1/jobs")) == neighbour

    def test_others_are_served_while_an_answer_is_late(self) -> None:
        class Held(VirtualClock):
            """A clock on which a sleep ends when the test says so."""

            asleep = threading.Event()
            awake = threading.Event()

            def sleep(self, seconds: float) -> None:
                self.asleep.set()
                self.awake.wait(5)
                self.advance(seconds)

        clock = Held()
        backend = FakeBackend(clock=clock)
        backend.faults.inject(Fault.delayed(30))
        late: list[int] = []
        headers = bearer(backend.token())
        with (
            backend.serve() as server,
            httpx.Client(base_url=server.url, headers=headers, trust_env=False) as http,
        ):
            worker = threading.Thread(
                target=lambda: late.append(http.get("/v1alpha1/jobs").status_code)
            )
            worker.start()
            assert clock.asleep.wait(5)
            assert http.get("/v1alpha1/jobs").status_code == 200
            assert late == []
            clock.awake.set()
            worker.join(5)
        assert late == [200]
        assert clock.monotonic() == 30


def _own_address(answer: httpx.Response) -> object:
    """The client's end of the connection that an answer came on."""
    assert answer.status_code == 200
    return answer.extensions["network_stream"].get_extra_info("client_addr")
