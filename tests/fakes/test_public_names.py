"""The names that other people's tests are written against."""

from __future__ import annotations

import dataclasses
from typing import Any

import rai_jobs
import rai_jobs_fakes
from rai_jobs import JobRecord
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.made import made

PUBLIC = [
    "DEFAULT_USER",
    "ActiveFault",
    "ActiveScript",
    "At",
    "BrokenPlacementError",
    "ClockDeadlockError",
    "ClockEvent",
    "ClockExecutor",
    "ClockStuckError",
    "ClockTask",
    "ClockThreads",
    "Containing",
    "End",
    "Entry",
    "ExecutionView",
    "Expectation",
    "FakeAsyncGateway",
    "FakeBackend",
    "FakeGateway",
    "Fault",
    "FaultError",
    "FaultPlan",
    "History",
    "HttpDialect",
    "InjectedFault",
    "JobScript",
    "JobsStateMachine",
    "Outcome",
    "PacedClock",
    "Placement",
    "Schedule",
    "ScheduleError",
    "ScheduleReport",
    "ScheduledRun",
    "ScriptError",
    "Timeline",
    "Transcript",
    "UnusedFaultWarning",
    "UnusedScriptWarning",
    "VirtualClock",
    "WireSettings",
    "__version__",
    "aborted",
    "completed",
    "containing",
    "expect",
    "failed",
    "query_run",
    "schedule_all",
    "solver_run",
    "strategies",
    "training_run",
]


def test_these_names_are_public_and_no_others() -> None:
    assert rai_jobs_fakes.__all__ == PUBLIC


def test_every_public_name_is_there() -> None:
    missing = [name for name in PUBLIC if not hasattr(rai_jobs_fakes, name)]
    assert missing == []


def test_the_fake_bears_the_version_of_the_client() -> None:
    assert rai_jobs_fakes.__version__ == rai_jobs.__version__


def test_a_value_made_at_once_is_the_same_as_one_made_by_its_fields() -> None:
    told = {"id": "j", "reasoner_type": "Predictive", "state": "RUNNING"}
    whole: dict[str, Any] = {f.name: told.get(f.name) for f in dataclasses.fields(JobRecord)}
    assert made(JobRecord, whole) == JobRecord(**whole)
    backend = FakeBackend()
    backend.gateway().create("ML", "w", {})
    [view] = backend.executions
    names = {each.name for each in dataclasses.fields(view)}
    assert vars(view).keys() == names
    record = backend.gateway().get("ML", view.id)
    assert vars(record).keys() == {each.name for each in dataclasses.fields(JobRecord)}
