"""The plugin: what its fixtures cost a test, and what it costs a suite, used and unused.

Fixtures are measured side by side in one run of one pytest, a test of each in turn; suites as a
user runs them, each in a process of its own, two in turns. What the plugin adds where nobody uses
it is little beside much: there it is the processor's time that is compared.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from .measure import Result, in_turns

__all__ = ["measure"]

_TESTS, _LONG_TESTS = 1_000, 100
_FACES = ("gateway", "http", "sql")
_TURNS, _WARM = 300, 20
"""How many tests of each fixture count, after as many that load what they need."""
_OURS = "test_ours"
_WITH = {
    _OURS: "fake_backend, jobs_client",
    "test_respx": "respx_mock",
    "test_httpx": "httpx_mock",
    "test_none": "",
}
_SIDE_BY_SIDE = """
import json
from collections import Counter
from pathlib import Path

SECONDS = Counter()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.callspec.params["number"])


def pytest_runtest_logreport(report):
    assert report.passed
    if report.when != "call":
        SECONDS[report.location[2]] += report.duration


def pytest_sessionfinish():
    Path("seconds.json").write_text(json.dumps(SECONDS))
"""
_TEST = """
import pytest


@pytest.mark.parametrize("number", range({times}))
def {name}({fixtures}{comma}number):
    pass
"""
_SMALL = """
import pytest


@pytest.mark.parametrize("number", range({times}))
def test_a_job(jobs_client, number):
    assert jobs_client.create_ready("Prescriptive", "solver-1", {{}}).state == "COMPLETED"
"""
_LONG = """
import pytest

from rai_jobs_fakes import JobScript


@pytest.mark.jobs_script(JobScript(run_s=14 * 60))
@pytest.mark.parametrize("number", range({times}))
def test_a_job(jobs_client, number):
    assert jobs_client.create_ready("Prescriptive", "solver-1", {{}}).state == "COMPLETED"
"""
_GIVEN = ("-q", "-p", "no:cacheprovider", "--rootdir", ".")
_ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}
"""pytest keeps what it compiled, as it does for a user."""


class _Suite:
    """A new folder with one file of tests."""

    def __init__(self, folder: Path, text: str) -> None:
        self._folder = folder
        folder.mkdir()
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        (folder / "test_suite.py").write_text(text, encoding="utf-8")

    def runs(self, *how: str) -> Callable[[], None]:
        """Return what runs pytest on it, in a process of its own, with these arguments."""
        command = [sys.executable, "-m", "pytest", *_GIVEN, *how]

        def run() -> None:
            subprocess.run(  # noqa: S603
                command, cwd=self._folder, env=_ENVIRONMENT, check=True, capture_output=True
            )

        return run


def measure() -> list[Result]:
    """Return the measurements of this file."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        small = _Suite(folder / "small", _SMALL.format(times=_TESTS))
        long = _Suite(folder / "long", _LONG.format(times=_LONG_TESTS))
        empty = _Suite(folder / "empty", _empty(_TESTS))
        one = _Suite(folder / "one", _empty(1))
        many, nothing = f"{_TESTS:,} small tests", f"{_TESTS:,} empty tests"
        minutes = f"{_LONG_TESTS} tests of 14 virtual minutes over http"
        return [
            *_fixtures(folder / "fixtures"),
            *(
                in_turns(
                    f"{many} over {face}",
                    small.runs(f"--jobs-over={face}"),
                    nothing,
                    empty.runs(),
                    rounds=3,
                )
                for face in _FACES
            ),
            _added("one empty test, with the plugin", one, rounds=40),
            _added(f"{nothing}, with the plugin", empty, rounds=9),
            _machine(),
            _shared(minutes, long, "--jobs-over=http", goal="1.7x or more"),
            _shared(f"{many} over all three", small, f"--jobs-over={','.join(_FACES)}"),
            _shared(nothing, empty),
        ]


def _empty(times: int) -> str:
    return _TEST.format(name="test_nothing", fixtures="", comma="", times=times)


def _fixtures(folder: Path) -> list[Result]:
    """Return what set-up and tear-down of a test take with ours, beside others' and none."""
    tests = (
        _TEST.format(name=name, fixtures=each, comma=", " if each else "", times=_WARM + _TURNS)
        for name, each in _WITH.items()
    )
    suite = _Suite(folder, "".join(tests))
    (folder / "conftest.py").write_text(_SIDE_BY_SIDE, encoding="utf-8")
    suite.runs()()
    seconds = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))

    def of(name: str) -> list[float]:
        return [seconds[f"{name}[{number}]"] for number in range(_WARM, _WARM + _TURNS)]

    return [
        Result(
            f"set-up and tear-down of a test with `{_WITH[_OURS]}`",
            of(_OURS),
            f"with `{fixture}`" if fixture else "with none",
            of(name),
            "1x or less of the slower of two" if fixture else "",
        )
        for name, fixture in _WITH.items()
        if name != _OURS
    ]


def _added(name: str, suite: _Suite, *, rounds: int) -> Result:
    """Return what the plugin adds to a suite that does not use it, beside the same without."""
    runs = suite.runs(), suite.runs("-p", "no:rai_jobs")
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for run, into in zip(runs, times, strict=True):
            start = _spent()
            run()
            if number:
                into.append(_spent() - start)
    added = median(ours - base for ours, base in zip(*times, strict=True)) * 1000
    told = f"{name} ({added:+.1f} ms of processor time)"
    return Result(told, times[0], "without it", times[1], "less than 10 ms more")


def _spent() -> float:
    """Return the processor's time that ended children took, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _machine() -> Result:
    """Return what two processes take one after the other, beside at once: no suite does better."""
    command = [sys.executable, "-c", "for _ in range(50_000_000): pass"]

    def alone() -> None:
        for _ in range(2):
            subprocess.run(command, check=True)  # noqa: S603

    def at_once() -> None:
        both = [subprocess.Popen(command) for _ in range(2)]  # noqa: S603
        assert [each.wait() for each in both] == [0, 0]

    name = "two bare loops, one after the other"
    return in_turns(name, alone, "at once: what this machine gives", at_once, rounds=5)


def _shared(name: str, suite: _Suite, *how: str, goal: str = "") -> Result:
    """Return what a suite takes in one process, beside on two workers."""
    alone, shared = suite.runs(*how), suite.runs("-n", "2", *how)
    return in_turns(f"{name}, in one process", alone, "on 2 workers", shared, rounds=3, goal=goal)
