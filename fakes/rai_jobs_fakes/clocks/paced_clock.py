"""`PacedClock`: real time that runs faster, and that may be moved ahead, for a served backend.

A client in another process really sleeps, so a clock that moves by `sleep` alone would stand still
for it. `anew` gives a namespace a clock of its own, of the same kind.
"""

from __future__ import annotations

import math
import threading
from datetime import datetime, timedelta

from rai_jobs.clock import Clock, SystemClock, require_clock

from ..instants import LAST, datetime_of, instant_of, micros, seconds_of
from ..kinds import is_number, is_span
from .virtual_clock import VirtualClock

__all__ = ["PacedClock", "anew"]

_LONGEST_WAIT_S = 3_600.0


class PacedClock:
    """A clock that begins at the real time and runs `factor` times as fast. Threads may share it.

    Args:
        factor: how many of its seconds pass in a real one: more than 0.
        clock: the real time; waits are real whatever it is.

    Raises:
        ValueError: `factor` is not a finite number above 0, or `clock` is none.
    """

    def __init__(self, factor: float = 1.0, *, clock: Clock | None = None) -> None:
        if not is_number(factor) or not 0 < factor < math.inf:
            raise ValueError(f"`factor` must be a finite number above 0; got {factor!r}.")
        require_clock(clock, ValueError)
        self.factor = factor
        self._clock = clock or SystemClock()
        self._start = self._clock.now()
        self._origin = self._clock.monotonic()
        self._ahead = 0
        self._alarm = threading.Condition()
        self._released = 0

    def now(self) -> datetime:
        """Return the present instant: aware, UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return the seconds of this clock since it was made."""
        real = self._clock.monotonic() - self._origin
        return real * self.factor + seconds_of(self._ahead)

    def sleep(self, seconds: float) -> None:
        """Block this thread until `seconds` of this clock have passed, or `release` is called.

        Raises:
            TypeError: `seconds` is no number at all.
        """
        _require_number(seconds)
        with self._alarm:
            until, released = self.monotonic() + seconds, self._released
            while (left := until - self.monotonic()) > 0 and released == self._released:
                self._alarm.wait(min(left / self.factor, _LONGEST_WAIT_S))

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once; who sleeps until then wakes.

        Raises:
            ValueError: `seconds` is negative, infinite or NaN, or ends after the year 9999; time
                never goes back.
            TypeError: it is no number at all.
        """
        _require_number(seconds)
        if not is_span(seconds):
            raise ValueError(
                f"A clock moves by a finite number of seconds, 0 or more; got {seconds!r}."
            )
        self.move_to(instant_of(self.now()) + micros(seconds))

    def move_to(self, instant: int) -> None:
        """Let time pass until `instant`, in microseconds since 1970 UTC, unless it has passed.

        Raises:
            ValueError: it is after the year 9999.
        """
        if instant > LAST:
            raise ValueError(f"A clock ends with the year 9999; got {instant!r}.")
        with self._alarm:
            gap = datetime_of(instant) - self.now()
            self._ahead += max(0, gap // timedelta(microseconds=1))
            self._alarm.notify_all()

    def release(self) -> None:
        """Wake everybody who sleeps now, early: whoever serves is about to stop."""
        with self._alarm:
            self._released += 1
            self._alarm.notify_all()

    def __repr__(self) -> str:
        return f"PacedClock({self.factor:g})"


def anew(clock: Clock) -> Clock:
    """Return a clock of the same kind that begins anew; the same one where it has no beginning."""
    if isinstance(clock, VirtualClock):
        return VirtualClock(clock.now() - timedelta(seconds=clock.monotonic()))
    if isinstance(clock, PacedClock):
        return PacedClock(clock.factor)
    return clock


def _require_number(seconds: object) -> None:
    if not is_number(seconds):
        raise TypeError(f"A clock moves by a number of seconds; got {seconds!r:.200}.")
