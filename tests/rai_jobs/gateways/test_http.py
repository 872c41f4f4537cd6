"""The Direct Access gateway: what it sends, and what it makes of what comes back."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import httpx
import pytest

from rai_jobs import (
    HttpJobsGateway,
    JobAuthError,
    JobCapabilityError,
    JobConfigurationError,
    JobError,
    JobEvents,
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
    JobServerError,
    RetryPolicy,
    StaticTokenAuth,
    __version__,
)

from ..support import (
    JOB,
    OPERATIONS,
    READING,
    TOKEN,
    TRANSACTION,
    Operation,
    Recorder,
    answering,
    gateway_over,
)

EACH_OPERATION = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
ONCE = RetryPolicy(attempts=1)
EACH_READING = pytest.mark.parametrize("operation", READING.values(), ids=READING)

ODD = "50%25 a?b#c+d&e=f/g"
ODD_QUOTED = "50%2525%20a%3Fb%23c%2Bd%26e%3Df%2Fg"
TXNS = "/v1alpha1/transactions"
JOBS = "/v1alpha1/jobs"


@dataclass(frozen=True)
class Sent:
    """A call, and the one request that it makes."""

    call: Callable[[HttpJobsGateway], object]
    method: str
    target: str
    body: object = None
    answer: object = None


def _txn(payload: dict[str, Any], **more: Any) -> Callable[[HttpJobsGateway], object]:
    return lambda gateway: gateway.create("LOGIC", "eng-1", payload, **more)


SENT: dict[str, Sent] = {
    "job get": Sent(
        lambda g: g.get("SOLVER", "j-1"), "GET", f"{JOBS}/SOLVER/j-1", answer={"job": JOB}
    ),
    "job get, odd id": Sent(
        lambda g: g.get("ML", ODD), "GET", f"{JOBS}/ML/{ODD_QUOTED}", answer={"job": JOB}
    ),
    "job create": Sent(
        lambda g: g.create("ML", "w 1", {"a": [1, None], "ä": "ö"}),
        "POST",
        JOBS,
        {
            "job_type": "ML",
            "worker_name": "w 1",
            "payload": '{"a": [1, null], "\\u00e4": "\\u00f6"}',
        },
        {"id": "j-1"},
    ),
    "job create with a timeout": Sent(
        lambda g: g.create("SOLVER", "w-1", {}, timeout_mins=5),
        "POST",
        JOBS,
        {"job_type": "SOLVER", "worker_name": "w-1", "payload": "{}", "timeout_mins": 5},
        {"id": "j-1"},
    ),
    "job list": Sent(
        lambda g: g.list(
            "ML", job_id="x", state="RUNNING", name="w", created_by="ann", limit=3, offset=1
        ),
        "GET",
        JOBS,
        answer={"jobs": []},
    ),
    "job events": Sent(
        lambda g: g.events("SOLVER", "j-1"),
        "GET",
        f"{JOBS}/SOLVER/j-1/events/progress",
        answer={"events": []},
    ),
    "job events, odd everything": Sent(
        lambda g: g.events("SOLVER", ODD, ODD, stream_name=ODD),
        "GET",
        f"{JOBS}/SOLVER/{ODD_QUOTED}/events/{ODD_QUOTED}?continuation_token={ODD_QUOTED}",
        answer={"events": []},
    ),
    "job cancel": Sent(lambda g: g.cancel("SOLVER", "j-1"), "POST", f"{JOBS}/SOLVER/j-1/cancel"),
    "job cancel, odd id": Sent(
        lambda g: g.cancel("ML", ODD), "POST", f"{JOBS}/ML/{ODD_QUOTED}/cancel"
    ),
    "txn get": Sent(lambda g: g.get("LOGIC", "t-1"), "GET", f"{TXNS}/t-1", answer=TRANSACTION),
    "txn get, odd id": Sent(
        lambda g: g.get("LOGIC", ODD), "GET", f"{TXNS}/{ODD_QUOTED}", answer=TRANSACTION
    ),
    "txn create": Sent(
        _txn({"dbname": "d", "query": "q", "readonly": False}),
        "POST",
        f"{TXNS}?use_graph_index=false",
        {
            "dbname": "d",
            "query": "q",
            "readonly": False,
            "engine_name": "eng-1",
            "abort_detached": False,
        },
        {"id": "t-1"},
    ),
    "txn create, bound to its owner, with a timeout of its own": Sent(
        _txn({"database": "d", "code": "q", "abort_detached": True, "timeout_mins": 7}),
        "POST",
        f"{TXNS}?use_graph_index=false",
        {
            "database": "d",
            "code": "q",
            "engine_name": "eng-1",
            "abort_detached": True,
            "timeout_mins": 7,
        },
        {"id": "t-1"},
    ),
    "txn create, where the argument beats the payload's timeout": Sent(
        _txn({"database_name": "d", "raw_code": "q", "timeout_mins": 7}, timeout_mins=9),
        "POST",
        f"{TXNS}?use_graph_index=false",
        {
            "database_name": "d",
            "raw_code": "q",
            "engine_name": "eng-1",
            "abort_detached": False,
            "timeout_mins": 9,
        },
        {"id": "t-1"},
    ),
    "txn list": Sent(
        lambda g: g.list("LOGIC", only_active=True, all_users=True), "GET", TXNS, answer=[]
    ),
    "txn events": Sent(
        lambda g: g.events("LOGIC", "t-1"),
        "GET",
        f"{TXNS}/t-1/events/progress?continuation_token=",
        answer={"events": []},
    ),
    "txn events, odd everything": Sent(
        lambda g: g.events("LOGIC", ODD, ODD, stream_name=ODD),
        "GET",
        f"{TXNS}/{ODD_QUOTED}/events/{ODD_QUOTED}?continuation_token={ODD_QUOTED}",
        answer={"events": []},
    ),
    "txn artifacts": Sent(
        lambda g: g.artifacts("LOGIC", ODD),
        "GET",
        f"{TXNS}/{ODD_QUOTED}/artifacts",
        answer={"results": []},
    ),
    "txn problems": Sent(
        lambda g: g.problems("LOGIC", ODD),
        "GET",
        f"{TXNS}/{ODD_QUOTED}/problems",
        answer={"problems": []},
    ),
    "txn cancel": Sent(
        lambda g: g.cancel("LOGIC", ODD), "POST", f"{TXNS}/{ODD_QUOTED}/cancel_async"
    ),
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_an_operation_is_this_one_request(sent: Sent) -> None:
    recorder = Recorder(sent.answer)
    sent.call(gateway_over(recorder, retry=RetryPolicy()))
    [request] = recorder.requests
    assert (request.method, request.url.raw_path.decode()) == (sent.method, sent.target)
    assert (request.url.scheme, request.url.host) == ("https", "backend.test")
    content = request.read()
    assert (json.loads(content) if content else None) == sent.body


@EACH_OPERATION
@pytest.mark.parametrize("guard_rails", [False, True])
@pytest.mark.parametrize("gi_setup_skipped", [False, True])
def test_every_request_says_who_asks_and_how(
    operation: Operation, guard_rails: bool, gi_setup_skipped: bool
) -> None:
    recorder = Recorder(operation.good)
    operation.call(
        gateway_over(recorder, guard_rails=guard_rails, gi_setup_skipped=gi_setup_skipped)
    )
    [request] = recorder.requests
    expected = {
        "Authorization": f'Snowflake Token="{TOKEN}"',
        "X-SF-SPCS-Authentication-Method": "OAUTH",
        "gi_setup_skipped": str(gi_setup_skipped),
        "X-Enable-Guard-Rails": str(guard_rails),
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": f"rai-jobs/{__version__}",
    }
    assert {name: request.headers.get_list(name) for name in expected} == {
        name: [value] for name, value in expected.items()
    }


@EACH_OPERATION
def test_the_request_timeout_is_for_each_step(operation: Operation) -> None:
    recorder = Recorder(operation.good)
    operation.call(gateway_over(recorder, request_timeout_s=7.5))
    [request] = recorder.requests
    steps = ("connect", "read", "write", "pool")
    assert request.extensions["timeout"] == dict.fromkeys(steps, 7.5)


@pytest.mark.parametrize(
    ("base_url", "target"),
    [
        ("backend.test", "https://backend.test/v1alpha1/jobs"),
        ("  https://backend.test/  ", "https://backend.test/v1alpha1/jobs"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1alpha1/jobs"),
        ("https://gate.test/a%20b/", "https://gate.test/a%20b/v1alpha1/jobs"),
        ("backend.test:444", "https://backend.test:444/v1alpha1/jobs"),
    ],
)
def test_a_base_url_may_lack_its_scheme_and_bear_a_path(base_url: str, target: str) -> None:
    recorder = Recorder({"jobs": []})
    gateway_over(recorder, base_url=base_url).list("ML")
    assert [str(request.url) for request in recorder.requests] == [target]


@pytest.mark.parametrize(
    "base_url", ["", "  ", "ftp://host", "https://", "https://[::1", "ho st", "https://host#x"]
)
def test_a_base_url_that_is_no_address_is_refused(base_url: str) -> None:
    with pytest.raises(JobConfigurationError, match="`base_url` must be an address"):
        gateway_over(Recorder(), base_url=base_url)


def test_what_a_transaction_lacks_is_said_before_anything_is_sent() -> None:
    recorder = Recorder()
    with pytest.raises(JobInvalidRequestError, match="needs a database"):
        gateway_over(recorder).create("LOGIC", "w", {"query": "q"})
    with pytest.raises(JobInvalidRequestError, match="needs a query"):
        gateway_over(recorder).create("LOGIC", "w", {"dbname": "d"})
    assert recorder.requests == []


@pytest.mark.parametrize(
    ("reasoner_type", "kind"), [("LOGIC", JobCapabilityError), ("ML", JobInvalidRequestError)]
)
def test_cancelling_for_all_users_is_refused_before_anything_is_sent(
    reasoner_type: str, kind: type[JobError]
) -> None:
    recorder = Recorder()
    with pytest.raises(kind):
        gateway_over(recorder).cancel(reasoner_type, "x", all_users=True)
    assert recorder.requests == []


@pytest.mark.parametrize("part", ["artifacts", "problems"])
def test_a_job_has_no_parts_of_a_transaction(part: str) -> None:
    recorder = Recorder()
    with pytest.raises(JobCapabilityError, match=f"only Logic transactions have {part}"):
        getattr(gateway_over(recorder), part)("SOLVER", "x")
    assert recorder.requests == []


def test_a_list_of_jobs_is_filtered_by_type_and_sorted_here() -> None:
    rows = [
        {"id": "old", "type": "solver", "state": "COMPLETED", "created_on": 1_700_000_000},
        {"id": "ml", "type": "ML", "state": "COMPLETED", "created_on": 1_700_000_001},
        {"id": "never", "type": "Prescriptive", "state": "COMPLETED"},
        {"id": "new", "reasoner_type": "SOLVER", "state": "COMPLETED", "created_on": 1.8e12},
        {"id": "odd", "reasoner_type": "ORACLE", "state": "COMPLETED"},
    ]
    gateway = answering({"jobs": rows})
    assert [record.id for record in gateway.list("SOLVER")] == ["new", "old", "never"]
    assert [record.id for record in gateway.list("SOLVER", limit=1, offset=1)] == ["old"]


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-03T04:05:06.789Z",
        "2026-02-03T04:05:06.789",
        "2026-02-03T05:05:06.789+01:00",
        "2026-02-03 04:05:06.789",
        "2026-02-02 20:05:06.789 -0800",
        1_770_091_506.789,
        1_770_091_506_789,
        "1770091506.789",
        "1770091506789",
    ],
)
def test_an_instant_is_read_in_every_form(written: object) -> None:
    record = answering({**TRANSACTION, "created_on": written, "finished_at": written}).get(
        "LOGIC", "t-1"
    )
    assert record is not None
    instant = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=timezone.utc)
    assert (record.created_on, record.finished_at) == (instant, instant)


DEEP = "[" * 100_000
LONG = "<html>" + "".join(f"{number:05}" for number in range(1_000))
BAD_BODIES: dict[str, bytes] = {
    "html": b"<html><body>Sign in</body></html>",
    "half a JSON": b'{"id": "x", "job": {"id"',
    "an empty list": b"[]",
    "a list of numbers": b"[1, 2]",
    "a list of nulls": b"[null]",
    "an empty object": b"{}",
    "another object": b'{"zz": 1}',
    "nulls where objects belong": json.dumps(
        dict.fromkeys(("job", "jobs", "transaction", "transactions", "results", "problems"))
    ).encode(),
    "lists where objects belong": json.dumps(
        {name: ["x"] for name in ("job", "transaction", "data")}
    ).encode(),
    "objects where lists belong": json.dumps(
        {name: {"a": 1} for name in ("jobs", "transactions", "events", "results", "problems")}
    ).encode(),
    "null": b"null",
    "a number": b"7",
    "a boolean": b"true",
    "an empty text": b'""',
    "nothing": b"",
    "blanks": b" \n ",
    "binary": bytes(range(256)),
    "deep": DEEP.encode(),
    "deep, closed": ("[" * 100_000 + "]" * 100_000).encode(),
}
UNDERSTOOD = {
    # A list needs no wrapper.
    ("list-jobs", "an empty list"),
    ("list-transactions", "an empty list"),
    # Nothing said is nothing new (spec §4).
    *((key, body) for key in READING if "events" in key for body in ("null", "nothing", "blanks")),
}
MISREAD = [
    pytest.param(operation, body, id=f"{key}: {name}")
    for key, operation in READING.items()
    for name, body in BAD_BODIES.items()
    if (key, name) not in UNDERSTOOD
]


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(("operation", "body"), MISREAD)
def test_a_body_that_is_not_understood_is_a_server_error(
    operation: Operation, body: bytes, status: int
) -> None:
    with pytest.raises(JobServerError) as caught:
        operation.call(answering(body, status))
    assert type(caught.value) is JobServerError
    assert (caught.value.operation, caught.value.status) == (operation.name, status)
    assert str(caught.value).startswith(f"{operation.name}: the backend answered HTTP {status}")
    assert len(str(caught.value)) < 450


@EACH_READING
def test_no_more_than_the_beginning_of_a_body_is_shown(operation: Operation) -> None:
    for status in (200, 500):
        with pytest.raises(JobServerError) as caught:
            operation.call(answering(LONG, status))
        assert LONG[:200] in str(caught.value)
        assert LONG[:201] not in str(caught.value)


@pytest.mark.parametrize("reasoner_type", ["LOGIC", "SOLVER"])
@pytest.mark.parametrize("body", [b"", b" \n", b"null"])
def test_no_events_are_an_empty_page(reasoner_type: str, body: bytes) -> None:
    assert answering(body).events(reasoner_type, "x") == JobEvents([], "")


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
@pytest.mark.parametrize("reasoner_type", ["LOGIC", "SOLVER"])
def test_what_a_successful_cancel_says_does_not_matter(reasoner_type: str, body: bytes) -> None:
    answering(body).cancel(reasoner_type, "x")


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"id": "x"},
        {"id": "x", "state": None},
        {"id": "x", "state": " "},
        {"id": None, "state": "RUNNING"},
        {"id": ["x"], "state": "RUNNING"},
        {"id": "x", "state": {"name": "RUNNING"}},
        {"id": "x", "state": "RUNNING", "created_on": "yesterday"},
        {"id": "x", "state": "RUNNING", "finished_at": [2026]},
        {"id": "x", "state": "RUNNING", "duration": "long"},
        {"id": "x", "state": "RUNNING", "duration": float("nan")},
        {"id": "x", "state": "RUNNING", "timeout_ms": 10**400},
        {"id": "x", "state": "RUNNING", "read_only": "perhaps"},
    ],
)
def test_a_row_that_cannot_be_read_is_a_server_error(row: dict[str, Any]) -> None:
    gateways: list[Callable[[], object]] = [
        lambda: answering({"job": row}).get("SOLVER", "x"),
        lambda: answering({"jobs": [JOB, {"type": "SOLVER", **row}]}).list("SOLVER"),
        lambda: answering({"transaction": row}).get("LOGIC", "x"),
        lambda: answering([TRANSACTION, row]).list("LOGIC"),
    ]
    for operation, call in zip(("get", "list", "get", "list"), gateways, strict=True):
        with pytest.raises(JobServerError) as caught:
            call()
        assert caught.value.operation == operation
        assert len(str(caught.value)) < 500


SAID = "no room on solver-1"
NOT_READY = "Engine Solver-1 is NOT READY to accept jobs"
BODIES: dict[str, Callable[[str], object]] = {
    "message": lambda said: {"message": said},
    "error": lambda said: {"error": said},
    "details": lambda said: {"details": said},
    "an object under error": lambda said: {"error": {"text": said}},
    "text": lambda said: said,
    "html": lambda said: f"<html><body>{said}</body></html>",
}
STATUSES: list[tuple[int, str, type[JobError]]] = [
    (400, SAID, JobInvalidRequestError),
    (400, NOT_READY, JobInvalidRequestError),
    (401, SAID, JobAuthError),
    (403, SAID, JobAuthError),
    (404, SAID, JobNotFoundError),
    (404, NOT_READY, JobNotReadyError),
    (302, SAID, JobServerError),
    (405, SAID, JobServerError),
    (409, SAID, JobServerError),
    (429, SAID, JobServerError),
    (500, SAID, JobServerError),
    (503, NOT_READY, JobServerError),
]


@EACH_OPERATION
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(("status", "said", "kind"), STATUSES)
def test_a_status_has_its_error(
    operation: Operation,
    body: Callable[[str], object],
    status: int,
    said: str,
    kind: type[JobError],
) -> None:
    content = body(said)
    asked: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        text = content if isinstance(content, str) else json.dumps(content)
        return httpx.Response(status, content=text)

    gateway = gateway_over(refuse)
    if (operation.name, kind) == ("get", JobNotFoundError):
        assert operation.call(gateway) is None
        return
    with pytest.raises(kind) as caught:
        operation.call(gateway)
    error = caught.value
    assert type(error) is kind
    assert str(error).startswith(f"{operation.name}: the backend answered HTTP {status}: ")
    assert said in str(error)
    if isinstance(error, (JobServerError, JobNotReadyError)):
        assert error.operation == operation.name
    if isinstance(error, JobServerError):
        assert error.status == status
    if isinstance(error, JobNotReadyError):
        assert error.details
        assert said in error.details
    assert len(asked) == 1


@EACH_OPERATION
@pytest.mark.parametrize(
    ("raised", "says"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "ConnectError.*refused"),
        (httpx.ReadError("reset by peer"), "ReadError.*reset"),
        (httpx.WriteError("broken pipe"), "WriteError"),
        (httpx.RemoteProtocolError("incomplete chunked read"), "incomplete chunked read"),
        (httpx.ProxyError("407"), "ProxyError"),
        (httpx.ConnectTimeout("t"), "in time .ConnectTimeout.*request_timeout_s"),
        (httpx.ReadTimeout("t"), "in time .ReadTimeout"),
        (httpx.WriteTimeout("t"), "in time .WriteTimeout"),
        (httpx.PoolTimeout("t"), "in time .PoolTimeout"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_failing_network_is_a_server_error_and_nothing_is_sent_again(
    operation: Operation, raised: httpx.TransportError, says: str
) -> None:
    asked: list[str] = []

    def fail(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        raise raised

    with pytest.raises(JobServerError, match=says) as caught:
        operation.call(gateway_over(fail))
    assert (caught.value.operation, caught.value.status) == (operation.name, None)
    assert caught.value.__cause__ is raised
    assert "https://backend.test" in str(caught.value)
    assert len(asked) == 1


@contextmanager
def wire(answer: bytes) -> Generator[str]:
    """Serve one connection on loopback: read a request to its JSON's end, answer, hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                request = b""
                # What is left unread would be a reset instead of an end.
                while not request.endswith(b"}"):
                    request += connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"", httpx.RemoteProtocolError),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", httpx.RemoteProtocolError),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"id": ', httpx.RemoteProtocolError),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
            httpx.DecodingError,
        ),
    ],
    ids=["hung up", "another protocol", "dropped in the body", "not what it is encoded as"],
)
def test_an_answer_that_breaks_off_is_a_server_error(answer: bytes, cause: type[Exception]) -> None:
    with wire(answer) as url:
        gateway = HttpJobsGateway(url, auth=StaticTokenAuth(TOKEN), retry=ONCE)
        with pytest.raises(JobServerError, match=f"create.*{url}") as caught:
            gateway.create("ML", "w", {})
        gateway.close()
    assert isinstance(caught.value.__cause__, cause)
    assert (caught.value.operation, caught.value.status) == ("create", None)


def test_nobody_listening_is_a_server_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    gateway = HttpJobsGateway(f"http://127.0.0.1:{port}", auth=StaticTokenAuth(TOKEN), retry=ONCE)
    with pytest.raises(JobServerError, match=f"127.0.0.1:{port}.*Is the address right") as caught:
        gateway.get("ML", "x")
    gateway.close()
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


@EACH_OPERATION
def test_an_answer_too_large_is_a_server_error(operation: Operation) -> None:
    for status in (200, 400, 503):
        with pytest.raises(JobServerError, match=r"larger than 1000 bytes.*max_resp") as caught:
            operation.call(answering(b"x" * 1_001, status, max_response_bytes=1_000))
        assert (caught.value.operation, caught.value.status) == (operation.name, status)
        unsure = operation.name == "create"
        assert ("may have been created" in str(caught.value)) is unsure


@EACH_OPERATION
def test_an_answer_of_just_the_size_is_read(operation: Operation) -> None:
    body = json.dumps(operation.good).encode().ljust(1_000)
    operation.call(answering(body, max_response_bytes=1_000))


def test_an_answer_is_as_large_as_it_is_decoded() -> None:
    packed = gzip.compress(b" " * 100_000)
    assert len(packed) < 1_000

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=packed)

    with pytest.raises(JobServerError, match="larger than 1000 bytes"):
        gateway_over(answer, max_response_bytes=1_000).get("ML", "x")


def test_a_gateway_may_be_closed_twice() -> None:
    gateway = answering({"jobs": []})
    gateway.list("ML")
    gateway.close()
    gateway.close()
