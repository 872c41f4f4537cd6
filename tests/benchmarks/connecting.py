"""`connect_sync` to the first answer, and many threads on one client, on a real socket."""

from __future__ import annotations

import threading

import httpx

from rai_jobs import Config, connect_sync
from rai_jobs.http.auth import authorization_header
from rai_jobs_fakes import FakeBackend

from .measure import Result, in_turns

_THREADS, _GETS = 8, 1_000


def measure() -> list[Result]:
    """Return the measurements of this file."""
    backend = FakeBackend()
    job_id = backend.jobs().create("Predictive", "worker-1", {}).id
    with backend.serve() as server:
        config = Config(base_url=server.url, token=server.token())
        headers = {"Authorization": authorization_header(server.token())}
        path = f"/v1alpha1/jobs/ML/{job_id}"

        def connect() -> None:
            with connect_sync(config=config) as client:
                client.jobs.get("Predictive", job_id)

        def raw() -> None:
            with httpx.Client(base_url=server.url, headers=headers) as client:
                client.get(path).json()

        with connect_sync(config=config) as shared:
            jobs = shared.jobs

            def ask(times: int) -> None:
                for _ in range(times):
                    jobs.get("Predictive", job_id)

            def many() -> None:
                threads = [threading.Thread(target=ask, args=(_GETS,)) for _ in range(_THREADS)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

            return [
                in_turns("connect_sync to first answer", connect, "raw httpx", raw),
                in_turns(
                    f"{_THREADS} threads x {_GETS} gets on one client",
                    many,
                    f"1 thread x {_THREADS * _GETS}",
                    lambda: ask(_THREADS * _GETS),
                    rounds=3,
                ),
            ]
