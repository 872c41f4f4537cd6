"""`Machine`: all executions of one backend, and the passing of time over them.

`settle(now)` lets everything happen that is due, in order; `submit`, `request_cancel` and `touch`
are what calls do. Who may do what is in `calls`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from hashlib import blake2b
from uuid import UUID

from rai_jobs.reasoners import ReasonerType

from ..instants import NEVER, micros
from ..script import JobScript
from .execution import Execution, Fact, Submission, User
from .queue import Lane
from .refusals import NotFound, NotReady, Refused
from .scripts import ScriptBook
from .table import Trigger

__all__ = ["Machine"]

_LaneKey = tuple[ReasonerType, str]


class Machine:
    """The backend's whole state. `lanes` are the reasoners, by type and name.

    `facts` is everything that ever happened, in order; `scripts` is what will happen to those yet
    to be created.

    Args:
        seed: what ids and tokens are made from.
        event_page_size: the most events on one page.
        detach_grace_s: how long the owner of a transaction with `abort_detached` may be silent.
        default_timeout_mins: the timeout of an execution that was created without one.
        strict_reasoners: whether only reasoners that were added exist.
        now: the instant at which it begins.
    """

    def __init__(
        self,
        *,
        seed: int,
        event_page_size: int,
        detach_grace_s: float,
        default_timeout_mins: int,
        strict_reasoners: bool,
        now: int = 0,
    ) -> None:
        self.seed = seed
        self.event_page_size = event_page_size
        self.default_timeout_mins = default_timeout_mins
        self.now = now
        self.scripts = ScriptBook()
        self.facts: list[Fact] = []
        self._detach_grace = micros(detach_grace_s)
        self._strict_reasoners = strict_reasoners
        self.lanes: dict[_LaneKey, Lane] = {}
        self._executions: dict[str, Execution] = {}
        self._by_type: dict[ReasonerType, list[Execution]] = {}
        self._agenda: list[tuple[int, int]] = []
        self._by_number: list[Execution] = []

    def add_reasoner(
        self, kind: ReasonerType, name: str, *, max_running: int | None, status: str
    ) -> None:
        """Make a reasoner exist, or change one that does."""
        lane = self.lanes.setdefault((kind, name), Lane())
        lane.max_running, lane.status = max_running, status
        self._start_waiting(lane, self.now)

    def submit(self, submission: Submission, script: JobScript) -> Execution:
        """Accept an execution now.

        Raises:
            Refused: the reasoner does not exist, under `strict_reasoners`.
            NotReady: the reasoner does not accept jobs.
        """
        lane = self._require_lane(submission)
        number = len(self._by_number)
        execution = Execution(
            id=self._new_id(number),
            number=number,
            submission=submission,
            script=script,
            created_at=self.now,
            touched_at=self.now,
        )
        self._note(execution, Fact(self.now, execution.id, None, None, execution.state))
        self._by_number.append(execution)
        self._executions[execution.id] = execution
        self._by_type.setdefault(submission.reasoner_type, []).append(execution)
        if script.created_s == 0 and script.queue_s == 0:
            execution.ready = True
            lane.join(execution)
            self._start_waiting(lane, self.now)
        if execution.started_at is None:
            self._schedule(execution)
        self.settle(self.now)
        return execution

    def find(self, kind: ReasonerType, execution_id: str) -> Execution:
        """Return an execution by type and id.

        Raises:
            NotFound: there is none.
        """
        execution = self._executions.get(execution_id)
        if execution is None or execution.submission.reasoner_type is not kind:
            raise NotFound.of(kind.label, execution_id)
        return execution

    def newest_first(self, kind: ReasonerType) -> Iterator[Execution]:
        """Yield the executions of one type, the last created first."""
        return reversed(self._by_type.get(kind, []))

    def executions(self) -> Iterator[Execution]:
        """Yield all executions in the order of their creation."""
        return iter(self._by_number)

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
        now = max(now, self.now)
        while self._agenda and self._agenda[0][0] <= now:
            instant, number = heapq.heappop(self._agenda)
            execution = self._by_number[number]
            due = execution.due(self._detach_grace)
            # An entry is only a hint to look: the owner may have been heard of since.
            if due is None or due[0] > instant:
                self._schedule(execution)
                continue
            self.now = instant
            self._apply(execution, instant, due[1])
            if due[1] is Trigger.READY:
                self._lane(execution).join(execution)
            self._after(execution)
        self.now = now

    def next_due(self) -> int | None:
        """Return the next instant at which anything may happen by itself, `None` for never."""
        return self._agenda[0][0] if self._agenda else None

    def _apply(self, execution: Execution, at: int, trigger: Trigger) -> bool:
        fact = execution.apply(at, trigger)
        if fact is not None:
            self._note(execution, fact)
        return fact is not None

    def _note(self, execution: Execution, fact: Fact) -> None:
        execution.history = (*execution.history, fact)
        self.facts.append(fact)

    def _after(self, execution: Execution) -> None:
        lane = self._lane(execution)
        if execution.terminal and execution.started_at is not None:
            lane.release()
        self._start_waiting(lane, self.now)
        self._schedule(execution)

    def _start_waiting(self, lane: Lane, at: int) -> None:
        while (execution := lane.take()) is not None:
            self._apply(execution, at, Trigger.START)
            self._schedule(execution)

    def _schedule(self, execution: Execution) -> None:
        due = execution.due(self._detach_grace)
        if due is not None and due[0] < NEVER:
            heapq.heappush(self._agenda, (due[0], execution.number))

    def _lane(self, execution: Execution) -> Lane:
        return self.lanes[_lane_key(execution.submission)]

    def _require_lane(self, submission: Submission) -> Lane:
        key = _lane_key(submission)
        kind, name = key
        if key not in self.lanes and self._strict_reasoners:
            known = ", ".join(f"{other!r} ({of.label})" for of, other in self.lanes) or "none"
            raise Refused(f"no reasoner {name!r} of type {kind.label}; there are: {known}")
        lane = self.lanes.setdefault(key, Lane())
        if lane.status != "READY":
            raise NotReady(f"reasoner {name!r} is not ready to accept jobs: it is {lane.status}")
        return lane

    def _new_id(self, number: int) -> str:
        digest = blake2b(f"{self.seed}:{number}".encode(), digest_size=16).digest()
        return str(UUID(bytes=digest, version=4))


def _lane_key(submission: Submission) -> _LaneKey:
    return submission.reasoner_type, submission.reasoner_name
