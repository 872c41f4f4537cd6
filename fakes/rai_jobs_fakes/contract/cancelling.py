"""What `cancel` does at each stage of a life."""

from __future__ import annotations

import pytest

from rai_jobs.errors import JobCapabilityError, JobInvalidRequestError, JobNotFoundError

from ..script import JobScript, aborted, failed
from .subject import EACH_TYPE, JOB_TYPES, Subject


class TestCancelling:
    """Requesting cancellation."""

    @EACH_TYPE
    @pytest.mark.parametrize(("after_s", "stage"), [(5, "CREATED"), (15, "waiting")])
    def test_cancel_before_it_runs_takes_effect_at_once(
        self, subject: Subject, reasoner_type: str, after_s: float, stage: str
    ) -> None:
        script = JobScript(
            created_s=10, queue_s=10, run_s=10, cancel_latency_s=100, ignores_cancel=True
        )
        operation = subject.create(reasoner_type, script)
        subject.advance(after_s)
        assert (subject.look(operation).state == "CREATED") == (stage == "CREATED")
        subject.jobs().cancel(reasoner_type, operation.id)
        job = subject.look(operation)
        assert (job.state, job.duration) == ("CANCELED", after_s * 1000)

    @EACH_TYPE
    def test_cancel_of_running_work_takes_effect_at_once_by_default(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=60))
        subject.advance(5)
        subject.jobs().cancel(reasoner_type, operation.id)
        job = subject.look(operation)
        assert (job.state, job.abort_reason, job.duration) == ("CANCELED", None, 5_000)

    @EACH_TYPE
    def test_cancel_is_a_request_and_the_state_follows(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=60, cancel_latency_s=3))
        subject.advance(5)
        before = subject.now()
        subject.jobs().cancel(reasoner_type, operation.id)
        assert subject.now() == before
        asked = "CANCELING" if reasoner_type == "Logic" else "RUNNING"
        assert subject.look(operation).state == asked
        subject.advance(2.999)
        assert subject.look(operation).state == asked
        subject.advance(0.001)
        job = subject.look(operation)
        assert (job.state, job.duration) == ("CANCELED", 8_000)

    @EACH_TYPE
    def test_cancelling_twice_is_once(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=60, cancel_latency_s=10))
        subject.jobs().cancel(reasoner_type, operation.id)
        subject.advance(6)
        subject.jobs().cancel(reasoner_type, operation.id)
        subject.advance(4)
        assert subject.look(operation).duration == 10_000

    @pytest.mark.parametrize(
        ("reasoner_type", "script", "state"),
        [
            ("Logic", JobScript(), "COMPLETED"),
            ("Prescriptive", JobScript(), "COMPLETED"),
            ("Predictive", JobScript(outcome=failed("x")), "FAILED"),
            ("Logic", JobScript(outcome=aborted("x")), "ABORTED"),
        ],
    )
    def test_cancel_after_the_end_changes_nothing(
        self, subject: Subject, reasoner_type: str, script: JobScript, state: str
    ) -> None:
        operation = subject.create(reasoner_type, script)
        before = subject.look(operation)
        subject.advance(5)
        subject.jobs().cancel(reasoner_type, operation.id)
        assert subject.look(operation) == before
        assert before.state == state

    @EACH_TYPE
    def test_cancel_of_what_was_cancelled_changes_nothing(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=9))
        operation.cancel()
        before = subject.look(operation)
        subject.advance(1)
        operation.cancel()
        assert subject.look(operation) == before

    @EACH_TYPE
    def test_work_may_ignore_cancellation(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=60, ignores_cancel=True))
        subject.advance(5)
        operation.cancel()
        assert operation.wait().state == "COMPLETED"
        assert operation.wait().duration == 60_000

    @EACH_TYPE
    def test_work_may_end_while_it_is_being_cancelled(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=60, cancel_latency_s=10))
        subject.advance(55)
        operation.cancel()
        assert operation.wait().state == "COMPLETED"

    def test_work_may_fail_while_it_is_being_cancelled(self, subject: Subject) -> None:
        script = JobScript(run_s=60, cancel_latency_s=10, outcome=failed("late"))
        operation = subject.create("Predictive", script)
        subject.advance(55)
        operation.cancel()
        assert operation.wait().abort_reason == "late"

    @EACH_TYPE
    def test_a_timeout_beats_a_slow_cancellation(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        script = JobScript(run_s=600, cancel_latency_s=100)
        operation = subject.create(reasoner_type, script, timeout_mins=1)
        subject.advance(50)
        operation.cancel()
        assert "timeout" in (operation.wait().abort_reason or "")

    @EACH_TYPE
    def test_cancelling_frees_the_slot_for_the_next(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        subject.backend.add_reasoner("worker-1", reasoner_type, max_running=1)
        first, second, third = (
            subject.create(reasoner_type, JobScript(run_s=60)) for _ in range(3)
        )
        second.cancel()
        first.cancel()
        assert subject.look(third).state == "RUNNING"

    @EACH_TYPE
    def test_an_unknown_execution_cannot_be_cancelled(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        with pytest.raises(JobNotFoundError):
            subject.jobs().cancel(reasoner_type, "nobody")

    @pytest.mark.parametrize("reasoner_type", JOB_TYPES)
    def test_a_job_cannot_be_cancelled_for_all_users(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=9))
        calls = len(subject.backend.transcript)
        with pytest.raises(JobInvalidRequestError, match="only for Logic"):
            subject.jobs("root").cancel(reasoner_type, operation.id, all_users=True)
        with pytest.raises(JobInvalidRequestError, match="only for Logic"):
            subject.jobs("root").gateway.cancel(
                {"Prescriptive": "SOLVER", "Predictive": "ML"}[reasoner_type],
                operation.id,
                all_users=True,
            )
        assert len(subject.backend.transcript) == calls

    def test_an_admin_cancels_anybodys_transaction(self, subject: Subject) -> None:
        operation = subject.create("Logic", JobScript(run_s=9))
        if subject.cancels_for_all:
            subject.jobs("root").cancel("Logic", operation.id, all_users=True)
            assert subject.look(operation).state == "CANCELED"
        else:
            with pytest.raises(JobCapabilityError, match="SQL"):
                subject.jobs("root").cancel("Logic", operation.id, all_users=True)
            assert subject.look(operation).state == "RUNNING"

    def test_all_users_needs_the_admin_role(self, subject: Subject) -> None:
        operation = subject.create("Logic", JobScript(run_s=9))
        expected = JobNotFoundError if subject.cancels_for_all else JobCapabilityError
        with pytest.raises(expected):
            subject.jobs("bob").cancel("Logic", operation.id, all_users=True)
        assert subject.look(operation).state == "RUNNING"
