"""Time as an argument: the `Clock` protocol, and the only module here that asks the system.

Everything that waits or stamps takes a `Clock`, so that a test can hand in a virtual one.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol

__all__ = ["Clock", "SystemClock", "require_clock"]


class Clock(Protocol):
    """What the client needs of time (our choice: the shape is fixed in the architecture)."""

    def now(self) -> datetime:
        """Return the present instant: aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary origin that never go backwards."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` (0 or more) pass, then return."""
        ...


class SystemClock:
    """The real time of this machine: the default everywhere."""

    def now(self) -> datetime:
        """Return the present instant: aware, UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return the system's monotonic clock, in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread for `seconds`."""
        time.sleep(seconds)

    def __repr__(self) -> str:
        return "SystemClock()"


def require_clock(value: object, error: type[Exception]) -> None:
    """Check that what shall be a clock, or `None`, is that.

    Args:
        value: what was given as `clock`.
        error: what the caller's errors are.

    Raises:
        error: it is not.
    """
    needed = ("now", "monotonic", "sleep")
    has_all = all(callable(getattr(value, name, None)) for name in needed)
    # A class has them too, and forgets whose time it is.
    if value is not None and (not has_all or isinstance(value, type)):
        message = f"`clock` must have `now`, `monotonic` and `sleep`; got {value!r:.200}."
        raise error(message)
