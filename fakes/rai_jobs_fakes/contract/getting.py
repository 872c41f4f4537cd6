"""What `get` shows at every stage of a life."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ..script import JobScript, aborted, failed
from .subject import EACH_TYPE, TYPES, Subject

WAITING = {"Logic": "QUEUED", "Prescriptive": "PENDING", "Predictive": "PENDING"}


class TestGetting:
    """Looking at one execution."""

    @EACH_TYPE
    def test_nothing_is_found_under_an_unknown_id(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        assert subject.jobs().get(reasoner_type, "no-such-id") is None

    @EACH_TYPE
    @pytest.mark.parametrize(
        "job_id", ["50%25", "a?b=c", "a#b", "a&b", "%2e%2e", "..x", "+", "a%2Fb"]
    )
    def test_an_id_with_signs_of_a_url_reaches_no_other_resource(
        self, subject: Subject, reasoner_type: str, job_id: str
    ) -> None:
        subject.create(reasoner_type)
        assert subject.jobs().get(reasoner_type, job_id) is None
        assert subject.backend.transcript[-1].call.operation == "get"
        assert getattr(subject.backend.transcript[-1].call, "job_id") == job_id  # noqa: B009

    @pytest.mark.parametrize("asked", TYPES)
    @EACH_TYPE
    def test_an_id_belongs_to_one_type(
        self, subject: Subject, reasoner_type: str, asked: str
    ) -> None:
        operation = subject.create(reasoner_type)
        found = subject.jobs().get(asked, operation.id)
        assert (found is not None) == (asked == reasoner_type)

    @EACH_TYPE
    def test_a_life_passes_through_every_stage(self, subject: Subject, reasoner_type: str) -> None:
        script = JobScript(created_s=10, queue_s=20, run_s=30)
        operation = subject.create(reasoner_type, script)
        seen: list[tuple[str, int | None, bool]] = []
        for seconds in (0, 9, 1, 19, 1, 29, 1, 1000):
            subject.advance(seconds)
            job = subject.look(operation)
            seen.append((job.state, job.duration, job.finished_at is None))
        assert seen == [
            ("CREATED", 0, True),
            ("CREATED", 9_000, True),
            (WAITING[reasoner_type], 10_000, True),
            (WAITING[reasoner_type], 29_000, True),
            ("RUNNING", 30_000, True),
            ("RUNNING", 59_000, True),
            ("COMPLETED", 60_000, False),
            ("COMPLETED", 60_000, False),
        ]

    @EACH_TYPE
    def test_a_finished_job_tells_who_when_and_how_long(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        subject.advance(0.125)
        created = subject.now()
        operation = subject.create(reasoner_type, JobScript(run_s=1.5), user="bob")
        subject.advance(10)
        job = subject.look(operation, user="bob")
        assert job.created_by == "bob"
        assert job.created_on == created
        assert job.finished_at == created + timedelta(seconds=1.5)
        assert job.duration == 1500

    @pytest.mark.parametrize(
        ("reasoner_type", "script", "state", "reason"),
        [
            ("Logic", JobScript(), "COMPLETED", None),
            ("Prescriptive", JobScript(), "COMPLETED", None),
            ("Predictive", JobScript(outcome=failed("no data")), "FAILED", "no data"),
            ("Logic", JobScript(outcome=aborted("bad rule")), "ABORTED", "bad rule"),
        ],
    )
    def test_work_ends_as_scripted(
        self,
        subject: Subject,
        reasoner_type: str,
        script: JobScript,
        state: str,
        reason: str | None,
    ) -> None:
        job = subject.look(subject.create(reasoner_type, script))
        assert (job.state, job.abort_reason) == (state, reason)

    @EACH_TYPE
    def test_work_is_timed_out_by_its_own_minutes_from_creation(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        script = JobScript(queue_s=90, run_s=3600)
        operation = subject.create(reasoner_type, script, timeout_mins=2)
        subject.advance(119.999)
        assert subject.look(operation).state == "RUNNING"
        subject.advance(0.001)
        job = subject.look(operation)
        logic = reasoner_type == "Logic"
        assert job.state == ("ABORTED" if logic else "FAILED")
        assert job.abort_reason == ("transaction timeout" if logic else "job timeout")
        assert job.duration == 120_000

    @EACH_TYPE
    def test_waiting_in_the_queue_counts_against_the_timeout(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(queue_s=61), timeout_mins=1)
        subject.advance(60)
        assert subject.look(operation).duration == 60_000
        assert subject.look(operation).state in {"ABORTED", "FAILED"}

    @EACH_TYPE
    def test_the_default_timeout_is_a_day(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=float("inf")))
        subject.advance(86_399)
        assert subject.look(operation).state == "RUNNING"
        subject.advance(1)
        assert "timeout" in (subject.look(operation).abort_reason or "")

    @EACH_TYPE
    def test_work_that_ends_in_the_instant_of_its_timeout_has_ended_well(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=60), timeout_mins=1)
        subject.advance(60)
        assert subject.look(operation).state == "COMPLETED"

    @EACH_TYPE
    def test_a_full_reasoner_lets_them_wait_and_serves_who_came_first(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        subject.backend.add_reasoner("worker-1", reasoner_type, max_running=1)
        lives = [subject.create(reasoner_type, JobScript(run_s=10)) for _ in range(3)]
        states: list[list[str]] = []
        for seconds in (0, 10, 10, 10):
            subject.advance(seconds)
            states.append([subject.look(operation).state for operation in lives])
        waiting = WAITING[reasoner_type]
        assert states == [
            ["RUNNING", waiting, waiting],
            ["COMPLETED", "RUNNING", waiting],
            ["COMPLETED", "COMPLETED", "RUNNING"],
            ["COMPLETED", "COMPLETED", "COMPLETED"],
        ]
