"""Every call after the creation goes wrong in every way, and then another one as well."""

from __future__ import annotations

import pytest

from churn import training
from churn.__main__ import main
from rai_jobs_fakes import FakeBackend, Fault, JobScript, ScheduledRun, VirtualClock, schedule_all

FAULTS = [Fault.http(503), Fault.dropped("after")]


def backend_with_a_training() -> FakeBackend:
    backend = FakeBackend()
    backend.script(JobScript(run_s=50))
    return backend


def the_command(backend: FakeBackend) -> int:
    clock = backend.clock
    assert isinstance(clock, VirtualClock)
    with clock.patch(training), pytest.MonkeyPatch.context() as patch:
        backend.install(patch, relationalai=True)
        return main()


def nothing_is_left_running(run: ScheduledRun) -> None:
    [job] = run.backend.executions
    if job.finished_at is None:
        pytest.fail(f"the trainer is {job.state.value}, and nobody looks after it")


def test_nothing_is_left_running_whatever_fails() -> None:
    schedule = schedule_all(
        ("get", "cancel"),
        FAULTS,
        depth=2,
        backend=backend_with_a_training,
        allowed=(Exception,),  # what the published client raises is an answer too
    )
    schedule.run(the_command, invariant=nothing_is_left_running).raise_for_broken()
