"""Repeating what may be repeated: how often, how long apart, and on whose clock.

Whether a failure may be repeated at all is decided where it is known: a `Repeatable` is raised for
one that may. The waiting is exponential with jitter and a cap; what a `Retry-After` asks is done.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .clock import Clock
from .errors import JobError
from .observe import ClientEvent, Observer

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["Repeatable", "RetryPolicy", "Retrying"]

_R = TypeVar("_R")
_MAX_RETRY_AFTER_S = 60.0


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long apart (our choice)."""

    attempts: int = 4
    """How often a request is sent at most, the first time included."""
    first_wait_s: float = 0.5
    """The longest first pause, in seconds; each next may be twice as long."""
    max_wait_s: float = 10.0
    """The longest pause, in seconds. A `Retry-After` may ask for up to 60."""
    jitter: float = 0.5
    """Which part of a pause is left to chance, from 0 (none) to 1."""


class Repeatable(Exception):
    """A failed attempt that may be repeated.

    Args:
        error: what to raise when it is not.
        retry_after_s: how long the other side asked to wait, in seconds.
    """

    def __init__(self, error: JobError, *, retry_after_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after_s = retry_after_s


class Retrying:
    """Repeats attempts on a clock.

    Args:
        policy: how often and how long apart.
        clock: the time that is waited on.
        observe: who is told of each pause.
    """

    def __init__(self, policy: RetryPolicy, clock: Clock, observe: Observer) -> None:
        self._policy = policy
        self._clock = clock
        self._observe = observe

    def run(
        self, operation: str, attempt: Callable[[int], _R], *, execution_id: str | None = None
    ) -> _R:
        """Return what `attempt` (given its number, from 1) returns, repeating what may be.

        Raises:
            JobError: the last one, with how often and for how long it was tried.
        """
        # The first attempt is made without the library: nearly every request needs no other.
        started = self._clock.monotonic()
        try:
            return attempt(1)
        except Repeatable as failed:
            if self._policy.attempts == 1 or not _may_wait(failed):
                raise failed.error from failed.error.__cause__
            first = failed
        return self._repeat(operation, attempt, first, started, execution_id)

    def _repeat(
        self,
        operation: str,
        attempt: Callable[[int], _R],
        first: Repeatable,
        started: float,
        execution_id: str | None,
    ) -> _R:
        import tenacity

        number = 0

        def again() -> _R:
            nonlocal number
            number += 1
            if number == 1:  # The first attempt is over: its failure is where the library begins.
                raise first
            return attempt(number)

        def pause(state: RetryCallState) -> float:
            asked = _failure(state).retry_after_s
            return self._backoff(state.attempt_number) if asked is None else asked

        def tell(state: RetryCallState) -> None:
            self._observe(
                ClientEvent(
                    "retry",
                    operation,
                    attempt=state.attempt_number,
                    duration_s=state.upcoming_sleep,
                    execution_id=execution_id,
                    error=type(_failure(state).error).__name__,
                )
            )

        library = tenacity.Retrying(
            sleep=self._clock.sleep,
            stop=tenacity.stop_after_attempt(self._policy.attempts),
            wait=pause,
            retry=tenacity.retry_if_exception(_may_wait),
            before_sleep=tell,
            reraise=True,
        )
        try:
            return library(again)
        except Repeatable as failed:
            last = failed.error
        elapsed = self._clock.monotonic() - started
        last.args = (f"{last} Tried {number} times in {elapsed:.1f} s.", *last.args[1:])
        raise last from last.__cause__

    def _backoff(self, attempt: int) -> float:
        longest = min(self._policy.first_wait_s * 2 ** (attempt - 1), self._policy.max_wait_s)
        return longest * (1 - self._policy.jitter * random.random())  # noqa: S311 - no secret


def _may_wait(error: BaseException) -> bool:
    if not isinstance(error, Repeatable):
        return False
    return error.retry_after_s is None or error.retry_after_s <= _MAX_RETRY_AFTER_S


def _failure(state: RetryCallState) -> Repeatable:
    failed = state.outcome.exception() if state.outcome else None
    assert isinstance(failed, Repeatable)  # noqa: S101 - `_may_wait` lets no other through
    return failed
