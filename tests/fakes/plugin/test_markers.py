"""Markers: where they may stand, in which order they count, and what they do not take."""

from __future__ import annotations

import re

import pytest

from .conftest import RunPytest

HEAD = """import pytest
from rai_jobs_fakes import Fault, JobScript, failed
"""


def test_they_are_registered(run_pytest: RunPytest) -> None:
    result = run_pytest("", "--markers")
    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.jobs_script(script, [*], reasoner_type=None, *): *",
            "@pytest.mark.jobs_faults(fault, [*]more): *",
            "@pytest.mark.jobs_cassette(path=None, [*], mode=None, [*][*]settings): *",
            "@pytest.mark.jobs_over(face, [*]more): *",
        ]
    )


class TestWhere:
    def test_the_nearest_script_counts_first_and_at_one_place_the_upper_one(
        self, run_pytest: RunPytest
    ) -> None:
        result = run_pytest(
            f"""{HEAD}
pytestmark = [
    pytest.mark.jobs_script(JobScript(run_s=1), name="module"),
    pytest.mark.jobs_script(JobScript(run_s=2)),
]

@pytest.mark.jobs_script(JobScript(run_s=3), name="class")
@pytest.mark.jobs_script(JobScript(run_s=4), name="class")
class TestThem:
    @pytest.mark.jobs_script(JobScript(run_s=5), name="test")
    @pytest.mark.jobs_script(JobScript(run_s=6), name="test")
    def test_it(self, fake_backend, jobs_client):
        took = {{}}
        for name in ("test", "class", "module", "other"):
            job = jobs_client.create_ready("Prescriptive", name, {{}})
            took[name] = job.duration
        assert took == {{"test": 5000, "class": 3000, "module": 1000, "other": 2000}}
""".replace("job.duration", "fake_backend.executions[-1].duration_ms"),
            "-Wignore::UserWarning",
        )
        result.assert_outcomes(passed=1)

    def test_in_the_body_of_a_class_they_count_as_listed(self, run_pytest: RunPytest) -> None:
        result = run_pytest(
            f"""{HEAD}
class TestThem:
    pytestmark = [
        pytest.mark.jobs_script(JobScript(run_s=1), times=1),
        pytest.mark.jobs_script(JobScript(run_s=2)),
    ]

    def test_it(self, fake_backend, jobs_client):
        for name in "ab":
            jobs_client.create_ready("Prescriptive", name, {{}})
        assert [each.duration_ms for each in fake_backend.executions] == [1000, 2000]
""",
        )
        result.assert_outcomes(passed=1)

    def test_faults_of_all_places_strike(self, run_pytest: RunPytest) -> None:
        result = run_pytest(
            f"""{HEAD}
pytestmark = pytest.mark.jobs_faults(Fault.http(503, operation="list"))

@pytest.mark.jobs_faults(Fault.http(503, operation="get"), Fault.http(502, operation="get"))
def test_it(fake_backend, jobs_client):
    jobs_client.list("Prescriptive")
    jobs_client.create_ready("Prescriptive", "s", {{}})
    assert [each.fired for each in fake_backend.faults] == [1, 1, 1]
""",
            "--jobs-over=http",
            "--jobs-strict",
        )
        result.assert_outcomes(passed=1)

    def test_of_one_set_of_parameters(self, run_pytest: RunPytest) -> None:
        result = run_pytest(
            f"""{HEAD}
slow = pytest.mark.jobs_script(JobScript(run_s=9))

@pytest.mark.parametrize("wanted", [0, pytest.param(9000, marks=slow)])
def test_it(fake_backend, jobs_client, wanted):
    jobs_client.create_ready("Prescriptive", "s", {{}})
    assert fake_backend.executions[0].duration_ms == wanted
"""
        )
        result.assert_outcomes(passed=2)


LINES = f"""{HEAD}
pytestmark = [
    pytest.mark.jobs_script(JobScript(), name="a"),
    pytest.mark.jobs_script(JobScript(), name="b"),
]

@pytest.mark.jobs_script(JobScript(), name="c")
class TestThem:
    @pytest.mark.usefixtures('tmp_path')
    @pytest.mark.jobs_script(JobScript(), name="d")
    @pytest.mark.jobs_faults(
        Fault.http(500),
    )
    @pytest.mark.jobs_script(JobScript(), name="e")
    def test_it(self, fake_backend):
        pass

aliased = pytest.mark.jobs_script(JobScript(), name="f")

@aliased
def test_other(fake_backend):
    pass
"""


def test_each_is_told_of_by_its_own_line(run_pytest: RunPytest) -> None:
    result = run_pytest(LINES.replace("    pass", "    assert 0"))
    result.assert_outcomes(failed=2)
    told = re.findall(r"^no .*/test_theirs\.py:(\d+)", result.stdout.str(), re.MULTILINE)
    of_the_module = ["5", "6"]
    assert told == ["12", "16", "9", *of_the_module, "13", "22", *of_the_module]


def test_what_stands_further_out_is_a_default_that_not_every_test_must_use(
    run_pytest: RunPytest,
) -> None:
    result = run_pytest(LINES, "--jobs-strict")
    result.assert_outcomes(passed=2, errors=2)
    told = re.findall(r"^  no .*/test_theirs\.py:(\d+)", result.stdout.str(), re.MULTILINE)
    assert told == ["12", "16", "13", "22"]


@pytest.mark.parametrize(
    ("marker", "why"),
    [
        ("jobs_script()", "missing 1 required positional argument"),
        ("jobs_script(1)", "`script` must be a JobScript; got 1"),
        ("jobs_script(JobScript(), JobScript())", "takes 2 positional arguments but 3"),
        ("jobs_script(JobScript(), reasoner='x')", "unexpected keyword argument 'reasoner'"),
        ("jobs_script(JobScript(), reasoner_type='x')", "Unknown `reasoner_type` 'x'"),
        ("jobs_script(JobScript(), times=0)", "`times` must be 1 or more"),
        ("jobs_faults()", "names no fault"),
        ("jobs_faults(503)", "`fault` must be made by a method of Fault; got 503"),
        ("jobs_faults(Fault.http(503, user='nobody'))", "nobody"),
        ("jobs_faults(Fault.http(503), operation='get')", "unexpected keyword argument"),
        ("jobs_over()", "names no face: use gateway, http"),
        ("jobs_over('post')", "'post' is not known: use gateway, http"),
        ("jobs_over(5)", "takes names of faces; got 5"),
        ("jobs_over(over='http')", "unexpected keyword argument 'over'"),
        ("jobs_cassette(5)", "argument should be a str|expected str"),
        ("jobs_cassette(mode='always')", "`mode` must be one of none, once, new, all"),
        ("jobs_cassette(repeat='last')", "unexpected keyword argument 'repeat'"),
        ("jobs_cassette('a', 'once')", "positional argument"),
    ],
)
def test_what_it_does_not_take_is_refused_by_the_tests_name(
    run_pytest: RunPytest, marker: str, why: str
) -> None:
    name = marker.partition("(")[0]
    asked = "jobs_cassette" if name == "jobs_cassette" else "jobs_client"
    result = run_pytest(
        f"{HEAD}\n@pytest.mark.{marker}\ndef test_it({asked}):\n    pass\n"
        f"\ndef test_other(jobs_client):\n    assert jobs_client.list() == []\n",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.re_match_lines(
        [
            ".*ERROR at setup of test_it.*",
            rf"test_theirs.py::test_it: {name}: .*({why}).*\."
            rf" It is called as {name}\(.*\); see .*/test_theirs\.py:4\.",
        ]
    )
    result.stdout.no_fnmatch_line("*() *")
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*During handling*")


class TestWithoutItsFixture:
    SOURCE = (
        f"{HEAD}\n@pytest.mark.jobs_faults(Fault.http(503))\ndef test_it(tmp_path):\n    pass\n"
    )

    def test_it_is_told_of(self, run_pytest: RunPytest) -> None:
        result = run_pytest(self.SOURCE, "-W", "default")
        result.assert_outcomes(passed=1, warnings=1)
        result.stdout.fnmatch_lines(["*jobs_faults at */test_theirs.py:4 is for `fake_backend`*"])

    def test_and_fails_under_strict(self, run_pytest: RunPytest) -> None:
        run_pytest(self.SOURCE, "--jobs-strict").assert_outcomes(passed=1, errors=1)

    @pytest.mark.parametrize(
        ("source", "outcome"),
        [
            (
                "pytestmark = pytest.mark.jobs_faults(Fault.http(503))\ndef test_it(): pass",
                "passed",
            ),
            ("@pytest.mark.jobs_faults(Fault.http(503))\ndef test_it(): assert 0", "failed"),
        ],
        ids=["a module's", "of a test that failed"],
    )
    def test_but_not(self, run_pytest: RunPytest, source: str, outcome: str) -> None:
        result = run_pytest(f"{HEAD}{source}", "--jobs-strict")
        result.assert_outcomes(**{outcome: 1})
