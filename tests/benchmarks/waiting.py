"""`wait` over fourteen virtual minutes, beside the same number of bare polls of the fake."""

from __future__ import annotations

from rai_jobs_fakes import FakeBackend, JobScript

from .measure import Result, in_turns

_RUN_S = 14 * 60


def _backend() -> tuple[FakeBackend, str]:
    backend = FakeBackend()
    backend.script(JobScript(run_s=_RUN_S))
    return backend, backend.jobs().create("Predictive", "worker-1", {"a": 1}).id


def _wait() -> None:
    backend, job_id = _backend()
    backend.jobs().wait("Predictive", job_id)


def _poll() -> None:
    backend, job_id = _backend()
    gateway = backend.gateway()
    for _ in range(_RUN_S * 2):
        gateway.get("ML", job_id)
        backend.clock.sleep(0.5)


def measure() -> list[Result]:
    """Return the measurements of this file."""
    name = "wait over 14 virtual minutes (1,681 polls)"
    goal = "under 10 ms"
    return [in_turns(name, _wait, "as many bare polls", _poll, rounds=30, goal=goal)]
