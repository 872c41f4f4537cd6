"""Repeating: how often, how long apart, on whose clock, and what is told."""

from __future__ import annotations

import pytest

from rai_jobs.errors import JobServerError
from rai_jobs.observe import ClientEvent
from rai_jobs.retry import Repeatable, Retrying, RetryPolicy
from rai_jobs_fakes import VirtualClock


class Flaky:
    """Fails so many times, then succeeds."""

    def __init__(self, failures: int, retry_after_s: float | None = None) -> None:
        self.attempts: list[int] = []
        self._failures = failures
        self._retry_after_s = retry_after_s

    def __call__(self, attempt: int) -> str:
        self.attempts.append(attempt)
        if attempt <= self._failures:
            error = JobServerError(f"failure {attempt}.", operation="get")
            error.__cause__ = OSError(f"cause {attempt}")
            raise Repeatable(error, retry_after_s=self._retry_after_s)
        return "done"


def retrying(clock: VirtualClock, told: list[ClientEvent], **policy: float) -> Retrying:
    return Retrying(RetryPolicy(**{"jitter": 0, **policy}), clock, told.append)  # pyright: ignore[reportArgumentType] - one dict for all fields


def test_success_at_once_waits_for_nothing() -> None:
    clock, told = VirtualClock(), list[ClientEvent]()
    flaky = Flaky(0)
    assert retrying(clock, told).run("get", flaky) == "done"
    assert (flaky.attempts, clock.monotonic(), told) == ([1], 0, [])


def test_each_pause_is_told_with_its_attempt() -> None:
    clock, told = VirtualClock(), list[ClientEvent]()
    flaky = Flaky(2)
    assert retrying(clock, told).run("get", flaky, execution_id="x") == "done"
    assert flaky.attempts == [1, 2, 3]
    assert clock.monotonic() == 1.5
    assert told == [
        ClientEvent("retry", "get", 1, 0.5, None, "x", "JobServerError"),
        ClientEvent("retry", "get", 2, 1.0, None, "x", "JobServerError"),
    ]


def test_the_last_failure_is_raised_with_its_cause_how_often_and_how_long() -> None:
    clock = VirtualClock()
    with pytest.raises(JobServerError) as caught:
        retrying(clock, []).run("get", Flaky(99))
    assert str(caught.value) == "failure 4. Tried 4 times in 3.5 s."
    assert str(caught.value.__cause__) == "cause 4"


def test_a_single_attempt_is_raised_as_it_is() -> None:
    clock = VirtualClock()
    with pytest.raises(JobServerError, match=r"^failure 1\.$"):
        retrying(clock, [], attempts=1).run("get", Flaky(99))
    assert clock.monotonic() == 0


def test_pauses_are_capped() -> None:
    clock = VirtualClock()
    with pytest.raises(JobServerError):
        retrying(clock, [], attempts=6, first_wait_s=1, max_wait_s=3).run("get", Flaky(99))
    assert clock.monotonic() == 1 + 2 + 3 + 3 + 3


def test_jitter_only_shortens_a_pause() -> None:
    for _ in range(50):
        clock = VirtualClock()
        retrying(clock, [], jitter=0.5).run("get", Flaky(1))
        assert 0.25 <= clock.monotonic() <= 0.5


@pytest.mark.parametrize(("asked", "attempts"), [(0, 2), (60, 2), (60.5, 1)])
def test_a_minute_is_the_longest_that_may_be_asked(asked: float, attempts: int) -> None:
    clock, flaky = VirtualClock(), Flaky(1, retry_after_s=asked)
    if attempts == 2:
        assert retrying(clock, []).run("get", flaky) == "done"
        assert clock.monotonic() == asked
    else:
        with pytest.raises(JobServerError):
            retrying(clock, []).run("get", flaky)
    assert len(flaky.attempts) == attempts


def test_any_other_error_is_not_repeated() -> None:
    attempts: list[int] = []

    def broken(attempt: int) -> str:
        attempts.append(attempt)
        raise ValueError("no failure of the backend")

    with pytest.raises(ValueError, match="no failure"):
        retrying(VirtualClock(), []).run("get", broken)
    assert attempts == [1]
