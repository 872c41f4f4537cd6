"""Our client beside the published one: the same calls on the same fake, in one process."""

from __future__ import annotations

import importlib
from typing import Any

from rai_jobs import JobsClientSync
from rai_jobs_fakes import FakeBackend

from .measure import Result, in_turns

_GETS = 500


def measure() -> list[Result]:
    """Return the measurements of this file; none where the published package is not installed."""
    try:
        published: Any = importlib.import_module("relationalai.services.jobs.client_sync")
    except ImportError:
        return []
    backend = FakeBackend()
    gateway = backend.gateway()
    job_id = gateway.create("ML", "worker-1", {"a": 1})
    for number in range(200):
        gateway.create("ML", f"worker-{number}", {})
    ours, theirs = JobsClientSync(gateway), published.JobsClientSync(gateway)

    def get(client: Any) -> None:
        for _ in range(_GETS):
            client.get("Predictive", job_id)

    name = "the published client on the same gateway"
    return [
        in_turns(f"{_GETS} x get", lambda: get(ours), name, lambda: get(theirs)),
        in_turns("list of 201", ours.list, name, theirs.list),
    ]
