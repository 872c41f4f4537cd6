"""The first screen of a failing test names the cause, and the page shows it as it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.plugin_option import PLUGIN

from .first_screen import broken, readme_test, report_of, run, shown

_SCREEN = 24
"""How many lines a terminal has that nobody has made larger."""


def _run(test: str, folder: Path) -> str:
    # This checkout may be where the packages are, and not installed.
    return run(test, folder, sys.executable, PLUGIN, path=os.environ.get("PYTHONPATH", ""))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _run(broken(readme_test()), tmp_path_factory.mktemp("empty"))


def test_the_page_shows_the_report_as_it_is(printed: str) -> None:
    assert report_of(printed) == shown(), "run `python -m tests.packaging.first_screen`"


def test_the_first_screen_of_the_report_names_the_cause(printed: str) -> None:
    screen = "\n".join(report_of(printed).splitlines()[:_SCREEN])
    assert "'infeasible' != 'unbounded'" in screen
    assert "RUNNING -> FAILED (work fails)" in screen


def test_the_readmes_test_passes_as_it_stands(tmp_path: Path) -> None:
    assert "1 passed" in _run(readme_test(), tmp_path)


def test_what_pytest_is_told_here_is_not_told_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "not_there")
    assert "1 passed" in _run(readme_test(), tmp_path)
