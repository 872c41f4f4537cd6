"""Every fault x every face x a read, a create, a cancel: what our client makes of it.

On the wire the real connector stands between the two. What it repeats, it repeats in real seconds:
those cells are left out here, and are in `tests/fakes/faces/wire/test_faults.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import pytest

from rai_jobs.errors import (
    JobAuthError,
    JobError,
    JobInvalidRequestError,
    JobNotReadyError,
    JobServerError,
    JobUnknownError,
)
from rai_jobs_fakes import Fault, JobScript
from rai_jobs_fakes.contract import Subject
from rai_jobs_fakes.doors.asgi import CannotDropError
from rai_jobs_fakes.faults.fault import FaultKind

from ..contract.faces import FACES
from ..fakes.doors.wired import CONNECTOR

READ, CREATE, CANCEL = "read", "create", "cancel"
Error = type[JobError] | None
OK, BAD, AUTH, UNKNOWN = None, JobServerError, JobAuthError, JobUnknownError


@dataclass(frozen=True)
class Row:
    """A fault that strikes every call, and what is expected."""

    fault: Fault
    error: Error
    """Over HTTP and in memory."""
    over_sql: Error
    cancel: Error | str = "as the others"
    """Of a cancel, which is not interested in what a success says."""
    transient: bool = False
    """Over HTTP and in memory: whether a `wait` bears with it."""
    unread: bool = False
    """Whether its answer is none that can be read: on the wire, for any operation."""
    drops: bool = False


TABLE: dict[str, Row] = {
    "400": Row(Fault.http(400, times=None), JobInvalidRequestError, JobInvalidRequestError),
    "403": Row(Fault.http(403, times=None), AUTH, UNKNOWN),
    "429": Row(Fault.http(429, times=None), BAD, UNKNOWN, transient=True),
    "500": Row(Fault.http(500, times=None), BAD, UNKNOWN, transient=True),
    "500, acted": Row(Fault.http(500, acted=True, times=None), BAD, UNKNOWN, transient=True),
    "200 of another": Row(Fault.http(200, body="[42]", times=None), BAD, BAD, cancel=OK),
    "dropped before": Row(
        Fault.dropped("before", times=None), BAD, UNKNOWN, transient=True, drops=True
    ),
    "dropped after": Row(
        Fault.dropped("after", times=None), BAD, UNKNOWN, transient=True, drops=True
    ),
    "dropped mid-body": Row(
        Fault.dropped("mid-body", times=None), BAD, UNKNOWN, transient=True, drops=True
    ),
    "unreachable": Row(Fault.unreachable(times=None), BAD, AUTH, transient=True, drops=True),
    "delayed": Row(Fault.delayed(5, times=None), OK, OK),
    "truncated": Row(Fault.truncated(times=None), BAD, BAD, cancel=OK, unread=True),
    "malformed": Row(Fault.malformed(times=None), BAD, BAD, cancel=OK, unread=True),
    "malformed, acted": Row(
        Fault.malformed(acted=True, times=None), BAD, BAD, cancel=OK, unread=True
    ),
    "stale endpoint": Row(Fault.stale_endpoint(times=None), BAD, UNKNOWN, transient=True),
    "expired token": Row(Fault.expired_token(times=None), AUTH, UNKNOWN),
    "not ready": Row(Fault.not_ready(times=None), JobNotReadyError, JobNotReadyError),
    "SQL error": Row(Fault.sql(391, times=None), UNKNOWN, UNKNOWN),
    "SQL error, acted": Row(Fault.sql(391, acted=True, times=None), UNKNOWN, UNKNOWN),
}
NO_SQL = ("transport", "transport-bare", "transport-sql", "respx", "asgi", "server", "hybrid")
SQL = ("sql", "wire")


def is_for(face: str, row: Row) -> bool:
    """Whether a face can have this fault, without waiting in real time."""
    if face.startswith("wire"):
        return not row.drops and not (row.unread and CONNECTOR < 5)
    if row.fault.kind is FaultKind.SQL:
        return face not in NO_SQL
    return not (row.drops and face == "asgi")


CELLS = [
    pytest.param(face, name, id=f"{face}-{name}")
    for face in FACES
    for name, row in TABLE.items()
    if is_for(face, row)
]

ASK: dict[str, Callable[[Subject, str], object]] = {
    READ: lambda on, job_id: on.jobs().get("Logic", job_id),
    CREATE: lambda on, job_id: on.create("Predictive"),
    CANCEL: lambda on, job_id: on.jobs().cancel("Logic", job_id),
}


def test_the_table_has_every_kind_of_fault() -> None:
    assert {row.fault.kind for row in TABLE.values()} == set(FaultKind)


@pytest.fixture
def on(request: pytest.FixtureRequest) -> Generator[Subject]:
    with FACES[request.param]() as opened:
        yield opened
        opened.close()


@pytest.mark.parametrize("operation", ASK)
@pytest.mark.parametrize(("on", "name"), CELLS, indirect=["on"])
def test_a_fault_is_the_same_on_every_face_that_can_have_it(
    on: Subject, name: str, operation: str, request: pytest.FixtureRequest
) -> None:
    row, face = TABLE[name], request.node.callspec.params["on"]
    existing = on.create("Logic", JobScript(run_s=3600))
    error = row.over_sql if face.startswith(SQL) else row.error
    if operation == CANCEL and row.cancel != "as the others":
        error = None
    if face.startswith("wire") and row.unread:
        error = UNKNOWN
    active = on.backend.faults.inject(row.fault)
    if error is None:
        ASK[operation](on, existing.id)
    else:
        with pytest.raises(error) as caught:
            ASK[operation](on, existing.id)
        assert type(caught.value) is error
        if face in {"gateway", "transport"}:
            assert caught.value.transient is row.transient
    assert active.fired >= 1
    created = operation == CREATE and row.fault.acted
    assert len(on.backend.executions) == 1 + created
    canceled = operation == CANCEL and row.fault.acted
    assert on.backend.executions[0].state.value == ("CANCELED" if canceled else "RUNNING")
    active.remove()
    ASK[operation](on, existing.id)


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.drops])
def test_an_asgi_server_that_cannot_drop_a_connection_says_so(name: str) -> None:
    with FACES["asgi"]() as on:
        on.backend.faults.inject(TABLE[name].fault)
        with pytest.raises(CannotDropError, match=r"backend\.serve"):
            on.jobs().list("Logic")
        on.close()


@pytest.mark.parametrize("face", ["gateway", "transport", "server"])
def test_a_create_whose_answer_is_lost_says_that_it_may_have_run(face: str) -> None:
    with FACES[face]() as on:
        on.backend.faults.inject(Fault.dropped("after", operation="create"))
        with pytest.raises(JobServerError, match="may have been created: look with `list`"):
            on.create("Predictive")
        on.close()


@pytest.mark.parametrize("face", ["gateway", "transport"])
def test_a_create_that_never_connected_does_not(face: str) -> None:
    with FACES[face]() as on:
        on.backend.faults.inject(Fault.unreachable(operation="create", times=None))
        with pytest.raises(JobServerError) as caught:
            on.create("Predictive")
        assert "may have been created" not in str(caught.value)
        on.close()


@pytest.mark.parametrize("face", FACES)
def test_a_fault_that_passes_does_not_end_a_wait(face: str) -> None:
    with FACES[face]() as on:
        job = on.create("Prescriptive", JobScript(run_s=30))
        kind = Fault.sql(604, "the service is temporarily unavailable", operation="get", times=3)
        active = on.backend.faults.inject(
            kind if face.startswith(SQL) else Fault.http(502, operation="get", times=3)
        )
        assert job.wait().state == "COMPLETED"
        assert active.fired == 3
        on.close()


@pytest.mark.parametrize("operation", ASK)
def test_a_client_that_can_ask_where_the_service_is_now_gets_over_a_stale_endpoint(
    operation: str,
) -> None:
    with FACES["hybrid"]() as on:
        existing = on.create("Logic", JobScript(run_s=3600))
        stale = on.backend.faults.inject(Fault.stale_endpoint())
        ASK[operation](on, existing.id)
        assert stale.fired == 1
        assert len(on.backend.executions) == 1 + (operation == CREATE)
        on.close()


@pytest.mark.parametrize("status", [429, 500, 501, 502, 503, 504, 511, 599])
@pytest.mark.parametrize("operation", ASK)
def test_in_memory_a_failing_status_is_told_as_over_http(operation: str, status: int) -> None:
    told: dict[str, tuple[object, ...]] = {}
    for face in ("gateway", "transport"):
        with FACES[face]() as on:
            existing = on.create("Logic", JobScript(run_s=3600))
            on.backend.faults.inject(Fault.http(status, times=None))
            with pytest.raises(JobServerError) as caught:
                ASK[operation](on, existing.id)
            error = caught.value
            may_have_run = "may have been created" in str(error)
            told[face] = (error.transient, error.status, error.operation, may_have_run)
            on.close()
    assert told["gateway"] == told["transport"]
    assert told["gateway"][0] is True
    assert told["gateway"][-1] is (operation == CREATE and status not in {429, 503})
