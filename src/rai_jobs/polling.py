"""One wait: its deadline, its pace, and the failures in a row that it bears with.

`wait` and `follow` say what to look at and when it is over; how long, how often and how patiently
is here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .clock import Clock
from .errors import JobError, JobTimeoutError
from .observe import ClientEvent, Observer, is_observed, logged
from .reasoners import ReasonerType
from .validation import require_seconds

__all__ = ["Polling", "require_pace"]

_MAX_POLL_INTERVAL_S = 20.0
_MAX_TIMEOUT_S = 1e9
_T = TypeVar("_T")


def require_pace(timeout_s: object, poll_interval_s: object) -> None:
    """Check a deadline and an interval: both more than 0, the interval below 20 seconds (spec §7).

    Raises:
        JobInvalidRequestError: one of them is not.
    """
    require_seconds("timeout_s", timeout_s, below=_MAX_TIMEOUT_S)
    require_seconds("poll_interval_s", poll_interval_s, below=_MAX_POLL_INTERVAL_S)


class Polling:
    """The polls of one `wait` or `follow`. Its time begins when it is made.

    Args:
        operation: `wait` or `follow`.
        kind: the execution's type.
        job_id: the execution's id.
        clock: the time that it lives by.
        timeout_s: the deadline, in seconds from now.
        poll_interval_s: how long between polls, in seconds.
        max_failures: how many polls in a row may fail in passing; the last of them is raised.
        on_event: who is told of each poll.
    """

    def __init__(
        self,
        operation: str,
        kind: ReasonerType,
        job_id: str,
        *,
        clock: Clock,
        timeout_s: float,
        poll_interval_s: float,
        max_failures: int,
        on_event: Observer | None,
    ) -> None:
        self._operation = operation
        self._kind = kind
        self._job_id = job_id
        self._clock = clock
        self._timeout_s = timeout_s
        self._interval_s = poll_interval_s
        self._max_failures = max_failures
        self._failures = 0
        self._observe = logged(on_event) if is_observed(on_event) else None
        self._deadline = clock.monotonic() + timeout_s

    def look(self, ask: Callable[[], _T]) -> _T | None:
        """Return what `ask` returns, `None` where it failed in a way that may pass.

        Raises:
            JobError: it failed otherwise, or for the last time.
        """
        try:
            seen = ask()
        except JobError as failure:
            self._tell(type(failure).__name__)
            self._failures += 1
            if not failure.transient or self._failures >= self._max_failures or self.left() <= 0:
                raise
            return None
        self._tell(None)
        self._failures = 0
        return seen

    def _tell(self, error: str | None) -> None:
        if self._observe is not None:
            event = ClientEvent("poll", self._operation, execution_id=self._job_id, error=error)
            self._observe(event)

    def left(self) -> float:
        """Return the seconds until the deadline; 0 or less when it has passed."""
        return self._deadline - self._clock.monotonic()

    def pause(self, left: float, seen: str, *, ended: bool = False) -> None:
        """Sleep one interval, or the `left` seconds where they are fewer.

        Args:
            left: the seconds until the deadline.
            seen: what was seen last, for the error.
            ended: whether the execution was seen to have ended, though not in time.

        Raises:
            JobTimeoutError: none are left.
        """
        if left > 0:
            self._clock.sleep(min(self._interval_s, left))
            return
        advice = "The execution goes on; give a longer `timeout_s`, or cancel it."
        if ended:
            advice = "It ended too late for this deadline; `get` shows it."
        label, job_id, timeout_s = self._kind.label, self._job_id, self._timeout_s
        raise JobTimeoutError(
            f"Timed out after {timeout_s:g} s ({self._operation}) on {label} {job_id}: when last"
            f" looked at, {seen}. {advice}",
            reasoner_type=label,
            job_id=job_id,
            timeout_s=timeout_s,
        )
