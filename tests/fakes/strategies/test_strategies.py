"""What the strategies make can be given to a backend, and what a history does is done."""

from __future__ import annotations

import json
import warnings
from typing import Any, cast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from rai_jobs import JobError
from rai_jobs.reasoners import REASONER_TYPES
from rai_jobs_fakes import (
    FakeBackend,
    Fault,
    FaultError,
    JobScript,
    JobsStateMachine,
    failed,
    strategies,
)
from rai_jobs_fakes.faults.which import OPERATIONS
from rai_jobs_fakes.strategies.history import Advance, Break, Cancel, Create, History, SetStatus

LABELS = [kind.label for kind in REASONER_TYPES]
SOME = settings(max_examples=40, deadline=None)


@SOME
@given(st.data(), st.sampled_from([None, *LABELS]))
def test_a_payload_is_accepted_over_every_transport(data: st.DataObject, label: str | None) -> None:
    backend = FakeBackend()
    payload = data.draw(strategies.payloads(label))
    assert json.loads(json.dumps(payload)) == payload
    for over in ("gateway", "http", "sql"):
        for kind in LABELS if label is None else [label]:
            assert backend.jobs(over=over).create(kind, "w", payload).id


@SOME
@given(st.data(), st.sampled_from([None, *LABELS]), st.booleans())
def test_a_script_fits_what_it_is_made_for(
    data: st.DataObject, label: str | None, endless: bool
) -> None:
    script = data.draw(strategies.job_scripts(label, endless=endless))
    for kind in REASONER_TYPES:
        if label in (None, kind.label):
            assert script.fits(logic=kind.is_logic)
    assert endless or script.run_s < 1e6


@SOME
@given(strategies.fault_plans(most=4))
def test_faults_can_be_injected_together(faults: tuple[Fault, ...]) -> None:
    backend = FakeBackend()
    for fault in faults:
        backend.faults.inject(fault)
    assert len(backend.faults) == len(faults) <= 4


@given(st.data(), st.sampled_from(OPERATIONS))
def test_faults_strike_the_operations_that_were_named(data: st.DataObject, word: str) -> None:
    fault = data.draw(strategies.faults([word], face="sql"))
    assert fault.which.operations == (word,)


@pytest.mark.parametrize("make", [strategies.faults, strategies.fault_plans])
@pytest.mark.parametrize("given", [("nonsense",), (), ("get", "nonsense"), 7])
def test_operations_that_are_not_there_are_refused_at_the_call(make: Any, given: Any) -> None:
    with pytest.raises(FaultError, match=r"`operations` must be one or more of get, create"):
        make(given)


def test_a_face_that_is_not_there_is_refused_at_the_call() -> None:
    face: Any = "nonsense"
    with pytest.raises(FaultError, match=r"`face` must be one of gateway, http, sql; got 'nons"):
        strategies.faults(face=face)


def test_a_history_refuses_operations_that_are_not_there() -> None:
    with pytest.raises(FaultError, match=r"`operations`"):
        strategies.histories(operations=["nonsense"])


@SOME
@given(strategies.histories(users=["ann", None], operations=["create", "cancel"]))
def test_a_history_leaves_what_it_tells_of(history: History) -> None:
    backend = FakeBackend()
    backend.add_user("ann")
    before = backend.clock.now()
    made = history.play(backend)
    slept = sum(step.seconds for step in history.steps if isinstance(step, Advance))
    assert (backend.clock.now() - before).total_seconds() >= slept - 1e-3
    known = {view.id: view for view in backend.executions}
    assert [known[job_id].reasoner_type.label for _, job_id in made] == [kind for kind, _ in made]
    assert eval(repr(history), {**globals(), **_words()}) == history  # noqa: S307


def test_each_step_does_what_it_says() -> None:
    backend = FakeBackend()
    backend.add_user("ann")
    script = JobScript(run_s=60, outcome=failed("bad"))
    made = History(
        (
            Create("Predictive", "m", {"n": 1}, script, user="ann"),
            Create("Predictive", "m", {"n": 2}, script, timeout_mins=1),
            Advance(5),
            Cancel(2, user="ann"),
            SetStatus("Predictive", "m", "SUSPENDED"),
            Create("Predictive", "m", {"n": 3}),
            Break(Fault.http(503, operation="list")),
            Advance(60),
        )
    ).play(backend)
    assert len(made) == 2
    states = [(view.created_by, view.state.value) for view in backend.executions]
    assert states == [("ann", "CANCELED"), ("fake_user", "FAILED")]
    with pytest.raises(JobError):
        backend.jobs().list("Predictive")


def test_a_create_that_was_refused_leaves_no_script_to_the_next() -> None:
    backend = FakeBackend()
    asleep, awake = (SetStatus("Prescriptive", "w", each) for each in ("UPGRADING", "READY"))
    short, long = (Create("Prescriptive", "w", {}, JobScript(run_s=seconds)) for seconds in (5, 50))
    history = History((asleep, short, awake, long, Break(Fault.http(503)), short, Advance(10)))
    assert len(history.play(backend)) == 1
    backend.jobs().create("Prescriptive", "w", {})
    assert [view.state.value for view in backend.executions] == ["RUNNING", "COMPLETED"]
    assert backend.executions[1].finished_at == backend.executions[1].created_at
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        backend.close()


def test_a_create_whose_answer_was_lost_lived_by_its_script() -> None:
    backend = FakeBackend()
    lost = Break(Fault.dropped("after", operation="create"))
    create = Create("Prescriptive", "w", {}, JobScript(run_s=5))
    assert History((lost, create, Advance(4))).play(backend) == []
    assert [view.state.value for view in backend.executions] == ["RUNNING"]


class Plain(JobsStateMachine):
    """Code that only creates."""

    reasoner_name = "mine"

    @rule()
    def create(self) -> None:
        try:
            self.jobs.create(self.reasoner_type, self.reasoner_name, {})
        except JobError:
            assert self.reasoner_type == "Prescriptive"


class Forgetful(JobsStateMachine):
    """Code with a bug: what was created by a call without an answer is lost."""

    fault_operations = ("create",)

    def __init__(self) -> None:
        super().__init__()
        self.known: list[str] = []

    @rule()
    def create(self) -> None:
        try:
            made = self.jobs.create(self.reasoner_type, self.reasoner_name, {})
        except JobError:
            return
        self.known.append(made.id)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.mine == self.known


def searched(machine: type[JobsStateMachine], histories: int = 60) -> None:
    case = cast("Any", machine).TestCase()  # hypothesis has types for it since 6.170
    # What is found is found: to shrink it takes longer than the rest.
    case.settings = settings(
        max_examples=histories,
        stateful_step_count=15,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
    )
    case.runTest()


def test_a_search_runs_without_complaint_where_there_is_nothing_to_find() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        searched(Plain)


def test_a_search_finds_what_a_fault_breaks() -> None:
    with pytest.raises(AssertionError):
        searched(Forgetful, histories=500)


@pytest.mark.parametrize("over", ["http", "sql"])
def test_a_search_may_go_over_another_transport(over: str) -> None:
    searched(type("Over", (Plain,), {"over": over, "fault_operations": OPERATIONS}))


def _words() -> dict[str, Any]:
    from rai_jobs_fakes import At, aborted, completed

    return {"At": At, "aborted": aborted, "completed": completed, "failed": failed}
