"""A solve and its log, over a connection, in a procedure, and as the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from rai_jobs_fakes import At, FakeBackend, JobScript, failed
from solverlog.__main__ import main
from solverlog.procedure import handler
from solverlog.solving import solve
from solverlog.statements import Connection, Session, by_connection

LINES = [f"gap {percent} %" for percent in (90, 42, 11, 3, 0)]
LOG = [
    At(5 * n, {"type": "LogMessage", "event": {"message": line}}) for n, line in enumerate(LINES)
]
SOLVE = JobScript(run_s=60, events=LOG)


@pytest.fixture(autouse=True)
def no_time_passes(fake_backend: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_backend.install(monkeypatch, time="solverlog")


@pytest.mark.jobs_script(SOLVE)
def test_every_line_is_written_once(snowflake_connection: Connection) -> None:
    written: list[str] = []
    state = solve(by_connection(snowflake_connection), "solver-1", "min x", written.append)
    assert (state, written) == ("COMPLETED", LINES)


@pytest.mark.jobs_script(JobScript(run_s=60, events=LOG, outcome=failed("infeasible")))
def test_a_solve_that_fails_has_its_log_too(snowflake_connection: Connection) -> None:
    written: list[str] = []
    state = solve(by_connection(snowflake_connection), "solver-1", "min x", written.append)
    assert (state, written) == ("FAILED", LINES)


@pytest.mark.jobs_script(SOLVE)
def test_the_procedure_returns_the_log(snowpark_session: Session) -> None:
    assert handler(snowpark_session, "min x") == "\n".join([*LINES, "COMPLETED"])


@pytest.mark.jobs_script(SOLVE)
@pytest.mark.usefixtures("fake_connector")
def test_the_command_prints_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "model.mps"
    model.write_text("min x")
    assert main(model) == 0
    assert capsys.readouterr().out.splitlines() == [*LINES, "COMPLETED"]
