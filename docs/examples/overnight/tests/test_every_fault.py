"""Every call of a night goes wrong in every way, and then another one as well."""

from __future__ import annotations

import pytest

from overnight.night import Night, Report
from rai_jobs_fakes import FakeBackend, Fault, JobScript, ScheduledRun, failed, schedule_all

MODELS = {"north": {"model": "min x"}, "south": {"model": "max y"}}
FAULTS = [Fault.http(503), Fault.dropped("after")]


def backend_of_a_good_night() -> FakeBackend:
    backend = FakeBackend()
    backend.script(JobScript(run_s=20, outcome=failed("out of memory")), times=1)
    backend.script(JobScript(run_s=600))
    return backend


def backend_of_a_bad_night() -> FakeBackend:
    backend = FakeBackend()
    backend.script(
        JobScript(run_s=20, outcome=failed("infeasible")),
        where=lambda payload: payload["model"] == "min x",
    )
    backend.script(JobScript(run_s=28_800))
    return backend


def a_night(backend: FakeBackend) -> Report:
    return Night(backend.jobs(), "2026-03-01", poll_s=300).run(MODELS)


def each_is_solved_once(run: ScheduledRun) -> None:
    solved = [each for each in run.backend.executions if each.state.value == "COMPLETED"]
    if len(solved) != 2:
        pytest.fail(f"{len(solved)} executions completed, for 2 models")
    assert run.result == Report({"north": "SUCCEEDED", "south": "SUCCEEDED"})


def test_a_night_survives_any_two_faults() -> None:
    schedule = schedule_all(None, FAULTS, depth=2, backend=backend_of_a_good_night)
    schedule.run(a_night, invariant=each_is_solved_once).raise_for_broken()


def nothing_is_left_running(run: ScheduledRun) -> None:
    running = [each for each in run.backend.executions if each.finished_at is None]
    if running:
        pytest.fail(f"{len(running)} executions go on")


def test_nothing_goes_on_after_any_two_faults() -> None:
    schedule = schedule_all(None, FAULTS, depth=2, backend=backend_of_a_bad_night)
    schedule.run(a_night, invariant=nothing_is_left_running).raise_for_broken()
