"""What a test left over: told with the line that made it, failing under strict, and when not."""

from __future__ import annotations

import pytest

from .conftest import RunPytest

LEFT = {
    "script": (
        "from rai_jobs_fakes import JobScript\n"
        "def test_it(fake_backend):\n    fake_backend.script(JobScript())\n",
        "no execution lived by *test_theirs.py:3: any type, any reasoner*",
    ),
    "fault": (
        "from rai_jobs_fakes import Fault\n"
        "def test_it(fake_backend):\n    fake_backend.faults.inject(Fault.http(500))\n",
        "no call was struck by *test_theirs.py:3*",
    ),
    "execution": (
        "from rai_jobs_fakes import JobScript\ndef test_it(fake_backend, jobs_client):\n"
        "    fake_backend.script(JobScript(run_s=9))\n"
        "    jobs_client.create('Prescriptive', 's', {})\n",
        "execution * was left RUNNING, created at *test_theirs.py:4",
    ),
    "client": (
        "from rai_jobs import Config, connect_sync\ndef test_it(fake_backend):\n"
        "    connect_sync(config=Config(base_url='https://x.invalid', token='t'))\n",
        "a client was never closed, made at *test_theirs.py:3",
    ),
    "client of a session": (
        "from rai_jobs import from_session_sync\ndef test_it(snowpark_session):\n"
        "    from_session_sync(session=snowpark_session).jobs.list()\n",
        "a client was never closed, made at *test_theirs.py:3",
    ),
}


@pytest.mark.parametrize(("source", "told"), LEFT.values(), ids=LEFT)
class TestLeftOver:
    def test_it_is_warned_of_at_the_test(
        self, run_pytest: RunPytest, source: str, told: str
    ) -> None:
        result = run_pytest(source, "-W", "default")
        result.assert_outcomes(passed=1, warnings=1)
        line = 1 + source[: source.index("def test_it")].count("\n")
        result.stdout.fnmatch_lines(
            [
                f"  */test_theirs.py:{line}: JobsLeftoverWarning: *::test_it left over:",
                f"    {told}",
            ]
        )

    def test_it_fails_under_strict(self, run_pytest: RunPytest, source: str, told: str) -> None:
        result = run_pytest(source, "--jobs-strict")
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(["Left over under --jobs-strict:", f"  {told}"])
        result.stdout.no_fnmatch_line("*Traceback*")

    @pytest.mark.parametrize(
        ("last", "outcome"), [("assert 0", "failed"), ("import pytest; pytest.skip()", "skipped")]
    )
    def test_nothing_is_told_of_a_test_that_did_not_come_to_its_end(
        self, run_pytest: RunPytest, source: str, told: str, last: str, outcome: str
    ) -> None:
        result = run_pytest(f"{source}    {last}\n", "--jobs-strict")
        result.assert_outcomes(**{outcome: 1})


@pytest.mark.parametrize(
    ("how", "ending", "outcome"),
    [
        pytest.param("", "    with subtests.test():\n        assert 0", "failed", id="subtest"),
        pytest.param("@pytest.mark.xfail(strict=True)\n", "", "failed", id="passed, had to fail"),
    ],
)
def test_nothing_is_told_of_a_test_that_failed_without_an_error(
    run_pytest: RunPytest, how: str, ending: str, outcome: str
) -> None:
    if ending and int(pytest.__version__.partition(".")[0]) < 9:
        pytest.skip("this pytest has no subtests")
    result = run_pytest(
        "import pytest\nfrom rai_jobs_fakes import JobScript\n"
        f"@pytest.mark.jobs_script(JobScript())\n{how}"
        f"def test_it({'subtests' if ending else ''}):\n    pass\n{ending}\n",
        "--jobs-strict",
    )
    assert result.parseoutcomes().get("errors", 0) == 0
    assert result.parseoutcomes()[outcome] >= 1


CREATED = """
import threading

import pytest
from rai_jobs_fakes import JobScript

@pytest.mark.jobs_script(JobScript(run_s=9))
def test_it(jobs_client):
    jobs_client.create("Prescriptive", "s", {})
"""


@pytest.mark.parametrize("face", ["gateway", "http", "sql", "wire", "server"])
def test_the_line_is_the_tests_over_every_face(run_pytest: RunPytest, face: str) -> None:
    result = run_pytest(CREATED, "--jobs-strict", f"--jobs-over={face}")
    result.stdout.fnmatch_lines(["  execution * was left RUNNING, created at */test_theirs.py:8"])


def test_it_is_the_line_in_a_thread_that_the_test_started(run_pytest: RunPytest) -> None:
    threaded = CREATED.replace("    jobs", "    made = lambda: jobs") + (
        "    one = threading.Thread(target=made)\n    one.start()\n    one.join()\n"
    )
    result = run_pytest(threaded, "--jobs-strict")
    result.stdout.fnmatch_lines(["  execution * was left RUNNING, created at */test_theirs.py:8"])


def test_all_of_it_is_told_at_once(run_pytest: RunPytest) -> None:
    result = run_pytest(
        """
        from rai_jobs import Config, connect_sync
        from rai_jobs_fakes import Fault, JobScript

        def test_it(fake_backend, jobs_client):
            fake_backend.script(JobScript(run_s=9), name="s")
            fake_backend.script(JobScript(), name="t")
            fake_backend.faults.inject(Fault.http(500, operation="cancel"))
            jobs_client.create("Prescriptive", "s", {})
            connect_sync(config=Config(base_url="https://x.invalid", token="t"))
        """,
        "--jobs-strict",
    )
    begin = result.outlines.index("Left over under --jobs-strict:")
    told = result.outlines[begin + 1 : begin + 5]
    assert [line.split()[:3] for line in told] == [
        ["no", "execution", "lived"],
        ["no", "call", "was"],
        ["execution", told[2].split()[1], "was"],
        ["a", "client", "was"],
    ]


def test_what_was_used_and_closed_is_not_left_over(run_pytest: RunPytest) -> None:
    result = run_pytest(
        """
        from rai_jobs import connect_sync
        from rai_jobs_fakes import Fault, JobScript

        def test_it(fake_backend, fake_connect):
            fake_backend.script(JobScript(run_s=9))
            fake_backend.script(JobScript()).remove()
            fake_backend.faults.inject(Fault.http(503, operation="get"))
            fake_backend.faults.inject(Fault.http(500)).remove()
            with connect_sync() as client:
                client.jobs.create_ready("Prescriptive", "s", {})
        """,
        "--jobs-strict",
    )
    result.assert_outcomes(passed=1)


def test_one_left_over_does_not_spoil_the_next_test(run_pytest: RunPytest) -> None:
    again = "def test_next(fake_backend):\n    assert not fake_backend.faults\n"
    run_pytest(LEFT["fault"][0] + again, "--jobs-strict").assert_outcomes(passed=2, errors=1)


def test_an_interrupted_run_is_told_of_nothing(run_pytest: RunPytest) -> None:
    source = LEFT["execution"][0] + "    raise KeyboardInterrupt\n"
    result = run_pytest(source, "--jobs-strict", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.no_fnmatch_line("*eft over*")


def test_a_script_at_a_test_whose_backend_is_the_modules_is_told_of(run_pytest: RunPytest) -> None:
    result = run_pytest(
        "import pytest\nfrom rai_jobs_fakes import FakeBackend, JobScript\n"
        "@pytest.fixture(scope='module')\ndef fake_backend():\n    return FakeBackend()\n"
        "@pytest.mark.jobs_script(JobScript())\n"
        "def test_it(jobs_client):\n    jobs_client.list()\n",
        "--jobs-strict",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["  jobs_script at *test_theirs.py:6 is for `fake_backend`*"])
