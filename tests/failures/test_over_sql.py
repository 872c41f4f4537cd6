"""Every gateway method x every failure, over SQL: what is raised, what is sent, what exists."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rai_jobs import ConnectorExecutor, RetryPolicy, SqlJobsGateway
from rai_jobs.errors import (
    AppMissingError,
    JobAuthError,
    JobError,
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
    JobServerError,
    JobUnknownError,
)
from rai_jobs.sql.statements import Statement
from rai_jobs_fakes import FakeBackend, JobScript, VirtualClock

MARK = "MARKED-s3cret"
ECHO = f' at https://storage.test/x?sig={MARK} with Snowflake Token="{MARK}"'
Rows = list[dict[str, Any]]


class DriverError(Exception):
    """What a library under us raises."""

    def __init__(self, text: str, errno: int = 0) -> None:
        super().__init__(text + ECHO)
        self.msg = text + ECHO
        self.errno = errno


@dataclass(frozen=True)
class Fault:
    """What happens to a statement, and to how many."""

    text: str | None = None
    """What the library says; `None` for an answer instead."""
    answer: Rows | None = None
    acts: bool = False
    """Whether the backend had acted."""
    on_open: bool = False
    """Whether it is the opening of the connection that fails."""
    times: int | None = None


class FaultyExecutor:
    """An executor in which a fault stands before the backend."""

    def __init__(self, inner: ConnectorExecutor, fault: Fault) -> None:
        self._inner = inner
        self._fault = fault
        self.opened = 0
        self.sent: list[Statement] = []

    def open(self) -> None:
        self.opened += 1
        if self._fault.on_open and self._happens(self.opened):
            raise DriverError(self._fault.text or "", 250001)

    def execute(self, statement: Statement) -> Rows:
        self.sent.append(statement)
        fault = self._fault
        if fault.on_open or not self._happens(len(self.sent)):
            return self._inner.execute(statement)
        if fault.acts:
            self._inner.execute(statement)
        if fault.text is not None:
            raise DriverError(fault.text)
        return fault.answer or []

    def identity(self) -> str:
        return "acme/ann"

    def close(self) -> None:
        self._inner.close()

    def _happens(self, number: int) -> bool:
        return self._fault.times is None or number <= self._fault.times


@dataclass
class Scene:
    """A backend behind a fault, one transaction in it, and a gateway before it."""

    backend: FakeBackend
    clock: VirtualClock
    executor: FaultyExecutor
    gateway: SqlJobsGateway
    existing: str


def scene(fault: Fault) -> Scene:
    clock = VirtualClock()
    backend = FakeBackend(clock=clock)
    backend.script(JobScript(run_s=3600))
    payload = {"dbname": "sales", "query": "def x = 1"}
    existing = backend.gateway().create("LOGIC", "engine", payload)
    executor = FaultyExecutor(ConnectorExecutor(backend.connection()), fault)
    gateway = SqlJobsGateway(executor, retry=RetryPolicy(jitter=0), clock=clock)
    return Scene(backend, clock, executor, gateway, existing)


METHODS: dict[str, Callable[[Scene], object]] = {
    "get": lambda on: on.gateway.get("LOGIC", on.existing),
    "get job": lambda on: on.gateway.get("ML", "x"),
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
CREATES = ("create job", "create transaction")
REFUSED = 'remote service error: 400 \'{"message":"validation error","details":"no \\"x\\""}\''


@dataclass(frozen=True)
class Row:
    """A failure, and what is expected of every method, and of a create."""

    fault: Fault
    error: type[JobError] | None
    sent: int
    create_error: type[JobError] | None
    create_sent: int
    created: int = 0


TABLE: dict[str, Row] = {
    "cannot connect": Row(
        Fault("250001: Could not connect to Snowflake backend", on_open=True),
        JobAuthError,
        0,
        JobAuthError,
        0,
    ),
    "cannot connect, then good": Row(
        Fault("login request is retryable", on_open=True, times=1), None, 1, None, 1, created=1
    ),
    "closed before it acted": Row(
        Fault("connection was closed"), JobUnknownError, 4, JobUnknownError, 1
    ),
    "closed after it acted": Row(
        Fault("connection was closed", acts=True), JobUnknownError, 4, JobUnknownError, 1, created=1
    ),
    "timed out after it acted": Row(
        Fault("Statement reached its timeout", acts=True),
        JobUnknownError,
        4,
        JobUnknownError,
        1,
        created=1,
    ),
    "unavailable, then good": Row(
        Fault("temporarily unavailable", times=1), None, 2, JobUnknownError, 1
    ),
    "app missing": Row(
        Fault("Database 'RELATIONALAI' does not exist or not authorized."),
        AppMissingError,
        1,
        AppMissingError,
        1,
    ),
    "object missing": Row(Fault("Unknown function X"), JobServerError, 1, JobServerError, 1),
    "not activated": Row(
        Fault("service has not been started"), JobNotReadyError, 1, JobNotReadyError, 1
    ),
    "second factor": Row(Fault("Duo Security: denied"), JobAuthError, 1, JobAuthError, 1),
    "bad statement": Row(
        Fault("SQL compilation error: timeout_mins"),
        JobInvalidRequestError,
        1,
        JobInvalidRequestError,
        1,
    ),
    "reasoner not ready": Row(
        Fault("worker is not ready to accept jobs"), JobNotReadyError, 1, JobNotReadyError, 1
    ),
    "validation": Row(Fault(REFUSED), JobInvalidRequestError, 1, JobInvalidRequestError, 1),
    "not found": Row(
        Fault('remote service error: 404 \'{"message":"gone"}\''),
        JobNotFoundError,
        1,
        JobNotFoundError,
        1,
    ),
    "aborted": Row(
        Fault('state: ABORTED {"type":"t","message":"m","report":"r"}'),
        JobServerError,
        1,
        JobServerError,
        1,
    ),
    "anything else": Row(Fault("the moon is full"), JobUnknownError, 1, JobUnknownError, 1),
    "wrong columns": Row(
        Fault(answer=[{"NONSENSE": 1, "MORE": 2}]), JobServerError, 1, JobServerError, 1
    ),
}
# A row of foreign columns is as good as any to whoever takes whatever comes.
TAKES_ANY_ROW = ("problems", "cancel")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("failure", TABLE)
def test_each_method_under_each_failure(failure: str, method: str) -> None:
    row = TABLE[failure]
    on = scene(row.fault)
    create = method in CREATES
    error = row.create_error if create else row.error
    if failure == "wrong columns" and method in TAKES_ANY_ROW:
        error = None
    if failure == "not found" and method in {"get", "get job"}:
        error = None  # a get of what is not there is no error
    if error is None:
        METHODS[method](on)
    else:
        with pytest.raises(error) as caught:
            METHODS[method](on)
        assert type(caught.value) is error
        assert method.split(maxsplit=1)[0] in str(caught.value)
        unsure = create and (error is JobUnknownError or failure == "wrong columns")
        assert ("may have been created" in str(caught.value)) is unsure
        if row.fault.text is not None:
            assert isinstance(caught.value.__cause__, DriverError)
        shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert MARK not in "".join(shown.format())
    assert len(on.executor.sent) == (row.create_sent if create else row.sent)
    assert len(on.backend.executions) == 1 + (row.created if create else 0)


def test_an_older_app_is_asked_without_what_it_does_not_know() -> None:
    clock = VirtualClock()
    backend = FakeBackend(clock=clock, older_app=True)
    executor = FaultyExecutor(ConnectorExecutor(backend.connection()), Fault(times=0))
    gateway = SqlJobsGateway(executor, clock=clock)
    payload = {"dbname": "d", "query": "q", "abort_detached": True}
    for _ in range(2):
        gateway.create("LOGIC", "engine", payload)
    assert [len(statement.binds) for statement in executor.sent] == [9, 8, 8]
    assert len(backend.executions) == 2


def test_another_stream_is_refused_before_anything_is_sent() -> None:
    on = scene(Fault(times=0))
    with pytest.raises(JobInvalidRequestError, match="'progress' only"):
        on.gateway.events("LOGIC", on.existing, stream_name="profiler")
    assert on.executor.sent == []


def test_an_endpoint_is_told_by_either_column() -> None:
    for column in ("SERVICE_ENDPOINT", "privatelink_ingress_url"):
        assert scene(Fault(answer=[{column: " h "}])).gateway.service_endpoint() == "h"
    with pytest.raises(JobServerError, match="SERVICE_ENDPOINT"):
        scene(Fault(answer=[{"OTHER": "h"}])).gateway.service_endpoint()
