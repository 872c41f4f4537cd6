"""The fixtures that put the fake under code that connects by itself, and what is there after."""

# ruff: noqa: TID251 - what time it is for code under test is the matter here
from __future__ import annotations

import time
from importlib import import_module
from typing import Any

import httpx
import pytest

from rai_jobs import connect

from .conftest import RunPytest

CODE = """
import asyncio
import time
from time import sleep

import httpx
import pytest
from rai_jobs import JobConfigurationError, connect_sync
from snowflake.connector import connect

def over_connect():
    with connect_sync() as client:
        return client.jobs.list()

def over_connector():
    return connect(account="a", user="u", password="p").cursor().execute("SELECT 1").fetchall()

def over_httpx():
    return httpx.get("https://rai.invalid/v1alpha1/jobs/prescriptive")

async def over_httpx_awaited():
    async with httpx.AsyncClient() as client:
        return await client.get("https://rai.invalid/v1alpha1/jobs/prescriptive")

def over_time():
    began = time.monotonic()
    sleep(1800)
    time.sleep(1800)
    assert time.monotonic() - began == 3600
"""
CALLS = {
    "fake_connect": "over_connect()",
    "fake_connector": "over_connector()",
    "fake_http": "over_httpx(); asyncio.run(over_httpx_awaited())",
    "fake_time": "over_time()",
    "fake_installed": "over_connect(); over_connector(); over_httpx(); over_time();"
    " asyncio.run(over_httpx_awaited())",
}


def what_is_there() -> list[object]:
    """Return what each fixture replaces, as it is now."""
    connector: Any = import_module("snowflake.connector")
    return [
        connect.Transports,
        connector.connect,
        httpx.HTTPTransport.handle_request,
        httpx.AsyncHTTPTransport.handle_async_request,
        time.sleep,
        time.monotonic,
        time.time,
    ]


@pytest.mark.parametrize(
    ("fixture", "ends"),
    [
        *((each, "1 / 0") for each in CALLS),
        ("fake_installed", "pass"),
        ("fake_installed", "raise KeyboardInterrupt"),
        ("fake_installed", "pytest.exit('enough')"),
    ],
)
def test_it_is_under_the_code_and_taken_away_whatever_happens(
    run_pytest: RunPytest, fixture: str, ends: str
) -> None:
    before = what_is_there()
    result = run_pytest(
        f"{CODE}\ndef test_it({fixture}):\n    {CALLS[fixture]}\n"
        f"    print('it' + ' ran')\n    {ends}\n",
        "-s",
        no_reraise_ctrlc=True,
    )
    result.stdout.fnmatch_lines(["*it ran*"])
    assert what_is_there() == before


def test_it_is_not_under_the_next_test(run_pytest: RunPytest) -> None:
    result = run_pytest(
        f"{CODE}\ndef test_it(fake_connect):\n    over_connect()\n"
        "def test_next():\n    with pytest.raises(JobConfigurationError):\n        over_connect()\n"
    )
    result.assert_outcomes(passed=2)


def test_a_fixture_that_fails_after_it_does_not_leave_it_there(run_pytest: RunPytest) -> None:
    before = what_is_there()
    result = run_pytest(
        f"{CODE}\n@pytest.fixture\ndef late(fake_installed):\n    1 / 0\n"
        "def test_it(late):\n    pass\n"
    )
    result.assert_outcomes(errors=1)
    assert what_is_there() == before


def test_one_under_another_gives_way_to_it_again(run_pytest: RunPytest) -> None:
    before = what_is_there()
    result = run_pytest(
        f"""{CODE}
from rai_jobs_fakes import FakeBackend

def test_it(fake_installed):
    inner = FakeBackend()
    with pytest.MonkeyPatch.context() as patch:
        inner.install(patch)
        over_connect(), over_connector(), over_httpx(), over_time()
    assert not fake_installed.transcript and fake_installed.clock.monotonic() == 0
    asked = len(inner.transcript)
    assert asked > 1 and inner.clock.monotonic() == 3600
    over_connect(), over_connector(), over_httpx(), over_time()
    assert len(fake_installed.transcript) == asked and fake_installed.clock.monotonic() == 3600
    assert len(inner.transcript) == asked
    assert inner.transcript[0].face == "gateway"
"""
    )
    result.assert_outcomes(passed=1)
    assert what_is_there() == before


def test_a_module_that_was_imported_meanwhile_is_off_it_after(
    run_pytest: RunPytest, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        theirs_late="from time import monotonic\nfrom snowflake.connector import connect\n"
    )
    pytester.syspathinsert()
    result = run_pytest(
        """
        import pytest
        import snowflake.connector
        import time

        def test_it(fake_installed):
            import theirs_late
            fake_installed.clock.advance(-1 + 5)
            assert theirs_late.monotonic() == 4
            assert theirs_late.connect(account="a").user == "fake_user"

        def test_next():
            import theirs_late
            assert theirs_late.monotonic() == pytest.approx(time.monotonic(), abs=60)
            with pytest.raises(snowflake.connector.errors.Error):
                theirs_late.connect(account="a")
        """,
        "-Wignore::FutureWarning",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("fixture", ["fake_snowpark", "fake_relationalai"])
def test_what_is_not_installed_is_said_or_it_works(run_pytest: RunPytest, fixture: str) -> None:
    result = run_pytest(f"def test_it({fixture}):\n    assert {fixture}.app == 'RELATIONALAI'\n")
    if result.parseoutcomes() != {"passed": 1}:
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*There is no * here, which * is about: leave it out."])
