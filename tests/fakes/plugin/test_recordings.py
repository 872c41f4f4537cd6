"""`jobs_cassette`, and `jobs_client` over it: where the file is, when it is written and used."""

from __future__ import annotations

import pytest

from rai_jobs_fakes import FakeBackend, JobScript

from .conftest import CREATE, RunPytest

OVER = "--jobs-over=cassette"
HERE = "cassettes/test_theirs/test_it.yaml"


@pytest.fixture
def recorded(run_pytest: RunPytest, account: FakeBackend) -> FakeBackend:
    run_pytest(CREATE, OVER, "--jobs-record=once").assert_outcomes(passed=1)
    account.reset()
    return account


def test_it_is_recorded_beside_the_test_and_played_without_a_network(
    run_pytest: RunPytest, recorded: FakeBackend, pytester: pytest.Pytester
) -> None:
    assert (pytester.path / HERE).exists()
    run_pytest(CREATE, OVER, "--jobs-strict").assert_outcomes(passed=1)
    assert not recorded.transcript


@pytest.mark.parametrize(
    ("mode", "asks"), [("none", False), ("once", False), ("new", False), ("all", True)]
)
def test_the_mode_says_whether_the_account_is_asked(
    run_pytest: RunPytest, recorded: FakeBackend, mode: str, *, asks: bool
) -> None:
    run_pytest(CREATE, OVER, f"--jobs-record={mode}").assert_outcomes(passed=1)
    assert bool(recorded.transcript) is asks


def test_the_markers_mode_wins(run_pytest: RunPytest, recorded: FakeBackend) -> None:
    marked = f"import pytest\npytestmark = pytest.mark.jobs_cassette(mode='none')\n{CREATE}"
    run_pytest(marked, OVER, "--jobs-record=all").assert_outcomes(passed=1)
    assert not recorded.transcript


def test_the_markers_file_is_beside_the_test(
    run_pytest: RunPytest, recorded: FakeBackend, pytester: pytest.Pytester
) -> None:
    (pytester.path / HERE).rename(pytester.path / "mine.yaml")
    marked = "import pytest\n@pytest.mark.jobs_cassette('mine.yaml', repeats='last')"
    run_pytest(f"{marked}{CREATE}", OVER, "--jobs-strict").assert_outcomes(passed=1)


def test_what_is_not_recorded_is_refused_with_what_to_do(run_pytest: RunPytest) -> None:
    result = run_pytest(CREATE, OVER)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f'*{HERE} is not there*record it first, with `mode="once"`.'])


class TestNeverAskedFor:
    UNASKED = "import pytest\n@pytest.mark.jobs_cassette()\ndef test_it(jobs_cassette):\n    LAST\n"

    def test_it_is_warned_of(self, run_pytest: RunPytest, recorded: FakeBackend) -> None:
        result = run_pytest(self.UNASKED.replace("LAST", "pass"), "-W", "default")
        result.assert_outcomes(passed=1, warnings=1)
        result.stdout.fnmatch_lines(["*recorded and never asked for: number 1 (line *): *"])

    def test_it_fails_under_strict_with_its_line_and_the_tests(
        self, run_pytest: RunPytest, recorded: FakeBackend
    ) -> None:
        result = run_pytest(self.UNASKED.replace("LAST", "pass"), "--jobs-strict")
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(
            [
                "Left over under --jobs-strict:",
                f"  *{HERE}: *number 1 (line *): *; used at */test_theirs.py:2",
            ]
        )

    def test_it_is_not_told_of_a_test_that_failed(
        self, run_pytest: RunPytest, recorded: FakeBackend
    ) -> None:
        result = run_pytest(self.UNASKED.replace("LAST", "assert 0"), "--jobs-strict")
        result.assert_outcomes(failed=1)

    def test_the_marker_is_strict_by_itself(
        self, run_pytest: RunPytest, recorded: FakeBackend
    ) -> None:
        strict = self.UNASKED.replace("()", "(strict=True)", 1).replace("LAST", "pass")
        run_pytest(strict).assert_outcomes(passed=1, errors=1)


def test_what_is_recorded_and_left_running_is_cancelled_told_and_not_recorded(
    run_pytest: RunPytest, account: FakeBackend, pytester: pytest.Pytester
) -> None:
    account.script(JobScript(run_s=900))
    left = "def test_it(jobs_client):\n    jobs_client.create('Prescriptive', 'solver-1', {})\n"
    result = run_pytest(left, OVER, "--jobs-record=once", "--jobs-strict")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*was left RUNNING, and cancelled, created at *test_theirs.py:2*"])
    assert [each.state.value for each in account.executions] == ["CANCELED"]
    assert "CANCEL" not in (pytester.path / HERE).read_text()
    account.reset()
    run_pytest(left, OVER, "--jobs-strict").assert_outcomes(passed=1)
    assert not account.transcript


@pytest.mark.parametrize("mode", ["none", "once"])
def test_a_recording_does_not_do_what_a_script_says(
    run_pytest: RunPytest, account: FakeBackend, mode: str
) -> None:
    marked = "import pytest\nfrom rai_jobs_fakes import JobScript\n"
    marked += f"pytestmark = pytest.mark.jobs_script(JobScript(run_s=5))\n{CREATE}"
    result = run_pytest(marked, OVER, f"--jobs-record={mode}", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*a recording does not do what `jobs_script` says"])
    assert not account.transcript


def test_a_marker_alone_puts_its_recording_in_use(
    run_pytest: RunPytest, recorded: FakeBackend
) -> None:
    connects = (
        "import pytest\nfrom rai_jobs import connect_sync\n"
        f"@pytest.mark.jobs_cassette('{HERE}')\ndef test_it():\n"
        "    with connect_sync() as client:\n"
        "        job = client.jobs.create_ready('Prescriptive', 'solver-1', {'n': 1})\n"
        "    assert job.state == 'COMPLETED'\n"
    )
    run_pytest(connects).assert_outcomes(passed=1)
    assert not recorded.transcript


def test_a_test_that_could_not_connect_leaves_no_file(
    run_pytest: RunPytest, pytester: pytest.Pytester
) -> None:
    run_pytest(CREATE, OVER, "--jobs-record=once").assert_outcomes(errors=1)
    assert not (pytester.path / HERE).exists()
