"""`client.list` of ten thousand rows: time beside the parsing alone, and peak memory."""

from __future__ import annotations

import json
import tracemalloc

import httpx

from rai_jobs import HttpJobsGateway, JobsClientSync, StaticTokenAuth
from rai_jobs_fakes import FakeBackend

from .measure import Result, in_turns

_ROWS = 10_000


def measure() -> list[Result]:
    """Return the measurements of this file; memory is printed beside the name."""
    backend = FakeBackend()
    gateway = backend.gateway()
    for number in range(_ROWS):
        gateway.create("ML", f"worker-{number % 9}", {"n": number})
    with httpx.Client(transport=backend.http_transport("fake_user")) as asking:
        body = asking.get("https://backend.test/v1alpha1/jobs").content
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body))
    jobs = JobsClientSync(
        HttpJobsGateway("https://backend.test", auth=StaticTokenAuth("token"), transport=transport)
    )

    def ours() -> None:
        assert len(jobs.list("Predictive")) == _ROWS

    def theirs() -> None:
        json.loads(body)

    tracemalloc.start()
    ours()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    name = f"list of {_ROWS:,} rows over HTTP ({len(body) / 1e6:.1f} MB; peak {peak / 1e6:.0f} MB)"
    return [in_turns(name, ours, "json.loads of the answer", theirs, rounds=5)]
