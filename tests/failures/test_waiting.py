"""A wait that meets failures: borne with until the deadline, or a run of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, cast

import pytest

from rai_jobs import Config, JobRecord, JobsClientSync
from rai_jobs.errors import JobAuthError, JobError, JobServerError
from rai_jobs.models import JobEvents
from rai_jobs_fakes import At, FakeBackend, FakeGateway, JobScript, VirtualClock


def passing() -> JobError:
    error = JobServerError("get: the connection was dropped", operation="get")
    error.transient = True
    return error


class Flaky:
    """A gateway whose reads fail when they are told to, counted from 1."""

    def __init__(
        self, gateway: FakeGateway, fails: Callable[[int], bool], error: Callable[[], JobError]
    ) -> None:
        self._gateway = gateway
        self._fails = fails
        self._error = error
        self._count = count(1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        self._maybe_fail()
        return self._gateway.get(reasoner_type, job_id)

    def events(self, reasoner_type: str, job_id: str, *args: Any, **kwargs: Any) -> JobEvents:
        self._maybe_fail()
        return self._gateway.events(reasoner_type, job_id, *args, **kwargs)

    def _maybe_fail(self) -> None:
        if self._fails(next(self._count)):
            raise self._error()


def client(
    fails: Callable[[int], bool], error: Callable[[], JobError] = passing, **settings: Any
) -> tuple[JobsClientSync, VirtualClock, str]:
    clock = VirtualClock()
    backend = FakeBackend(clock=clock)
    events = [At(n, {"type": "Line", "n": n}) for n in range(1, 6)]
    backend.script(JobScript(run_s=60, events=events))
    flaky = Flaky(backend.gateway(), fails, error)
    config = Config(**settings)
    jobs = JobsClientSync(cast("Any", flaky), config=config, clock=clock)
    return jobs, clock, jobs.create("Predictive", "worker", {}).id


def test_failures_that_pass_do_not_end_a_wait() -> None:
    jobs, clock, job_id = client(lambda n: n % 3 != 0)
    assert jobs.wait("Predictive", job_id).state == "COMPLETED"
    assert 60 <= clock.monotonic() <= 62


def test_a_run_of_failures_ends_a_wait_with_the_last_one() -> None:
    jobs, clock, job_id = client(lambda n: n > 5)
    with pytest.raises(JobServerError, match="dropped"):
        jobs.wait("Predictive", job_id, poll_interval_s=1)
    assert clock.monotonic() == 5 + 9


def test_how_long_a_run_may_be_is_a_setting() -> None:
    jobs, clock, job_id = client(lambda n: True, wait_max_failures=3)
    with pytest.raises(JobServerError):
        jobs.wait("Predictive", job_id, poll_interval_s=1)
    assert clock.monotonic() == 2


def test_a_failure_at_the_deadline_is_raised_instead_of_a_timeout() -> None:
    jobs, clock, job_id = client(lambda n: True)
    with pytest.raises(JobServerError, match="dropped"):
        jobs.wait("Predictive", job_id, timeout_s=5, poll_interval_s=2)
    assert clock.monotonic() == 5


def test_a_failure_that_will_not_pass_ends_a_wait_at_once() -> None:
    jobs, clock, job_id = client(lambda n: n == 2, lambda: JobAuthError("get: refused"))
    with pytest.raises(JobAuthError):
        jobs.wait("Predictive", job_id, poll_interval_s=1)
    assert clock.monotonic() == 1


def test_follow_loses_and_repeats_nothing_over_failures() -> None:
    jobs, _, job_id = client(lambda n: n % 2 == 0)
    assert [event["n"] for event in jobs.follow("Predictive", job_id)] == [1, 2, 3, 4, 5]


def test_a_single_get_is_not_borne_with() -> None:
    jobs, _, job_id = client(lambda n: True)
    with pytest.raises(JobServerError):
        jobs.get("Predictive", job_id)
