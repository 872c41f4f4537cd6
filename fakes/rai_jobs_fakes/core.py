"""The machine with a clock, users, faults and a lock: what is told of it, and the one way in.

Every call, from whichever face, passes through `handle`: time is let pass, the machine answers,
the transcript is written. No face is known here, nor any way to one.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from rai_jobs.clock import Clock
from rai_jobs.reasoners import ReasonerType

from .accounts import Accounts
from .active_script import ActiveScript, require_whom
from .clocks.virtual_clock import VirtualClock
from .faults.plan import FaultPlan
from .instants import datetime_of, instant_of, micros
from .kinds import is_count, is_number, is_span, is_text
from .machine.calls import Call, Create, ExecutionView
from .machine.execution import Fact, StatusFact, User
from .machine.machine import Machine
from .machine.queue import LaneLimits
from .machine.refusals import Refusal
from .machine.scripts import Payload, ScriptEntry
from .machine.settings import MachineSettings
from .machine.table import ReasonerStatus
from .reports.explanation import explain
from .reports.snapshot import Snapshot
from .reports.timeline import Timeline
from .reports.transcript import Entry, Transcript
from .script import JobScript
from .stacks import line_of_asker
from .whence import caller_line

__all__ = ["BackendCore", "duration"]

_A = TypeVar("_A")
_LogLine = tuple[int, str, str, Call[Any], object, "tuple[Fact | StatusFact, ...]"]


class BackendCore:
    """The machine, held: one call at a time, at the time that the clock tells.

    Args:
        settings: of the machine.
        clock: the backend's time.
        clock_skew_s: how far, in seconds, the machine's time is ahead of it.
        transcript_limit: how many calls the transcript keeps, the newest; all when not given.

    Raises:
        ValueError: a number makes no sense; names it.
    """

    def __init__(
        self,
        settings: MachineSettings,
        *,
        clock: Clock,
        clock_skew_s: float,
        transcript_limit: int | None,
    ) -> None:
        if transcript_limit not in (None, 0) and not is_count(transcript_limit):
            raise ValueError(
                "`transcript_limit` must be an integer, 0 or more, or None; got"
                f" {transcript_limit!r}."
            )
        self.clock = clock
        self.transcript_limit = transcript_limit
        self.created_from: dict[str, str] | None = None
        """Where in a test each execution was created, by id: kept while it is a dictionary."""
        self._now = _instants_of(clock, clock_skew_s)
        self._clock_skew_s = clock_skew_s
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._machine = Machine(settings, now=self._now())
        self._accounts = Accounts(settings.seed, lambda: datetime_of(self._now()))
        self.faults = FaultPlan(self._lock, self._user_names)
        self._log: deque[_LogLine] = deque(maxlen=transcript_limit)

    def handle(self, call: Call[_A], *, user: User, face: str) -> _A:
        """Answer one call now: the one way in that all faces share.

        Raises:
            Refusal: the call is not carried out; an `InjectedFault` where a fault strikes it.
            RuntimeError: this is a fork of the process that made the backend.
        """
        if os.getpid() != self._process:
            self._refuse_fork()
        # Whoever was made an admin since the face was opened is one now.
        user = self._accounts.user(user.name) or user
        with self._lock:
            self._machine.settle(self._now())
            if self.faults.live:
                self._strike(call, user, face)
            try:
                answer = call.answer(self._machine, user)
            except Refusal as refusal:
                self._record(call, refusal, user, face)
                raise
            self._record(call, answer, user, face)
            if self.created_from is not None and isinstance(call, Create):
                self.created_from[str(answer)] = line_of_asker()
            return answer

    @property
    def seed(self) -> int:
        """What ids and tokens are made from."""
        return self._machine.settings.seed

    def snapshot(self) -> Snapshot:
        """Return everything that can be read, as it is now."""
        with self._held():
            self._machine.settle(self._now())
            return Snapshot.of(self._machine, self._accounts)

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Have nothing else happen while the block says several things to this backend.

        When the block raises, the users are as they were; what else it said stays.
        """
        with self._held(), self._accounts.all_or_none():
            yield

    @property
    def executions(self) -> tuple[ExecutionView, ...]:
        """All executions as they are now, in the order of their creation, whoever's they are.

        Those that vanished (`retention_s`) are still among them: a test sees what happened.
        """
        with self._held():
            self._machine.settle(self._now())
            now = self._machine.now
            return tuple(ExecutionView.of(each, now) for each in self._machine.executions())

    @property
    def transcript(self) -> Transcript:
        """Who asked what so far, what was answered, and what happened."""
        with self._held():
            return Transcript([Entry(*line) for line in self._log])

    def timeline(self) -> Timeline:
        """Return the lives of all executions so far: text by `str()`, a picture by `svg()`."""
        return Timeline(self.executions, self._now())

    def explain(self, execution_id: str) -> str:
        """Return why an execution is as it is: what happened by which rule, and what comes next.

        Args:
            execution_id: the id, or the first characters of it that no other has.

        Raises:
            ValueError: no execution has that id, or more than one begins so.
        """
        with self._held():
            self._machine.settle(self._now())
            return explain(self._machine, execution_id)

    @contextmanager
    def _held(self) -> Generator[None]:
        if os.getpid() != self._process:
            self._refuse_fork()
        with self._lock:
            yield

    def _user_names(self) -> tuple[str, ...]:
        # A fault is injected by these, and none into a fork.
        with self._held():
            return self._accounts.names

    def _refuse_fork(self) -> None:
        raise RuntimeError(
            f"This FakeBackend was made in process {self._process} and is used in its fork"
            f" {os.getpid()}, where nothing that happens would be seen by the other: serve it"
            " with `backend.serve()` and connect to that address, or make one in each process."
        )

    def _put_reasoner(
        self,
        kind: ReasonerType,
        name: str,
        limits: LaneLimits | None,
        status: str,
        ready_after_s: float | None,
    ) -> None:
        """Let a reasoner be `status` from now on; without `limits` it keeps those that it has."""
        if not is_text(name):
            raise ValueError(f"`name` must be the name of a reasoner; got {name!r}.")
        wanted = _status_named(status)
        if ready_after_s is not None and wanted is ReasonerStatus.READY:
            raise ValueError("`ready_after_s` is for a `status` other than READY, which it is now.")
        ready_after = duration("ready_after_s", ready_after_s)
        with self._held():
            self._machine.settle(self._now())
            if limits is None:
                lane = self._machine.lanes.get((kind, name))
                limits = LaneLimits() if lane is None else lane.limits
            self._machine.add_reasoner(kind, name, limits, wanted, ready_after=ready_after)

    def _register(
        self,
        script: JobScript | Callable[[Payload], JobScript | None],
        kind: ReasonerType | None,
        name: str | None,
        times: int | None,
        where: Callable[[Payload], bool] | None,
    ) -> ActiveScript:
        require_whom(times, where, name)
        entry = ScriptEntry(script, kind, name, times, where, registered_at=caller_line(2))
        with self._held():
            return ActiveScript(entry, self._machine.scripts, self._lock)

    def _strike(self, call: Call[Any], user: User, face: str) -> None:
        try:
            injected = self.faults.strike(
                call, user.name, face, lambda: call.answer(self._machine, user)
            )
        except Refusal as refusal:
            self._record(call, refusal, user, face)
            raise
        if injected is not None:
            self._record(call, injected, user, face)
            raise injected

    def _record(self, call: Call[Any], answer: object, user: User, face: str) -> None:
        told: tuple[Fact | StatusFact, ...] = ()
        if self._machine.facts or self._machine.status_facts:
            # A reasoner that is READY lets work start in the same instant: it comes first.
            both = [*self._machine.status_facts, *self._machine.facts]
            told = tuple(sorted(both, key=_instant_of_fact))
            self._machine.facts.clear()
            self._machine.status_facts.clear()
        # Kept as bare tuples: most are never looked at, and polls are many.
        self._log.append((self._machine.now, face, user.name, call, answer, told))


def _instants_of(clock: Clock, skew_s: object) -> Callable[[], int]:
    if not is_number(skew_s) or not math.isfinite(skew_s):
        raise ValueError(f"`clock_skew_s` must be a finite number of seconds; got {skew_s!r}.")
    skew = round(skew_s * 1_000_000)
    if isinstance(clock, VirtualClock):
        return clock.instant if skew == 0 else lambda: clock.instant() + skew
    return lambda: instant_of(clock.now()) + skew


def _instant_of_fact(fact: Fact | StatusFact) -> int:
    return fact.at


def duration(argument: str, seconds: object) -> int | None:
    """Return `seconds` as microseconds, `None` for none.

    Raises:
        ValueError: they are no number, infinite or negative; names `argument`.
    """
    if seconds is None:
        return None
    if not is_span(seconds):
        raise ValueError(f"`{argument}` must be finite and 0 or more, or None; got {seconds!r}.")
    return micros(seconds)


def _status_named(name: object) -> ReasonerStatus:
    try:
        # A member of an enum is a text, too: its own, not the name that `str()` tells.
        return ReasonerStatus(name.upper() if isinstance(name, str) else name)
    except ValueError:
        known = ", ".join(status.value for status in ReasonerStatus)
        raise ValueError(f"`status` must be one of {known}; got {name!r}.") from None
