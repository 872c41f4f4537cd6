"""The machine by itself: time, order, slots, and what a refused call leaves behind."""

from __future__ import annotations

import math
from uuid import UUID

import pytest

from rai_jobs.reasoners import LOGIC, PREDICTIVE, PRESCRIPTIVE, REASONER_TYPES, ReasonerType
from rai_jobs.states import State
from rai_jobs_fakes import JobScript, aborted, failed
from rai_jobs_fakes.instants import micros, seconds_of
from rai_jobs_fakes.machine.calls import (
    Cancel,
    Create,
    ExecutionView,
    Get,
    List,
    ReadArtifacts,
    ReadProblems,
)
from rai_jobs_fakes.machine.execution import User
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.refusals import NotFound, NotReady, Refusal, Refused
from rai_jobs_fakes.machine.scripts import ScriptBook, ScriptEntry
from rai_jobs_fakes.machine.table import Trigger

from ..making import ANN, BOB, ROOT, add_lane, make_machine, pass_until, payload_of, start, state_of

EACH_TYPE = pytest.mark.parametrize("kind", REASONER_TYPES, ids=lambda kind: kind.label)


def view_of(machine: Machine, execution_id: str) -> ExecutionView:
    """The execution as it is, seen without a touch."""
    found = next(each for each in machine.executions() if each.id == execution_id)
    return ExecutionView.of(found, machine.now)


def triggers_of(machine: Machine, execution_id: str) -> list[Trigger | None]:
    return [fact.trigger for fact in machine.facts if fact.execution_id == execution_id]


class TestTime:
    """What `settle` does."""

    def test_time_never_goes_back(self) -> None:
        machine = make_machine()
        pass_until(machine, 10)
        pass_until(machine, 4)
        assert machine.now == micros(10)

    def test_a_fact_bears_the_instant_at_which_it_was_due(self) -> None:
        machine = make_machine()
        script = JobScript(created_s=1, queue_s=2, run_s=3)
        start(machine, PRESCRIPTIVE, script)
        pass_until(machine, 1_000)
        moves = [(seconds_of(fact.at), fact.after.value) for fact in machine.facts]
        assert moves == [
            (0, "CREATED"),
            (1, "PENDING"),
            (3, "PENDING"),
            (3, "RUNNING"),
            (6, "COMPLETED"),
        ]

    @EACH_TYPE
    def test_nothing_happens_a_microsecond_before_it_is_due(self, kind: ReasonerType) -> None:
        machine = make_machine()
        execution_id = start(machine, kind, JobScript(run_s=5))
        machine.settle(micros(5) - 1)
        assert state_of(machine, kind, execution_id) == "RUNNING"
        machine.settle(micros(5))
        assert state_of(machine, kind, execution_id) == "COMPLETED"

    def test_the_next_instant_that_is_due_can_be_asked_for(self) -> None:
        machine = make_machine()
        assert machine.next_due() is None
        start(machine, LOGIC, JobScript(run_s=math.inf), timeout_mins=2)
        start(machine, LOGIC, JobScript(run_s=7))
        assert machine.next_due() == micros(7)
        pass_until(machine, 7)
        assert machine.next_due() == micros(120)

    def test_work_that_never_ends_is_ended_by_the_default_timeout(self) -> None:
        machine = make_machine()
        execution_id = start(machine, PREDICTIVE, JobScript(run_s=math.inf))
        pass_until(machine, 1440 * 60 - 1)
        assert state_of(machine, PREDICTIVE, execution_id) == "RUNNING"
        pass_until(machine, 1440 * 60)
        view = view_of(machine, execution_id)
        assert (view.state, view.abort_reason) == (State.FAILED, "job timeout")


class TestSimultaneous:
    """What happens first when several things are due in one instant."""

    @pytest.mark.parametrize(
        ("kind", "script", "state", "reason"),
        [
            (LOGIC, JobScript(run_s=60, cancel_latency_s=10), "COMPLETED", None),
            (
                LOGIC,
                JobScript(run_s=60, cancel_latency_s=10, outcome=aborted("bad")),
                "ABORTED",
                "bad",
            ),
            (
                PREDICTIVE,
                JobScript(run_s=60, cancel_latency_s=10, outcome=failed("bad")),
                "FAILED",
                "bad",
            ),
            (
                LOGIC,
                JobScript(run_s=60, cancel_latency_s=10, guard_rail_after_s=60),
                "COMPLETED",
                None,
            ),
            (
                LOGIC,
                JobScript(run_s=61, guard_rail_after_s=60, cancel_latency_s=10),
                "ABORTED",
                "guard rail violation",
            ),
            (LOGIC, JobScript(run_s=61, cancel_latency_s=10), "CANCELED", None),
            (PREDICTIVE, JobScript(run_s=61, cancel_latency_s=10), "CANCELED", None),
            (LOGIC, JobScript(run_s=61, ignores_cancel=True), "ABORTED", "transaction timeout"),
            (PREDICTIVE, JobScript(run_s=61, ignores_cancel=True), "FAILED", "job timeout"),
        ],
    )
    def test_work_guard_rail_cancellation_and_timeout_fire_in_this_order(
        self, kind: ReasonerType, script: JobScript, state: str, reason: str | None
    ) -> None:
        machine = make_machine()
        execution_id = start(
            machine,
            kind,
            script,
            timeout_mins=1,
            guard_rails=True,
            abort_detached=kind.is_logic,
        )
        pass_until(machine, 50)
        Cancel(kind, execution_id).answer(machine, ANN)
        pass_until(machine, 60)
        view = view_of(machine, execution_id)
        assert (view.state.value, view.abort_reason) == (state, reason)
        assert view.finished_at == micros(60)

    def test_a_timeout_beats_a_silent_owner(self) -> None:
        machine = make_machine(detach_grace_s=60)
        execution_id = start(
            machine, LOGIC, JobScript(run_s=99), timeout_mins=1, abort_detached=True
        )
        pass_until(machine, 60)
        assert view_of(machine, execution_id).abort_reason == "transaction timeout"

    @EACH_TYPE
    def test_a_slot_that_frees_is_taken_in_the_same_instant(self, kind: ReasonerType) -> None:
        machine = make_machine()
        add_lane(machine, kind, "w", max_running=1, status="READY")
        start(machine, kind, JobScript(run_s=5))
        second = start(machine, kind, JobScript(run_s=0))
        pass_until(machine, 5)
        view = view_of(machine, second)
        assert (view.state, view.finished_at) == (State.COMPLETED, micros(5))

    @EACH_TYPE
    def test_a_chain_of_waiting_work_runs_through_one_slot_without_a_gap(
        self, kind: ReasonerType
    ) -> None:
        machine = make_machine()
        add_lane(machine, kind, "w", max_running=1, status="READY")
        ids = [start(machine, kind, JobScript(run_s=run_s)) for run_s in (3, 0, 2, 1)]
        pass_until(machine, 100)
        ends = [view_of(machine, each).finished_at for each in ids]
        assert ends == [micros(3), micros(3), micros(5), micros(6)]


class TestSlots:
    """Who may run."""

    def test_reasoners_of_one_name_and_other_types_have_slots_of_their_own(self) -> None:
        machine = make_machine()
        for kind in REASONER_TYPES:
            add_lane(machine, kind, "w", max_running=1, status="READY")
        ids = [(kind, start(machine, kind, JobScript(run_s=9))) for kind in REASONER_TYPES]
        assert {state_of(machine, *each) for each in ids} == {"RUNNING"}

    def test_a_reasoners_name_has_its_case(self) -> None:
        machine = make_machine()
        add_lane(machine, LOGIC, "w", max_running=1, status="READY")
        ids = [start(machine, LOGIC, JobScript(run_s=9), name=name) for name in ("w", "W")]
        assert [state_of(machine, LOGIC, each) for each in ids] == ["RUNNING", "RUNNING"]

    @EACH_TYPE
    def test_who_was_cancelled_while_waiting_takes_no_slot(self, kind: ReasonerType) -> None:
        machine = make_machine()
        add_lane(machine, kind, "w", max_running=1, status="READY")
        ids = [start(machine, kind, JobScript(run_s=5)) for _ in range(3)]
        Cancel(kind, ids[1]).answer(machine, ANN)
        pass_until(machine, 5)
        states = [state_of(machine, kind, each) for each in ids]
        assert states == ["COMPLETED", "CANCELED", "RUNNING"]

    @EACH_TYPE
    def test_who_timed_out_while_waiting_takes_no_slot(self, kind: ReasonerType) -> None:
        machine = make_machine()
        add_lane(machine, kind, "w", max_running=1, status="READY")
        start(machine, kind, JobScript(run_s=100))
        late = start(machine, kind, JobScript(run_s=5), timeout_mins=1)
        third = start(machine, kind, JobScript(run_s=5))
        pass_until(machine, 100)
        assert Trigger.START not in triggers_of(machine, late)
        assert state_of(machine, kind, third) == "RUNNING"

    @EACH_TYPE
    def test_a_slot_is_kept_until_a_slow_cancellation_has_taken_effect(
        self, kind: ReasonerType
    ) -> None:
        machine = make_machine()
        add_lane(machine, kind, "w", max_running=1, status="READY")
        first = start(machine, kind, JobScript(run_s=99, cancel_latency_s=10))
        second = start(machine, kind, JobScript(run_s=5))
        Cancel(kind, first).answer(machine, ANN)
        pass_until(machine, 9)
        assert state_of(machine, kind, second) != "RUNNING"
        pass_until(machine, 10)
        assert state_of(machine, kind, second) == "RUNNING"

    @EACH_TYPE
    def test_who_is_still_in_the_queue_by_script_takes_no_slot_from_those_who_are_ready(
        self, kind: ReasonerType
    ) -> None:
        machine = make_machine()
        add_lane(machine, kind, "w", max_running=1, status="READY")
        queued = start(machine, kind, JobScript(queue_s=5, run_s=9))
        later = start(machine, kind, JobScript(run_s=9))
        assert state_of(machine, kind, later) == "RUNNING"
        pass_until(machine, 9)
        assert view_of(machine, queued).history[-1].at == micros(9)
        assert state_of(machine, kind, queued) == "RUNNING"

    @EACH_TYPE
    def test_more_capacity_starts_those_who_wait_and_less_lets_running_work_end(
        self, kind: ReasonerType
    ) -> None:
        machine = make_machine()
        add_lane(machine, kind, "w", max_running=1, status="READY")
        ids = [start(machine, kind, JobScript(run_s=10)) for _ in range(4)]

        def running() -> list[bool]:
            return [state_of(machine, kind, each) == "RUNNING" for each in ids]

        assert running() == [True, False, False, False]
        add_lane(machine, kind, "w", max_running=3, status="READY")
        assert running() == [True, True, True, False]
        add_lane(machine, kind, "w", max_running=1, status="READY")
        assert running() == [True, True, True, False]
        pass_until(machine, 10)
        assert running() == [False, False, False, True]
        add_lane(machine, kind, "w", max_running=None, status="READY")
        assert running() == [False, False, False, True]

    @EACH_TYPE
    def test_a_reasoner_that_is_no_longer_ready_ends_what_runs_and_starts_nothing(
        self, kind: ReasonerType
    ) -> None:
        machine = make_machine()
        add_lane(machine, kind, "w", max_running=1, status="READY")
        ran, waits = (start(machine, kind, JobScript(run_s=5)) for _ in range(2))
        add_lane(machine, kind, "w", max_running=1, status="SUSPENDED")
        with pytest.raises(NotReady, match="not ready to accept jobs: it is SUSPENDED"):
            start(machine, kind)
        pass_until(machine, 10)
        assert state_of(machine, kind, ran) == "COMPLETED"
        assert state_of(machine, kind, waits) in {"CREATED", "QUEUED", "PENDING"}
        add_lane(machine, kind, "w", max_running=1, status="READY")
        pass_until(machine, 15)
        assert state_of(machine, kind, waits) == "COMPLETED"


class TestCancelling:
    """What a cancel request leaves in the history."""

    @EACH_TYPE
    def test_asking_twice_is_one_fact(self, kind: ReasonerType) -> None:
        machine = make_machine()
        execution_id = start(machine, kind, JobScript(run_s=99, cancel_latency_s=10))
        for seconds in (0, 5, 20):
            pass_until(machine, seconds)
            Cancel(kind, execution_id).answer(machine, ANN)
        assert triggers_of(machine, execution_id).count(Trigger.CANCEL) == 1
        assert view_of(machine, execution_id).finished_at == micros(10)

    def test_a_job_that_is_being_cancelled_shows_it_in_its_history_only(self) -> None:
        machine = make_machine()
        execution_id = start(machine, PREDICTIVE, JobScript(run_s=9, cancel_latency_s=5))
        Cancel(PREDICTIVE, execution_id).answer(machine, ANN)
        fact = machine.facts[-1]
        assert (fact.trigger, fact.before, fact.after) == (
            Trigger.CANCEL,
            State.RUNNING,
            State.RUNNING,
        )

    def test_a_transaction_that_ignores_cancellation_is_canceling_until_it_completes(self) -> None:
        machine = make_machine()
        execution_id = start(machine, LOGIC, JobScript(run_s=9, ignores_cancel=True))
        Cancel(LOGIC, execution_id).answer(machine, ANN)
        pass_until(machine, 8)
        assert state_of(machine, LOGIC, execution_id) == "CANCELING"
        pass_until(machine, 9)
        assert state_of(machine, LOGIC, execution_id) == "COMPLETED"

    def test_a_guard_rail_is_violated_during_a_slow_cancellation_too(self) -> None:
        machine = make_machine()
        script = JobScript(run_s=99, cancel_latency_s=50, guard_rail_after_s=10)
        execution_id = start(machine, LOGIC, script, guard_rails=True)
        Cancel(LOGIC, execution_id).answer(machine, ANN)
        pass_until(machine, 10)
        assert view_of(machine, execution_id).abort_reason == "guard rail violation"

    @pytest.mark.parametrize(
        ("caller", "all_users", "error"),
        [
            (ANN, False, None),
            (ANN, True, None),
            (BOB, False, NotFound),
            (BOB, True, NotFound),
            (ROOT, False, NotFound),
            (ROOT, True, None),
        ],
    )
    def test_one_cancels_ones_own_and_an_admin_anybodys_by_asking_for_all(
        self, caller: User, all_users: bool, error: type[Refusal] | None
    ) -> None:
        machine = make_machine()
        execution_id = start(machine, LOGIC, JobScript(run_s=9))
        call = Cancel(LOGIC, execution_id, all_users)
        if error is None:
            call.answer(machine, caller)
        else:
            with pytest.raises(error):
                call.answer(machine, caller)
        assert (view_of(machine, execution_id).state is State.CANCELED) == (error is None)

    @pytest.mark.parametrize("kind", [PRESCRIPTIVE, PREDICTIVE])
    def test_a_job_is_never_cancelled_for_all_users(self, kind: ReasonerType) -> None:
        machine = make_machine()
        execution_id = start(machine, kind, JobScript(run_s=9))
        with pytest.raises(Refused, match="only for Logic"):
            Cancel(kind, execution_id, all_users=True).answer(machine, ROOT)
        assert view_of(machine, execution_id).state is State.RUNNING


class TestDetaching:
    """When an owner counts as silent."""

    @pytest.mark.parametrize(
        ("ask", "caller", "lives"),
        [
            (Get, ANN, True),
            (ReadArtifacts, ANN, True),
            (ReadProblems, ANN, True),
            (Get, ROOT, False),
        ],
    )
    def test_only_the_owner_who_asks_for_it_keeps_it_alive(
        self,
        ask: type[Get | ReadArtifacts | ReadProblems],
        caller: User,
        lives: bool,
    ) -> None:
        machine = make_machine(detach_grace_s=60)
        execution_id = start(machine, LOGIC, JobScript(run_s=999), abort_detached=True)
        pass_until(machine, 59)
        ask(LOGIC, execution_id).answer(machine, caller)
        pass_until(machine, 118)
        assert (view_of(machine, execution_id).state is State.RUNNING) == lives
        pass_until(machine, 119)
        view = view_of(machine, execution_id)
        end = 119 if lives else 60
        assert (view.abort_reason, view.finished_at) == ("client disconnected", micros(end))

    def test_looking_at_a_list_keeps_nothing_alive(self) -> None:
        machine = make_machine(detach_grace_s=60)
        start(machine, LOGIC, JobScript(run_s=999), abort_detached=True)
        pass_until(machine, 59)
        List((LOGIC,)).answer(machine, ANN)
        pass_until(machine, 60)
        [view] = List((LOGIC,)).answer(machine, ANN)
        assert view.state is State.ABORTED

    @pytest.mark.parametrize("script", [JobScript(created_s=999), JobScript(queue_s=999)])
    def test_silence_ends_what_has_not_begun_to_run_too(self, script: JobScript) -> None:
        machine = make_machine(detach_grace_s=60)
        execution_id = start(machine, LOGIC, script, abort_detached=True)
        pass_until(machine, 60)
        assert view_of(machine, execution_id).abort_reason == "client disconnected"

    def test_a_long_silence_without_abort_detached_is_nothing(self) -> None:
        machine = make_machine(detach_grace_s=60)
        execution_id = start(machine, LOGIC, JobScript(run_s=999))
        pass_until(machine, 998)
        assert view_of(machine, execution_id).state is State.RUNNING


class TestCreating:
    """What is accepted, and what a refusal leaves behind."""

    @pytest.mark.parametrize("minutes", [0, -1, -(10**9)])
    @EACH_TYPE
    def test_a_timeout_of_less_than_a_minute_is_refused(
        self, kind: ReasonerType, minutes: int
    ) -> None:
        machine = make_machine()
        with pytest.raises(Refused, match=f"1 or more; got {minutes}"):
            start(machine, kind, timeout_mins=minutes)
        assert list(machine.executions()) == []

    @EACH_TYPE
    def test_a_reasoner_has_a_name(self, kind: ReasonerType) -> None:
        with pytest.raises(Refused, match="name is required"):
            start(make_machine(), kind, name="")

    @pytest.mark.parametrize(
        ("payload", "missing"),
        [
            ({}, "a database"),
            ({"query": "q"}, "a database"),
            ({"dbname": " ", "query": "q"}, "a database"),
            ({"dbname": 3, "query": "q"}, "a database"),
            ({"dbname": "d"}, "a query"),
            ({"dbname": "d", "query": ["q"]}, "a query"),
        ],
    )
    def test_a_transaction_needs_a_database_and_a_query(
        self, payload: dict[str, object], missing: str
    ) -> None:
        with pytest.raises(Refused, match=missing):
            Create(LOGIC, "w", payload).answer(make_machine(), ANN)

    @pytest.mark.parametrize("database", ["dbname", "database", "database_name"])
    @pytest.mark.parametrize("query", ["query", "raw_code", "code"])
    def test_a_transactions_database_and_query_have_three_spellings_each(
        self, database: str, query: str
    ) -> None:
        machine = make_machine()
        execution_id = Create(LOGIC, "w", {database: "d", query: "q"}).answer(machine, ANN)
        view = view_of(machine, execution_id)
        assert (view.submission.database_name, view.payload) == ("d", None)

    @pytest.mark.parametrize(
        ("given", "read_only"),
        [
            ({}, True),
            ({"readonly": False}, False),
            ({"read_only": False}, False),
            ({"readonly": True, "read_only": False}, True),
        ],
    )
    def test_a_transaction_may_only_read_unless_it_says_otherwise(
        self, given: dict[str, bool], read_only: bool
    ) -> None:
        machine = make_machine()
        call = Create(LOGIC, "w", {**payload_of(LOGIC), **given})
        view = view_of(machine, call.answer(machine, ANN))
        assert view.submission.read_only is read_only

    def test_a_timeout_is_shown_of_a_job_and_hidden_of_a_transaction(self) -> None:
        machine = make_machine()
        ids = [start(machine, kind, timeout_mins=2) for kind in (PRESCRIPTIVE, LOGIC)]
        assert [view_of(machine, each).timeout_ms for each in ids] == [120_000, None]

    def test_only_reasoners_that_were_added_exist_where_that_is_strict(self) -> None:
        machine = make_machine(strict_reasoners=True)
        with pytest.raises(Refused, match="no reasoner 'w' of type Logic; there are: none"):
            start(machine, LOGIC)
        add_lane(machine, PREDICTIVE, "w", max_running=None, status="READY")
        with pytest.raises(Refused, match=r"there are: 'w' \(Predictive\)$"):
            start(machine, LOGIC)
        start(machine, PREDICTIVE)
        assert len(list(machine.executions())) == 1
        add_lane(machine, LOGIC, "x")
        with pytest.raises(Refused, match=r"there are: 'w' \(Predictive\), 'x' \(Logic\)$"):
            start(machine, LOGIC)

    def test_a_refused_create_uses_no_script_and_no_id_up(self) -> None:
        machine, untouched = make_machine(), make_machine()
        machine.scripts.add(ScriptEntry(JobScript(run_s=9), left=1))
        add_lane(machine, LOGIC, "busy", max_running=None, status="PENDING")
        refused: list[tuple[str, dict[str, object]]] = [
            ("busy", payload_of(LOGIC)),
            ("w", {}),
            ("", payload_of(LOGIC)),
        ]
        for name, payload in refused:
            with pytest.raises(Refusal):
                Create(LOGIC, name, payload).answer(machine, ANN)
        assert machine.facts == []
        execution_id = start(machine, LOGIC)
        assert state_of(machine, LOGIC, execution_id) == "RUNNING"
        assert execution_id == start(untouched, LOGIC)

    def test_ids_are_random_uuids_to_look_at_and_made_from_the_seed(self) -> None:
        machines = [make_machine(seed=seed) for seed in (1, 1, 2)]
        ids = [[start(machine, LOGIC) for _ in range(5)] for machine in machines]
        assert {UUID(each).version for each in ids[0]} == {4}
        assert ids[0] == ids[1]
        assert len({*ids[0], *ids[2]}) == 10


class TestLooking:
    """Who sees what, and how."""

    @pytest.mark.parametrize("other", [PRESCRIPTIVE, PREDICTIVE])
    def test_an_id_of_another_type_is_not_found(self, other: ReasonerType) -> None:
        machine = make_machine()
        execution_id = start(machine, LOGIC)
        with pytest.raises(NotFound, match=f"no {other.label} execution"):
            machine.find(other, execution_id)
        assert machine.find(LOGIC, execution_id).id == execution_id

    def test_a_list_is_newest_first_even_of_one_instant(self) -> None:
        machine = make_machine()
        ids = [start(machine, LOGIC, user=user) for user in (ANN, BOB, ANN)]
        start(machine, PREDICTIVE)

        def listed(user: User) -> list[str]:
            return [view.id for view in List((LOGIC,)).answer(machine, user)]

        assert listed(ANN) == [ids[2], ids[0]]
        assert listed(BOB) == [ids[1]]
        assert listed(ROOT) == ids[::-1]

    def test_a_view_is_of_one_instant_and_stays_as_it_was(self) -> None:
        machine = make_machine()
        execution_id = start(machine, LOGIC, JobScript(run_s=9))
        pass_until(machine, 2.5)
        before = view_of(machine, execution_id)
        pass_until(machine, 100)
        after = view_of(machine, execution_id)
        assert (before.state, before.duration_ms, len(before.history)) == (State.RUNNING, 2_500, 2)
        assert (after.state, after.duration_ms, len(after.history)) == (State.COMPLETED, 9_000, 3)

    def test_a_foreign_and_an_absent_id_are_refused_in_the_same_words(self) -> None:
        machine = make_machine()
        execution_id = start(machine, LOGIC)
        said: list[str] = []
        for each in (execution_id, "nobody"):
            with pytest.raises(NotFound) as caught:
                Get(LOGIC, each).answer(machine, BOB)
            said.append(str(caught.value).replace(each, "ID"))
        assert said[0] == said[1]

    @pytest.mark.parametrize(
        ("script", "cancelled", "problems", "artifacts"),
        [
            (JobScript(run_s=9), False, [], []),
            (
                JobScript(run_s=9, problems=[{"n": 1}], artifacts={"a": {"x": 1}}),
                False,
                [1],
                ["a"],
            ),
            (
                JobScript(
                    run_s=9,
                    problems=[{"n": 1}],
                    artifacts={"a": {}},
                    outcome=aborted("bad", [{"n": 2}]),
                ),
                False,
                [1, 2],
                [],
            ),
            (
                JobScript(run_s=9, problems=[{"n": 1}], artifacts={"a": {}}),
                True,
                [1],
                [],
            ),
        ],
    )
    def test_problems_come_with_the_end_and_artifacts_with_a_good_one(
        self, script: JobScript, cancelled: bool, problems: list[int], artifacts: list[str]
    ) -> None:
        machine = make_machine()
        execution_id = start(machine, LOGIC, script)
        assert ReadProblems(LOGIC, execution_id).answer(machine, ANN) == []
        assert ReadArtifacts(LOGIC, execution_id).answer(machine, ANN) == {}
        if cancelled:
            Cancel(LOGIC, execution_id).answer(machine, ANN)
        pass_until(machine, 9)
        found = ReadProblems(LOGIC, execution_id).answer(machine, ANN)
        assert [problem["n"] for problem in found] == problems
        assert list(ReadArtifacts(LOGIC, execution_id).answer(machine, ANN)) == artifacts


class TestScripts:
    """Which script an execution lives by."""

    @staticmethod
    def book(*entries: ScriptEntry) -> ScriptBook:
        found = ScriptBook()
        for entry in entries:
            found.add(entry)
        return found

    def test_the_first_that_matches_is_the_one(self) -> None:
        entries = [
            ScriptEntry(JobScript(run_s=1), PREDICTIVE),
            ScriptEntry(JobScript(run_s=2), None, "w"),
            ScriptEntry(JobScript(run_s=3)),
            ScriptEntry(JobScript(run_s=4)),
        ]
        book = self.book(*entries)
        asked = [(PREDICTIVE, "w"), (LOGIC, "w"), (LOGIC, "W"), (PRESCRIPTIVE, "x")]
        assert [book.find(*each, {})[1].script.run_s for each in asked] == [1, 2, 3, 3]

    def test_what_none_matches_completes_at_once(self) -> None:
        book = self.book(ScriptEntry(JobScript(run_s=1), PREDICTIVE, "w"))
        assert book.find(PREDICTIVE, "x", {})[1].script == JobScript()

    def test_a_used_up_script_is_passed_over(self) -> None:
        entry = ScriptEntry(JobScript(run_s=1), left=2)
        book = self.book(entry, ScriptEntry(JobScript(run_s=2)))
        found: list[float] = []
        for _ in range(3):
            chosen, plan = book.find(LOGIC, "w", {})
            found.append(plan.script.run_s)
            chosen.use()
        assert found == [1, 1, 2]

    @pytest.mark.parametrize(
        ("script", "kinds"),
        [
            (JobScript(outcome=failed("x")), {PRESCRIPTIVE, PREDICTIVE}),
            (JobScript(outcome=aborted("x")), {LOGIC}),
            (JobScript(guard_rail_after_s=0), {LOGIC}),
            (JobScript(problems=[{}]), {LOGIC}),
            (JobScript(), set(REASONER_TYPES)),
        ],
    )
    def test_a_script_matches_only_what_can_live_by_it(
        self, script: JobScript, kinds: set[ReasonerType]
    ) -> None:
        entry = ScriptEntry(script)
        assert {kind for kind in REASONER_TYPES if entry.plan_for(kind, "w", {})} == kinds
