"""Statements through the real connector on our server, beside a bare application.

The bare one knows nothing: it sends the bytes that ours sent.
"""

from __future__ import annotations

from typing import Any

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.server import FakeServer

from .measure import Result, in_turns
from .recorded import connected, recorded, served

_GETS = 100
_STATEMENT = "call RELATIONALAI.api.GET_JOB(?, ?);"


def measure() -> list[Result]:
    """Return the measurements of this file."""
    backend = FakeBackend()
    job_id = backend.jobs().create("Predictive", "worker-1", {"a": 1}).id

    def get(connection: Any, times: int = 1) -> None:
        cursor = connection.cursor()
        for _ in range(times):
            cursor.execute(_STATEMENT, ("ML", job_id), _force_qmark_paramstyle=True)
            cursor.fetchone()

    def first_row(of: FakeServer) -> None:
        connection = connected(of)
        get(connection)
        connection.close()

    bare = served(backend, recorded(backend, backend.asgi_app(), get))
    with backend.serve() as ours, bare:
        us, them = connected(ours), connected(bare)
        results = [
            in_turns(
                f"{_GETS} x GET_JOB on the wire",
                lambda: get(us, _GETS),
                "bare application",
                lambda: get(them, _GETS),
                goal="1.50x or less",
            ),
            in_turns(
                "connect to first row on the wire, and close",
                lambda: first_row(ours),
                "bare application",
                lambda: first_row(bare),
                rounds=30,
            ),
        ]
        us.close()
        them.close()
    return results
