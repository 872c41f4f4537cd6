"""One execution: what it was at an instant, and what will happen to it."""

from __future__ import annotations

import pytest

from rai_jobs.reasoners import LOGIC, PREDICTIVE
from rai_jobs.states import State
from rai_jobs_fakes import At, JobScript, aborted
from rai_jobs_fakes.instants import micros
from rai_jobs_fakes.machine.calls import Cancel, ExecutionView, Get, ReadProblems
from rai_jobs_fakes.machine.execution import Execution
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.plan import Stream
from rai_jobs_fakes.machine.refusals import NotFound
from rai_jobs_fakes.machine.table import Trigger

from ..making import ANN, BOB, add_lane, make_machine, pass_until, start


@pytest.fixture
def lived() -> tuple[Machine, Execution]:
    """One that was accepted at 0, ran from 1 and was aborted at 3 seconds."""
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(queue_s=1, run_s=2, outcome=aborted("bad")))
    pass_until(machine, 9)
    return machine, machine.find(LOGIC, execution_id)


@pytest.mark.parametrize(
    ("seconds", "state", "facts"),
    [
        (0, State.QUEUED, 2),
        (0.999999, State.QUEUED, 2),
        (1, State.RUNNING, 4),
        (2.999999, State.RUNNING, 4),
        (3, State.ABORTED, 5),
        (8, State.ABORTED, 5),
    ],
)
def test_it_can_be_seen_as_it_was(
    lived: tuple[Machine, Execution], seconds: float, state: State, facts: int
) -> None:
    view = ExecutionView.at(lived[1], micros(seconds))
    assert lived[1].state_at(micros(seconds)) is view.state is state
    assert view.history == lived[1].history[:facts]
    ended = state is State.ABORTED
    assert (view.finished_at, view.abort_reason) == ((micros(3), "bad") if ended else (None, None))
    assert view.duration_ms == min(seconds, 3) * 1_000_000 // 1000
    assert view.seen_at == micros(seconds)


def test_what_has_no_history_is_what_it_is() -> None:
    machine = make_machine()
    execution = machine.find(LOGIC, start(machine, LOGIC, JobScript(run_s=9)))
    execution.history = ()
    assert execution.state_at(0) is State.RUNNING
    assert ExecutionView.at(execution, 0).state is State.RUNNING


def test_who_looks_sees_how_long_it_has_taken_so_far() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(run_s=9))
    pass_until(machine, 2.5)
    view = Get(LOGIC, execution_id).answer(machine, ANN)
    assert (view.duration_ms, view.seen_at) == (2_500, micros(2.5))


def test_what_will_happen_to_it_is_told_soonest_first() -> None:
    machine = make_machine(detach_grace_s=30)
    script = JobScript(run_s=40, cancel_latency_s=50, guard_rail_after_s=20)
    execution_id = start(
        machine, LOGIC, script, timeout_mins=1, guard_rails=True, abort_detached=True
    )
    pass_until(machine, 5)
    Cancel(LOGIC, execution_id).answer(machine, ANN)
    execution = machine.find(LOGIC, execution_id)
    assert machine.pending(execution) == [
        (micros(20), Trigger.GUARD_RAIL),
        (micros(35), Trigger.DETACH),
        (micros(40), Trigger.FINISH_WELL),
        (micros(55), Trigger.CANCEL_TAKES_EFFECT),
        (micros(60), Trigger.TIMEOUT),
    ]
    pass_until(machine, 20)
    assert machine.pending(execution) == []


def test_what_waits_is_told_when_it_may_start() -> None:
    machine = make_machine()
    execution_id = start(machine, PREDICTIVE, JobScript(created_s=2, queue_s=3))
    execution = machine.find(PREDICTIVE, execution_id)
    day = micros(1440 * 60)
    timeout = (day, Trigger.TIMEOUT)
    assert machine.pending(execution) == [(micros(2), Trigger.ENQUEUE), timeout]
    pass_until(machine, 2)
    assert machine.pending(execution) == [(micros(5), Trigger.READY), timeout]


def test_problems_of_an_outcome_are_of_that_outcome_alone() -> None:
    machine = make_machine()
    script = JobScript(run_s=9, outcome=aborted("bad", [{"n": 1}]), problems=[{"n": 0}])
    execution_id = start(machine, LOGIC, script)
    Cancel(LOGIC, execution_id).answer(machine, ANN)
    assert ReadProblems(LOGIC, execution_id).answer(machine, ANN) == [{"n": 0}]


def test_who_reads_problems_or_artifacts_has_their_own_to_the_bottom() -> None:
    machine = make_machine()
    script = JobScript(
        run_s=1, problems=[{"at": {"line": 1}}], artifacts={"a.arrow": {"rows": [1, 2]}}
    )
    execution = machine.find(LOGIC, start(machine, LOGIC, script))
    pass_until(machine, 2)
    execution.problems()[0]["at"]["line"] = 9
    execution.artifacts()["a.arrow"]["rows"].append(9)
    assert execution.problems() == [{"at": {"line": 1}}]
    assert execution.artifacts() == {"a.arrow": {"rows": [1, 2]}}


def test_events_of_one_instant_stay_in_the_order_of_the_script() -> None:
    script = JobScript(run_s=9, events=[At(2, {"n": 3}), At(1, {"n": 2}), At(1, {"n": 1})])
    assert Stream.of(script, "progress").events == ('{"n": 2}', '{"n": 1}', '{"n": 3}')


def test_an_id_that_is_not_found_is_shown_as_far_as_eighty_characters_go() -> None:
    with pytest.raises(NotFound) as caught:
        make_machine().find(LOGIC, "x" * 81)
    name = "x" * 80
    assert str(caught.value) == f"no Logic execution '{name}'"


def test_who_waits_before_whom_is_known() -> None:
    machine = make_machine()
    add_lane(machine, LOGIC, "w", max_running=1)
    ids = [start(machine, LOGIC, JobScript(run_s=9), user=user) for user in (ANN, BOB, ANN, ANN)]
    waiting = [machine.find(LOGIC, each) for each in ids[1:]]
    lane = machine.lanes[LOGIC, "w"]
    assert [lane.ahead_of(each) for each in waiting] == [0, 1, 2]
    Cancel(LOGIC, ids[1]).answer(machine, BOB)
    assert [lane.ahead_of(each) for each in waiting[1:]] == [0, 1]


def test_a_change_of_status_names_the_reasoner() -> None:
    machine = make_machine()
    add_lane(machine, LOGIC, "a")
    add_lane(machine, PREDICTIVE, "b", status="SUSPENDED")
    add_lane(machine, LOGIC, "c")
    [fact] = machine.status_facts
    assert (fact.at, fact.reasoner_type, fact.reasoner_name) == (0, PREDICTIVE, "b")


def test_an_owner_is_heard_of_when_they_create_it() -> None:
    machine = make_machine(detach_grace_s=60)
    pass_until(machine, 100)
    execution_id = start(machine, LOGIC, JobScript(run_s=999), abort_detached=True)
    execution = machine.find(LOGIC, execution_id)
    assert [fact.execution_id for fact in execution.history] == [execution_id] * 2
    pass_until(machine, 159.999999)
    assert execution.state is State.RUNNING
    pass_until(machine, 160)
    assert execution.abort_reason == "client disconnected"
