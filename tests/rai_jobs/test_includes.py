"""Expansions: only what was asked for, and what happens when one cannot be fetched."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from dataclasses import fields
from typing import Any, cast
from unittest.mock import Mock

import pytest

from rai_jobs import (
    Job,
    JobError,
    JobEvents,
    JobExpanded,
    JobExpansionWarning,
    JobRecord,
    JobsClientSync,
    JobServerError,
)

from .support import GatewayDouble, ManualClock

RECORD = JobRecord("t-1", "Logic", database_name="sales", state="COMPLETED")
EMPTY: dict[str, object] = {"events": JobEvents([], None), "artifacts": {}, "problems": {}}
FETCHED: dict[str, object] = {
    "events": JobEvents([{"type": "x"}], None),
    "artifacts": {"a": {"FILENAME": "a"}},
    "problems": {"problems": [{"type": "x"}]},
}
ALL = ("details", "events", "artifacts", "problems", "raw")
FAILURES: list[Exception] = [
    JobServerError("get: the backend is away", operation="get", status=503),
    JobError("what happened"),
    ValueError("not ours"),
    KeyError("FILENAME"),
    RecursionError(),
]


def client_of(gateway: GatewayDouble) -> JobsClientSync:
    return JobsClientSync(cast("Any", gateway), clock=ManualClock())


def wanted(*names: str) -> Any:
    return dict.fromkeys(names, True)


WAYS: dict[str, tuple[Callable[[JobsClientSync, Any], object], list[str]]] = {
    # how to ask, and what is called beside the expansions
    "get": (lambda jobs, include: jobs.get("Logic", "t-1", include=include), ["get"]),
    "list": (lambda jobs, include: jobs.list("Logic", include=include)[0], ["list"]),
    "wait": (lambda jobs, include: jobs.wait("Logic", "t-1", include=include), ["get"]),
    "create_ready": (
        lambda jobs, include: jobs.create_ready("Logic", "w", {}, include=include),
        ["create", "get"],
    ),
    "handle": (
        lambda jobs, include: jobs.create("Logic", "w", {}).wait(include=include),
        ["create", "get"],
    ),
}
EACH_WAY = pytest.mark.parametrize(("ask", "calls"), WAYS.values(), ids=WAYS)


def expanded(
    gateway: GatewayDouble, ask: Callable[[JobsClientSync, Any], object], *names: str
) -> JobExpanded:
    job = ask(client_of(gateway), wanted(*names))
    assert isinstance(job, JobExpanded)
    return job


@EACH_WAY
@pytest.mark.parametrize("name", ALL)
def test_nothing_is_fetched_that_was_not_asked_for(
    ask: Callable[[JobsClientSync, Any], object], calls: list[str], name: str
) -> None:
    gateway = GatewayDouble([RECORD])
    job = expanded(gateway, ask, name)
    assert gateway.calls == [*calls, *([name] if name in FETCHED else [])]
    assert {other for other in ALL if getattr(job, other) is not None} == {name}
    assert getattr(job, name) == FETCHED.get(name, getattr(job, name))


@EACH_WAY
def test_without_an_expansion_it_is_a_plain_job(
    ask: Callable[[JobsClientSync, Any], object], calls: list[str]
) -> None:
    for include in (None, {}, dict.fromkeys(ALL, False)):
        gateway = GatewayDouble([RECORD])
        assert type(ask(client_of(gateway), include)) is Job
        assert gateway.calls == calls


@EACH_WAY
@pytest.mark.parametrize("failing", EMPTY)
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_what_cannot_be_fetched_is_empty_and_said_so_once(
    ask: Callable[[JobsClientSync, Any], object],
    calls: list[str],
    failing: str,
    failure: Exception,
) -> None:
    gateway = GatewayDouble([RECORD], {failing: failure})
    with pytest.warns(JobExpansionWarning) as caught:
        job = expanded(gateway, ask, *ALL)
    assert {name: getattr(job, name) for name in EMPTY} == {**FETCHED, failing: EMPTY[failing]}
    assert job.details == {"model": "sales", "read_only": None, "payload": None, "timeout_ms": None}
    assert gateway.calls == [*calls, "events", "artifacts", "problems"]
    [warning] = caught
    said = str(warning.message)
    assert f"include={failing!r} of t-1 " in said
    assert f"{type(failure).__name__}: {failure}" in said


def test_each_failure_of_each_job_is_said() -> None:
    other = JobRecord("t-2", "Logic", state="RUNNING")
    gateway = GatewayDouble([RECORD, other], {name: ValueError(name) for name in EMPTY})
    with pytest.warns(JobExpansionWarning) as caught:
        client_of(gateway).list("Logic", include=wanted(*EMPTY))
    said = [str(warning.message).split(" could")[0] for warning in caught]
    assert said == [f"include={name!r} of {job_id}" for job_id in ("t-1", "t-2") for name in EMPTY]


@EACH_WAY
def test_the_warning_points_at_the_line_that_asked(
    ask: Callable[[JobsClientSync, Any], object], calls: list[str]
) -> None:
    gateway = GatewayDouble([RECORD], {"artifacts": ValueError("away")})
    with pytest.warns(JobExpansionWarning) as caught:
        ask(client_of(gateway), wanted("artifacts"))
    lines, first = inspect.getsourcelines(ask)
    [warning] = caught
    assert warning.filename == __file__
    assert first <= warning.lineno < first + len(lines)


def test_a_warning_that_is_made_an_error_is_raised() -> None:
    gateway = GatewayDouble([RECORD], {"events": ValueError("away")})
    with warnings.catch_warnings():
        warnings.simplefilter("error", JobExpansionWarning)
        with pytest.raises(JobExpansionWarning, match="away"):
            client_of(gateway).get("Logic", "t-1", include=wanted("events"))


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_being_stopped_is_no_failed_expansion(stop: type[BaseException]) -> None:
    gateway = GatewayDouble([RECORD], {"events": cast("Exception", stop())})
    with pytest.raises(stop):
        client_of(gateway).get("Logic", "t-1", include=wanted("events"))


def test_no_problems_are_an_empty_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = GatewayDouble([RECORD])
    monkeypatch.setattr(gateway, "problems", Mock(return_value=None))
    job = client_of(gateway).get("Logic", "t-1", include=wanted("problems"))
    assert isinstance(job, JobExpanded)
    assert job.problems == {}


def test_raw_is_all_fields() -> None:
    record = JobRecord("j-1", "ML", state="RUNNING", payload={"a": [1]})
    job = client_of(GatewayDouble([record])).get("ML", "j-1", include=wanted("raw"))
    assert isinstance(job, JobExpanded)
    assert job.raw == {each.name: getattr(record, each.name) for each in fields(record)}


def test_the_events_of_an_active_execution_keep_their_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = GatewayDouble([RECORD])
    monkeypatch.setattr(gateway, "events", Mock(return_value=JobEvents([], "t")))
    job = client_of(gateway).get("Logic", "t-1", include=wanted("events"))
    assert isinstance(job, JobExpanded)
    assert job.events == JobEvents([], "t")
