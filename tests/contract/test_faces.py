"""The contract, over every face."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from rai_jobs_fakes.contract import (
    Subject,
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

from .faces import FACES

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


@pytest.fixture(params=FACES)
def subject(request: pytest.FixtureRequest) -> Generator[Subject]:
    """Each face, opened onto a backend of its own."""
    with FACES[request.param]() as opened:
        yield opened
        opened.close()
