"""How a training ends, as anybody would test it."""

from __future__ import annotations

import pytest

from churn.training import Jobs, TrainingError, train
from rai_jobs_fakes import FakeBackend, JobScript, failed

SETTINGS = {"target": "churned"}


@pytest.fixture(autouse=True)
def no_time_passes(fake_backend: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_backend.install(monkeypatch, time="churn")


@pytest.mark.jobs_script(JobScript(run_s=1500))
def test_a_model_that_is_trained(relationalai_jobs: Jobs, fake_backend: FakeBackend) -> None:
    assert train(relationalai_jobs, SETTINGS) == fake_backend.executions[0].id


@pytest.mark.jobs_script(JobScript(run_s=60, outcome=failed("no such column: churned")))
def test_a_training_that_fails_says_why(relationalai_jobs: Jobs) -> None:
    with pytest.raises(TrainingError, match="no such column: churned"):
        train(relationalai_jobs, SETTINGS)


@pytest.mark.jobs_script(JobScript(run_s=86_400))
def test_one_that_takes_too_long_is_cancelled(
    relationalai_jobs: Jobs, fake_backend: FakeBackend
) -> None:
    with pytest.raises(TimeoutError):
        train(relationalai_jobs, SETTINGS)
    assert fake_backend.executions[0].state.value == "CANCELED"
