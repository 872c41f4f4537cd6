"""On several workers, and in any order: the same outcomes, ids and reports."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest

from tests.plugin_option import PLUGIN

SOURCE = """
import pytest
from rai_jobs_fakes import JobScript

pytestmark = pytest.mark.jobs_script(JobScript(run_s=2))

@pytest.mark.parametrize("n", range(3))
def test_it(fake_backend, jobs_client, n):
    jobs_client.create_ready("Prescriptive", f"solver-{n}", {})
    assert fake_backend.clock.monotonic() >= 2
    assert n != 1

def test_left(jobs_client):
    jobs_client.create("Prescriptive", "left", {})
"""
COMMON = (*PLUGIN, "-p", "no:cacheprovider", "-rA", "--jobs-strict", "--jobs-over=gateway,http")


def reports_of(result: pytest.RunResult) -> list[str]:
    """Return what a run told of its executions, and with which seeds, in no order."""
    told = re.compile(r"^(?:--jobs-seed=|\w{8} Prescriptive|  execution ).*")
    return sorted(line for line in result.outlines if told.match(line))


def needs(package: str, plugin: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{plugin} is not installed")


@pytest.fixture
def alone(pytester: pytest.Pytester) -> list[str]:
    """What is told by one worker, in the order of the file."""
    pytester.makepyfile(test_theirs=SOURCE)
    result = pytester.runpytest_inprocess(*COMMON, "-p", "no:xdist", "-p", "no:randomly")
    result.assert_outcomes(passed=6, failed=2, errors=2)
    told = reports_of(result)
    assert len(told) == 10
    return told


@needs("xdist", "pytest-xdist")
def test_two_workers(pytester: pytest.Pytester, alone: list[str]) -> None:
    result = pytester.runpytest_subprocess(*COMMON, "-n2")
    result.assert_outcomes(passed=6, failed=2, errors=2)
    assert reports_of(result) == alone


@needs("pytest_randomly", "pytest-randomly")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shuffled(pytester: pytest.Pytester, alone: list[str], seed: int) -> None:
    result = pytester.runpytest_inprocess(*COMMON, "-p", "no:xdist", f"--randomly-seed={seed}")
    result.assert_outcomes(passed=6, failed=2, errors=2)
    assert reports_of(result) == alone
