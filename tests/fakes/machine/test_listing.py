"""What lists show: every filter against a plain scan, what lags, what vanished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rai_jobs.reasoners import LOGIC, PREDICTIVE, PRESCRIPTIVE, REASONER_TYPES, ReasonerType
from rai_jobs.states import State, is_terminal
from rai_jobs_fakes import JobScript
from rai_jobs_fakes.instants import micros
from rai_jobs_fakes.machine.calls import Cancel, ExecutionView, Get, List, ReadEvents
from rai_jobs_fakes.machine.execution import User
from rai_jobs_fakes.machine.listing import Wanted
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.ordered import Ordered
from rai_jobs_fakes.machine.refusals import NotFound
from rai_jobs_fakes.machine.settings import MachineSettings

from ..making import ANN, ROOT, add_lane, pass_until, start

USERS = [ANN, User("Ann"), User("bob"), ROOT]


@dataclass(frozen=True)
class Life:
    """One execution: what it is, and what comes before it and to it."""

    pause_s: float
    kind: ReasonerType
    name: str
    user: User
    run_s: float
    cancelled: bool


lives = st.builds(
    Life,
    pause_s=st.sampled_from([0.0, 0.0, 2.0]),
    kind=st.sampled_from(REASONER_TYPES),
    name=st.sampled_from(["one", "One", "two"]),
    user=st.sampled_from(USERS),
    run_s=st.sampled_from([0.0, 1.0, 5.0, 90.0]),
    cancelled=st.booleans(),
)
wanteds = st.builds(
    Wanted,
    state=st.sampled_from([None, None, *[each.value for each in State], "running", "nonsense"]),
    name=st.sampled_from([None, None, "one", "ONE", "two", "three"]),
    created_by=st.sampled_from([None, None, "ann", "ANN", "bob", "nobody"]),
    only_active=st.booleans(),
)
kinds_asked = st.lists(st.sampled_from(REASONER_TYPES), min_size=1, max_size=3, unique=True)


def live(machine: Machine, several: Sequence[Life], until: int | None = None) -> None:
    """Let executions live as given, as far as an instant."""
    add_lane(machine, PREDICTIVE, "one", max_running=1)
    at = 0
    for each in several:
        at += micros(each.pause_s)
        if until is not None and at > until:
            break
        machine.settle(at)
        script = JobScript(run_s=each.run_s, cancel_latency_s=1)
        made = start(machine, each.kind, script, name=each.name, user=each.user)
        if each.cancelled:
            machine.request_cancel(machine.find(each.kind, made))
    if until is not None:
        machine.settle(until)


def everything(machine: Machine) -> list[ExecutionView]:
    """All executions, the newest first, seen past every list."""
    return [ExecutionView.of(each, machine.now) for each in reversed(machine.executions())]


def passes(view: ExecutionView, caller: User, asked: Wanted) -> bool:
    """Whether a list shows it, by the words of the rules."""
    state = view.state.value
    return (
        (caller.admin or view.created_by == caller.name)
        and asked.job_id in (None, view.id)
        and (asked.state is None or asked.state.upper() == state)
        and (asked.state is not None or not asked.only_active or not is_terminal(state))
        and (asked.name is None or asked.name.lower() == view.reasoner_name.lower())
        and (asked.created_by is None or asked.created_by.lower() == view.created_by.lower())
    )


class TestFilters:
    """Whatever is asked, an index shows what a scan of everything finds."""

    @settings(deadline=None)
    @given(st.lists(lives, max_size=12), st.sampled_from(USERS), kinds_asked, wanteds)
    def test_as_a_scan(
        self, several: list[Life], caller: User, kinds: list[ReasonerType], asked: Wanted
    ) -> None:
        machine = Machine(MachineSettings(list_lag_s=0))
        live(machine, several)
        shown = List(tuple(kinds), asked).answer(machine, caller)
        expected = [
            view
            for view in everything(machine)
            if view.reasoner_type in kinds and passes(view, caller, asked)
        ]
        assert list(shown) == expected

    @settings(deadline=None)
    @given(
        st.lists(lives, min_size=3, max_size=9),
        st.integers(0, 4),
        st.one_of(st.none(), st.integers(0, 4)),
    )
    def test_a_page_is_a_part_of_the_whole(
        self, several: list[Life], offset: int, limit: int | None
    ) -> None:
        machine = Machine()
        live(machine, several)
        whole = List(REASONER_TYPES).answer(machine, ROOT)
        page = List(REASONER_TYPES, limit=limit, offset=offset).answer(machine, ROOT)
        end = None if limit is None else offset + limit
        assert page == whole[offset:end]

    def test_one_id_is_found_where_everything_else_fits(self) -> None:
        machine = Machine()
        mine = start(machine, LOGIC, JobScript(run_s=9))
        start(machine, LOGIC, JobScript(run_s=9))

        def ids(kind: ReasonerType, user: User, asked: Wanted) -> list[str]:
            return [view.id for view in List((kind,), asked).answer(machine, user)]

        assert ids(LOGIC, ANN, Wanted(job_id=mine)) == [mine]
        assert ids(LOGIC, ROOT, Wanted(job_id=mine, state="running", created_by="ANN")) == [mine]
        assert ids(LOGIC, User("bob"), Wanted(job_id=mine)) == []
        assert ids(PREDICTIVE, ANN, Wanted(job_id=mine)) == []
        assert ids(LOGIC, ANN, Wanted(job_id=mine, state="COMPLETED")) == []
        assert ids(LOGIC, ANN, Wanted(job_id="made up")) == []

    @pytest.mark.parametrize(
        ("wanted", "walked"),
        [
            (Wanted(name="rare", state="RUNNING"), 2),
            (Wanted(name="w", state="CANCELED"), 1),
            (Wanted(name="rare", state="CANCELED"), 1),
            (Wanted(state="RUNNING"), 21),
            (Wanted(), 22),
        ],
    )
    def test_of_all_filters_the_one_that_leaves_least_is_walked(
        self, wanted: Wanted, walked: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine, sizes = Machine(), list[int]()
        names = ["rare", *["w"] * 20, "rare"]
        ids = [start(machine, LOGIC, JobScript(run_s=9), name=name) for name in names]
        Cancel(LOGIC, ids[0]).answer(machine, ANN)
        descending = Ordered.descending

        def counted(ordered: Ordered) -> Iterator[int]:
            sizes.append(len(ordered))
            return descending(ordered)

        monkeypatch.setattr(Ordered, "descending", counted)
        List((LOGIC,), wanted).answer(machine, ANN)
        assert sizes == [walked]

    def test_one_of_another_name_in_between_does_not_end_the_list(self) -> None:
        machine = Machine()
        mine = start(machine, LOGIC, name="one")
        for name, run_s in (("one", 9), ("one", 9), ("two", 0)):
            start(machine, LOGIC, JobScript(run_s=run_s), name=name)
        asked = Wanted(name="one", state="COMPLETED")
        assert [view.id for view in List((LOGIC,), asked).answer(machine, ANN)] == [mine]

    def test_what_passed_through_several_states_at_once_is_shown_once(self) -> None:
        machine = Machine()
        start(machine, LOGIC)
        made = start(machine, LOGIC, JobScript(created_s=1, queue_s=1, run_s=9))
        for seconds, state in ((0, State.CREATED), (2, State.RUNNING)):
            pass_until(machine, seconds)
            listed = List((LOGIC,), Wanted(only_active=True)).answer(machine, ANN)
            assert [(view.id, view.state) for view in listed] == [(made, state)]

    def test_to_ask_for_a_name_or_a_state_that_nobody_has_leaves_nothing_behind(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine, sets = Machine(), list[Ordered]()
        start(machine, LOGIC)
        monkeypatch.setattr(Ordered, "__init__", sets.append)
        asked = Wanted(name="nobody", state="RUNNING")
        assert List((LOGIC,), asked).answer(machine, ANN) == ()
        assert sets == []


class TestLag:
    """Lists that are behind, and executions that are found late."""

    @settings(deadline=None)
    @given(st.lists(lives, max_size=8), wanteds, st.sampled_from([0.5, 1.0, 3.0]))
    def test_a_list_shows_what_a_list_without_lag_showed_then(
        self, several: list[Life], asked: Wanted, lag_s: float
    ) -> None:
        late = Machine(MachineSettings(list_lag_s=lag_s))
        live(late, several)
        call = List(REASONER_TYPES, asked)
        for pause_s in (0.5, 1.0, 2.5):
            late.settle(late.now + micros(pause_s))
            prompt = Machine()
            live(prompt, several, until=late.now - micros(lag_s))
            assert call.answer(late, ROOT) == call.answer(prompt, ROOT)

    def test_the_lists_view_of_one_that_has_ended_since_goes_on(self) -> None:
        machine = Machine(MachineSettings(list_lag_s=10))
        made = start(machine, PREDICTIVE, JobScript(run_s=5))
        pass_until(machine, 9.999)
        assert List((PREDICTIVE,)).answer(machine, ANN) == ()
        pass_until(machine, 12)
        [listed] = List((PREDICTIVE,)).answer(machine, ANN)
        looked = Get(PREDICTIVE, made).answer(machine, ANN)
        assert (listed.state, listed.finished_at, listed.duration_ms) == (State.RUNNING, None, 2000)
        assert (looked.state, looked.duration_ms) == (State.COMPLETED, 5000)
        pass_until(machine, 15)
        [listed] = List((PREDICTIVE,), Wanted(state="COMPLETED")).answer(machine, ANN)
        assert (listed.state, listed.finished_at) == (State.COMPLETED, micros(5))

    @pytest.mark.parametrize("kind", [LOGIC, PRESCRIPTIVE])
    def test_what_is_found_late_is_not_found_before(self, kind: ReasonerType) -> None:
        machine = Machine(MachineSettings(get_lag_s=3))
        made = start(machine, kind, JobScript(run_s=60))
        for call in (Get(kind, made), ReadEvents(kind, made), Cancel(kind, made)):
            with pytest.raises(NotFound):
                call.answer(machine, ANN)
        assert [view.id for view in List((kind,)).answer(machine, ANN)] == [made]
        pass_until(machine, 2.999999)
        with pytest.raises(NotFound):
            Get(kind, made).answer(machine, ANN)
        pass_until(machine, 3)
        assert Get(kind, made).answer(machine, ANN).state is State.RUNNING


class TestRetention:
    """What vanishes, and when."""

    def test_what_has_ended_vanishes_to_the_microsecond(self) -> None:
        machine = Machine(MachineSettings(retention_s=30))
        made = start(machine, PREDICTIVE, JobScript(run_s=5))
        pass_until(machine, 34.999999)
        assert Get(PREDICTIVE, made).answer(machine, ANN).state is State.COMPLETED
        pass_until(machine, 35)
        with pytest.raises(NotFound):
            Get(PREDICTIVE, made).answer(machine, ANN)
        assert List((PREDICTIVE,)).answer(machine, ROOT) == ()
        assert List((PREDICTIVE,), Wanted(job_id=made)).answer(machine, ROOT) == ()

    @pytest.mark.parametrize(
        "wanted", [Wanted(), Wanted(state="COMPLETED"), Wanted(name="w"), Wanted(created_by="ann")]
    )
    def test_what_vanished_is_found_by_no_filter(self, wanted: Wanted) -> None:
        machine = Machine(MachineSettings(retention_s=1))
        start(machine, PREDICTIVE, JobScript(run_s=5))
        pass_until(machine, 5)
        assert len(List((PREDICTIVE,), wanted).answer(machine, ANN)) == 1
        pass_until(machine, 6)
        assert List((PREDICTIVE,), wanted).answer(machine, ANN) == ()

    def test_what_goes_on_stays(self) -> None:
        machine = Machine(MachineSettings(retention_s=1))
        made = start(machine, PREDICTIVE, JobScript(run_s=500))
        pass_until(machine, 400)
        assert Get(PREDICTIVE, made).answer(machine, ANN).state is State.RUNNING

    def test_a_list_that_lags_shows_it_a_while_longer(self) -> None:
        machine = Machine(MachineSettings(retention_s=1, list_lag_s=2))
        start(machine, PREDICTIVE, JobScript(run_s=5))
        pass_until(machine, 7.999999)
        assert len(List((PREDICTIVE,)).answer(machine, ANN)) == 1
        pass_until(machine, 8)
        assert List((PREDICTIVE,)).answer(machine, ANN) == ()

    def test_one_vanishes_from_a_late_list_whatever_happens_meanwhile(self) -> None:
        machine = Machine(MachineSettings(retention_s=1, list_lag_s=2))
        gone = start(machine, PREDICTIVE, JobScript(run_s=5))
        other = start(machine, PREDICTIVE, JobScript(run_s=9))
        pass_until(machine, 8)
        assert [view.id for view in List((PREDICTIVE,)).answer(machine, ANN)] == [other]
        late = Machine(MachineSettings(retention_s=1, list_lag_s=2))
        start(late, PREDICTIVE, JobScript(run_s=5))
        start(late, PREDICTIVE, JobScript(run_s=7.5))
        # One step over both: what vanishes at 6 comes before what ends at 7.5.
        pass_until(late, 8)
        assert len(List((PREDICTIVE,)).answer(late, ANN)) == 1
        assert gone

    def test_the_test_itself_still_sees_it(self) -> None:
        machine = Machine(MachineSettings(retention_s=1))
        made = start(machine, PREDICTIVE)
        pass_until(machine, 60)
        assert [each.id for each in machine.executions()] == [made]


class TestAllAtOnce:
    """Several filters, each of which leaves something out that the others let through."""

    @staticmethod
    def made() -> tuple[Machine, dict[str, str]]:
        machine = Machine()
        asked = {
            "a": ("one", 0),
            "b": ("one", 9),
            "c": ("two", 0),
            "d": ("two", 9),
            "e": ("two", 9),
        }
        ids = {
            each: start(machine, LOGIC, JobScript(run_s=run_s), name=name)
            for each, (name, run_s) in asked.items()
        }
        return machine, ids

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (Wanted(name="one", state="COMPLETED"), "a"),
            (Wanted(name="one", state="running"), "b"),
            (Wanted(name="two", state="COMPLETED"), "c"),
            (Wanted(name="two", only_active=True), "ed"),
            (Wanted(name="two"), "edc"),
            (Wanted(only_active=True), "edb"),
            (Wanted(state="COMPLETED", only_active=True), "ca"),
        ],
    )
    def test_each_filter_counts(self, wanted: Wanted, found: str) -> None:
        machine, ids = self.made()
        listed = List((LOGIC,), wanted).answer(machine, ANN)
        assert [view.id for view in listed] == [ids[each] for each in found]

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (Wanted(name="one", state="COMPLETED", created_by="ANN"), True),
            (Wanted(name="two", state="COMPLETED"), False),
            (Wanted(name="one", state="RUNNING"), False),
            (Wanted(name="one", only_active=True), False),
            (Wanted(created_by="bob"), False),
        ],
    )
    def test_each_filter_counts_beside_an_id(self, wanted: Wanted, found: bool) -> None:
        machine, ids = self.made()
        asked = replace(wanted, job_id=ids["a"])
        listed = List((LOGIC,), asked).answer(machine, ANN)
        assert [view.id for view in listed] == [ids["a"]] * found
        assert List((PREDICTIVE,), asked).answer(machine, ANN) == ()
        assert List((LOGIC,), asked).answer(machine, User("bob")) == ()

    def test_owners_and_types_are_merged_newest_first(self) -> None:
        machine = Machine()
        users = (ANN, User("Ann"), User("bob"))
        ids = [
            start(machine, kind, user=user)
            for user in users
            for kind in (LOGIC, PREDICTIVE, PRESCRIPTIVE)
        ]

        def listed(kinds: Sequence[ReasonerType], wanted: Wanted) -> list[int]:
            found = List(tuple(kinds), wanted).answer(machine, ROOT)
            return [ids.index(view.id) for view in found]

        assert listed(REASONER_TYPES, Wanted()) == [8, 7, 6, 5, 4, 3, 2, 1, 0]
        assert listed(REASONER_TYPES, Wanted(created_by="ANN")) == [5, 4, 3, 2, 1, 0]
        assert listed((PREDICTIVE, LOGIC), Wanted(created_by="ann")) == [4, 3, 1, 0]
        assert listed((LOGIC,), Wanted(created_by="Bob")) == [6]
        assert listed((LOGIC,), Wanted(created_by="nobody")) == []
