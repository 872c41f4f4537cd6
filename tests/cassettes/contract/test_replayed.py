"""The contract, recorded on each transport and replayed without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from rai_jobs_fakes.contract import (
    TestCancelling,
    TestCreating,
    TestEvents,
    TestFollowing,
    TestGetting,
    TestIncludes,
    TestListing,
    TestOperations,
    TestReasoners,
    TestRefusals,
    TestUsers,
    TestWaiting,
)

from .stories import WAYS

pytestmark = pytest.mark.replay

__all__ = [
    "TestCancelling",
    "TestCreating",
    "TestEvents",
    "TestFollowing",
    "TestGetting",
    "TestIncludes",
    "TestListing",
    "TestOperations",
    "TestReasoners",
    "TestRefusals",
    "TestUsers",
    "TestWaiting",
]


@pytest.fixture(params=WAYS)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Which way is taken, and where the recording is; `conftest` makes the subject of it."""
    return request.param, tmp_path / "story.yaml"
