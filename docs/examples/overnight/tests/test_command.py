"""The command as it is: it connects by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from overnight.__main__ import main
from rai_jobs_fakes import FakeBackend, JobScript


@pytest.mark.jobs_script(JobScript(run_s=600))
def test_the_command_tells_how_each_solve_ended(
    fake_connect: FakeBackend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "2026-03-01.json"
    models.write_text(json.dumps({"north": {"model": "min x"}}))
    assert main(models) == 0
    assert capsys.readouterr().out == "north: SUCCEEDED\n"
    assert len(fake_connect.executions) == 1
