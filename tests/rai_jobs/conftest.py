"""What the unit tests start from: an environment without settings of ours."""

from __future__ import annotations

import os
import time
from collections.abc import Generator

import pytest


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(  # pyright: ignore[reportUnusedFunction] - used by pytest
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.upper().startswith("RAI_JOBS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def far_from_utc() -> Generator[None]:
    """This machine in a zone where taking a naive time for a local one shows."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be set here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "XYZ-11:30")
        time.tzset()
        yield
    time.tzset()
