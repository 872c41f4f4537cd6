"""What a good night looks like, and a bad one that anybody would think of."""

from __future__ import annotations

import pytest

from overnight.night import Night, Report
from rai_jobs_fakes import FakeBackend, JobScript, failed

MODELS = {"north": {"model": "min x"}, "south": {"model": "max y"}}


def run(backend: FakeBackend) -> Report:
    return Night(backend.jobs(), "2026-03-01").run(MODELS)


def states(backend: FakeBackend) -> list[str]:
    return [each.state.value for each in backend.executions]


@pytest.mark.jobs_script(JobScript(run_s=600))
def test_every_model_is_solved_once(fake_backend: FakeBackend) -> None:
    assert run(fake_backend) == Report({"north": "SUCCEEDED", "south": "SUCCEEDED"})
    assert states(fake_backend) == ["COMPLETED", "COMPLETED"]


@pytest.mark.jobs_script(JobScript(run_s=60, outcome=failed("out of memory")), times=1)
def test_a_solve_that_fails_is_tried_again(fake_backend: FakeBackend) -> None:
    assert run(fake_backend) == Report({"north": "SUCCEEDED", "south": "SUCCEEDED"})
    assert states(fake_backend) == ["FAILED", "COMPLETED", "COMPLETED"]


def test_once_one_fails_for_good_the_rest_is_cancelled(fake_backend: FakeBackend) -> None:
    fake_backend.script(
        JobScript(run_s=60, outcome=failed("infeasible")),
        where=lambda payload: payload["model"] == "min x",
    )
    fake_backend.script(JobScript(run_s=28_800))
    report = run(fake_backend)
    assert report.statuses == {"north": "FAILED", "south": "CANCELLED"}
    assert str(report.gave_up) == "infeasible"
