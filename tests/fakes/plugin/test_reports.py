"""What the report of a failing test ends with, word for word, and which backends it tells of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import RunPytest

REPORT = Path(__file__).with_name("report.txt")
SOLVE = """import pytest
from rai_jobs_fakes import JobScript, failed

@pytest.mark.jobs_script(JobScript(run_s=1, outcome=failed("infeasible")))
def test_a_solve(jobs_client):
    assert jobs_client.create_ready("Prescriptive", "solver-1", {"n": 1}).state == "COMPLETED"
"""
POLLS = """
def test_it(jobs_client):
    for _ in range(15):
        jobs_client.list("Logic")
        jobs_client.list("Logic", limit=1)
    assert 0
"""
WAITS = """
import pytest
from rai_jobs_fakes import JobScript

@pytest.mark.jobs_script(JobScript(run_s=60))
def test_it(jobs_client):
    assert jobs_client.create_ready("Predictive", "trainer", {}).state == "FAILED"
"""


def report_of(result: pytest.RunResult, begin: str, end: str = "=") -> str:
    """Return a run's output from the headline with `begin` to the next line of `end`."""
    lines = result.outlines
    first = next(n for n, line in enumerate(lines) if re.fullmatch(rf"_+ {begin} _+", line))
    last = next(n for n in range(first, len(lines)) if lines[n].startswith(end * 3))
    return "\n".join(lines[first:last])


def sections_of(result: pytest.RunResult) -> list[str]:
    """Return the titles of what we added to a run's reports."""
    return re.findall(r"^-+ (rai-jobs.*?) -+$", result.stdout.str(), re.MULTILINE)


def test_the_report_ends_with_what_the_backend_saw_and_how_to_repeat_it(
    run_pytest: RunPytest,
) -> None:
    result = run_pytest(SOLVE, name="test_solve")
    assert f"{report_of(result, 'test_a_solve')}\n" == REPORT.read_text(encoding="utf-8")


def test_what_was_never_used_so_far_is_often_why(run_pytest: RunPytest) -> None:
    result = run_pytest(
        SOLVE.replace("infeasible", "x")
        .replace(
            "@pytest", "@pytest.mark.jobs_faults(Fault.http(500, operation='cancel'))\n@pytest"
        )
        .replace("import Job", "import Fault, Job"),
        "--jobs-transcript=0",
    )
    result.stdout.fnmatch_lines(
        [
            "*- rai-jobs: timeline -*",
            "*- rai-jobs: never used so far -*",
            "no call was struck by <Fault.http(500, operation='cancel') of */test_theirs.py:4: *>",
            "*- rai-jobs: to repeat it -*",
        ]
    )


class TestHowMuch:
    def test_the_last_twenty_lines(self, run_pytest: RunPytest) -> None:
        result = run_pytest(POLLS)
        assert len(re.findall(r"list\(Logic.*\) -> 0 executions", result.stdout.str())) == 20
        result.stdout.fnmatch_lines(["(10 lines before; -vv shows all)"])

    def test_all_of_them_with_vv(self, run_pytest: RunPytest) -> None:
        result = run_pytest(POLLS, "--jobs-transcript=1", "-vv")
        assert len(re.findall(r"list\(Logic.*\) -> 0 executions", result.stdout.str())) == 30
        result.stdout.no_fnmatch_line("*lines before*")

    def test_polls_that_say_the_same_are_counted_and_with_vv_shown(
        self, run_pytest: RunPytest
    ) -> None:
        told = run_pytest(WAITS).stdout
        assert told.str().count("-> RUNNING") == 2 + 1  # the first poll, the last, and the start
        told.fnmatch_lines(
            ["00:00:00.000 * -> RUNNING", "    (118 more like it)", "00:00:59.500 *"]
        )
        assert run_pytest(WAITS, "-vv").stdout.str().count("-> RUNNING") == 120 + 1

    def test_nothing_where_nothing_was_asked(self, run_pytest: RunPytest) -> None:
        result = run_pytest("def test_it(fake_backend):\n    assert 0\n", "--jobs-seed=7")
        ours = report_of(result, "test_it").split("AssertionError\n")[1].splitlines()
        assert [line.strip("- ") for line in ours] == [
            "rai-jobs: transcript",
            "Nothing was asked of the backend.",
            "rai-jobs: to repeat it",
            "jobs-seed=7",
        ]


class TestWhen:
    def test_captured_output_comes_before_and_it_ends_with_ours(
        self, run_pytest: RunPytest
    ) -> None:
        result = run_pytest("def test_it(fake_backend):\n    print('hello')\n    assert 0\n")
        result.stdout.fnmatch_lines(
            ["*Captured stdout call*", "hello", "*rai-jobs: transcript*", "--jobs-seed=*", "=*"]
        )

    @pytest.mark.parametrize("shown", ["no", "log", "stdout"])
    def test_also_where_captured_output_is_not_shown(
        self, run_pytest: RunPytest, shown: str
    ) -> None:
        result = run_pytest(POLLS, f"--show-capture={shown}")
        assert sections_of(result) == ["rai-jobs: transcript", "rai-jobs: to repeat it"]

    def test_once_where_the_teardown_fails_too(self, run_pytest: RunPytest) -> None:
        fails = "import pytest\n@pytest.fixture\ndef late(fake_backend):\n    yield\n    1 / 0\n"
        result = run_pytest(f"{fails}def test_it(late):\n    assert 0\n")
        result.assert_outcomes(failed=1, errors=1)
        assert sections_of(result) == ["rai-jobs: transcript", "rai-jobs: to repeat it"]

    def test_where_the_setup_fails(self, run_pytest: RunPytest) -> None:
        fails = "import pytest\n@pytest.fixture\ndef late(jobs_client):\n    jobs_client.list()\n"
        result = run_pytest(f"{fails}    1 / 0\ndef test_it(late):\n    pass\n")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*rai-jobs: transcript*", "*list(Prescriptive)*"])

    @pytest.mark.parametrize(
        ("test", "outcome"),
        [
            ("def test_it(fake_backend): pass", "passed"),
            ("def test_it(fake_backend): pytest.skip()", "skipped"),
            ("@pytest.mark.xfail\ndef test_it(fake_backend): assert 0", "xfailed"),
            ("def test_it(): assert 0", "failed"),
        ],
    )
    def test_not_for(self, run_pytest: RunPytest, test: str, outcome: str) -> None:
        result = run_pytest(f"import pytest\n{test}\n", "-rA")
        result.assert_outcomes(**{outcome: 1})
        assert sections_of(result) == []


OWN = {
    "of a fixture of the test's own": """
import pytest
from rai_jobs_fakes import FakeBackend

@pytest.fixture
def backend():
    return FakeBackend(seed=3)

def test_it(backend):
    assert 0
""",
    "of a fixture that stands under what the test asks for": """
import pytest
from rai_jobs_fakes import FakeBackend

@pytest.fixture
def backend():
    return FakeBackend(seed=3)

@pytest.fixture
def jobs(backend):
    return backend.jobs()

def test_it(jobs):
    assert 0
""",
    "in a variable": """
from rai_jobs_fakes import FakeBackend

def test_it():
    made = FakeBackend(seed=3)
    assert 0
""",
    "drawn by hypothesis": """
from hypothesis import given, settings
from rai_jobs_fakes.strategies import backends

@settings(database=None)
@given(backends(seed=3))
def test_it(backend):
    assert 0
""",
}


class TestWhose:
    @pytest.mark.parametrize("source", OWN.values(), ids=OWN)
    def test_a_backend(self, run_pytest: RunPytest, source: str) -> None:
        result = run_pytest(source)
        result.assert_outcomes(failed=1)
        assert sections_of(result) == ["rai-jobs: transcript", "rai-jobs: to repeat it"]
        assert "FakeBackend(seed=3)" in result.outlines

    def test_each_of_several_by_its_number(self, run_pytest: RunPytest) -> None:
        result = run_pytest(
            "from rai_jobs_fakes import FakeBackend\n"
            "def test_it(fake_backend):\n    other = FakeBackend()\n    assert 0\n"
        )
        assert sections_of(result) == [
            "rai-jobs: transcript",
            "rai-jobs: to repeat it",
            "rai-jobs, backend 2: transcript",
            "rai-jobs, backend 2: to repeat it",
        ]

    def test_none_is_kept_once_the_test_is_over(self, run_pytest: RunPytest) -> None:
        result = run_pytest(
            """
            import gc
            import weakref

            kept = []

            def test_one(fake_backend, jobs_client):
                jobs_client.list()
                kept.append(weakref.ref(fake_backend))

            def test_two():
                gc.collect()
                assert kept[0]() is None
            """
        )
        result.assert_outcomes(passed=2)


class TestAsserting:
    def test_an_expectation_tells_the_nearest_and_the_transcript_around_it(
        self, run_pytest: RunPytest
    ) -> None:
        result = run_pytest(
            "from rai_jobs_fakes import containing, expect\n"
            "def test_it(fake_backend, jobs_client):\n"
            "    jobs_client.create_ready('Prescriptive', 'solver-1', {'model': 'x', 'gap': 1})\n"
            "    expect(fake_backend).created(payload=containing({'model': 'y'}))\n"
        )
        result.stdout.fnmatch_lines(
            [
                "E * Expected an execution created with payload=containing({'model': 'y'});"
                " none of 1 create fit.",
                "E * Nearest: call 1, *create(Prescriptive, solver-1, *",
                "E * payload.model: expected 'y', was 'x'",
                "E * The transcript around it:",
            ]
        )

    def test_a_plain_assert_on_executions_says_what_they_are(self, run_pytest: RunPytest) -> None:
        result = run_pytest(
            "def test_it(fake_backend, jobs_client):\n"
            "    jobs_client.create('Prescriptive', 'solver-1', {'n': 1})\n"
            "    assert fake_backend.executions == ()\n",
            "-vv",
        )
        result.stdout.re_match_lines(
            [
                r"E +(?:AssertionError: )?assert \(<COMPLETED Prescriptive 'solver-1' of fake_user,"
                r" [0-9a-f-]{36}, {\"n\": 1}>,\) == \(\)"
            ]
        )


SHARED = """
import pytest
from rai_jobs_fakes import FakeBackend

@pytest.fixture(scope="module")
def fake_backend():
    return FakeBackend()

def test_first(fake_backend):
    fake_backend.jobs().list()

def test_plain():
    assert 0

def test_by_client(jobs_client):
    assert 0
"""


def test_a_backend_of_a_module_is_told_of_by_its_users_alone(run_pytest: RunPytest) -> None:
    result = run_pytest(SHARED)
    result.assert_outcomes(passed=1, failed=2)
    assert sections_of(result).count("rai-jobs: transcript") == 1
    assert "rai-jobs: transcript" in report_of(result, "test_by_client")
