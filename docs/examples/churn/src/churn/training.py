"""One training, followed to its end; it never goes on when nobody waits for it any more."""

from __future__ import annotations

import time
from typing import Any, Protocol

TYPE = "Predictive"
TRAINER = "trainer-1"


class Job(Protocol):
    """What is used of an execution."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def abort_reason(self) -> str | None: ...


class Handle(Protocol):
    """What is used of what `create` returns."""

    @property
    def id(self) -> str: ...


class Jobs(Protocol):
    """What is used of the jobs client of `relationalai`."""

    def create(
        self, reasoner_type: str, reasoner_name: str, payload: dict[str, Any], /
    ) -> Handle: ...
    def get(self, reasoner_type: str, job_id: str, /) -> Job | None: ...
    def cancel(self, reasoner_type: str, job_id: str, /) -> None: ...


class Client(Protocol):
    """What is used of what the `connect_sync` of `relationalai` returns."""

    @property
    def jobs(self) -> Jobs: ...
    def close(self) -> None: ...


class TrainingError(Exception):
    """The training came to nothing."""


def train(
    jobs: Jobs, settings: dict[str, Any], *, timeout_s: float = 3600, poll_s: float = 30
) -> str:
    """Train, and return the id of the job that holds the model.

    Raises:
        TrainingError: it did not complete.
        TimeoutError: it took longer than `timeout_s`; it is cancelled.
    """
    job_id = jobs.create(TYPE, TRAINER, settings).id
    try:
        job = _ended(jobs, job_id, timeout_s, poll_s)
    except BaseException:
        # Whatever it is: nobody waits any more, and a trainer costs by the hour.
        _cancel(jobs, job_id, poll_s)
        raise
    if job.state != "COMPLETED":
        raise TrainingError(f"{job_id} is {job.state}: {job.abort_reason}")
    return job_id


def _ended(jobs: Jobs, job_id: str, timeout_s: float, poll_s: float) -> Job:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        job = jobs.get(TYPE, job_id)
        if job is not None and job.state in ("COMPLETED", "FAILED", "CANCELED"):
            return job
        time.sleep(poll_s)
    raise TimeoutError(f"{job_id} has not ended after {timeout_s} s")


def _cancel(jobs: Jobs, job_id: str, pause_s: float, tries: int = 3) -> None:
    for left in reversed(range(tries)):
        try:
            return jobs.cancel(TYPE, job_id)
        except Exception:
            if left == 0:
                raise
            time.sleep(pause_s)
    return None
