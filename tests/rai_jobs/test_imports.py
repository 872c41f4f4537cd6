"""What importing the package costs: modules that are loaded only where they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

ALWAYS_LATER = {"snowflake", "starlette", "respx", "vcr", "hypothesis", "uvicorn", "pytest"}
TESTING = {"rai_jobs_fakes", "rai_jobs_cassettes"}
HEAVY = {"httpx", "pydantic", "pydantic_settings", "anyio", "ssl"}
USES = {
    # what a program does, and what it must not have loaded then
    "import rai_jobs": HEAVY | {"asyncio", "inspect", "json"},
    "import rai_jobs; dir(rai_jobs)": HEAVY,
    "import rai_jobs; rai_jobs.JobsClientSync": HEAVY,
    "from rai_jobs import JobsClientSync, JobOperationSync, JobsGatewaySync": HEAVY,
    "from rai_jobs import Job, JobError, SystemClock, compose_payload, connect_sync": HEAVY,
    "from rai_jobs import Config": {"httpx"},
    "from rai_jobs import HttpJobsGateway, StaticTokenAuth": {"pydantic"},
    "from rai_jobs import *": set[str](),
}


def loaded_by(code: str) -> set[str]:
    """Return the top-level packages and modules that a fresh interpreter imports for `code`."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-X", "importtime", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}


@pytest.mark.parametrize(("code", "forbidden"), USES.items(), ids=USES)
def test_nothing_is_loaded_before_it_is_needed(code: str, forbidden: set[str]) -> None:
    loaded = loaded_by(code)
    assert "rai_jobs" in loaded
    assert loaded & (forbidden | ALWAYS_LATER | TESTING) == set()


def test_what_is_needed_is_seen_to_be_loaded() -> None:
    assert {"httpx", "pydantic"} <= loaded_by("from rai_jobs import Config, HttpJobsGateway")
