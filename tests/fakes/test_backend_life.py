"""What may be asked of a backend beyond its faces: lag, skew, callbacks, strictness, its end."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any, Literal

import pytest

from rai_jobs import JobInvalidRequestError, JobNotFoundError, JobNotReadyError
from rai_jobs_fakes import (
    At,
    FakeBackend,
    Fault,
    JobScript,
    ScriptError,
    UnusedFaultWarning,
    UnusedScriptWarning,
    aborted,
    failed,
)

Over = Literal["gateway", "http", "sql"]
EACH_FACE = pytest.mark.parametrize("over", ["gateway", "http", "sql"])


@EACH_FACE
class TestOnEachFace:
    """What a test sets is seen through every face."""

    def test_a_new_execution_is_not_found_for_a_while(self, over: Over) -> None:
        backend = FakeBackend(get_lag_s=5)
        backend.script(JobScript(run_s=60))
        jobs = backend.jobs(over=over)
        made = jobs.create("Predictive", "trainer", {})
        assert jobs.get("Predictive", made.id) is None
        with pytest.raises(JobNotFoundError):
            jobs.cancel("Predictive", made.id)
        assert made.wait().state == "COMPLETED"

    def test_a_list_is_behind_what_get_shows(self, over: Over) -> None:
        backend = FakeBackend(list_lag_s=30)
        backend.script(JobScript(run_s=10))
        jobs = backend.jobs(over=over)
        made = jobs.create("Predictive", "trainer", {})
        assert made.wait().state == "COMPLETED"
        assert jobs.list("Predictive") == []
        backend.clock.sleep(25)
        [listed] = jobs.list("Predictive")
        assert (listed.state, listed.finished_at) == ("RUNNING", None)
        backend.clock.sleep(5)
        assert [job.state for job in jobs.list("Predictive", state="COMPLETED")] == ["COMPLETED"]

    @pytest.mark.parametrize("kind", ["Logic", "Predictive"])
    def test_what_has_ended_is_gone_after_its_retention(self, over: Over, kind: str) -> None:
        backend = FakeBackend(retention_s=60)
        jobs = backend.jobs(over=over)
        made = jobs.create(kind, "w", {"dbname": "d", "query": "q"})
        backend.clock.sleep(59)
        assert jobs.get(kind, made.id) is not None
        backend.clock.sleep(1)
        assert jobs.get(kind, made.id) is None
        assert jobs.list() == []
        with pytest.raises(JobNotFoundError):
            jobs.get_events(kind, made.id)
        assert [view.id for view in backend.executions] == [made.id]

    @pytest.mark.parametrize("skew_s", [90.0, -90.0])
    def test_the_backends_clock_may_be_ahead_or_behind(self, over: Over, skew_s: float) -> None:
        backend = FakeBackend(clock_skew_s=skew_s)
        backend.script(JobScript(run_s=5))
        jobs = backend.jobs(over=over)
        began = backend.clock.now()
        done = jobs.create("Predictive", "trainer", {}).wait()
        assert done.created_on == began + timedelta(seconds=skew_s)
        assert done.finished_at == began + timedelta(seconds=skew_s + 5)
        assert done.duration == 5_000

    def test_a_sleeping_reasoner_wakes_for_work(self, over: Over) -> None:
        backend = FakeBackend()
        backend.add_reasoner("s", "Prescriptive", status="SUSPENDED", resume_s=45)
        backend.script(JobScript(run_s=15))
        done = backend.jobs(over=over).create("Prescriptive", "s", {}).wait()
        assert (done.state, done.duration) == ("COMPLETED", 60_000)

    def test_a_reasoner_that_is_made_ready_is_ready_then(self, over: Over) -> None:
        backend = FakeBackend()
        backend.add_reasoner("s", "Prescriptive", status="pending", ready_after_s=30)
        jobs = backend.jobs(over=over)
        with pytest.raises(JobNotReadyError, match="it is PENDING"):
            jobs.create("Prescriptive", "s", {})
        backend.clock.sleep(30)
        assert jobs.create("Prescriptive", "s", {}).wait().state == "COMPLETED"

    def test_an_execution_that_no_script_matches_is_refused_under_strictness(
        self, over: Over
    ) -> None:
        backend = FakeBackend(strict_scripts=True)
        backend.script(JobScript(), reasoner_type="Logic", name="engine")
        with pytest.raises(JobInvalidRequestError, match="no script matches Predictive on 'm'"):
            backend.jobs(over=over).create("Predictive", "m", {})
        assert backend.executions == ()

    def test_a_callback_makes_the_script_from_the_payload(self, over: Over) -> None:
        backend = FakeBackend()
        backend.on_create(lambda payload: JobScript(run_s=payload["n"] * 10))
        jobs = backend.jobs(over=over)
        lasted = [jobs.create("Predictive", "m", {"n": n}).wait().duration for n in (1, 3)]
        assert lasted == [10_000, 30_000]

    def test_what_a_callback_raises_refuses_the_create(self, over: Over) -> None:
        backend = FakeBackend()

        def checked(payload: dict[str, Any]) -> JobScript:
            assert "model" in payload, "no model given"
            return JobScript()

        backend.on_create(checked)
        with pytest.raises(JobInvalidRequestError, match="AssertionError: no model given"):
            backend.jobs(over=over).create("Predictive", "m", {})
        assert backend.executions == ()


def test_reasoners_tell_their_status_over_sql() -> None:
    backend = FakeBackend()
    backend.add_reasoner("s", "Prescriptive", auto_suspend_mins=2, resume_s=1)
    cursor = backend.connection().cursor()
    statement = "SELECT status, auto_suspend_mins, suspends_at FROM relationalai.api.reasoners"
    [row] = cursor.execute(statement).fetchall()
    assert row == ("READY", 2, backend.clock.now() + timedelta(minutes=2))
    backend.clock.sleep(120)
    assert cursor.execute(statement).fetchall() == [("SUSPENDED", 2, None)]
    assert "reasoner Prescriptive 's' is SUSPENDED" in str(
        [backend.jobs().list("ML"), backend.transcript][1]
    )


class TestChoosingScripts:
    """By predicate, by callback, and who comes first."""

    def test_a_predicate_sees_a_copy_of_the_payload(self) -> None:
        backend = FakeBackend()

        def big(payload: dict[str, Any]) -> bool:
            return payload["nested"].pop("size") > 5

        backend.script(JobScript(run_s=100), where=big)
        jobs = backend.jobs()
        payload = {"nested": {"size": 7}}
        large = jobs.create("Predictive", "m", payload)
        small = jobs.create("Predictive", "m", {"nested": {"size": 1}})
        assert (large.wait().duration, small.wait().duration) == (100_000, 0)
        [kept, _] = backend.executions
        assert kept.payload == payload == {"nested": {"size": 7}}

    def test_a_transactions_predicate_sees_its_query(self) -> None:
        backend = FakeBackend()
        backend.script(JobScript(outcome=aborted("bad")), where=lambda it: "bad" in it["query"])
        jobs = backend.jobs()
        states = [
            jobs.create("Logic", "e", {"dbname": "d", "query": query}).wait().state
            for query in ("good", "bad")
        ]
        assert states == ["COMPLETED", "ABORTED"]

    def test_a_callback_may_leave_it_to_the_next(self) -> None:
        backend = FakeBackend()
        backend.on_create(lambda payload: None, reasoner_type="ml")
        backend.on_create(lambda payload: JobScript(run_s=1), times=1)
        backend.script(JobScript(run_s=2))
        jobs = backend.jobs()
        lasted = [jobs.create("Predictive", "m", {}).wait().duration for _ in range(2)]
        assert lasted == [1_000, 2_000]

    @pytest.mark.parametrize("given", ["a script", JobScript(outcome=failed("jobs only"))])
    def test_a_callback_that_gives_what_cannot_be_is_told(self, given: Any) -> None:
        backend = FakeBackend()
        backend.on_create(lambda payload: given)
        with pytest.raises(JobInvalidRequestError, match=r"fakes/test_backend_life\.py:\d+"):
            backend.jobs().create("Logic", "e", {"dbname": "d", "query": "q"})

    @pytest.mark.parametrize("times", [0, -1, 1.5])
    def test_a_callback_for_no_execution_is_refused(self, times: Any) -> None:
        with pytest.raises(ScriptError, match="`times`"):
            FakeBackend().on_create(lambda payload: None, times=times)

    def test_once_is_once_even_where_a_callback_creates(self) -> None:
        backend = FakeBackend()
        jobs = backend.jobs()

        def nested(payload: dict[str, Any]) -> JobScript:
            if payload["n"] == 0:
                jobs.create("Predictive", "m", {"n": 1})
            return JobScript(run_s=9)

        backend.on_create(nested, times=1)
        jobs.create("Predictive", "m", {"n": 0})
        assert jobs.create("Predictive", "m", {"n": 2}).wait().duration == 0

    def test_what_a_script_says_is_its_own(self) -> None:
        backend = FakeBackend()
        said: dict[str, Any] = {"event": {"message": "as it was"}}
        backend.script(JobScript(events=[At(0, said)]))
        said["event"]["message"] = "changed by the test"
        jobs = backend.jobs()
        for _ in range(2):
            [told] = jobs.create("Predictive", "m", {}).follow()
            assert told == {"event": {"message": "as it was"}}
            told["event"]["message"] = "changed by a reader"


class TestChanging:
    """What a test changes while faces are open."""

    def test_a_status_is_changed_and_nothing_else(self) -> None:
        backend = FakeBackend()
        backend.add_reasoner("s", "Prescriptive", max_running=1)
        backend.set_status("s", "Prescriptive", "upgrading", ready_after_s=5)
        backend.script(JobScript(run_s=60))
        jobs = backend.jobs()
        with pytest.raises(JobNotReadyError, match="UPGRADING"):
            jobs.create("Prescriptive", "s", {})
        backend.clock.sleep(5)
        for _ in range(2):
            jobs.create("Prescriptive", "s", {})
        assert [job.state for job in jobs.list()] == ["PENDING", "RUNNING"]

    @pytest.mark.parametrize("change", ["add_reasoner", "set_status"])
    def test_what_is_ready_now_is_not_made_ready_later(self, change: str) -> None:
        backend = FakeBackend()
        with pytest.raises(ValueError, match="`ready_after_s` is for a `status` other than READY"):
            getattr(backend, change)("s", "Prescriptive", status="ready", ready_after_s=5)

    @EACH_FACE
    def test_who_becomes_an_admin_is_one_on_every_open_face(self, over: Over) -> None:
        backend = FakeBackend()
        backend.add_user("ann")
        jobs = backend.jobs("ann", over=over)
        backend.jobs().create("Predictive", "m", {})
        assert jobs.list("Predictive") == []
        backend.add_user("ann", admin=True)
        assert len(jobs.list("Predictive")) == 1

    def test_what_takes_longer_than_time_lasts_is_told_as_never(self) -> None:
        backend = FakeBackend()
        backend.script(JobScript(run_s=1e13))
        backend.add_reasoner("s", "Prescriptive", status="SUSPENDED", resume_s=1e13)
        backend.add_reasoner("i", "Prescriptive", auto_suspend_mins=1e12)
        jobs = backend.jobs()
        runs = jobs.create("Predictive", "m", {})
        assert "next: never work completes" in backend.explain(runs.id)
        sleeps = jobs.create("Prescriptive", "s", {})
        assert "its reasoner is PENDING" in backend.explain(sleeps.id)
        statement = "SELECT auto_suspend_mins, suspends_at FROM relationalai.api.reasoners"
        rows = backend.connection().cursor().execute(statement).fetchall()
        assert set(rows) == {(None, None)}

    def test_a_bounded_transcript_bounds_what_is_kept_of_the_past(self) -> None:
        backend = FakeBackend(transcript_limit=3)
        gateway = backend.gateway()
        for _ in range(20):
            gateway.create("ML", "m", {})
        assert sum(len(entry.facts) for entry in backend.transcript) == 9


class TestEnd:
    """What `close` stops, and what it tells."""

    def test_a_script_that_nobody_used_is_warned_of_with_its_line(self) -> None:
        backend = FakeBackend()
        backend.script(JobScript(), name="used")
        backend.script(JobScript(), reasoner_type="Predictive", name="unused", times=2)
        backend.jobs().create("Predictive", "used", {})
        told = r"No execution lived by: fakes/test_backend_life\.py:\d+: Predictive, 'unused', 2"
        with pytest.warns(UnusedScriptWarning, match=told):
            backend.close()
        backend.close()

    def test_all_that_was_not_used_is_told_at_once(self) -> None:
        backend = FakeBackend(strict_scripts=True)
        backend.script(JobScript())
        backend.faults.inject(Fault.http(503))
        with pytest.raises(ScriptError, match=r"No execution lived by.*No call was struck by"):
            backend.close()
        backend = FakeBackend()
        backend.script(JobScript())
        backend.faults.inject(Fault.http(503))
        with pytest.warns(UnusedScriptWarning), pytest.warns(UnusedFaultWarning, match="503"):
            backend.close()

    def test_under_strictness_it_is_an_error(self) -> None:
        with (
            pytest.raises(ScriptError, match="No execution lived by"),
            FakeBackend(strict_scripts=True) as backend,
        ):
            backend.on_create(lambda payload: None)

    def test_all_used_is_silence(self) -> None:
        with FakeBackend(strict_scripts=True) as backend:
            backend.script(JobScript())
            backend.jobs().create("Predictive", "m", {})

    def test_an_error_of_the_test_is_not_hidden(self) -> None:
        def use() -> None:
            with FakeBackend(strict_scripts=True) as backend:
                backend.script(JobScript())
                raise KeyError

        with pytest.raises(KeyError):
            use()

    def test_a_server_that_still_runs_is_stopped(self) -> None:
        with FakeBackend() as backend:
            server = backend.serve()
            server.start()
        assert not server.running


FORK = """
import os
from rai_jobs_fakes import FakeBackend, Fault, JobScript

backend = FakeBackend()
jobs = backend.jobs()
if os.fork() == 0:
    for entry in (
        jobs.list,
        lambda: backend.executions,
        backend.timeline,
        lambda: backend.add_user("ann"),
        lambda: backend.script(JobScript()),
        lambda: backend.on_create(lambda payload: None),
        lambda: backend.faults.inject(Fault.not_ready()),
        backend.close,
    ):
        try:
            entry()
        except RuntimeError as error:
            print(error)
        else:
            print("answered")
else:
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_is_told_that_nobody_would_see_what_it_does() -> None:
    # In a process of its own: what runs tests has threads, and is too large for a small machine
    # to promise its memory twice.
    run = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", FORK], capture_output=True, text=True, check=True
    )
    told = run.stdout.splitlines()
    assert len(told) == 8
    assert "answered" not in told
    assert "is used in its fork" in told[0]
    assert "backend.serve()" in told[-1]


@pytest.mark.parametrize(
    "given",
    [
        {"retention_s": 0},
        {"get_lag_s": -1},
        {"list_lag_s": float("inf")},
        {"clock_skew_s": float("nan")},
        {"transcript_limit": 1.5},
    ],
    ids=str,
)
def test_a_number_that_makes_no_sense_is_named(given: dict[str, Any]) -> None:
    [name] = given
    with pytest.raises(ValueError, match=f"`{name}`"):
        FakeBackend(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"status": "ASLEEP"},
        {"resume_s": -1},
        {"ready_after_s": float("inf")},
        {"auto_suspend_mins": float("nan")},
        {"max_running": 1.5},
        {"max_running": True},
        {"ready_after_s": 5},
    ],
    ids=str,
)
def test_a_reasoner_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    [name] = given
    with pytest.raises(ValueError, match=f"`{name}`"):
        FakeBackend().add_reasoner("s", "Prescriptive", **given)
