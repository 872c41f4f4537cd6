"""Statements through the real connector on our server, beside fakesnow's.

Not among `make bench`: fakesnow needs the connector 4 and versions of its own of what we use too.
In an environment with `fakesnow[server]` and this project's dependencies:
`python -m tests.benchmarks.fakesnow`.

It has no procedures, so it is asked for the row that ours answers, and for the least that it can
be asked. The bare application says how fast any server could be: the rest is the connector's.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.server import FakeServer

from .measure import Result, in_turns
from .recorded import connected, recorded, served

_STATEMENTS = 50
_TRIVIAL = "select 1"
_GOAL = "0.33x or less"


def measure() -> list[Result]:
    """Return the measurements of this file."""
    backend = FakeBackend()
    job_id = backend.jobs().create("Predictive", "worker-1", {"a": 1}).id
    call = f"call RELATIONALAI.api.GET_JOB('ML', '{job_id}')"
    theirs: Any = import_module("fakesnow.server").app

    def run(connection: Any, statement: str, times: int = _STATEMENTS) -> None:
        cursor = connection.cursor()
        for _ in range(times):
            cursor.execute(statement)
            cursor.fetchall()

    def first_row(of: FakeServer, statement: str) -> None:
        connection = connected(of)
        run(connection, statement, 1)
        connection.close()

    row = _same_row(job_id)
    bare_app = recorded(backend, backend.asgi_app(), lambda used: run(used, call, 1))
    fakesnow, bare = served(backend, theirs), served(backend, bare_app)
    with backend.serve() as ours, fakesnow, bare:
        us, them, least = connected(ours), connected(fakesnow), connected(bare)
        get, name = f"{_STATEMENTS} x GET_JOB on the wire", "SELECT 1 on fakesnow"

        def trivial() -> None:
            run(them, _TRIVIAL)

        results = [
            in_turns(
                get,
                lambda: run(us, call),
                "SELECT of the same row on fakesnow",
                lambda: run(them, row),
                goal=_GOAL,
            ),
            in_turns(get, lambda: run(us, call), name, trivial, goal=_GOAL),
            in_turns(f"{get}, bare application", lambda: run(least, call), name, trivial),
            in_turns(
                "connect to first row on the wire, and close",
                lambda: first_row(ours, call),
                name,
                lambda: first_row(fakesnow, _TRIVIAL),
            ),
        ]
        us.close()
        them.close()
        least.close()
    return results


def _same_row(job_id: str) -> str:
    """Return a query of constants: a row of the names, types and values that `GET_JOB` answers."""
    instant = "'2026-01-01 00:00:00'::timestamp_ltz"
    return (
        f"select '{job_id}' as id, 'ML' as reasoner_type, 'worker-1' as reasoner_name,"
        f" 'COMPLETED' as state, 'fake_user' as created_by, {instant} as created_on,"
        f" {instant} as finished_at, 0 as duration, parse_json('{{\"a\": 1}}') as payload,"
        " 86400000 as timeout_ms, null::varchar as abort_reason"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # fakesnow's own
    for measured in measure():
        print(measured.line(), flush=True)
