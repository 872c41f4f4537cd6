"""What the driver of the examples refuses, and that each example still has its bug to plant."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from .__main__ import EXAMPLES, TOGETHER
from .outcomes import ExampleError, Outcomes, outcomes_in
from .planted import PLANTED, Planted, plant, planted_in

NAMES = [each for together in TOGETHER for each in together]
BUG = Planted("It loses one.", "tests/test_a.py::test_all", "Fault.http(503, nth=1) at call 2")
SAYS = "2 runs: 1 broken.\n  Fault.http(503, nth=1) at call 2, sql"
CLEAN = Outcomes(frozenset({BUG.fails, "tests/test_a.py::test_one"}), {}, frozenset())
FOUND = Outcomes(frozenset({"tests/test_a.py::test_one"}), {BUG.fails: SAYS}, frozenset())


def test_every_project_is_tried() -> None:
    assert sorted(NAMES) == sorted(path.parent.name for path in EXAMPLES.glob("*/pyproject.toml"))


@pytest.mark.parametrize("example", NAMES)
def test_the_planted_bug_still_fits_and_its_test_is_there(example: str, tmp_path: Path) -> None:
    copy = tmp_path / example
    copytree(EXAMPLES / example, copy)
    plant(copy)
    path, _, test = planted_in(copy).fails.partition("::")
    assert f"def {test}(" in (copy / path).read_text(encoding="utf-8")


def test_a_diff_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / PLANTED).write_text("--- a/none.py\n+++ b/none.py\n@@ -1 +1 @@\n-a\n+b\n")
    with pytest.raises(ExampleError, match="does not apply"):
        plant(tmp_path)
    with pytest.raises(ExampleError, match="must begin"):
        planted_in(tmp_path)


def test_a_bug_that_its_test_alone_finds_is_found() -> None:
    BUG.require_found(CLEAN, FOUND)


@pytest.mark.parametrize(
    ("ran", "why"),
    [
        (CLEAN, "found by no test"),
        (
            Outcomes(frozenset(), {**FOUND.failed, "tests/test_a.py::test_one": ""}, frozenset()),
            ",",
        ),
        (Outcomes(frozenset(), FOUND.failed, frozenset()), "not every other test passed"),
        (Outcomes(FOUND.passed, {BUG.fails: SAYS.replace("2,", "3,")}, frozenset()), "at call 3"),
        (Outcomes(FOUND.passed, {BUG.fails: "ImportError"}, frozenset()), "names None"),
    ],
)
def test_one_that_is_found_otherwise_is_refused(ran: Outcomes, why: str) -> None:
    with pytest.raises(ExampleError, match=why):
        BUG.require_found(CLEAN, ran)


@pytest.mark.parametrize(
    ("ran", "why"),
    [
        (Outcomes(frozenset(), {}, frozenset()), "No test ran"),
        (Outcomes(CLEAN.passed, {}, frozenset({"tests/test_a.py::test_b"})), "test_b was skipped"),
        (FOUND, "broken"),
    ],
)
def test_what_is_not_green_is_refused(ran: Outcomes, why: str) -> None:
    with pytest.raises(ExampleError, match=why):
        ran.require_green()


def test_pytests_own_report_is_understood(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.mkdir("tests").joinpath("test_a.py").write_text(
        "import pytest\n"
        "def test_one(): pass\n"
        "def test_two(): pytest.fail('because')\n"
        "def test_three(): pytest.skip()\n"
        "@pytest.fixture\n"
        "def broken(): raise ValueError('so')\n"
        "def test_four(broken): pass\n"
    )
    report = tmp_path / "report.xml"
    pytester.runpytest_inprocess(f"--junitxml={report}")
    ran = outcomes_in(report)
    assert ran.passed == {"tests/test_a.py::test_one"}
    assert ran.skipped == {"tests/test_a.py::test_three"}
    assert set(ran.failed) == {"tests/test_a.py::test_two", "tests/test_a.py::test_four"}
    assert "because" in ran.failed["tests/test_a.py::test_two"]
