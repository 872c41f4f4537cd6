"""`live`: asked for twice, on the settings of the user, and only with what the test itself made.

The account is a fake that is served on loopback.
"""

from __future__ import annotations

import pytest

from rai_jobs_fakes import FakeBackend, Fault, JobScript

from .conftest import CREATE, RunPytest

LIVE = ("--jobs-over=live", "--jobs-live")


def states(account: FakeBackend) -> list[str]:
    return [each.state.value for each in account.executions]


class TestLeave:
    def test_without_it_nothing_starts(self, run_pytest: RunPytest, account: FakeBackend) -> None:
        result = run_pytest(CREATE, "--jobs-over", "gateway,live")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*real account: allow it with --jobs-live*"])
        assert not account.transcript

    def test_without_it_a_marked_test_is_skipped(
        self, run_pytest: RunPytest, account: FakeBackend
    ) -> None:
        marked = f"import pytest\npytestmark = pytest.mark.jobs_over('live')\n{CREATE}"
        result = run_pytest(marked, "-rs")
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED*jobs_over: `live` needs --jobs-live"])
        assert not account.transcript

    def test_without_it_a_marked_test_runs_over_its_other_faces(
        self, run_pytest: RunPytest, account: FakeBackend
    ) -> None:
        marked = f"import pytest\npytestmark = pytest.mark.jobs_over('live', 'http')\n{CREATE}"
        run_pytest(marked).assert_outcomes(passed=1)
        assert not account.transcript

    def test_all_is_not_live(self, run_pytest: RunPytest, account: FakeBackend) -> None:
        run_pytest(CREATE, "--jobs-over=all", "--jobs-live").assert_outcomes(passed=5)
        assert not account.transcript

    @pytest.mark.parametrize(
        ("arguments", "ini"),
        [(LIVE, ""), ((), "jobs_over = live\njobs_live = true"), (LIVE[:1], "jobs_live = yes")],
    )
    def test_with_it_the_same_test_runs_there(
        self, run_pytest: RunPytest, account: FakeBackend, arguments: tuple[str, ...], ini: str
    ) -> None:
        run_pytest(CREATE, *arguments, ini=ini).assert_outcomes(passed=1)
        assert states(account) == ["COMPLETED"]

    def test_beside_the_fake(self, run_pytest: RunPytest, account: FakeBackend) -> None:
        result = run_pytest(CREATE, "--jobs-over=gateway,live", "--jobs-live", "-v")
        result.stdout.fnmatch_lines(["*test_it?gateway? PASSED*", "*test_it?live? PASSED*"])
        assert states(account) == ["COMPLETED"]

    @pytest.mark.parametrize(
        "what",
        [
            "@pytest.mark.jobs_script(JobScript())\ndef test_it(jobs_client)",
            "@pytest.mark.jobs_faults(Fault.http(500))\ndef test_it(jobs_client)",
            "def test_it(jobs_client, fake_backend)",
        ],
    )
    def test_what_says_what_happens_is_skipped(
        self, run_pytest: RunPytest, account: FakeBackend, what: str
    ) -> None:
        head = "import pytest\nfrom rai_jobs_fakes import Fault, JobScript\n"
        result = run_pytest(f"{head}{what}:\n    pass\n", *LIVE, "-rs")
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED*a real account does not do what `*` says"])
        assert not account.transcript


class TestNothingElseIsTouched:
    @pytest.fixture
    def others(self, account: FakeBackend) -> str:
        account.script(JobScript(run_s=3600))
        return account.jobs().create("Prescriptive", "solver-1", {"n": 1}).id

    @pytest.mark.parametrize(
        "cancel",
        [
            "jobs_client.cancel('Prescriptive', 'OTHERS')",
            "jobs_client.gateway.cancel('prescriptive', 'OTHERS')",
            "jobs_client.cancel(*[(j.reasoner_type, j.id) for j in jobs_client.list()][0])",
        ],
    )
    def test_what_the_test_did_not_create_is_not_cancelled(
        self, run_pytest: RunPytest, account: FakeBackend, others: str, cancel: str
    ) -> None:
        result = run_pytest(
            "import pytest\nfrom rai_jobs import JobInvalidRequestError\n"
            "def test_it(jobs_client):\n"
            "    with pytest.raises(JobInvalidRequestError, match='not created by this test'):\n"
            f"        {cancel.replace('OTHERS', others)}\n",
            *LIVE,
        )
        result.assert_outcomes(passed=1)
        assert states(account) == ["RUNNING"]
        assert not [each for each in account.transcript if each.call.operation == "cancel"]

    def test_what_it_created_it_may_cancel(
        self, run_pytest: RunPytest, account: FakeBackend, others: str
    ) -> None:
        result = run_pytest(
            "def test_it(jobs_client):\n"
            "    jobs_client.create('Prescriptive', 'solver-1', {}).cancel()\n",
            *LIVE,
            "--jobs-strict",
        )
        result.assert_outcomes(passed=1)
        assert states(account) == ["RUNNING", "CANCELED"]

    @pytest.mark.parametrize("ends", ["pass", "assert 0", "raise KeyboardInterrupt"])
    def test_what_it_left_running_is_cancelled_however_it_ends(
        self, run_pytest: RunPytest, account: FakeBackend, others: str, ends: str
    ) -> None:
        run_pytest(
            "def test_it(jobs_client):\n"
            f"    jobs_client.create('Prescriptive', 'solver-1', {{}})\n    {ends}\n",
            *LIVE,
            "-Wignore::UserWarning",
            no_reraise_ctrlc=True,
        )
        assert states(account) == ["RUNNING", "CANCELED"]

    def test_what_it_left_running_is_left_over(
        self, run_pytest: RunPytest, account: FakeBackend, others: str
    ) -> None:
        result = run_pytest(
            "def test_it(jobs_client):\n    jobs_client.create('Prescriptive', 's', {})\n",
            *LIVE,
            "--jobs-strict",
        )
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(
            ["  execution * was left RUNNING, and cancelled, created at */test_theirs.py:2"]
        )

    def test_one_that_cannot_be_cancelled_does_not_save_the_next(
        self, run_pytest: RunPytest, account: FakeBackend, others: str
    ) -> None:
        account.faults.inject(Fault.http(403, operation="cancel"))
        result = run_pytest(
            "def test_it(jobs_client):\n    for name in 'ab':\n"
            "        jobs_client.create('Prescriptive', name, {})\n",
            *LIVE,
            "--jobs-strict",
        )
        assert states(account) == ["RUNNING", "RUNNING", "CANCELED"]
        result.stdout.fnmatch_lines(
            ["  execution * may run on, created at */test_theirs.py:3: JobAuthError: *"]
        )

    def test_recording_cancels_nothing_else_either(
        self, run_pytest: RunPytest, account: FakeBackend, others: str
    ) -> None:
        result = run_pytest(
            "import pytest\nfrom rai_jobs import JobInvalidRequestError\n"
            "def test_it(jobs_client):\n    jobs_client.list('Logic')\n"
            "    with pytest.raises(JobInvalidRequestError, match='not created by this test'):\n"
            f"        jobs_client.cancel('Prescriptive', '{others}')\n",
            "--jobs-over=cassette",
            "--jobs-record=once",
        )
        result.assert_outcomes(passed=1)
        assert states(account) == ["RUNNING"]


def test_the_settings_of_the_user_count(
    run_pytest: RunPytest, account: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAI_JOBS_WAIT_MAX_FAILURES", "3")
    result = run_pytest(
        "def test_it(jobs_client):\n    assert jobs_client.config.wait_max_failures == 3\n", *LIVE
    )
    result.assert_outcomes(passed=1)
