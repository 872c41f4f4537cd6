"""Every order of a few steps, on the pure machine: what must hold, holds in each.

Two executions, or three, on one reasoner with room for one. Each step comes a minute after the one
before: a call (create, cancel, read), or something of an execution's own that its script puts there
(it may start, it says an event, it finishes) or its timeout does. So every step is possible in
every order in which its execution can take it, and an order is a script for each execution.

Which steps are possible, and what follows, is said here once more, by minutes (`Life`); the machine
must agree after every step. Nothing is drawn: the number of orders is a fact, and asserted, so that
a change that makes the search smaller fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from rai_jobs.reasoners import LOGIC, PREDICTIVE, ReasonerType
from rai_jobs_fakes import At, JobScript
from rai_jobs_fakes.instants import micros
from rai_jobs_fakes.machine.calls import Cancel, Create, ExecutionView, ReadEvents
from rai_jobs_fakes.machine.execution import Fact
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.scripts import ScriptEntry

from ..fakes.making import ANN, add_lane, make_machine, payload_of

STEPS = ("create", "start", "event", "cancel", "finish", "timeout", "read")
MINUTE = 60
MOST_EVENTS = 2

Step = tuple[str, int]
"""What happens, and to which execution, counted from 0."""


@dataclass(frozen=True)
class Life:
    """What is expected of one execution, by minutes from the beginning."""

    created: int
    ready: int | None = None
    """When it may start."""
    started: int | None = None
    said: tuple[int, ...] = ()
    """When it says its events."""
    asked: int | None = None
    """When its cancellation was requested."""
    ended: int | None = None
    end: str = ""
    """How it ended."""

    @property
    def runs(self) -> bool:
        return self.started is not None and self.ended is None


Lives = tuple[Life, ...]


@dataclass(frozen=True)
class Way:
    """The kind of the executions, and whether their work heeds a cancel."""

    kind: ReasonerType
    heeds: bool
    executions: int = 2

    def state(self, life: Life) -> str:
        """The state in which `life` is expected."""
        logic = self.kind.is_logic
        if life.ended is not None:
            timed_out = "ABORTED" if logic else "FAILED"
            return {"finish": "COMPLETED", "timeout": timed_out, "cancelled": "CANCELED"}[life.end]
        if life.started is None:
            return "QUEUED" if logic else "PENDING"
        return "CANCELING" if logic and life.asked is not None else "RUNNING"

    def after(self, lives: Lives, step: Step, now: int) -> Lives | None:
        """What is expected after `step`; `None` where it is not possible."""
        what, who = step
        if what == "create":
            return (*lives, Life(now)) if who == len(lives) else None
        if who >= len(lives):
            return None
        changed = self._changed(lives[who], what, now)
        return None if changed is None else _served((*lives[:who], changed, *lives[who + 1 :]), now)

    def _changed(self, life: Life, what: str, now: int) -> Life | None:
        if what == "read":
            return life
        if what == "cancel":
            if life.asked is not None:
                return None
            if life.ended is not None:
                # It is asked, and nothing follows.
                return replace(life, asked=now)
            stops = self.heeds or not life.runs
            ended = now if stops else None
            return replace(life, asked=now, ended=ended, end="cancelled" if stops else "")
        if life.ended is not None:
            return None
        if what == "start":
            return replace(life, ready=now) if life.ready is None else None
        if what == "event":
            more = life.runs and len(life.said) < MOST_EVENTS
            return replace(life, said=(*life.said, now)) if more else None
        if what == "finish" and not life.runs:
            return None
        return replace(life, ended=now, end=what)


def _served(lives: Lives, now: int) -> Lives:
    """Who runs when the slot is free: the first that was created of those who may."""
    if any(life.runs for life in lives):
        return lives
    for number, life in enumerate(lives):
        if life.ready is not None and life.ended is None:
            return (*lives[:number], replace(life, started=now), *lives[number + 1 :])
    return lives


@dataclass(frozen=True)
class Order:
    """Steps, and what is expected after each."""

    way: Way
    steps: tuple[Step, ...] = ()
    expected: tuple[Lives, ...] = ()

    @property
    def lives(self) -> Lives:
        """What is expected in the end."""
        return self.expected[-1] if self.expected else ()

    def longer(self) -> Iterator[Order]:
        """Every order of one more step that is possible after this one."""
        for step in ((what, who) for what in STEPS for who in range(self.way.executions)):
            # Reading twice in a row is reading once.
            if step[0] == "read" and self.steps[-1:] == (step,):
                continue
            after = self.way.after(self.lives, step, len(self.steps))
            if after is not None:
                yield Order(self.way, (*self.steps, step), (*self.expected, after))

    def create(self, machine: Machine, who: int) -> str:
        """Create the execution whose script puts everything where this order has it."""
        life, kind = self.lives[who], self.way.kind
        started, finished = life.started, life.end == "finish"
        wait = 10_000 if life.ready is None else life.ready - life.created
        run = float("inf") if started is None or not finished else _between(started, life.ended)
        said = [At(_between(started, at), {"at": at}) for at in life.said]
        script = JobScript(
            queue_s=wait * MINUTE, run_s=run, events=said, ignores_cancel=not self.way.heeds
        )
        machine.scripts.add(ScriptEntry(script, left=1))
        ended = life.ended if life.end == "timeout" else None
        minutes = None if ended is None else ended - life.created
        return Create(kind, "w", payload_of(kind), minutes).answer(machine, ANN)


def orders(order: Order, depth: int) -> Iterator[Order]:
    """Every order of `depth` steps that begins with `order`; its prefixes are the shorter ones."""
    if len(order.steps) == depth:
        yield order
        return
    for each in order.longer():
        yield from orders(each, depth)


def _between(start: int | None, end: int | None) -> float:
    assert start is not None
    assert end is not None
    return (end - start) * MINUTE


@dataclass
class Reading:
    """One execution as the machine shows it, and what was read of it from token to token."""

    id: str
    token: str = ""
    held: int = 0
    """How many events had been read when the token was given."""
    final: ExecutionView | None = None


@dataclass
class Play:
    """One order, played on a machine of its own."""

    order: Order
    machine: Machine = field(default_factory=lambda: make_machine(event_page_size=1))
    shown: list[Reading] = field(default_factory=list[Reading])
    facts: list[Fact] = field(default_factory=list[Fact])

    def __post_init__(self) -> None:
        add_lane(self.machine, self.order.way.kind, "w", max_running=1)

    def run(self) -> None:
        for now, (step, lives) in enumerate(
            zip(self.order.steps, self.order.expected, strict=True)
        ):
            self.machine.settle(micros(now * MINUTE))
            self.take(step, lives)
            self.check(lives)

    def take(self, step: Step, lives: Lives) -> None:
        what, who = step
        kind = self.order.way.kind
        if what == "create":
            self.shown.append(Reading(self.order.create(self.machine, who)))
        elif what == "cancel":
            Cancel(kind, self.shown[who].id).answer(self.machine, ANN)
        elif what == "read":
            self.read(self.shown[who], lives[who])

    def read(self, reading: Reading, life: Life) -> None:
        """A token neither skips nor repeats; there is one unless all that was said was read."""
        call = ReadEvents(self.order.way.kind, reading.id, reading.token)
        page = call.answer(self.machine, ANN)
        assert [event["at"] for event in page.events] == list(life.said[reading.held :][:1])
        held = reading.held + len(page.events)
        drained = life.ended is not None and held == len(life.said)
        assert (page.continuation_token == "") == drained
        if not drained:
            reading.token, reading.held = page.continuation_token, held

    def check(self, lives: Lives) -> None:
        views = [ExecutionView.of(each, self.machine.now) for each in self.machine.executions()]
        # What is shown is what is expected; so who came first ran first, when there was room.
        states = [view.state.value for view in views]
        assert states == [self.order.way.state(each) for each in lives]
        # No more run than there is room for.
        assert sum(state in {"RUNNING", "CANCELING"} for state in states) <= 1
        # The story is only added to.
        assert self.machine.facts[: len(self.facts)] == self.facts
        self.facts = list(self.machine.facts)
        for reading, view, life in zip(self.shown, views, lives, strict=True):
            if life.ended is None:
                assert view.finished_at is None
                assert view.duration_ms == (view.seen_at - view.created_at) // 1000
                continue
            # An end is for ever: with it the duration, the reason, and that there is but one.
            final = reading.final = reading.final or view
            assert replace(view, seen_at=final.seen_at) == final
            assert view.duration_ms == (life.ended - life.created) * MINUTE * 1000
            assert view.finished_at == micros(life.ended * MINUTE)


DEPTH = 7
NUMBER = {"heeds a cancel": 14_599, "ignores a cancel": 17_307}
"""How many orders of two executions there are."""
HELD: tuple[Step, ...] = (("create", 0), ("start", 0))
NUMBER_WHEN_HELD = {"heeds a cancel": 8_230, "ignores a cancel": 9_828}
"""How many of three, where the first holds the slot from the beginning."""
NUMBER_OF_THREE = {"heeds a cancel": 54_481, "ignores a cancel": 58_666}

EACH_KIND = pytest.mark.parametrize("kind", [LOGIC, PREDICTIVE], ids=["transactions", "jobs"])
EACH_WORK = pytest.mark.parametrize("work", NUMBER)
Record = Callable[[str, object], None]


def play_all(begin: Order, record_property: Record) -> int:
    """Play every order that begins so; return how many, and have it told."""
    played = 0
    for order in orders(begin, DEPTH):
        try:
            Play(order).run()
        except AssertionError as error:
            raise AssertionError(f"in the order {order.steps}") from error
        played += 1
    way, so = begin.way, f" beginning with {len(begin.steps)} given" if begin.steps else ""
    what = f"{way.executions} on one {way.kind.label} reasoner"
    work = "heeds" if way.heeds else "ignores"
    told = f"{played:,} orders of {DEPTH} steps{so} of {what} whose work {work} a cancel"
    record_property("told", told)
    return played


@EACH_KIND
@EACH_WORK
def test_what_must_hold_holds_in_every_order_of_two(
    kind: ReasonerType, work: str, record_property: Record
) -> None:
    way = Way(kind, heeds=work == "heeds a cancel")
    assert play_all(Order(way), record_property) == NUMBER[work]


@pytest.mark.nightly
@EACH_WORK
def test_what_must_hold_holds_in_every_order_of_two_behind_one_that_runs(
    work: str, record_property: Record
) -> None:
    begin = Order(Way(LOGIC, heeds=work == "heeds a cancel", executions=3))
    for step in HELD:
        begin = next(each for each in begin.longer() if each.steps[-1] == step)
    assert play_all(begin, record_property) == NUMBER_WHEN_HELD[work]


@pytest.mark.nightly
@EACH_KIND
@EACH_WORK
def test_what_must_hold_holds_in_every_order_of_three(
    kind: ReasonerType, work: str, record_property: Record
) -> None:
    way = Way(kind, heeds=work == "heeds a cancel", executions=3)
    assert play_all(Order(way), record_property) == NUMBER_OF_THREE[work]
