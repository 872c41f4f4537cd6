"""Every call after the creation goes wrong in every way, and then another one as well."""

from __future__ import annotations

import pytest

from rai_jobs_fakes import (
    At,
    FakeBackend,
    Fault,
    JobScript,
    ScheduledRun,
    VirtualClock,
    schedule_all,
)
from solverlog import solving
from solverlog.statements import by_connection

LINES = [f"gap {percent} %" for percent in (90, 42, 11, 3, 0)]
FAULTS = [Fault.http(503), Fault.dropped("after")]


def backend_with_a_log_of_three_pages() -> FakeBackend:
    backend = FakeBackend(event_page_size=2)
    log = [{"type": "LogMessage", "event": {"message": line}} for line in LINES]
    backend.script(JobScript(run_s=15, events=[At(1, each) for each in log]))
    return backend


def a_solve(backend: FakeBackend) -> list[str]:
    written: list[str] = []
    clock = backend.clock
    assert isinstance(clock, VirtualClock)
    with clock.patch(solving), backend.connection() as connection:
        solving.solve(by_connection(connection), "solver-1", "min x", written.append)
    return written


def every_line_is_written_once(run: ScheduledRun) -> None:
    if run.result != LINES:
        pytest.fail(f"the log is {run.result}")


def test_no_line_is_lost_whatever_fails() -> None:
    schedule = schedule_all(
        ("get", "events"), FAULTS, depth=2, backend=backend_with_a_log_of_three_pages, allowed=()
    )
    schedule.run(a_solve, invariant=every_line_is_written_once).raise_for_broken()
