"""The pytest plugin: fixtures, markers, options, and what a failing test tells of its backend.

Loaded by every pytest that finds the package installed, so nothing heavy is imported here, nor by
the modules that it imports: that is done when a fixture is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest

from . import fixtures
from .endings import note_ending
from .faces import parametrize_over
from .markers import MARKERS
from .options import add_options, require_sound_options
from .reports import BACKENDS, forget_backends, tell_backends

__all__ = [
    "pytest_addoption",
    "pytest_configure",
    "pytest_fixture_setup",
    "pytest_generate_tests",
    "pytest_itemcollected",
    "pytest_runtest_makereport",
    "pytest_runtest_teardown",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and ini settings."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register fixtures and markers, and refuse options that make no sense."""
    config.pluginmanager.register(fixtures)
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    require_sound_options(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses `jobs_client` once for each face that was asked for."""
    if "jobs_over" in metafunc.fixturenames:
        parametrize_over(metafunc)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have a recording in use wherever one is named."""
    names: list[str] | None = getattr(item, "fixturenames", None)
    named = item.get_closest_marker("jobs_cassette") is not None
    if named and names is not None and "jobs_cassette" not in names:
        names.insert(0, "jobs_cassette")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Take on the backend that `fake_backend` gives, whoever defined it."""
    value = yield
    if fixturedef.argname == "fake_backend":
        from .making import take_on

        take_on(value, request)
    return value


@pytest.hookimpl(trylast=True)  # when all is taken down
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Tell of what stands at a test, and is for a backend that it does not use."""
    if item.own_markers and _is_marked(item):
        from .strictness import tell_unused_markers

        tell_unused_markers(item, is_used=BACKENDS in item.stash)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # others change what the report says
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the report of a test that failed end with what its backends saw."""
    report = yield
    note_ending(item, call, report)
    # Tests that use nothing of ours are many, and are looked at three times each.
    if "rai_jobs_fakes.backend" in sys.modules:
        if report.failed:
            tell_backends(item, call, report)
        if call.when == "teardown":
            forget_backends(item)
    return report


def _is_marked(item: pytest.Item) -> bool:
    """Tell whether what happens on a backend stands at the test itself."""
    return any(each.name in ("jobs_script", "jobs_faults") for each in item.own_markers)
