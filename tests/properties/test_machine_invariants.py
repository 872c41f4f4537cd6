"""What is true of the machine whatever is asked of it, in whatever order, at whatever time.

The calls go to the pure machine, so that a search is quick: no backend, no clock, no face.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from rai_jobs.reasoners import LOGIC, PREDICTIVE, PRESCRIPTIVE, REASONER_TYPES, ReasonerType
from rai_jobs.states import TERMINAL_STATES, State
from rai_jobs_fakes import At, End, JobScript, Outcome, aborted, completed, failed
from rai_jobs_fakes.instants import micros
from rai_jobs_fakes.machine.calls import (
    Call,
    Cancel,
    Create,
    ExecutionView,
    Get,
    List,
    ReadArtifacts,
    ReadEvents,
    ReadProblems,
)
from rai_jobs_fakes.machine.events import Page
from rai_jobs_fakes.machine.execution import Execution, Fact, User
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.refusals import NotFound, Refused
from rai_jobs_fakes.machine.scripts import ScriptEntry
from rai_jobs_fakes.machine.table import TRANSITIONS, Kind, Trigger

from ..fakes.making import ANN, BOB, ROOT, add_lane, make_machine, payload_of, state_of

CAPACITIES: dict[str, int | None] = {"one": 1, "two": 2, "free": None}
GRACE_S = 20
# Few values, so that much falls into one instant; some odd ones, so that not all does.
SECONDS = st.one_of(
    st.sampled_from([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 5.0, 20.0, 60.0]), st.floats(0, 90)
)
USERS = st.sampled_from([ANN, ANN, BOB, ROOT])
# Whoever asks for an execution; `None` for its owner, who is the one that has an answer.
ASKING = st.sampled_from([None, None, None, ANN, BOB, ROOT])
# What passes before something is asked, so that no history stands still.
PAUSES = st.sampled_from([0.0, 0.0, 1.0, 4.0, 5.0, 20.0])
OWN = (ReadArtifacts, ReadProblems)
STREAM = st.sampled_from(["progress", "progress", "profiler"])
# Two types and mostly one slot: a search has few steps, and it is about who is in whose way.
TYPES = st.sampled_from([LOGIC, PREDICTIVE])
NAMES = st.sampled_from(["one", "one", "one", "two", "free"])
WAITS = st.one_of(st.just(0.0), st.just(0.0), SECONDS)
RUNS = st.one_of(st.sampled_from([1.0, 5.0, 20.0, 60.0, float("inf")]), SECONDS)


Ref = tuple[ReasonerType, str]
"""The type and id of an execution."""


@st.composite
def scripts(draw: st.DrawFn, kind: ReasonerType) -> JobScript:
    """Any script that an execution of this type can live by."""
    run_s = draw(RUNS)
    streams = ["progress", "progress", "profiler"] if kind.is_logic else ["progress"]
    instants = SECONDS.map(lambda seconds: min(seconds, run_s))
    said = draw(st.lists(st.tuples(instants, st.sampled_from(streams)), max_size=7))
    bad: Outcome = aborted("scripted") if kind.is_logic else failed("scripted")
    return JobScript(
        created_s=draw(WAITS),
        queue_s=draw(WAITS),
        run_s=run_s,
        events=[At(after_s, {"n": n}, stream) for n, (after_s, stream) in enumerate(said)],
        outcome=draw(st.sampled_from([completed(), bad])),
        ignores_cancel=draw(st.booleans()),
        cancel_latency_s=draw(SECONDS),
        guard_rail_after_s=draw(st.one_of(st.none(), instants)) if kind.is_logic else None,
    )


@dataclass(frozen=True)
class Creation:
    """What is created, and how it will live."""

    kind: ReasonerType
    name: str
    script: JobScript
    timeout_mins: int | None
    guard_rails: bool
    abort_detached: bool

    def on(self, machine: Machine, user: User) -> str:
        machine.scripts.add(ScriptEntry(self.script, self.kind, self.name, 1))
        payload = {**payload_of(self.kind), "abort_detached": self.abort_detached}
        call = Create(self.kind, self.name, payload, self.timeout_mins, self.guard_rails)
        return call.answer(machine, user)


@st.composite
def creations(draw: st.DrawFn) -> Creation:
    """A create that is accepted."""
    kind = draw(TYPES)
    return Creation(
        kind,
        draw(NAMES),
        draw(scripts(kind)),
        draw(st.sampled_from([None, 1, 1, 2])),
        draw(st.booleans()),
        draw(st.booleans()),
    )


Timed = tuple[float, Creation, float | None]
"""What passes before a creation, the creation, and what passes until it is cancelled, if it is."""


def timed() -> st.SearchStrategy[Timed]:
    """A creation in its time."""
    return st.tuples(PAUSES, creations(), st.one_of(st.none(), st.none(), PAUSES))


def bounded_machine() -> Machine:
    """A machine with three reasoners of each type."""
    machine = make_machine(detach_grace_s=GRACE_S)
    for kind in REASONER_TYPES:
        for name, capacity in CAPACITIES.items():
            add_lane(machine, kind, name, max_running=capacity)
    return machine


def lanes_of(machine: Machine) -> list[list[Execution]]:
    """The executions of each reasoner, in order of creation."""
    lanes: dict[tuple[ReasonerType, str], list[Execution]] = {}
    for each in machine.executions():
        lanes.setdefault((each.submission.reasoner_type, each.submission.reasoner_name), []).append(
            each
        )
    return list(lanes.values())


def waits_for_nothing(execution: Execution) -> bool:
    """Whether it is ready for a slot from the first instant."""
    return execution.plan.script.created_s == execution.plan.script.queue_s == 0


@dataclass
class Reader:
    """Somebody who reads one stream from token to token, and what they have read."""

    execution_id: str
    stream: str
    tokens: list[str] = field(default_factory=lambda: [""])
    counts: list[int] = field(default_factory=lambda: [0])
    """How many events had been read when the token was given."""
    read: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    drained: bool = False


class Lives(RuleBasedStateMachine):
    """Random calls by random users, and time."""

    ids: Bundle[Ref] = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.machine = bounded_machine()
        self.ended: dict[str, ExecutionView] = {}
        self.facts_seen: list[Fact] = []
        self.readers: dict[tuple[str, str], Reader] = {}
        self.touched: dict[str, int] = {}
        """When the owner was last heard of, while it had not ended."""

    # What is asked.

    @initialize(target=ids, several=st.lists(timed(), min_size=3, max_size=8))
    def begin(self, several: list[Timed]) -> MultipleResults[Ref]:
        """There is something to look at in every history."""
        return multiple(*(self.made(each, ANN) for each in several))

    @rule(target=ids, user=USERS, several=st.lists(timed(), min_size=1, max_size=3))
    def create(self, user: User, several: list[Timed]) -> MultipleResults[Ref]:
        """Somebody creates executions."""
        return multiple(*(self.made(each, user) for each in several))

    @rule(pause=PAUSES, user=ASKING, ref=ids, what=st.sampled_from([Get, Get, *OWN]))
    def look(
        self,
        pause: float,
        user: User | None,
        ref: Ref,
        what: type[Get | ReadArtifacts | ReadProblems],
    ) -> None:
        """Somebody looks at an execution, which is not found unless they may."""
        self.advance(pause)
        caller = self.caller(user, ref)
        call: Call[Any] = what(*ref)
        if caller.name == self.owner(ref).name or (caller.admin and what is Get):
            call.answer(self.machine, caller)
        else:
            self.refused(call, caller)

    @rule(user=USERS, kind=TYPES)
    def list_all(self, user: User, kind: ReasonerType) -> None:
        """Somebody lists a type: all that they may see, newest first."""
        expected = [
            each.id
            for each in self.machine.executions()
            if each.submission.reasoner_type is kind
            and (user.admin or each.submission.owner == user.name)
        ]
        found = List((kind,)).answer(self.machine, user)
        assert [view.id for view in found] == expected[::-1]

    @rule(pause=PAUSES, user=ASKING, ref=ids, all_users=st.booleans())
    def cancel(self, pause: float, user: User | None, ref: Ref, all_users: bool) -> None:
        """Somebody cancels; what may not be cancelled by them is as it was."""
        self.advance(pause)
        caller, execution = self.caller(user, ref), self.machine.find(*ref)
        before = self.view(execution)
        everybodys = all_users and ref[0] is LOGIC
        call = Cancel(*ref, all_users=everybodys)
        if caller.name == before.created_by or (caller.admin and everybodys):
            call.answer(self.machine, caller)
            assert execution.terminal or execution.cancel_requested_at is not None
        else:
            self.refused(call, caller)
            assert self.view(execution) == before

    @rule(pause=PAUSES, ref=ids, stream=STREAM, back=st.integers(0, 3))
    def read(self, pause: float, ref: Ref, stream: str, back: int) -> None:
        """The owner reads on, sometimes from an older token: nothing is skipped or repeated."""
        self.advance(pause)
        reader = self.reader(ref, stream)
        at = max(0, len(reader.tokens) - 1 - back)
        page = self.page(ref, reader.stream, reader.tokens[at])
        start = reader.counts[at]
        found = [dict(event) for event in page.events]
        known = reader.read[start:]
        assert found[: len(known)] == known[: len(found)]
        reader.read.extend(found[len(known) :])
        if page.continuation_token:
            reader.tokens.append(page.continuation_token)
            reader.counts.append(start + len(found))
        else:
            assert self.machine.find(*ref).terminal
            reader.drained = True

    @rule(ref=ids, stream=STREAM, other=ids, other_stream=STREAM)
    def read_by_a_foreign_token(self, ref: Ref, stream: str, other: Ref, other_stream: str) -> None:
        """A token of another execution or stream is refused, and of this one is not."""
        mine, foreign = self.reader(ref, stream), self.reader(other, other_stream)
        token = foreign.tokens[-1]
        if token == "" or mine is foreign:
            self.page(ref, mine.stream, token)
        else:
            call = ReadEvents(*ref, token, mine.stream)
            self.refused(call, self.owner(ref), Refused)

    @rule(pause=PAUSES, ref=ids, stream=STREAM)
    def read_all(self, pause: float, ref: Ref, stream: str) -> None:
        """The owner reads on until there is nothing more to read now."""
        self.advance(pause)
        for _ in range(5):
            self.read(0, ref, stream, back=0)

    @rule(seconds=SECONDS)
    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.machine.settle(self.machine.now + micros(seconds))

    @rule()
    def advance_to_what_is_due(self) -> None:
        """Time passes until the next thing is due."""
        due = self.machine.next_due()
        if due is not None:
            assert due > self.machine.now
            self.machine.settle(due)

    # How it is asked.

    def made(self, timed: Timed, user: User) -> Ref:
        pause, creation, cancelled_after = timed
        self.advance(pause)
        made = creation.kind, creation.on(self.machine, user)
        self.touched[made[1]] = self.machine.now
        if cancelled_after is not None:
            self.cancel(cancelled_after, None, made, all_users=False)
        return made

    def view(self, execution: Execution) -> ExecutionView:
        return ExecutionView.of(execution, self.machine.now)

    def views(self) -> list[ExecutionView]:
        return [self.view(each) for each in self.machine.executions()]

    def owner(self, ref: Ref) -> User:
        return User(self.machine.find(*ref).submission.owner)

    def caller(self, user: User | None, ref: Ref) -> User:
        """Who asks: the owner unless it is somebody else; an owner who asks is not silent."""
        owner = self.owner(ref)
        if user is None or user.name == owner.name:
            self.touch(ref)
        return owner if user is None else user

    def touch(self, ref: Ref) -> None:
        if not self.machine.find(*ref).terminal:
            self.touched[ref[1]] = self.machine.now

    def reader(self, ref: Ref, stream: str) -> Reader:
        key = (ref[1], stream if ref[0].is_logic else "progress")
        return self.readers.setdefault(key, Reader(*key))

    def page(self, ref: Ref, stream: str, token: str) -> Page:
        self.touch(ref)
        return ReadEvents(*ref, token, stream).answer(self.machine, self.owner(ref))

    def refused(
        self, call: Call[Any], user: User, refusal: type[NotFound | Refused] = NotFound
    ) -> None:
        if refusal is Refused and isinstance(call, ReadEvents):
            self.touch((call.reasoner_type, call.job_id))
        try:
            call.answer(self.machine, user)
        except refusal:
            return
        raise AssertionError(f"{user} was answered: {call}")

    # What is always true.

    @invariant()
    def an_end_is_for_ever(self) -> None:
        """State, end, duration, reason and history of what has ended never change."""
        for view in self.views():
            if view.state not in TERMINAL_STATES:
                assert view.id not in self.ended
                assert view.finished_at is None
                assert view.duration_ms == (self.machine.now - view.created_at) // 1000
                continue
            first = self.ended.setdefault(view.id, view)
            assert view.finished_at is not None
            assert view.duration_ms == (view.finished_at - view.created_at) // 1000
            for name in ("state", "finished_at", "duration_ms", "abort_reason", "history"):
                assert getattr(view, name) == getattr(first, name)

    @invariant()
    def every_history_walks_through_the_table(self) -> None:
        """Each step is a row of the table, begins where the last one ended, and never earlier."""
        for view in self.views():
            first, *steps = view.history
            assert (first.trigger, first.before, first.after) == (None, None, State.CREATED)
            assert first.at == view.created_at
            for last, step in zip(view.history, steps, strict=False):
                assert step.trigger is not None
                assert step.before is last.after
                row = TRANSITIONS[view.submission.kind][last.after]
                assert step.after is row[step.trigger]
                assert last.at <= step.at <= self.machine.now
            assert view.history[-1].after is view.state
            triggers = [step.trigger for step in steps if step.trigger is not Trigger.READY]
            assert len(triggers) == len(set(triggers))

    @invariant()
    def facts_are_added_at_the_end_in_order_of_time(self) -> None:
        """The story so far is never rewritten."""
        facts = self.machine.facts
        assert facts[: len(self.facts_seen)] == self.facts_seen
        assert [fact.at for fact in facts] == sorted(fact.at for fact in facts)
        self.facts_seen = list(facts)
        assert len(facts) == sum(len(view.history) for view in self.views())

    @invariant()
    def no_reasoner_ever_ran_more_than_it_can(self) -> None:
        """Counted over the whole story, between any two facts."""
        where = {each.id: each.submission for each in self.machine.executions()}
        running: dict[tuple[ReasonerType, str], set[str]] = {}
        for fact in self.machine.facts:
            asked = where[fact.execution_id]
            slots = running.setdefault((asked.reasoner_type, asked.reasoner_name), set())
            if fact.trigger is Trigger.START:
                slots.add(fact.execution_id)
                capacity = CAPACITIES[asked.reasoner_name]
                assert capacity is None or len(slots) <= capacity
            elif fact.after in TERMINAL_STATES:
                slots.discard(fact.execution_id)

    @invariant()
    def who_came_first_ran_first(self) -> None:
        """Among those who waited for a slot alone; and no slot is idle while one of them waits."""
        order = {
            fact.execution_id: number
            for number, fact in enumerate(self.machine.facts)
            if fact.trigger is Trigger.START
        }
        for lane in lanes_of(self.machine):
            ready = [each for each in lane if waits_for_nothing(each)]
            started = [order[each.id] for each in ready if each.id in order]
            assert started == sorted(started)
            waiting = [each for each in ready if not each.terminal and each.started_at is None]
            if waiting:
                first = waiting[0].number
                late = [each for each in ready if each.number > first and each.id in order]
                assert late == []
                capacity = CAPACITIES[waiting[0].submission.reasoner_name]
                busy = [each for each in lane if each.id in order and not each.terminal]
                assert capacity is not None
                assert len(busy) == capacity

    @invariant()
    def everything_happens_when_the_script_says(self) -> None:
        """Starts, ends and timeouts, to the microsecond."""
        for each in self.machine.executions():
            script, asked = each.plan.script, each.submission
            ready = each.created_at + micros(script.created_s) + micros(script.queue_s)
            age = (self.machine.now if each.ended_at is None else each.ended_at) - each.created_at
            assert age <= asked.timeout_us
            if each.started_at is not None:
                assert each.started_at >= ready
                ran = (self.machine.now if each.ended_at is None else each.ended_at) - (
                    each.started_at
                )
                assert ran <= micros(script.run_s)
                if each.history[-1].trigger in {Trigger.FINISH_WELL, Trigger.FINISH_BADLY}:
                    assert ran == micros(script.run_s)
            if asked.abort_detached and asked.reasoner_type is LOGIC and not each.terminal:
                assert self.machine.now - self.touched[each.id] < micros(GRACE_S)

    @invariant()
    def what_ends_it_was_due_and_nothing_stronger_was(self) -> None:
        """Work that ends beats a violation, this a cancellation, a timeout, a silent owner."""
        for each in self.machine.executions():
            if each.ended_at is None:
                continue
            script, asked = each.plan.script, each.submission
            due: dict[Trigger, int] = {}
            if each.started_at is not None:
                well = script.outcome.end is End.COMPLETED
                finish = Trigger.FINISH_WELL if well else Trigger.FINISH_BADLY
                due[finish] = each.started_at + micros(script.run_s)
                if asked.guard_rails and script.guard_rail_after_s is not None:
                    due[Trigger.GUARD_RAIL] = each.started_at + micros(script.guard_rail_after_s)
                if each.cancel_requested_at is not None and not script.ignores_cancel:
                    latency = micros(script.cancel_latency_s)
                    due[Trigger.CANCEL_TAKES_EFFECT] = each.cancel_requested_at + latency
            elif each.cancel_requested_at is not None:
                due[Trigger.CANCEL] = each.cancel_requested_at
            due[Trigger.TIMEOUT] = each.created_at + asked.timeout_us
            if asked.abort_detached:
                due[Trigger.DETACH] = self.touched[each.id] + micros(GRACE_S)
            first = min(due, key=lambda trigger: due[trigger])
            assert each.history[-1].trigger is first
            assert each.ended_at == due[first]

    @invariant()
    def a_reason_stands_where_one_is_due(self) -> None:
        """What completed, was cancelled or goes on has none; all else has its own."""
        for view in self.views():
            last = view.history[-1].trigger
            job = view.submission.kind is Kind.JOB
            reasons = {
                Trigger.FINISH_BADLY: "scripted",
                Trigger.GUARD_RAIL: "guard rail violation",
                Trigger.TIMEOUT: "job timeout" if job else "transaction timeout",
                Trigger.DETACH: "client disconnected",
            }
            expected = reasons.get(last) if last is not None else None
            assert view.abort_reason == expected
            assert (expected is not None) == (view.state in {State.FAILED, State.ABORTED})

    @invariant()
    def what_ended_ended_for_a_cause(self) -> None:
        """Nothing is cancelled unasked, detached unbound, or violates rails that are off."""
        for each in self.machine.executions():
            triggers = {fact.trigger for fact in each.history}
            assert (Trigger.CANCEL in triggers) == (each.cancel_requested_at is not None)
            if each.state is State.CANCELED:
                assert Trigger.CANCEL in triggers
            if Trigger.CANCEL_TAKES_EFFECT in triggers:
                assert not each.plan.script.ignores_cancel
            if Trigger.DETACH in triggers:
                assert each.submission.abort_detached
            if Trigger.GUARD_RAIL in triggers:
                assert each.submission.guard_rails
            if Trigger.FINISH_WELL in triggers:
                assert each.plan.script.outcome.end is End.COMPLETED

    @invariant()
    def what_was_read_is_what_was_said(self) -> None:
        """A reader has the first so many events; all that were said once the stream is drained."""
        for reader in self.readers.values():
            [execution] = [
                each for each in self.machine.executions() if each.id == reader.execution_id
            ]
            scripted = execution.plan.streams[reader.stream]
            assert reader.read == [json.loads(each) for each in scripted.events[: len(reader.read)]]
            until = self.machine.now if execution.ended_at is None else execution.ended_at
            began = execution.started_at
            said = 0 if began is None else sum(1 for at in scripted.after if began + at <= until)
            assert len(reader.read) <= said
            if reader.drained:
                assert len(reader.read) == said


TestLives: Any = cast("Any", Lives).TestCase
TestLives.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, Creation, int | None]]:
    """Creations in order of their instants, and when each is cancelled, if it is."""
    instants = sorted(draw(st.lists(st.integers(0, 60), min_size=1, max_size=8)))
    return [
        (micros(at), draw(creations()), draw(st.one_of(st.none(), st.integers(at, 80)).map(_us)))
        for at in instants
    ]


def _us(seconds: int | None) -> int | None:
    return None if seconds is None else micros(seconds)


def lived(
    history: Sequence[tuple[int, Creation, int | None]], looks: Sequence[int]
) -> tuple[list[Fact], list[str]]:
    """What happens in `history` when the machine is also settled at each of `looks`."""
    machine = bounded_machine()
    made: dict[int, tuple[ReasonerType, str]] = {}
    # In one instant: first looks, then creations, then cancels, in the order of the history.
    steps = [(at, 0, -1) for at in looks]
    steps += [(at, 1, number) for number, (at, _, _) in enumerate(history)]
    steps += [(at, 2, number) for number, (_, _, at) in enumerate(history) if at is not None]
    for at, what, number in sorted(steps):
        machine.settle(at)
        if what == 1:
            creation = history[number][1]
            made[number] = (creation.kind, creation.on(machine, ANN))
        elif what == 2:
            Cancel(*made[number]).answer(machine, ANN)
    machine.settle(micros(100_000))
    return machine.facts, [state_of(machine, *each) for each in made.values()]


@given(histories(), st.lists(st.integers(0, micros(200)), max_size=10))
@settings(deadline=None, max_examples=150)
def test_how_often_one_looks_changes_nothing(
    history: list[tuple[int, Creation, int | None]], looks: list[int]
) -> None:
    assert lived(history, looks) == lived(history, [])


@given(histories())
@settings(deadline=None, max_examples=75)
def test_everything_ends_within_its_timeout(
    history: list[tuple[int, Creation, int | None]],
) -> None:
    _, states = lived(history, [])
    assert set(states) <= {state.value for state in TERMINAL_STATES}


@given(histories())
@settings(deadline=None, max_examples=75)
def test_reasoners_know_nothing_of_each_other(
    history: list[tuple[int, Creation, int | None]],
) -> None:
    """The lives on one reasoner are the same with and without the lives on the others."""
    whole = lived(history, [])[1]
    for kind in (LOGIC, PRESCRIPTIVE, PREDICTIVE):
        for name in CAPACITIES:
            chosen = [
                number
                for number, (_, creation, _) in enumerate(history)
                if (creation.kind, creation.name) == (kind, name)
            ]
            if chosen:
                alone = lived([history[number] for number in chosen], [])[1]
                assert alone == [whole[number] for number in chosen]
