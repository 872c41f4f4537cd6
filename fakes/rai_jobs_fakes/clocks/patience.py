"""What ends a wait on a virtual clock before its time: the errors, and how long nobody gives up."""

from __future__ import annotations

from ..kinds import is_number

__all__ = ["ClockDeadlockError", "ClockStuckError", "Stopped", "require_patience"]


class ClockDeadlockError(RuntimeError):
    """Every thread or task on the virtual clock waits, and nothing is left that would wake one."""


class ClockStuckError(ClockDeadlockError):
    """Nothing moved for some real seconds: a thread blocks on what the clock does not know."""


class Stopped(BaseException):  # not an Exception: code under test must not take it for a failure
    """Ends a thread at its next wait, because the block that it takes part in is over."""


def require_patience(stuck_after_s: float) -> None:
    """Check that there is some time to be patient for.

    Raises:
        ValueError: `stuck_after_s` is not more than 0.
    """
    if not is_number(stuck_after_s) or not stuck_after_s > 0:
        raise ValueError(
            f"`stuck_after_s` must be more than 0 real seconds; got {stuck_after_s!r}."
        )
