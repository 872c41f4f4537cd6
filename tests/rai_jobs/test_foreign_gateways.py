"""A gateway of somebody else's: the protocol's shape, and habits that ours do not have."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest

from rai_jobs import Job, JobEvents, JobExpanded, JobRecord, JobsClientSync, Operation
from rai_jobs.reasoners import REASONER_TYPES, ReasonerType

from .support import ManualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@dataclass
class ForeignRecord:
    """As ours, but mutable, and with what the backend wrote."""

    id: str
    reasoner_type: str
    database_name: str | None
    read_only: bool | None
    state: str
    created_by: str | None
    created_on: datetime | None
    finished_at: datetime | None
    duration: int | None
    payload: Any
    reasoner_name: str | None
    abort_reason: str | None
    timeout_ms: int | None


def record(
    id: str, reasoner_type: str, created_on: datetime | None = None, state: str = "COMPLETED"
) -> ForeignRecord:
    return ForeignRecord(
        id, reasoner_type, "d", None, state, "ann", created_on, None, 5, {}, "w", None, None
    )


class ForeignGateway:
    """It inherits nothing, and never heard of our types."""

    def __init__(self, *records: ForeignRecord) -> None:
        self.records = list(records)
        self.asked: list[tuple[Any, ...]] = []

    def get(self, reasoner_type: str, job_id: str) -> ForeignRecord | None:
        self.asked.append(("get", reasoner_type, job_id))
        return next((each for each in self.records if each.id == job_id), None)

    def create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
    ) -> str:
        self.asked.append(("create", reasoner_type, reasoner_name, payload, timeout_mins))
        return self.records[0].id

    def list(self, reasoner_type: str, **filters: Any) -> list[ForeignRecord]:
        self.asked.append(("list", reasoner_type, filters))
        return [each for each in self.records if each.reasoner_type == reasoner_type]

    def events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        self.asked.append(("events", reasoner_type, job_id, continuation_token, stream_name))
        return JobEvents([], "")

    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        self.asked.append(("cancel", reasoner_type, job_id, all_users))

    def close(self) -> None:
        self.asked.append(("close",))


def client_of(gateway: ForeignGateway) -> JobsClientSync:
    return JobsClientSync(cast("Any", gateway), clock=ManualClock())


def test_it_is_asked_by_discriminators_and_in_the_protocols_shape() -> None:
    gateway = ForeignGateway(record("x", "SOLVER"))
    jobs = client_of(gateway)
    jobs.get("prescriptive", "x")
    jobs.create("Prescriptive", "w", {"a": 1, "abort_detached": True}, timeout_mins=5)
    jobs.list("solver", state="RUNNING", limit=3)
    jobs.get_events("Solver", "x", "t", stream_name="profiler")
    jobs.cancel("PRESCRIPTIVE", "x")
    jobs.close()
    filters = {
        "job_id": None,
        "state": "RUNNING",
        "name": None,
        "created_by": None,
        "only_active": False,
        "all_users": False,
        "limit": 3,
        "offset": 0,
    }
    assert gateway.asked == [
        ("get", "SOLVER", "x"),
        ("create", "SOLVER", "w", {"a": 1}, 5),
        ("list", "SOLVER", filters),
        ("events", "SOLVER", "x", "t", "profiler"),
        ("cancel", "SOLVER", "x", False),
        ("close",),
    ]


@pytest.mark.parametrize("kind", REASONER_TYPES, ids=lambda kind: kind.label)
def test_a_record_with_a_discriminator_is_shown_by_its_label(kind: ReasonerType) -> None:
    jobs = client_of(ForeignGateway(record("x", kind.discriminator, NOON)))
    expected = Job("x", kind.label, "COMPLETED", "w", "d", "ann", NOON, None, 5, None)
    assert jobs.get(kind.label, "x") == expected
    assert jobs.list(kind.label) == jobs.list() == [expected]
    assert jobs.wait(kind.label, "x") == expected
    operation = jobs.get_operation(kind.label, "x")
    raw = {"state": "COMPLETED", "reasoner_type": kind.discriminator, "name": "w"}
    assert operation == Operation("x", "SUCCEEDED", None, raw)


def test_a_record_of_an_unknown_type_is_shown_as_it_came() -> None:
    job = client_of(ForeignGateway(record("x", "ORACLE"))).get("ML", "x")
    assert job is not None
    assert job.reasoner_type == "ORACLE"


@pytest.mark.usefixtures("far_from_utc")
def test_naive_times_sort_as_utc_and_missing_ones_last() -> None:
    eastern = timezone(timedelta(hours=-5))
    gateway = ForeignGateway(
        record("no time, solver", "SOLVER"),
        record("naive, at one", "ML", NOON.replace(hour=13, tzinfo=None)),
        record("no time, logic", "LOGIC"),
        record("aware, at noon", "SOLVER", NOON),
        record("naive, at eleven", "LOGIC", NOON.replace(hour=11, tzinfo=None)),
        record("east, at half past", "LOGIC", (NOON + timedelta(minutes=30)).astimezone(eastern)),
    )
    expected = [
        "naive, at one",
        "east, at half past",
        "aware, at noon",
        "naive, at eleven",
        "no time, logic",
        "no time, solver",
    ]
    assert [job.id for job in client_of(gateway).list()] == expected
    assert [job.id for job in client_of(gateway).list(limit=2, offset=3)] == expected[3:5]


def test_each_type_is_asked_for_all_that_could_stand_on_the_merged_page() -> None:
    gateway = ForeignGateway()
    assert client_of(gateway).list(limit=2, offset=3) == []
    asked = [(kind, filters["limit"], filters["offset"]) for _, kind, filters in gateway.asked]
    assert asked == [(kind, 5, 0) for kind in ("LOGIC", "SOLVER", "ML")]


def test_one_types_list_keeps_the_gateways_order() -> None:
    gateway = ForeignGateway(record("old", "ML", NOON - timedelta(1)), record("new", "ML", NOON))
    assert [job.id for job in client_of(gateway).list("ML")] == ["old", "new"]


def test_raw_is_made_of_its_own_dataclass() -> None:
    found = record("x", "ML", NOON)
    job = client_of(ForeignGateway(found)).get("ML", "x", include={"raw": True, "details": True})
    assert isinstance(job, JobExpanded)
    assert job.raw == vars(found)
    assert [*(job.raw or {})] == [each.name for each in fields(JobRecord)]
    assert job.details is not None
    assert job.details["model"] == "d"


@pytest.mark.parametrize("state", ["completed", "Canceled", "FAILED", "aborted"])
def test_a_state_in_any_case_is_an_end(state: str) -> None:
    jobs = client_of(ForeignGateway(record("x", "ML", state=state)))
    assert jobs.wait("ML", "x").state == state
    assert jobs.create("ML", "w", {}).is_done()


def test_a_naive_end_is_no_obstacle_to_waiting() -> None:
    found = record("x", "ML", NOON.replace(tzinfo=None))
    found.finished_at = NOON.replace(tzinfo=None)
    assert client_of(ForeignGateway(found)).wait("ML", "x").finished_at == found.finished_at
