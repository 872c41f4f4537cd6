"""Each fixture, all of them on one backend, and each redefined wherever pytest lets one do so."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib

import pytest

from .conftest import RunPytest

HEAVY = (
    "click",
    "duckdb",
    "httpx",
    "hypothesis",
    "pydantic",
    "rai_jobs.client",
    "rai_jobs_cassettes",
    "rai_jobs_fakes.backend",
    "rai_jobs_fakes.machine",
    "snowflake",
    "sqlglot",
    "starlette",
    "uvicorn",
    "vcr",
    "yaml",
)
UNUSED = f"""
import sys

def test_it():
    pass

def test_that_fails():
    assert [each for each in {HEAVY!r} if each in sys.modules] == "nothing"
"""
FIXTURES = {
    "fake_backend": "assert type(it.clock).__name__ == 'VirtualClock'",
    "jobs_client": "assert it.create_ready('Prescriptive', 's', {}).state == 'COMPLETED'",
    "jobs_over": "assert it == 'gateway'",
    "fake_server": "assert it.running and it.url.startswith('http://127.0.0.1:')",
    "snowflake_connection": "assert it.cursor().execute('SELECT 1').fetchall() == [(1,)]",
    "snowpark_session": "assert it.sql('SELECT 1').collect()[0][0] == 1",
    "relationalai_jobs": "assert it.list() == []",
}


def test_a_suite_that_uses_none_loads_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(UNUSED)
    # Other plugins load what they like; this is about ours.
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    options = ["-p", "rai_jobs_fakes.plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", *options],
        env=alone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "assert [] == 'nothing'" in done.stdout, done.stdout + done.stderr
    assert "rai-jobs:" not in done.stdout


@pytest.mark.parametrize("name", FIXTURES)
def test_it_gives_what_it_says(run_pytest: RunPytest, name: str) -> None:
    result = run_pytest(
        f"def test_it({name}):\n    it = {name}\n    {FIXTURES[name]}\n", "--jobs-strict"
    )
    wanted = [{"passed": 1}, {"skipped": 1}] if name == "relationalai_jobs" else [{"passed": 1}]
    assert result.parseoutcomes() in wanted


def test_all_of_them_share_one_backend(run_pytest: RunPytest) -> None:
    result = run_pytest(
        """
        def test_it(fake_backend, jobs_client, fake_server, snowflake_connection, snowpark_session):
            made = jobs_client.create("Prescriptive", "solver-1", {"n": 1})
            assert fake_server.url in fake_backend.served_at
            listed = "SELECT id FROM RELATIONALAI.api.jobs"
            assert snowflake_connection.cursor().execute(listed).fetchall() == [(made.id,)]
            assert [row[0] for row in snowpark_session.sql(listed).collect()] == [made.id]
        """
    )
    result.assert_outcomes(passed=1)


def test_each_test_has_a_backend_of_its_own_with_the_seed_of_its_name(
    run_pytest: RunPytest,
) -> None:
    seed = zlib.crc32(b"test_theirs.py::TestThem::test_it[a]")
    result = run_pytest(
        f"""
        import pytest

        class TestThem:
            @pytest.mark.parametrize("letter", ["a", "b"])
            def test_it(self, fake_backend, jobs_client, letter):
                jobs_client.create_ready("Prescriptive", "s", {{}})
                assert len(fake_backend.executions) == 1
                assert (fake_backend.seed == {seed}) is (letter == "a")
        """
    )
    result.assert_outcomes(passed=2)


def test_what_they_gave_is_closed_when_the_test_ends(run_pytest: RunPytest) -> None:
    result = run_pytest(
        """
        import pytest
        import rai_jobs

        kept = []

        def test_it(fake_backend, fake_server, snowflake_connection, jobs_client):
            own = fake_backend.serve().__enter__()
            kept.extend([fake_server, own, snowflake_connection, jobs_client])
            raise ValueError("whatever happens")

        def test_after_it():
            server, own, connection, jobs = kept
            assert not server.running and not own.running and connection.is_closed()
            with pytest.raises(rai_jobs.JobInvalidRequestError, match="closed"):
                jobs.list()
        """,
        "--jobs-over=http",
    )
    result.assert_outcomes(passed=1, failed=1)


BACKEND = "FakeBackend(app='MINE')"
MINE = """
def test_it(jobs_client, fake_backend, fake_server, snowflake_connection):
    jobs_client.create_ready('Prescriptive', 's', {})
    assert fake_backend.app == 'MINE' and len(fake_backend.executions) == 1
    assert fake_server.url in fake_backend.served_at
"""
HEAD = "import pytest\nfrom rai_jobs_fakes import FakeBackend, JobScript\n"
REDEFINED = f"@pytest.fixture\ndef fake_backend():\n    return {BACKEND}\n"


class TestRedefined:
    def test_in_a_conftest_it_stands_under_the_others(self, run_pytest: RunPytest) -> None:
        run_pytest(MINE, conftest=HEAD + REDEFINED).assert_outcomes(passed=1)

    def test_in_a_module(self, run_pytest: RunPytest) -> None:
        run_pytest(HEAD + REDEFINED + MINE).assert_outcomes(passed=1)

    def test_in_a_class_and_nowhere_else(self, run_pytest: RunPytest) -> None:
        result = run_pytest(
            f"""
            import pytest
            from rai_jobs_fakes import FakeBackend

            class TestMine:
                @pytest.fixture
                def fake_backend(self):
                    return {BACKEND}

                def test_it(self, snowflake_connection, fake_backend):
                    assert fake_backend.app == "MINE"

            def test_other(fake_backend):
                assert fake_backend.app == "RELATIONALAI"
            """
        )
        result.assert_outcomes(passed=2)

    def test_by_means_of_the_one_before(self, run_pytest: RunPytest) -> None:
        result = run_pytest(
            """
            import pytest
            from rai_jobs_fakes import JobScript

            @pytest.fixture
            def fake_backend(fake_backend):
                fake_backend.add_user("ann")
                return fake_backend

            @pytest.mark.jobs_script(JobScript(run_s=4))
            def test_it(fake_backend, jobs_client):
                assert fake_backend.jobs("ann").list() == []
                jobs_client.create_ready("Prescriptive", "s", {})
                assert fake_backend.clock.monotonic() >= 4
                assert 0, "to see the report"
            """,
            "--jobs-seed=7",
        )
        result.assert_outcomes(failed=1)
        assert [line for line in result.outlines if "seed=" in line] == ["--jobs-seed=7"]

    def test_its_markers_report_and_leftovers_are_as_of_ours(self, run_pytest: RunPytest) -> None:
        marked = "@pytest.mark.jobs_script(JobScript(run_s=4))\n@pytest.mark.jobs_script(JobScript"
        result = run_pytest(
            f"{HEAD}{REDEFINED}{marked}(), name='x')\ndef test_it(fake_backend, jobs_client):\n"
            "    jobs_client.create_ready('Prescriptive', 's', {})\n"
            "    assert fake_backend.clock.monotonic() >= 4\n",
            "--jobs-strict",
        )
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(
            [
                "  no execution lived by */test_theirs.py:7: any type, 'x'*",
                "*- rai-jobs: transcript -*",
                "FakeBackend(seed=0)",
            ]
        )

    def test_for_a_module_it_is_marked_by_the_module_and_looked_over_at_its_end(
        self, run_pytest: RunPytest
    ) -> None:
        shared = REDEFINED.replace("fixture", "fixture(scope='module')")
        result = run_pytest(
            f"{HEAD}pytestmark = pytest.mark.jobs_script(JobScript(run_s=4))\n{shared}"
            "def test_one(jobs_client):\n    jobs_client.create('Prescriptive', 's', {})\n"
            "def test_two(jobs_client):\n    assert len(jobs_client.list()) == 1\n",
            "--jobs-strict",
        )
        result.assert_outcomes(passed=2, errors=1)
        result.stdout.fnmatch_lines(
            [
                "*at teardown of test_two*",
                "  execution * was left RUNNING, created at */test_theirs.py:8",
                "*- rai-jobs: transcript -*",
            ]
        )

    @pytest.mark.parametrize(
        ("name", "value"),
        [("jobs_client", "'mine'"), ("fake_server", "'mine'"), ("jobs_over", "'http'")],
    )
    def test_any_other_one(self, run_pytest: RunPytest, name: str, value: str) -> None:
        result = run_pytest(
            f"import pytest\n@pytest.fixture\ndef {name}():\n    return {value}\n"
            f"def test_it(request, jobs_client):\n"
            f"    assert request.getfixturevalue('{name}') == {value}\n"
            "    assert jobs_client == 'mine' or jobs_client.list() == []\n",
            "--jobs-over=gateway,sql",
        )
        wanted = 2 if name == "fake_server" else 1
        result.assert_outcomes(passed=wanted)

    def test_what_is_no_backend_is_left_alone(self, run_pytest: RunPytest) -> None:
        none = REDEFINED.replace(BACKEND, "None")
        run_pytest(
            f"{HEAD}{none}def test_it(fake_backend):\n    assert fake_backend is None\n",
            "--jobs-strict",
        ).assert_outcomes(passed=1)


def test_a_coroutine_is_a_test_as_any_other(run_pytest: RunPytest) -> None:
    result = run_pytest(
        """
        import httpx
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_it(fake_http, jobs_client):
            made = jobs_client.create("Prescriptive", "s", {})
            async with httpx.AsyncClient(base_url="https://rai.invalid") as client:
                answer = await client.get(f"/v1alpha1/jobs/prescriptive/{made.id}")
            assert made.id in answer.text
        """
    )
    result.assert_outcomes(passed=1)
