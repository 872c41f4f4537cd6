"""What `wait` does: its pace, its deadline, its ends."""

from __future__ import annotations

import pytest

from rai_jobs.errors import JobClientDisconnectedError, JobTimeoutError
from rai_jobs.models import JobExpanded

from ..script import JobScript, aborted, failed
from .subject import EACH_TYPE, Subject


class TestWaiting:
    """Blocking until an execution has ended."""

    @EACH_TYPE
    def test_wait_on_what_has_ended_polls_once_and_takes_no_time(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type)
        before, calls = subject.now(), len(subject.backend.transcript)
        job = subject.jobs().wait(reasoner_type, operation.id)
        assert job.state == "COMPLETED"
        assert subject.now() == before
        assert len(subject.backend.transcript) == calls + 1

    @EACH_TYPE
    def test_wait_polls_at_once_and_then_every_interval(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=7))
        start, calls = subject.now(), len(subject.backend.transcript)
        subject.jobs().wait(reasoner_type, operation.id, poll_interval_s=3)
        assert [
            (entry.at - subject.backend.transcript[calls].at) / 1e6
            for entry in subject.backend.transcript[calls:]
        ] == [0, 3, 6, 9]
        assert (subject.now() - start).total_seconds() == 9

    @EACH_TYPE
    def test_fourteen_minutes_pass_within_the_default_deadline(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=14 * 60))
        job = subject.jobs().wait(reasoner_type, operation.id, poll_interval_s=10)
        assert (job.state, job.duration) == ("COMPLETED", 840_000)

    @EACH_TYPE
    def test_fifteen_minutes_are_too_long_for_the_default_deadline(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=15 * 60))
        before = subject.now()
        with pytest.raises(JobTimeoutError) as caught:
            subject.jobs().wait(reasoner_type, operation.id, poll_interval_s=19)
        assert (subject.now() - before).total_seconds() == 900
        for part in ("900 s", reasoner_type, operation.id):
            assert part in str(caught.value)
        assert caught.value.job_id == operation.id
        assert caught.value.reasoner_type == reasoner_type
        assert caught.value.timeout_s == 900

    def test_wait_never_sleeps_past_its_deadline(self, subject: Subject) -> None:
        operation = subject.create("Predictive", JobScript(run_s=100))
        before = subject.now()
        with pytest.raises(JobTimeoutError):
            subject.jobs().wait("Predictive", operation.id, timeout_s=5, poll_interval_s=3)
        assert (subject.now() - before).total_seconds() == 5

    def test_what_ended_before_the_deadline_is_returned_at_the_deadline(
        self, subject: Subject
    ) -> None:
        operation = subject.create("Prescriptive", JobScript(run_s=4.5))
        job = subject.jobs().wait("Prescriptive", operation.id, timeout_s=5, poll_interval_s=3)
        assert job.duration == 4500

    def test_a_timed_out_wait_leaves_the_execution_alone(self, subject: Subject) -> None:
        operation = subject.create("Prescriptive", JobScript(run_s=10))
        with pytest.raises(JobTimeoutError, match="RUNNING"):
            operation.wait(timeout_s=5)
        assert operation.wait(timeout_s=6).state == "COMPLETED"

    @EACH_TYPE
    def test_what_is_not_there_is_waited_for(self, subject: Subject, reasoner_type: str) -> None:
        before = subject.now()
        with pytest.raises(JobTimeoutError, match="nothing was found"):
            subject.jobs().wait(reasoner_type, "nobody", timeout_s=2)
        assert (subject.now() - before).total_seconds() == 2

    @pytest.mark.parametrize(
        ("reasoner_type", "script", "state"),
        [
            ("Logic", JobScript(run_s=1), "COMPLETED"),
            ("Prescriptive", JobScript(run_s=1, outcome=failed("x")), "FAILED"),
            ("Logic", JobScript(run_s=1, outcome=aborted("x")), "ABORTED"),
        ],
    )
    def test_wait_returns_every_end(
        self, subject: Subject, reasoner_type: str, script: JobScript, state: str
    ) -> None:
        operation = subject.create(reasoner_type, script)
        assert subject.jobs().wait(reasoner_type, operation.id).state == state

    @EACH_TYPE
    def test_wait_returns_what_was_cancelled(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=60, cancel_latency_s=5))
        operation.cancel()
        assert subject.jobs().wait(reasoner_type, operation.id).state == "CANCELED"

    def test_wait_returns_what_was_timed_out_by_its_minutes(self, subject: Subject) -> None:
        operation = subject.create("Predictive", JobScript(run_s=600), timeout_mins=1)
        job = operation.wait()
        assert (job.state, job.abort_reason, job.duration) == ("FAILED", "job timeout", 60_000)

    def test_wait_raises_for_a_transaction_whose_owner_went_silent(self, subject: Subject) -> None:
        subject.backend.script(JobScript(run_s=600))
        with pytest.raises(JobTimeoutError) as caught:
            subject.jobs().create_ready(
                "Logic", "worker-1", {"dbname": "d", "query": "q"}, timeout_s=1
            )
        subject.advance(60)
        assert caught.value.job_id is not None
        with pytest.raises(JobClientDisconnectedError, match="client disconnected"):
            subject.jobs().wait("Logic", caught.value.job_id)

    def test_polling_keeps_a_bound_transaction_alive(self, subject: Subject) -> None:
        subject.backend.script(JobScript(run_s=300))
        job = subject.jobs().create_ready(
            "Logic", "worker-1", {"dbname": "d", "query": "q"}, poll_interval_s=19.9
        )
        assert job.state == "COMPLETED"

    def test_wait_expands_the_final_job(self, subject: Subject) -> None:
        operation = subject.create("Predictive", JobScript(run_s=2))
        job = subject.jobs().wait("Predictive", operation.id, include={"raw": True})
        assert isinstance(job, JobExpanded)
        assert job.raw is not None
        assert job.raw["state"] == "COMPLETED"
