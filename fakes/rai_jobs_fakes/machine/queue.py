"""Who may run: one lane a reasoner, first come first served (spec §2)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from .execution import Execution

__all__ = ["Lane"]


@dataclass
class Lane:
    """The slots of one reasoner, and those who wait for one."""

    max_running: int | None = None
    """How many run at once; `None` for no bound. [choice: unbounded by default]"""
    status: str = "READY"
    """Whether it accepts jobs: only `READY` does."""
    running: int = 0
    _waiting: list[tuple[int, Execution]] = field(default_factory=list[tuple[int, Execution]])

    def join(self, execution: Execution) -> None:
        """Let `execution` wait for a slot, in the order of creation."""
        heapq.heappush(self._waiting, (execution.number, execution))

    def take(self) -> Execution | None:
        """Return who runs next and give them the slot; `None` when no slot or nobody is there."""
        while self._waiting and (self.max_running is None or self.running < self.max_running):
            execution = heapq.heappop(self._waiting)[1]
            if not execution.terminal:
                self.running += 1
                return execution
        return None

    def release(self) -> None:
        """Take back the slot of one that has ended."""
        self.running -= 1
