"""The chart of lives."""

from __future__ import annotations

import math

import pytest

from rai_jobs_fakes import FakeBackend, JobScript, aborted

from .making import payload_of

CHART = """\
2026-01-01T00:00:00+00:00 + 59 s  . CREATED  - QUEUED  - PENDING  = RUNNING  ~ CANCELING
189264f7 Logic engine-1           .....-----===============|                                   \
ABORTED
94ced0f9 Prescriptive solver-1    ==============================|                              \
COMPLETED
38099531 Prescriptive solver-1    ------------------------------============================== \
RUNNING
c70e254d Logic engine-1                     ==========~~~~~|                                   \
CANCELED
cfd7713f Predictive a-reasoner-wi           |                                                  \
COMPLETED"""


@pytest.fixture
def backend() -> FakeBackend:
    """A backend whose clock stands at the start."""
    return FakeBackend(seed=7)


def test_a_line_is_a_life_from_left_to_right(backend: FakeBackend) -> None:
    backend.add_reasoner("solver-1", "Prescriptive", max_running=1)
    outcome = aborted("bad")
    backend.script(JobScript(created_s=5, queue_s=5, run_s=15, outcome=outcome), times=1)
    backend.script(JobScript(run_s=30), reasoner_type="Prescriptive")
    backend.script(JobScript(run_s=60, cancel_latency_s=5), reasoner_type="Logic")
    jobs = backend.jobs()
    jobs.create("Logic", "engine-1", payload_of("Logic"))
    for _ in range(2):
        jobs.create("Prescriptive", "solver-1", {})
    backend.clock.sleep(10)
    slow = jobs.create("Logic", "engine-1", payload_of("Logic"))
    jobs.create("Predictive", "a-reasoner-with-a-long-name", {})
    backend.clock.sleep(10)
    slow.cancel()
    backend.clock.sleep(39)
    assert backend.timeline() == CHART


def test_no_lives_are_said_to_be_none(backend: FakeBackend) -> None:
    assert backend.timeline() == "(no executions)"


def test_lives_of_no_length_are_shown(backend: FakeBackend) -> None:
    for _ in range(2):
        backend.jobs().create("Predictive", "w", {})
    head, *lines = backend.timeline().splitlines()
    assert head.startswith("2026-01-01T00:00:00+00:00 + 1e-06 s")
    assert [line.split()[3:] for line in lines] == [["|", "COMPLETED"]] * 2


@pytest.mark.parametrize("seconds", [0, 1e-6, 0.5, 59, 60, 61, 1e6])
def test_every_line_is_as_wide_as_the_others(backend: FakeBackend, seconds: float) -> None:
    backend.script(JobScript(run_s=seconds), reasoner_type="Prescriptive")
    backend.script(JobScript(created_s=seconds / 3, queue_s=seconds / 3, run_s=math.inf))
    backend.jobs().create("Prescriptive", "w", {})
    backend.jobs().create("Predictive", "w", {})
    backend.clock.sleep(seconds)
    backend.jobs().create("Logic", "w", payload_of("Logic"))
    for line in backend.timeline().splitlines()[1:]:
        state = line.split()[-1]
        assert len(line) == 8 + 1 + 24 + 1 + 60 + 1 + len(state)


def test_a_chart_asks_the_backend_nothing(backend: FakeBackend) -> None:
    backend.jobs().create("Predictive", "w", {})
    backend.timeline()
    assert len(backend.transcript) == 1
