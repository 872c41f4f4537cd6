"""`client.get` over SQL, beside a raw cursor on the same fake asking and fetching the same."""

from __future__ import annotations

from rai_jobs_fakes import FakeBackend

from .measure import Result, in_turns

_GETS = 200
_STATEMENT = "call RELATIONALAI.api.GET_JOB(?, ?);"


def measure() -> list[Result]:
    """Return the measurements of this file."""
    backend = FakeBackend()
    jobs = backend.jobs(over="sql")
    connection = backend.connection()
    job_id = jobs.create("Predictive", "worker-1", {"a": 1}).id

    def ours() -> None:
        for _ in range(_GETS):
            jobs.get("Predictive", job_id)

    def theirs() -> None:
        for _ in range(_GETS):
            with connection.cursor() as cursor:
                cursor.execute(_STATEMENT, ("ML", job_id))
                cursor.fetchall()

    name = f"{_GETS} x get over SQL, in memory"
    return [in_turns(name, ours, "raw cursor", theirs, goal="1.10x or less")]
