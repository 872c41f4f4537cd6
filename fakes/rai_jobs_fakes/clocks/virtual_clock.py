"""`VirtualClock`: time that passes only when somebody sleeps, or says so.

A `rai_jobs.Clock` for tests: a fifteen-minute wait costs microseconds. For code that uses the
`time` module itself, `patch(module)` puts this clock under that module, and nothing else. Many
threads in the order of time are `threads()`, coroutines are `run()`; both are made elsewhere.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..instants import LAST, datetime_of, instant_of, seconds_of
from .baton import Member
from .clock_threads import ClockThreads
from .patience import require_patience

if TYPE_CHECKING:
    import asyncio

__all__ = ["VirtualClock"]

_T = TypeVar("_T")
_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_LAST_S = LAST / 1_000_000


class VirtualClock:
    """A clock that moves by `sleep` and `advance` alone. Safe to share between threads.

    Args:
        start: the first instant, aware; 2026-01-01 UTC when not given.
        seed: what decides which of several threads of `threads()` is first in one instant.

    Raises:
        ValueError: `start` is no time, or bears no time zone.
    """

    def __init__(self, start: datetime = _START, *, seed: int = 0) -> None:
        if not isinstance(cast("object", start), datetime) or start.tzinfo is None:
            raise ValueError(f"`start` must be a datetime with a time zone; got {start!r}.")
        self._lock = threading.Lock()
        self._start = instant_of(start)
        self._now = self._start
        self._seed = seed
        self._members: dict[int, Member] = {}

    def now(self) -> datetime:
        """Return the present virtual instant: aware, UTC."""
        return datetime_of(self._now)

    def instant(self) -> int:
        """Return the present virtual instant in microseconds since 1970 UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return the virtual seconds since the clock was made."""
        return seconds_of(self._now - self._start)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once, for everybody.

        In a thread of `threads()` too: it runs on, and who slept until an instant that has passed
        goes on as its turn comes, the earliest first.

        Raises:
            ValueError: `seconds` is negative, infinite or NaN; time never goes back.
            TypeError: it is no number at all, as `time.sleep` has it.
        """
        with self._lock:
            self._now = self._then(seconds)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass: at once, as `advance`, or in turn in a thread of `threads()`.

        Raises:
            ValueError, TypeError: as in `advance`.
        """
        if self._members and (member := self._members.get(threading.get_ident())) is not None:
            member.sleep_until(self._then(seconds))
            return
        with self._lock:
            self._now = self._then(seconds)

    def move_to(self, instant: int) -> None:
        """Let time pass until `instant`, in microseconds since 1970 UTC, unless it has passed.

        Raises:
            ValueError: it is after the year 9999.
        """
        if instant > LAST:
            raise ValueError(f"A virtual clock ends with the year 9999; got {instant!r}.")
        with self._lock:
            self._now = max(self._now, instant)

    def threads(self, *, stuck_after_s: float = 10.0) -> ClockThreads:
        """Return a block of threads that sleep on this clock in the order of time.

        Args:
            stuck_after_s: how many real seconds one of them may run without waiting on the clock,
                before it is an error; infinity for any number.

        Raises:
            RuntimeError: on entering, when one is open on this clock.
            ValueError: on entering, when `stuck_after_s` is not more than 0.
        """
        return ClockThreads(self, self._members, seed=self._seed, stuck_after_s=stuck_after_s)

    def run(self, main: Coroutine[Any, Any, _T], *, stuck_after_s: float = 10.0) -> _T:
        """Run a coroutine as `asyncio.run` does, on this clock: no sleep and no timer waits.

        Args:
            main: the coroutine.
            stuck_after_s: as in `event_loop`.

        Raises:
            ClockDeadlockError: every task waits, and nothing is left that would wake one.
            RuntimeError: an event loop runs in this thread.
        """
        from .event_loop import run

        return run(main, self.event_loop(stuck_after_s=stuck_after_s))

    def event_loop(self, *, stuck_after_s: float = 10.0) -> asyncio.AbstractEventLoop:
        """Return a new event loop on this clock: a `loop_factory`.

        Args:
            stuck_after_s: how many real seconds it waits for other threads when nothing else is
                left to do; infinity for any number.

        Raises:
            ValueError: `stuck_after_s` is not more than 0.
        """
        from .event_loop import ClockLoop

        require_patience(stuck_after_s)
        open_block = partial(self.threads, stuck_after_s=stuck_after_s)
        return ClockLoop(self, self._members, open_block, stuck_after_s=stuck_after_s)

    @contextmanager
    def patch(self, module: ModuleType) -> Generator[VirtualClock]:
        """Put this clock under `module` while the block lasts.

        Replaced is what the module imported: the `time` module itself, or `sleep`, `time`,
        `monotonic` and `perf_counter` (and their `_ns` forms) from it. Other modules, and
        `datetime.now`, keep the real time.

        Raises:
            ValueError: the module has none of these, so that nothing would be replaced.
        """
        stand_ins = self.stand_ins()
        by_original = {id(getattr(time, name)): it for name, it in stand_ins.items()}
        replaced: dict[str, Any] = {}
        for name, value in vars(module).items():
            if value is time:
                replaced[name] = _TimeModule(stand_ins)
            elif id(value) in by_original:
                replaced[name] = by_original[id(value)]
        if not replaced:
            raise ValueError(
                f"Nothing to patch: {module.__name__} imports neither `time` nor any of"
                f" {', '.join(sorted(stand_ins))} from it."
            )
        originals = {name: getattr(module, name) for name in replaced}
        try:
            for name, value in replaced.items():
                setattr(module, name, value)
            yield self
        finally:
            for name, value in originals.items():
                setattr(module, name, value)

    def __repr__(self) -> str:
        return f"VirtualClock({self.now().isoformat()})"

    def _then(self, seconds: float) -> int:
        try:
            fits = 0 <= seconds <= _LAST_S
        except TypeError:
            raise TypeError(
                f"A virtual clock moves by a number of seconds; got {seconds!r:.200}."
            ) from None
        if not fits:
            if 0 <= seconds < math.inf:
                # So many seconds are more microseconds than a number of Python may have.
                raise ValueError(f"A virtual clock ends with the year 9999; got {seconds!r}.")
            raise ValueError(
                f"A virtual clock moves by a finite number of seconds, 0 or more; got {seconds!r}."
            )
        # What `micros` does, and `sleep` does what `advance` does: polls are many, calls are dear.
        then = self._now + (round(seconds * 1_000_000) or seconds > 0)
        if then > LAST:
            raise ValueError(f"A virtual clock ends with the year 9999; got {seconds!r}.")
        return then

    def stand_ins(self) -> dict[str, Callable[..., Any]]:
        """Return what stands for the functions of `time`, by their names."""

        def timestamp_ns() -> int:
            return self._now * 1000

        def elapsed_ns() -> int:
            return (self._now - self._start) * 1000

        return {
            "sleep": self.sleep,
            "time": lambda: self._now / 1_000_000,
            "time_ns": timestamp_ns,
            "monotonic": self.monotonic,
            "monotonic_ns": elapsed_ns,
            "perf_counter": self.monotonic,
            "perf_counter_ns": elapsed_ns,
        }


class _TimeModule:
    """The `time` module with some of its functions replaced."""

    def __init__(self, stand_ins: dict[str, Callable[..., Any]]) -> None:
        vars(self).update(stand_ins)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)
