"""`VirtualClock`: time that passes only when somebody sleeps, or says so.

A `rai_jobs.Clock` for tests: a fifteen-minute wait costs microseconds. For code that uses the
`time` module itself, `patch(module)` puts this clock under that module, and nothing else.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timezone
from types import ModuleType
from typing import Any

from .instants import datetime_of, instant_of, micros, seconds_of

__all__ = ["VirtualClock"]

_LAST = instant_of(datetime(9999, 12, 31, tzinfo=timezone.utc))
_START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class VirtualClock:
    """A clock that moves by `sleep` and `advance` alone. Safe to share between threads.

    Args:
        start: the first instant, aware; 2026-01-01 UTC when not given.

    Raises:
        ValueError: `start` bears no time zone.
    """

    def __init__(self, start: datetime = _START) -> None:
        if start.tzinfo is None:
            raise ValueError(f"`start` must bear a time zone; got {start!r}.")
        self._lock = threading.Lock()
        self._start = instant_of(start)
        self._now = self._start

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
        """Let `seconds` pass at once.

        Raises:
            ValueError: `seconds` is negative, infinite or not a number; time never goes back.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(
                f"A virtual clock moves by a finite number of seconds, 0 or more; got {seconds!r}."
            )
        with self._lock:
            then = self._now + micros(seconds)
            if then > _LAST:
                raise ValueError(f"A virtual clock ends with the year 9999; got {seconds!r}.")
            self._now = then

    sleep = advance
    """What the code under test calls it."""

    @contextmanager
    def patch(self, module: ModuleType) -> Generator[VirtualClock]:
        """Put this clock under `module` while the block lasts.

        Replaced is what the module imported: the `time` module itself, or `sleep`, `time`,
        `monotonic` and `perf_counter` (and their `_ns` forms) from it. Other modules, and
        `datetime.now`, keep the real time.

        Raises:
            ValueError: the module has none of these, so that nothing would be replaced.
        """
        stand_ins = self._stand_ins()
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

    def _stand_ins(self) -> dict[str, Callable[..., Any]]:
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
