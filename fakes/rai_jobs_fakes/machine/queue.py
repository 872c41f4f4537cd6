"""Who may run: one lane a reasoner, first come first served (spec §2), and its status."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from ..instants import LAST, NEVER
from .execution import Execution
from .table import ReasonerStatus

__all__ = ["Lane", "LaneLimits"]


@dataclass(frozen=True)
class LaneLimits:
    """What was said of a reasoner when it was added. Durations are in microseconds."""

    max_running: int | None = None
    """How many run at once; `None` for no bound. [choice: unbounded by default]"""
    resume: int | None = None
    """How long it takes to resume when work comes; `None` when it does not. [choice]"""
    auto_suspend: int | None = None
    """How long it stays READY without work; `None` for ever. [docs: AUTO_SUSPEND_MINS]"""


@dataclass
class Lane:
    """One reasoner: its status, its slots, and those who wait for one."""

    number: int
    """Counted from 1 in the order in which reasoners came to be."""
    limits: LaneLimits = LaneLimits()
    status: ReasonerStatus = ReasonerStatus.READY
    ready_at: int | None = None
    """When it becomes READY by itself."""
    resuming: bool = False
    """Whether work has called for it, so that more may come while it is PENDING."""
    idle_since: int = 0
    running: int = 0
    live: int = 0
    """How many executions on it have not ended."""
    _waiting: list[tuple[int, Execution]] = field(default_factory=list[tuple[int, Execution]])

    @property
    def accepts(self) -> bool:
        """Whether an execution may be created on it now."""
        asleep = self.status is ReasonerStatus.SUSPENDED and self.limits.resume is not None
        return self.status is ReasonerStatus.READY or self.resuming or asleep

    @property
    def suspends_at(self) -> int | None:
        """When it suspends itself if no work comes; `None` when it will not."""
        after = self.limits.auto_suspend
        if after is None or self.live or self.status is not ReasonerStatus.READY:
            return None
        at = self.idle_since + after
        return at if at <= LAST else None

    def due(self) -> tuple[int, ReasonerStatus] | None:
        """Return the status that it takes next by itself, and when; `None` when it takes none."""
        if self.ready_at is not None:
            return self.ready_at, ReasonerStatus.READY
        suspends = self.suspends_at
        return None if suspends is None else (suspends, ReasonerStatus.SUSPENDED)

    def take_status(
        self, at: int, status: ReasonerStatus, *, ready_after: int | None = None
    ) -> None:
        """Let it be `status` from `at` on, and READY by itself so long after."""
        self.status, self.resuming, self.idle_since = status, False, at
        self.ready_at = None if ready_after is None or ready_after >= NEVER else at + ready_after

    def enter(self, at: int) -> bool:
        """Count one execution that was accepted; return whether that wakes the reasoner."""
        self.live += 1
        if self.status is not ReasonerStatus.SUSPENDED or self.limits.resume is None:
            return False
        self.take_status(at, ReasonerStatus.PENDING, ready_after=self.limits.resume)
        self.resuming = True
        return True

    def join(self, execution: Execution) -> None:
        """Let `execution` wait for a slot, in the order of creation."""
        heapq.heappush(self._waiting, (execution.number, execution))

    def take(self) -> Execution | None:
        """Return who runs next and give them the slot; `None` when no slot or nobody is there."""
        free = self.limits.max_running is None or self.running < self.limits.max_running
        while self._waiting and free and self.status is ReasonerStatus.READY:
            execution = heapq.heappop(self._waiting)[1]
            if not execution.terminal:
                self.running += 1
                return execution
        return None

    def leave(self, at: int, *, ran: bool) -> None:
        """Count one execution that has ended, and take back its slot where it `ran`."""
        self.live -= 1
        self.running -= ran
        self.idle_since = at

    def ahead_of(self, execution: Execution) -> int:
        """Return how many wait for a slot before `execution`."""
        return sum(
            not other.terminal and number < execution.number for number, other in self._waiting
        )
