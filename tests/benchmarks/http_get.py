"""`client.get` over HTTP keep-alive on a real socket, beside raw httpx doing the same."""

from __future__ import annotations

import httpx

from rai_jobs import Config, connect_sync
from rai_jobs.http.auth import authorization_header
from rai_jobs_fakes import FakeBackend

from .measure import Result, in_turns

_GETS = 100


def measure() -> list[Result]:
    """Return the measurements of this file."""
    backend = FakeBackend()
    job_id = backend.jobs().create("Predictive", "worker-1", {"a": 1}).id
    with (
        backend.serve() as server,
        httpx.Client(
            base_url=server.url, headers={"Authorization": authorization_header(server.token())}
        ) as raw,
        connect_sync(config=Config(base_url=server.url, token=server.token())) as client,
    ):
        jobs = client.jobs

        def ours() -> None:
            for _ in range(_GETS):
                jobs.get("Predictive", job_id)

        def theirs() -> None:
            for _ in range(_GETS):
                raw.get(f"/v1alpha1/jobs/ML/{job_id}").json()

        name = f"{_GETS} x get over HTTP keep-alive"
        return [in_turns(name, ours, "raw httpx and JSON", theirs, goal="1.10x or less")]
