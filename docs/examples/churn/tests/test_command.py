"""The command as it is: it makes its own client, by the published package's own `connect_sync`."""

from __future__ import annotations

import pytest

from churn.__main__ import main
from rai_jobs_fakes import FakeBackend


def test_the_command_tells_the_jobs_id(
    fake_relationalai: FakeBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main() == 0
    [job] = fake_relationalai.executions
    assert capsys.readouterr().out == f"{job.id}\n"
