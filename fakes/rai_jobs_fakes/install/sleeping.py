"""`asyncio.sleep` on a loop that a library runs: virtual time, though the loop knows only the real.

Who sleeps there wakes in the order of virtual time, once nothing else that was ready is left to do.
Timers of such a loop stay real: a sleep is over before any timeout around it.
"""

from __future__ import annotations

import asyncio
import math
from heapq import heappop, heappush
from itertools import count
from weakref import WeakKeyDictionary

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
        sleepers = _SLEEPERS.setdefault(loop, {}).setdefault(id(clock), _Sleepers(clock, loop))
        sleepers.add(clock.instant() + micros(seconds), waiting)
    return waiting


class _Sleepers:
    """Who sleeps on one clock and one loop; used by the loop's own thread alone."""

    def __init__(self, clock: VirtualClock, loop: asyncio.AbstractEventLoop) -> None:
        self._clock = clock
        self._loop = loop
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._goes_round = False

    def add(self, until: int, waiting: asyncio.Future[None]) -> None:
        heappush(self._waiting, (until, next(self._numbers), waiting))
        if not self._goes_round:
            self._goes_round = True
            self._go_round(_ROUNDS)

    def _go_round(self, left: int) -> None:
        if left:
            self._loop.call_soon(self._go_round, left - 1)
            return
        while self._waiting and self._waiting[0][2].done():  # whoever was cancelled
            heappop(self._waiting)
        if self._waiting:
            until, _, waiting = heappop(self._waiting)
            self._clock.move_to(until)
            waiting.set_result(None)
        self._goes_round = bool(self._waiting)
        if self._waiting:
            self._loop.call_soon(self._go_round, _ROUNDS)


_SLEEPERS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, _Sleepers]] = WeakKeyDictionary()
