"""Searches: a backend for each example, and what is said of one that all examples share."""

from __future__ import annotations

import pytest

from .conftest import RunPytest

HEAD = """
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.strategies import backends

quick = settings(max_examples=5, database=None, deadline=None)
"""


@pytest.mark.parametrize("name", ["fake_backend", "jobs_client", "snowflake_connection"])
def test_a_backend_for_all_examples_is_explained(run_pytest: RunPytest, name: str) -> None:
    result = run_pytest(f"{HEAD}@quick\n@given(st.integers())\ndef test_it({name}, n):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["test_theirs.py::test_it: `fake_backend` is made once*.strategies.backends()*"]
    )


def test_one_that_is_reset_for_each_example_is_allowed(run_pytest: RunPytest) -> None:
    result = run_pytest(
        f"{HEAD}"
        "@settings(quick, suppress_health_check=[HealthCheck.function_scoped_fixture])\n"
        "@given(st.integers())\ndef test_it(fake_backend, jobs_client, n):\n"
        "    fake_backend.reset()\n"
        "    jobs_client.create_ready('Prescriptive', 's', {})\n"
        "    assert len(fake_backend.executions) == 1\n",
        "--jobs-strict",
    )
    result.assert_outcomes(passed=1)


def test_one_of_a_module_that_somebody_made_is_their_own_affair(run_pytest: RunPytest) -> None:
    result = run_pytest(
        f"{HEAD}@pytest.fixture(scope='module')\ndef fake_backend():\n    return FakeBackend()\n"
        "@quick\n@given(st.integers())\ndef test_it(fake_backend, n):\n    pass\n"
    )
    result.assert_outcomes(passed=1)


def test_each_example_draws_one_of_its_own(run_pytest: RunPytest) -> None:
    result = run_pytest(
        f"{HEAD}@quick\n@given(backends(seed=3), st.integers())\ndef test_it(backend, n):\n"
        "    assert backend.seed == 3 and not backend.executions\n"
        "    backend.jobs().create('Prescriptive', 's', {})\n",
        "--jobs-strict",
    )
    result.assert_outcomes(passed=1)


def test_the_report_tells_of_the_example_that_failed(run_pytest: RunPytest) -> None:
    result = run_pytest(
        f"{HEAD}@quick\n@given(backends(), st.integers(0, 9))\ndef test_it(backend, n):\n"
        "    backend.jobs().create('Prescriptive', 's', {'n': n})\n    assert n < 3\n"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*- rai-jobs: transcript -*", '*create(Prescriptive, s, {"n": 3}*']
    )
    assert result.stdout.str().count("- rai-jobs: transcript -") == 1
