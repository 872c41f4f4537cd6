"""The names that other people's tests are written against."""

from __future__ import annotations

import rai_jobs
import rai_jobs_fakes

PUBLIC = [
    "DEFAULT_USER",
    "At",
    "End",
    "ExecutionView",
    "FakeBackend",
    "FakeGateway",
    "HttpDialect",
    "JobScript",
    "Outcome",
    "ScriptError",
    "Transcript",
    "VirtualClock",
    "__version__",
    "aborted",
    "completed",
    "failed",
]


def test_these_names_are_public_and_no_others() -> None:
    assert rai_jobs_fakes.__all__ == PUBLIC


def test_every_public_name_is_there() -> None:
    missing = [name for name in PUBLIC if not hasattr(rai_jobs_fakes, name)]
    assert missing == []


def test_the_fake_bears_the_version_of_the_client() -> None:
    assert rai_jobs_fakes.__version__ == rai_jobs.__version__
