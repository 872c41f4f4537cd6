"""What all tests share: readable failures in the contract suite, loopback alone, what is told."""

import os
from typing import Any

import pytest

pytest_plugins = ["pytester"]

pytest.register_assert_rewrite("rai_jobs_fakes.contract")

# The connector would ask the metadata services of three clouds whether it runs there.
os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A pytest of a test's own tells the same on a CI's machine, where pytest shortens nothing."""
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    return pytester


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell what tests recorded as `told`: how much was searched, for one."""
    reports: list[pytest.TestReport] = terminalreporter.getreports("passed")
    recorded = [each for report in reports for each in report.user_properties]
    for line in sorted(str(value) for name, value in recorded if name == "told"):
        terminalreporter.write_line(line)
