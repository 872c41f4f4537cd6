"""What a reasoner's status means for work: who is accepted, what waits, who wakes or sleeps."""

from __future__ import annotations

import math

import pytest

from rai_jobs.reasoners import LOGIC, PRESCRIPTIVE
from rai_jobs_fakes import JobScript
from rai_jobs_fakes.instants import micros
from rai_jobs_fakes.machine.calls import Cancel
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.queue import LaneLimits
from rai_jobs_fakes.machine.refusals import NotReady
from rai_jobs_fakes.machine.table import ReasonerStatus

from ..making import ANN, pass_until, start, state_of

KIND = PRESCRIPTIVE


def machine_with(
    status: ReasonerStatus,
    *,
    resume_s: float | None = None,
    suspends_after_s: float | None = None,
    ready_after_s: float | None = None,
    max_running: int | None = None,
) -> Machine:
    """A machine with one reasoner, `w`."""
    machine = Machine()
    limits = LaneLimits(
        max_running,
        resume=None if resume_s is None else micros(resume_s),
        auto_suspend=None if suspends_after_s is None else micros(suspends_after_s),
    )
    ready_after = None if ready_after_s is None else micros(ready_after_s)
    machine.add_reasoner(KIND, "w", limits, status, ready_after=ready_after)
    return machine


def statuses(machine: Machine) -> list[tuple[float, str]]:
    """How the status changed, with the seconds."""
    return [(fact.at / 1e6, fact.status.value) for fact in machine.status_facts]


@pytest.mark.parametrize(
    "status", [each for each in ReasonerStatus if each is not ReasonerStatus.READY]
)
def test_only_a_ready_one_accepts(status: ReasonerStatus) -> None:
    machine = machine_with(status)
    with pytest.raises(NotReady, match=f"not ready to accept jobs: it is {status.value}"):
        start(machine, KIND)
    assert start(machine_with(ReasonerStatus.READY), KIND)


def test_it_becomes_ready_by_itself_when_that_was_said() -> None:
    machine = machine_with(ReasonerStatus.UPGRADING, ready_after_s=30)
    pass_until(machine, 29.999999)
    with pytest.raises(NotReady):
        start(machine, KIND)
    pass_until(machine, 30)
    assert state_of(machine, KIND, start(machine, KIND)) == "COMPLETED"
    assert statuses(machine) == [(0, "UPGRADING"), (30, "READY")]


def test_one_that_resumes_accepts_work_which_waits_until_it_is_ready() -> None:
    machine = machine_with(ReasonerStatus.SUSPENDED, resume_s=20)
    pass_until(machine, 5)
    first = start(machine, KIND, JobScript(run_s=3))
    pass_until(machine, 10)
    second = start(machine, KIND, JobScript(run_s=3))
    pass_until(machine, 24.999999)
    assert [state_of(machine, KIND, each) for each in (first, second)] == ["PENDING", "PENDING"]
    pass_until(machine, 25)
    assert [state_of(machine, KIND, each) for each in (first, second)] == ["RUNNING", "RUNNING"]
    assert statuses(machine) == [(0, "SUSPENDED"), (5, "PENDING"), (25, "READY")]


def test_work_that_waits_for_it_still_times_out_and_can_be_cancelled() -> None:
    machine = machine_with(ReasonerStatus.SUSPENDED, resume_s=120)
    late = start(machine, KIND, timeout_mins=1)
    cancelled = start(machine, KIND)
    Cancel(KIND, cancelled).answer(machine, ANN)
    pass_until(machine, 121)
    assert state_of(machine, KIND, late) == "FAILED"
    assert state_of(machine, KIND, cancelled) == "CANCELED"


def test_it_suspends_itself_when_it_was_idle_so_long() -> None:
    machine = machine_with(ReasonerStatus.READY, suspends_after_s=60, resume_s=1)
    pass_until(machine, 50)
    start(machine, KIND, JobScript(created_s=30, run_s=40))
    pass_until(machine, 179.999999)
    assert statuses(machine) == []
    pass_until(machine, 180)
    assert statuses(machine) == [(180, "SUSPENDED")]
    made = start(machine, KIND)
    pass_until(machine, 181)
    assert state_of(machine, KIND, made) == "COMPLETED"


def test_a_cancelled_wait_leaves_it_idle() -> None:
    machine = machine_with(ReasonerStatus.READY, suspends_after_s=60)
    made = start(machine, KIND, JobScript(created_s=500))
    pass_until(machine, 100)
    Cancel(KIND, made).answer(machine, ANN)
    pass_until(machine, 160)
    assert statuses(machine) == [(160, "SUSPENDED")]


def test_a_status_that_is_said_again_starts_anew() -> None:
    machine = machine_with(ReasonerStatus.PENDING, ready_after_s=10)
    pass_until(machine, 5)
    machine.add_reasoner(KIND, "w", LaneLimits(), ReasonerStatus.PENDING)
    pass_until(machine, 60)
    assert statuses(machine) == [(0, "PENDING")]


def test_another_type_of_the_same_name_is_another_reasoner() -> None:
    machine = machine_with(ReasonerStatus.SUSPENDED)
    assert state_of(machine, LOGIC, start(machine, LOGIC)) == "COMPLETED"


def test_after_resuming_capacity_and_order_hold() -> None:
    machine = machine_with(ReasonerStatus.SUSPENDED, resume_s=10, max_running=1)
    made = [start(machine, KIND, JobScript(run_s=4)) for _ in range(3)]
    for seconds, running in ((10, 0), (14, 1), (18, 2)):
        pass_until(machine, seconds)
        states = [state_of(machine, KIND, each) for each in made]
        assert states.index("RUNNING") == running
        assert states.count("RUNNING") == 1


def test_one_that_is_ready_in_infinity_never_is() -> None:
    machine = machine_with(ReasonerStatus.PENDING, ready_after_s=math.inf)
    assert machine.next_due() is None


def test_one_with_work_left_does_not_sleep() -> None:
    machine = machine_with(ReasonerStatus.READY, suspends_after_s=10)
    for run_s in (1, 2, 50):
        start(machine, KIND, JobScript(run_s=run_s))
    pass_until(machine, 59.999999)
    assert statuses(machine) == []
    pass_until(machine, 60)
    assert statuses(machine) == [(60, "SUSPENDED")]


def test_each_becomes_ready_in_its_own_time() -> None:
    machine = Machine()
    for name, seconds in (("a", 5), ("b", 2), ("c", 9)):
        status = ReasonerStatus.PENDING
        machine.add_reasoner(KIND, name, LaneLimits(), status, ready_after=micros(seconds))
    pass_until(machine, 20)
    ready = [
        (fact.reasoner_name, fact.at)
        for fact in machine.status_facts
        if fact.status is ReasonerStatus.READY
    ]
    assert ready == [("b", micros(2)), ("a", micros(5)), ("c", micros(9))]
