"""Every gateway method x every failure, over HTTP: what is raised, what is sent, what exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from rai_jobs import HttpJobsGateway, RetryPolicy
from rai_jobs.errors import (
    JobAuthError,
    JobError,
    JobInvalidRequestError,
    JobNotFoundError,
    JobServerError,
)
from rai_jobs.http.auth import RenewedTokenAuth, Token
from rai_jobs_fakes import FakeBackend, JobScript, VirtualClock

from .http_faults import FAULTS, Fault, FaultyTransport

ATTEMPTS = 4


class Moving:
    """An endpoint that can be asked for anew, and counts how often it is."""

    def __init__(self) -> None:
        self.asked = 0

    def address(self) -> str:
        return "https://old.test" if self.asked == 0 else "https://new.test"

    def refreshed(self, stale: str) -> str:
        self.asked += 1
        return self.address()


class Tokens:
    """A source of tokens, each another one."""

    def __init__(self, backend: FakeBackend) -> None:
        self._backend = backend
        self.key = (str(id(self)),)

    def fetch(self) -> Token:
        return Token(self._backend.token(), self._backend.clock.now() + timedelta(hours=1))


@dataclass
class Scene:
    """A backend behind a fault, one transaction in it, and a gateway before it."""

    backend: FakeBackend
    clock: VirtualClock
    transport: FaultyTransport
    gateway: HttpJobsGateway
    existing: str
    endpoint: Moving

    def call(self, method: str) -> object:
        return METHODS[method](self)


def scene(fault: Fault) -> Scene:
    clock = VirtualClock()
    backend = FakeBackend(clock=clock)
    backend.script(JobScript(run_s=3600))
    payload = {"dbname": "sales", "query": "def x = 1"}
    existing = backend.gateway().create("LOGIC", "engine", payload)
    transport = FaultyTransport(backend.http_transport(), fault)
    endpoint = Moving()
    gateway = HttpJobsGateway(
        endpoint,
        auth=RenewedTokenAuth(Tokens(backend), clock=clock),
        transport=transport,
        retry=RetryPolicy(attempts=ATTEMPTS, jitter=0),
        clock=clock,
    )
    return Scene(backend, clock, transport, gateway, existing, endpoint)


METHODS: dict[str, Callable[[Scene], object]] = {
    "get": lambda on: on.gateway.get("LOGIC", on.existing),
    "list": lambda on: on.gateway.list("LOGIC"),
    "list jobs": lambda on: on.gateway.list("ML"),
    "events": lambda on: on.gateway.events("LOGIC", on.existing),
    "artifacts": lambda on: on.gateway.artifacts("LOGIC", on.existing),
    "problems": lambda on: on.gateway.problems("LOGIC", on.existing),
    "cancel": lambda on: on.gateway.cancel("LOGIC", on.existing),
    "create job": lambda on: on.gateway.create("ML", "worker", {}),
    "create transaction": lambda on: on.gateway.create(
        "LOGIC", "engine", {"dbname": "sales", "query": "def x = 1"}
    ),
}
READS = ("get", "list", "list jobs", "events", "artifacts", "problems")
CREATES = ("create job", "create transaction")


@dataclass(frozen=True)
class Cell:
    """What is expected: the error (`None` for success), the requests, what was created."""

    error: type[JobError] | None
    requests: int
    created: int = 0


OK, BAD, AUTH = None, JobServerError, JobAuthError
# Per failure: what a read does, what a cancel does, what a create does.
TABLE: dict[str, tuple[Cell, Cell, Cell]] = {
    "connection refused": (Cell(BAD, 4), Cell(BAD, 4), Cell(BAD, 4)),
    # The first attempt asks for the address anew, once, and sends there too.
    "DNS failure": (Cell(BAD, 5), Cell(BAD, 5), Cell(BAD, 5)),
    "connect timeout": (Cell(BAD, 4), Cell(BAD, 4), Cell(BAD, 4)),
    "read timeout before it acted": (Cell(BAD, 4), Cell(BAD, 4), Cell(BAD, 1)),
    "read timeout after it acted": (Cell(BAD, 4), Cell(BAD, 4), Cell(BAD, 1, created=1)),
    "dropped mid-body": (Cell(BAD, 4), Cell(BAD, 4), Cell(BAD, 1, created=1)),
    # A cancel is not interested in what a success says.
    "truncated JSON": (Cell(BAD, 1), Cell(OK, 1), Cell(BAD, 1, created=1)),
    "HTML with 200": (Cell(BAD, 1), Cell(OK, 1), Cell(BAD, 1)),
    "wrong shape": (Cell(BAD, 1), Cell(OK, 1), Cell(BAD, 1, created=1)),
    "400": (
        Cell(JobInvalidRequestError, 1),
        Cell(JobInvalidRequestError, 1),
        Cell(JobInvalidRequestError, 1),
    ),
    "401 once": (Cell(OK, 2), Cell(OK, 2), Cell(OK, 2, created=1)),
    "401 always": (Cell(AUTH, 2), Cell(AUTH, 2), Cell(AUTH, 2)),
    "403": (Cell(AUTH, 1), Cell(AUTH, 1), Cell(AUTH, 1)),
    "404": (Cell(JobNotFoundError, 1), Cell(JobNotFoundError, 1), Cell(JobNotFoundError, 1)),
    "429 with Retry-After, then good": (Cell(OK, 2), Cell(OK, 2), Cell(OK, 2, created=1)),
    "429 always": (Cell(BAD, 4), Cell(BAD, 4), Cell(BAD, 4)),
    "500 before it acted": (Cell(BAD, 4), Cell(BAD, 4), Cell(BAD, 1)),
    "500 after it acted": (Cell(BAD, 4), Cell(BAD, 4), Cell(BAD, 1, created=1)),
    "503 then good": (Cell(OK, 2), Cell(OK, 2), Cell(OK, 2, created=1)),
    "stale endpoint": (Cell(OK, 2), Cell(OK, 2), Cell(OK, 2, created=1)),
}


def test_the_table_has_every_fault() -> None:
    assert TABLE.keys() == FAULTS.keys()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("failure", FAULTS)
def test_each_method_under_each_failure(failure: str, method: str) -> None:
    on = scene(FAULTS[failure])
    read, cancel, create = TABLE[failure]
    cell = read if method in READS else create if method in CREATES else cancel
    if (method, failure) == ("get", "404"):
        cell = Cell(OK, 1)  # a get of what is not there is no error
    if cell.error is None:
        on.call(method)
    else:
        with pytest.raises(cell.error) as caught:
            on.call(method)
        assert type(caught.value) is cell.error
        assert method.split(maxsplit=1)[0] in str(caught.value)
    assert len(on.transport.requests) == cell.requests
    assert len(on.backend.executions) == 1 + cell.created


@pytest.mark.parametrize("failure", ["read timeout after it acted", "truncated JSON"])
def test_a_create_that_may_have_run_says_so(failure: str) -> None:
    with pytest.raises(JobServerError, match="may have been created: look with `list`"):
        scene(FAULTS[failure]).call("create job")


def test_the_error_says_how_often_and_for_how_long() -> None:
    with pytest.raises(JobServerError, match=r"Tried 4 times in 3\.5 s\."):
        scene(FAULTS["connection refused"]).call("get")


def test_pauses_double_up_to_the_cap() -> None:
    on = scene(FAULTS["connection refused"])
    start = on.clock.now()
    with pytest.raises(JobServerError):
        on.call("get")
    assert (on.clock.now() - start).total_seconds() == 0.5 + 1 + 2


def test_what_retry_after_asks_is_done() -> None:
    on = scene(FAULTS["429 with Retry-After, then good"])
    start = on.clock.now()
    on.call("get")
    assert (on.clock.now() - start).total_seconds() == 7


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("Thu, 01 Jan 2026 00:00:09 GMT", 9.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", 0.5),
        ("-3", 0.5),
    ],
)
def test_retry_after_may_be_a_date_or_nonsense(asked: str, waited: float) -> None:
    def happens(request: httpx.Request, inner: Any) -> httpx.Response:
        return httpx.Response(503, headers={"Retry-After": asked})

    on = scene(Fault(happens, times=1))
    start = on.clock.now()
    on.call("get")
    assert (on.clock.now() - start).total_seconds() == waited


def test_a_retry_after_beyond_a_minute_is_not_waited_for() -> None:
    def happens(request: httpx.Request, inner: Any) -> httpx.Response:
        return httpx.Response(503, headers={"Retry-After": "61"})

    on = scene(Fault(happens))
    with pytest.raises(JobServerError):
        on.call("get")
    assert len(on.transport.requests) == 1


def test_a_stale_endpoint_is_asked_for_once_and_the_request_goes_there() -> None:
    on = scene(FAULTS["stale endpoint"])
    on.call("create job")
    assert on.endpoint.asked == 1
    assert [request.url.host for request in on.transport.requests] == ["old.test", "new.test"]


def test_an_answer_that_may_have_acted_is_not_stale_whatever_it_says() -> None:
    def happens(request: httpx.Request, inner: Any) -> httpx.Response:
        inner(request)
        return httpx.Response(500, text="the service associated with endpoint x broke")

    on = scene(Fault(happens))
    with pytest.raises(JobServerError):
        on.call("create job")
    assert (len(on.transport.requests), on.endpoint.asked) == (1, 0)
    assert len(on.backend.executions) == 2


def test_an_observer_that_fails_changes_nothing() -> None:
    def watch(event: object) -> None:
        raise httpx.ConnectError("no backend's fault")

    backend = FakeBackend()
    gateway = HttpJobsGateway(
        "https://backend.test",
        auth=RenewedTokenAuth(Tokens(backend)),
        transport=backend.http_transport(),
        on_event=watch,
    )
    gateway.create("ML", "worker", {})
    assert len(backend.executions) == 1


def test_the_exception_that_the_caller_handles_is_left_as_it_is() -> None:
    on = scene(FAULTS["403"])
    own = ValueError('the caller\'s own, with Token="its-own-text"')

    def while_handling_it() -> None:
        try:
            raise own
        except ValueError:
            on.call("get")

    with pytest.raises(JobAuthError):
        while_handling_it()
    assert own.__traceback__ is not None
    assert "its-own-text" in str(own)
