"""`asyncio.sleep` on a loop that a library runs: virtual time, though the loop knows only the real.

Who sleeps there wakes in the order of virtual time, once nothing else that was ready is left to do.
Timers of such a loop stay real: a sleep is over before any timeout around it.
"""

from __future__ import annotations

import asyncio
import math
from heapq import heappop, heappush
from itertools import count
from weakref import ReferenceType, WeakKeyDictionary, ref

from ..clocks.virtual_clock import VirtualClock
from ..instants import micros

__all__ = ["sleep_on"]

_ROUNDS = 32
"""How often the loop goes round before time passes: who was woken may wake others in turn."""


def sleep_on(
    clock: VirtualClock, loop: asyncio.AbstractEventLoop, seconds: float
) -> asyncio.Future[None]:
    """Return what is done when `seconds`, above 0, have passed on `clock`; never for infinity."""
    waiting: asyncio.Future[None] = loop.create_future()
    if seconds < math.inf:
        sleepers = _SLEEPERS.setdefault(loop, {}).setdefault(id(clock), _Sleepers(clock))
        sleepers.add(clock.instant() + micros(seconds), waiting)
    return waiting


class _Sleepers:
    """Who sleeps on one clock and one loop; used by the loop's own thread alone."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        # Whoever waits holds what is waited for; held here, it would hold its loop for ever.
        self._waiting: list[tuple[int, int, ReferenceType[asyncio.Future[None]]]] = []
        self._numbers = count()
        self._goes_round = False

    def add(self, until: int, waiting: asyncio.Future[None]) -> None:
        heappush(self._waiting, (until, next(self._numbers), ref(waiting)))
        if not self._goes_round:
            self._goes_round = True
            self._go_round(waiting.get_loop(), _ROUNDS)

    def _go_round(self, loop: asyncio.AbstractEventLoop, left: int) -> None:
        if left:
            loop.call_soon(self._go_round, loop, left - 1)
            return
        self._wake_one()
        self._goes_round = bool(self._waiting)
        if self._waiting:
            loop.call_soon(self._go_round, loop, _ROUNDS)

    def _wake_one(self) -> None:
        while self._waiting:
            until, _, reference = heappop(self._waiting)
            waiting = reference()
            if waiting is not None and not waiting.done():  # or it was cancelled
                self._clock.move_to(until)
                waiting.set_result(None)
                return


_SLEEPERS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, _Sleepers]] = WeakKeyDictionary()
