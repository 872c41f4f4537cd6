"""`Machine`: all executions of one backend, and the passing of time over them.

`settle(now)` lets everything happen that is due, in order; `submit`, `request_cancel` and `touch`
are what calls do. Who may do what is in `calls`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from uuid import UUID

from rai_jobs.reasoners import ReasonerType

from ..instants import NEVER, micros
from .agenda import Agenda
from .execution import Execution, Fact, StatusFact, Submission, User
from .listing import Listing, Wanted
from .plan import Plan
from .queue import Lane, LaneLimits
from .refusals import NotFound, NotReady, Refused
from .scripts import ScriptBook
from .settings import MachineSettings
from .table import ReasonerStatus, Trigger

__all__ = ["Machine"]

_LaneKey = tuple[ReasonerType, str]


class Machine:
    """The backend's whole state. `lanes` are the reasoners, by type and name.

    `facts` is everything that ever happened to executions, in order, `status_facts` to reasoners;
    `scripts` is what will happen to those yet to be created.

    Args:
        settings: how it behaves where that is a matter of degree.
        now: the instant at which it begins.
    """

    def __init__(self, settings: MachineSettings | None = None, *, now: int = 0) -> None:
        self.settings = settings or MachineSettings()
        self.now = now
        self.scripts = ScriptBook(strict=self.settings.strict_scripts)
        self.facts: list[Fact] = []
        self.status_facts: list[StatusFact] = []
        self.lanes: dict[_LaneKey, Lane] = {}
        self._detach_grace = micros(self.settings.detach_grace_s)
        self._retention = micros(self.settings.retention_s)
        self._get_lag = micros(self.settings.get_lag_s)
        self._executions: dict[str, Execution] = {}
        self._listing = Listing(micros(self.settings.list_lag_s), self._executions)
        self._by_number: list[Execution] = []
        self._by_lane: list[_LaneKey] = []
        # When to look again at what: an execution by its number, a reasoner by its negative one.
        self._agenda = Agenda()

    def add_reasoner(
        self,
        kind: ReasonerType,
        name: str,
        limits: LaneLimits,
        status: ReasonerStatus,
        *,
        ready_after: int | None = None,
    ) -> None:
        """Make a reasoner exist, or change one that does.

        Args:
            kind: its type.
            name: its name.
            limits: what it can hold, and how it sleeps.
            status: what it does from now on.
            ready_after: how long, in microseconds, until it is READY; `None` for until told.
        """
        lane = self._lane_of((kind, name))
        lane.limits = limits
        self._take_status(lane, status, ready_after)

    def submit(self, submission: Submission, plan: Plan) -> Execution:
        """Accept an execution now.

        Raises:
            Refused: the reasoner does not exist, under `strict_reasoners`.
            NotReady: the reasoner does not accept jobs.
        """
        self.require_ready(submission)
        lane = self._lane_of(_lane_key(submission))
        number = len(self._by_number)
        execution = Execution(
            id=self._new_id(number),
            number=number,
            submission=submission,
            plan=plan,
            created_at=self.now,
            touched_at=self.now,
        )
        self._by_number.append(execution)
        self._executions[execution.id] = execution
        self._note(execution, Fact(self.now, execution.id, None, None, execution.state))
        if lane.enter(self.now):
            self._say_status(lane)
        if plan.starts_at_once:
            execution.ready = True
            lane.join(execution)
            self._start_waiting(lane, self.now)
        if execution.started_at is None:
            self._schedule(execution)
        self.settle(self.now)
        return execution

    def require_ready(self, submission: Submission) -> None:
        """Check that the reasoner that an execution is for accepts one now.

        Raises:
            Refused: it does not exist, under `strict_reasoners`.
            NotReady: it does not accept jobs.
        """
        key = _lane_key(submission)
        kind, name = key
        if key not in self.lanes and self.settings.strict_reasoners:
            known = ", ".join(f"{other!r} ({of.label})" for of, other in self.lanes) or "none"
            raise Refused(f"no reasoner {name!r} of type {kind.label}; there are: {known}")
        lane = self.lanes.get(key)
        if lane is not None and not lane.accepts:
            status = lane.status.value
            raise NotReady(f"reasoner {name!r} is not ready to accept jobs: it is {status}")

    def find(self, kind: ReasonerType, execution_id: str) -> Execution:
        """Return an execution by type and id, where it can be seen now.

        Raises:
            NotFound: there is none, it cannot be seen yet, or not any more.
        """
        execution = self._executions.get(execution_id)
        if (
            execution is None
            or execution.submission.reasoner_type is not kind
            or execution.vanished
            or self.now < execution.created_at + self._get_lag
        ):
            raise NotFound.of(kind.label, execution_id)
        return execution

    def newest_first(
        self, kinds: Sequence[ReasonerType], wanted: Wanted, *, owner: str | None
    ) -> Iterator[Execution]:
        """Yield what a list shows now of some types, the last created first.

        Args:
            kinds: the types.
            wanted: what is asked for.
            owner: only what this user created; `None` for everybody's.
        """
        return self._listing.newest_first(kinds, wanted, owner=owner)

    @property
    def listed_at(self) -> int:
        """The instant that lists show: behind `now` by `list_lag_s`."""
        return self._listing.shown_at

    def executions(self) -> Sequence[Execution]:
        """Return all executions in the order of their creation, those that vanished too."""
        return self._by_number

    def request_cancel(self, execution: Execution) -> None:
        """Ask `execution` to stop; what has ended is left alone (spec §3)."""
        if self._apply(execution, self.now, Trigger.CANCEL):
            self._after(execution)
            self.settle(self.now)

    def touch(self, execution: Execution, caller: User) -> None:
        """Note that `caller` asked for `execution`: its owner is not silent."""
        if caller.name == execution.submission.owner:
            execution.touched_at = self.now

    def settle(self, now: int) -> None:
        """Let all that is due until `now` happen, in order. Time never goes back."""
        if now < self.now:
            now = self.now
        while (entry := self._agenda.take(now)) is not None:
            instant, number = entry
            if number < 0:
                self._look_at_lane(self.lanes[self._by_lane[-number - 1]], instant)
            else:
                self._look_at(self._by_number[number], instant)
        self.now = now
        self._listing.catch_up(now)

    def next_due(self) -> int | None:
        """Return the next instant at which anything may happen by itself, `None` for never."""
        return self._agenda.first()

    def pending(self, execution: Execution) -> list[tuple[int, Trigger]]:
        """Return what will happen to `execution` by itself unless something else comes first.

        Soonest first; one whose time is `NEVER` will not.
        """
        return [] if execution.terminal else execution.pending(self._detach_grace)

    def _look_at(self, execution: Execution, instant: int) -> None:
        if execution.ended_at is not None:
            if not execution.vanished and execution.ended_at + self._retention <= instant:
                execution.vanished = True
                self._listing.forget(execution, instant)
            return
        due = execution.due(self._detach_grace)
        # An entry is only a hint to look: the owner may have been heard of since.
        if due is None or due[0] > instant:
            self._schedule(execution)
            return
        self.now = instant
        self._apply(execution, instant, due[1])
        if due[1] is Trigger.READY:
            self._lane(execution).join(execution)
        self._after(execution)

    def _look_at_lane(self, lane: Lane, instant: int) -> None:
        due = lane.due()
        if due is None or due[0] > instant:
            self._schedule_lane(lane)
            return
        self.now = instant
        self._take_status(lane, due[1])

    def _take_status(
        self, lane: Lane, status: ReasonerStatus, ready_after: int | None = None
    ) -> None:
        before = lane.status
        lane.take_status(self.now, status, ready_after=ready_after)
        if status is not before:
            self._say_status(lane)
        else:
            self._schedule_lane(lane)
        self._start_waiting(lane, self.now)

    def _say_status(self, lane: Lane) -> None:
        kind, name = self._by_lane[lane.number - 1]
        self.status_facts.append(StatusFact(self.now, kind, name, lane.status))
        self._schedule_lane(lane)

    def _apply(self, execution: Execution, at: int, trigger: Trigger) -> bool:
        fact = execution.apply(at, trigger)
        if fact is not None:
            self._note(execution, fact)
        return fact is not None

    def _note(self, execution: Execution, fact: Fact) -> None:
        execution.history = (*execution.history, fact)
        self.facts.append(fact)
        self._listing.note(execution, fact)

    def _after(self, execution: Execution) -> None:
        lane = self._lane(execution)
        if execution.terminal:
            lane.leave(self.now, ran=execution.started_at is not None)
            self._schedule_lane(lane)
            if self._retention < NEVER:
                self._agenda.note(self.now + self._retention, execution.number)
        self._start_waiting(lane, self.now)
        self._schedule(execution)

    def _start_waiting(self, lane: Lane, at: int) -> None:
        while (execution := lane.take()) is not None:
            self._apply(execution, at, Trigger.START)
            self._schedule(execution)

    def _schedule(self, execution: Execution) -> None:
        due = execution.due(self._detach_grace)
        if due is not None:
            self._agenda.note(due[0], execution.number)

    def _schedule_lane(self, lane: Lane) -> None:
        due = lane.due()
        if due is not None:
            self._agenda.note(due[0], -lane.number)

    def _lane(self, execution: Execution) -> Lane:
        return self.lanes[_lane_key(execution.submission)]

    def _lane_of(self, key: _LaneKey) -> Lane:
        if key not in self.lanes:
            self._by_lane.append(key)
            self.lanes[key] = Lane(len(self._by_lane), idle_since=self.now)
        return self.lanes[key]

    def _new_id(self, number: int) -> str:
        digest = blake2b(f"{self.settings.seed}:{number}".encode(), digest_size=16).digest()
        return str(UUID(bytes=digest, version=4))


def _lane_key(submission: Submission) -> _LaneKey:
    return submission.reasoner_type, submission.reasoner_name
