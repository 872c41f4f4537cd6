"""What the shipped recordings tell: stories that a client lives through, over each transport.

A story is told with a client and the clock that it shares with the backend; it returns what was
seen, so that a replay can be held to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from rai_jobs.client import JobsClientSync
from rai_jobs.clock import Clock
from rai_jobs.errors import JobError
from rai_jobs_fakes import At, FakeBackend, JobScript, failed

__all__ = ["STORIES", "Story"]

Tell: TypeAlias = Callable[[JobsClientSync, Clock], object]

_LOGIC = {"dbname": "sales", "query": "def output = 1", "readonly": False}
_MODEL = {"model": "min x", "gap": 0.01}


@dataclass(frozen=True)
class Story:
    """One story.

    Args:
        tell: what the client does; returns what it saw.
        script: what happens to its executions.
        not_ready_s: how long its reasoner is not ready, in seconds; it is from the start where 0.
    """

    tell: Tell
    script: JobScript = field(default_factory=JobScript)
    not_ready_s: float = 0.0

    def stage(self, backend: FakeBackend) -> None:
        """Have the backend do what the story needs."""
        backend.add_user("ann")
        if self.not_ready_s:
            backend.add_reasoner(
                "solver", "Prescriptive", status="PENDING", ready_after_s=self.not_ready_s
            )
        backend.script(self.script)


def _solve(jobs: JobsClientSync, _: Clock) -> object:
    job = jobs.create_ready("Prescriptive", "solver", _MODEL, timeout_mins=30)
    page = jobs.get_events("Prescriptive", job.id)
    return [job, page, jobs.list("Prescriptive")]


def _transaction(jobs: JobsClientSync, _: Clock) -> object:
    done = jobs.create_ready("Logic", "logic", _LOGIC, poll_interval_s=1)
    include = {"details": True, "events": True, "artifacts": True, "problems": True}
    return [done, jobs.get("Logic", done.id, include=include)]  # pyright: ignore[reportArgumentType]


def _failing(jobs: JobsClientSync, _: Clock) -> object:
    job = jobs.create("Prescriptive", "solver", _MODEL)
    try:
        jobs.wait("Prescriptive", job.id)
    except JobError as error:
        return [job, type(error).__name__, str(error)]
    return jobs.get("Prescriptive", job.id, include={"details": True})


def _timing_out(jobs: JobsClientSync, clock: Clock) -> object:
    job = jobs.create("Predictive", "trainer", _MODEL, timeout_mins=1)
    seen: list[object] = [job]
    for _ in range(3):
        clock.sleep(30)
        seen.append(jobs.get("Predictive", job.id))
    return seen


def _cancelling(jobs: JobsClientSync, clock: Clock) -> object:
    job = jobs.create("Prescriptive", "solver", _MODEL)
    clock.sleep(2)
    running = jobs.get("Prescriptive", job.id)
    jobs.cancel("Prescriptive", job.id)
    clock.sleep(3)
    return [running, jobs.get("Prescriptive", job.id)]


def _detaching(jobs: JobsClientSync, clock: Clock) -> object:
    attached = jobs.create("Logic", "logic", _LOGIC)
    clock.sleep(5)
    seen = jobs.get("Logic", attached.id)
    clock.sleep(90)  # longer than the backend waits for who is silent
    return [seen, jobs.get("Logic", attached.id)]


def _not_ready(jobs: JobsClientSync, clock: Clock) -> object:
    refused: list[str] = []
    while (refusal := _refusal_of_create(jobs)) is not None:
        refused.append(refusal)
        clock.sleep(20)
    return [refused, jobs.list("Prescriptive")]


def _refusal_of_create(jobs: JobsClientSync) -> str | None:
    try:
        jobs.create("Prescriptive", "solver", _MODEL)
    except JobError as error:
        return type(error).__name__
    return None


def _log(number: int) -> dict[str, object]:
    return {"type": "LogMessage", "event": {"message": f"iteration {number}", "gap": 1 / number}}


STORIES: dict[str, Story] = {
    "solve": Story(
        _solve, JobScript(queue_s=1.5, run_s=4, events=[At(n, _log(n)) for n in (1, 2, 3)])
    ),
    "transaction": Story(
        _transaction,
        JobScript(
            run_s=3,
            events=[At(1, _log(1))],
            artifacts={"out.arrow": {"presigned_url": "https://storage.test/out.arrow"}},
            problems=[{"type": "WARNING", "message": "an unused relation", "is_error": False}],
        ),
    ),
    "failure": Story(_failing, JobScript(run_s=2, outcome=failed("out of memory"))),
    "timeout": Story(_timing_out, JobScript(run_s=math.inf)),
    "cancel": Story(_cancelling, JobScript(run_s=math.inf, cancel_latency_s=2)),
    "detached": Story(_detaching, JobScript(run_s=math.inf)),
    "not-ready": Story(_not_ready, JobScript(run_s=1), not_ready_s=45),
}
