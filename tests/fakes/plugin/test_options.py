"""Options and ini settings: each form of each, which one wins, what is refused at the start."""

from __future__ import annotations

import pytest

from .conftest import CREATE, RunPytest

SEED = "def test_it(fake_backend):\n    assert fake_backend.seed == 7\n"
UNUSED = (
    "from rai_jobs_fakes import JobScript\n"
    "def test_it(fake_backend):\n    fake_backend.script(JobScript())\n"
)
FAILING = "def test_it(jobs_client):\n    jobs_client.list()\n    assert 0\n"


class TestOver:
    def test_all_is_every_face_of_the_fake(self, run_pytest: RunPytest) -> None:
        result = run_pytest(CREATE, "--jobs-over", "all", "-v")
        result.assert_outcomes(passed=5)
        result.stdout.fnmatch_lines(
            [f"*test_it?{each}? PASSED*" for each in ("gateway", "http", "sql", "wire", "server")]
        )

    @pytest.mark.parametrize("given", ["gateway,http", "gateway, http", "http gateway,http"])
    def test_a_list_runs_each_once(self, run_pytest: RunPytest, given: str) -> None:
        run_pytest(CREATE, f"--jobs-over={given}").assert_outcomes(passed=2)

    @pytest.mark.parametrize("given", ["gateway,http", "\n    gateway\n    http"])
    def test_the_ini_setting_means_the_same(self, run_pytest: RunPytest, given: str) -> None:
        run_pytest(CREATE, ini=f"jobs_over = {given}").assert_outcomes(passed=2)

    def test_the_option_wins_over_the_ini_setting(self, run_pytest: RunPytest) -> None:
        result = run_pytest(CREATE, "--jobs-over=sql,http", "-v", ini="jobs_over = gateway")
        result.stdout.fnmatch_lines(["*test_it?sql? PASSED*", "*test_it?http? PASSED*"])

    def test_a_marker_wins_over_both(self, run_pytest: RunPytest) -> None:
        marked = f"import pytest\npytestmark = pytest.mark.jobs_over('http', 'sql')\n{CREATE}"
        run_pytest(marked, "--jobs-over", "gateway").assert_outcomes(passed=2)

    def test_parameters_of_the_test_win_over_all(self, run_pytest: RunPytest) -> None:
        marked = (
            "import pytest\n@pytest.mark.parametrize('n, jobs_over', [(1, 'http'), (2, 'sql'),"
            " (3, 'gateway')], indirect=['jobs_over'])\ndef test_it(n, jobs_over, jobs_client):\n"
            "    assert jobs_client.list() == []\n"
        )
        run_pytest(marked, "--jobs-over=gateway,http").assert_outcomes(passed=3)

    def test_one_face_leaves_the_tests_names_as_they_are(self, run_pytest: RunPytest) -> None:
        result = run_pytest(CREATE, "--jobs-over=http", "-v")
        result.stdout.fnmatch_lines(["test_theirs.py::test_it PASSED*"])

    def test_a_test_without_the_client_runs_once(self, run_pytest: RunPytest) -> None:
        run_pytest("def test_it(fake_backend):\n    pass\n", "--jobs-over=all").assert_outcomes(
            passed=1
        )


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [("seed", "7", SEED), ("over", "http", CREATE), ("record", "new", CREATE)],
)
class TestForms:
    def test_an_option_with_an_equals_sign(
        self, run_pytest: RunPytest, name: str, value: str, source: str
    ) -> None:
        run_pytest(source, f"--jobs-{name}={value}").assert_outcomes(passed=1)

    def test_an_option_with_a_blank(
        self, run_pytest: RunPytest, name: str, value: str, source: str
    ) -> None:
        run_pytest(source, f"--jobs-{name}", value).assert_outcomes(passed=1)

    def test_an_ini_setting(
        self, run_pytest: RunPytest, name: str, value: str, source: str
    ) -> None:
        run_pytest(source, ini=f"jobs_{name} = {value}").assert_outcomes(passed=1)

    def test_an_ini_setting_on_the_command_line(
        self, run_pytest: RunPytest, name: str, value: str, source: str
    ) -> None:
        run_pytest(source, "-o", f"jobs_{name}={value}").assert_outcomes(passed=1)

    def test_addopts(self, run_pytest: RunPytest, name: str, value: str, source: str) -> None:
        run_pytest(source, ini=f"addopts = --jobs-{name}={value}").assert_outcomes(passed=1)


class TestStrict:
    @pytest.mark.parametrize(
        ("arguments", "ini", "errors"),
        [
            (["--jobs-strict"], "", 1),
            ([], "jobs_strict = true", 1),
            (["-o", "jobs_strict=false"], "jobs_strict = true", 0),
            (["--jobs-strict"], "jobs_strict = false", 1),
            ([], "", 0),
        ],
    )
    def test_it_is_switched(
        self, run_pytest: RunPytest, arguments: list[str], ini: str, errors: int
    ) -> None:
        result = run_pytest(UNUSED, "-W", "default", *arguments, ini=ini)
        result.assert_outcomes(passed=1, errors=errors, warnings=1 - errors)


@pytest.mark.parametrize("lines", [0, 1, 2])
@pytest.mark.parametrize("form", ["option", "ini"])
def test_a_transcript_has_as_many_lines_as_are_wanted(
    run_pytest: RunPytest, lines: int, form: str
) -> None:
    given = (f"--jobs-transcript={lines}",) if form == "option" else ()
    ini = "" if given else f"jobs_transcript = {lines}"
    result = run_pytest(FAILING, *given, ini=ini)
    begin, end = (
        next(n for n, line in enumerate(result.outlines) if f"rai-jobs: {each} -" in line)
        for each in ("transcript", "to repeat it")
    )
    shown = [line for line in result.outlines[begin + 1 : end] if line.startswith("00:00")]
    assert len(shown) == lines
    assert f"({3 - lines} lines before; -vv shows all)" in result.outlines


def test_help_tells_of_each(run_pytest: RunPytest) -> None:
    result = run_pytest("", "--help")
    text = result.stdout.str()
    for each in ("over", "record", "seed", "transcript", "strict", "live"):
        assert f"--jobs-{each}" in text
        assert f"  jobs_{each} " in text


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("over", "carrier-pigeon", "'carrier-pigeon' is not known: use gateway, http, *, or all."),
        ("over", ",", "names no face: use gateway, http, *, or all."),
        ("over", "live", "`live` runs tests on a real account: allow it with --jobs-live."),
        ("record", "always", "must be one of none, once, new, all; got 'always'."),
        ("seed", "lucky", "must be a whole number, 0 or more; got 'lucky'."),
        ("seed", "-1", "must be a whole number, 0 or more; got '-1'."),
        ("transcript", "1.5", "must be a whole number, 0 or more; got '1.5'."),
    ],
)
@pytest.mark.parametrize("form", ["option", "ini"])
def test_what_makes_no_sense_is_refused_before_a_test_runs(
    run_pytest: RunPytest, form: str, name: str, value: str, why: str
) -> None:
    given = (f"--jobs-{name}={value}",) if form == "option" else ()
    ini = "" if given else f"jobs_{name} = {value}"
    result = run_pytest(CREATE, *given, ini=ini)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: jobs_{name}: {why}"])
    result.stdout.no_fnmatch_line("*collected*")


@pytest.mark.parametrize("name", ["strict", "live"])
def test_a_switch_that_is_neither_on_nor_off_is_refused(run_pytest: RunPytest, name: str) -> None:
    result = run_pytest(CREATE, ini=f"jobs_{name} = perhaps")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: jobs_{name}: *perhaps*"])


def test_a_run_inherits_no_options_of_the_one_around_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--jobs-strict --no-such-option")
    run_pytest: RunPytest = request.getfixturevalue("run_pytest")
    run_pytest(SEED, "--jobs-seed=7").assert_outcomes(passed=1)


def test_a_face_that_a_test_names_by_itself_is_known_too(run_pytest: RunPytest) -> None:
    named = f"import pytest\n@pytest.mark.parametrize('jobs_over', ['htttp', 'http,sql']){CREATE}"
    result = run_pytest(named)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["jobs_over: 'htttp' is not known: use gateway, http, *"])
    result.stdout.fnmatch_lines(["jobs_over: 'http,sql' is several: a client is over one."])


def test_no_proxy_of_the_environment_is_asked_for_what_is_on_this_machine(
    run_pytest: RunPytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody listens
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "elsewhere.test")
    run_pytest(CREATE, "--jobs-over=server,wire").assert_outcomes(passed=2)
