"""What `create` and `create_ready` do."""

from __future__ import annotations

import pytest

from rai_jobs.errors import JobInvalidRequestError, JobNotReadyError, JobTimeoutError
from rai_jobs.models import JobExpanded

from ..script import JobScript, aborted, completed, failed
from .subject import EACH_TYPE, JOB_TYPES, Subject, payload_of


class TestCreating:
    """Creating executions, and creating and waiting in one."""

    @EACH_TYPE
    def test_create_returns_a_handle_at_once(self, subject: Subject, reasoner_type: str) -> None:
        before = subject.now()
        operation = subject.create(reasoner_type, JobScript(run_s=60))
        assert subject.now() == before
        assert operation.metadata == {"reasoner_type": reasoner_type, "name": "worker-1"}
        assert [view.id for view in subject.backend.executions] == [operation.id]

    @EACH_TYPE
    def test_each_create_is_another_execution(self, subject: Subject, reasoner_type: str) -> None:
        ids = {subject.create(reasoner_type).id for _ in range(5)}
        assert len(ids) == len(subject.backend.executions) == 5

    @pytest.mark.parametrize("reasoner_type", JOB_TYPES)
    def test_a_job_runs_the_payload_that_was_given(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        payload = {"text": "käse \U0001f600", "deep": [{"n": None}, 1.5, True], "abort_detached": 1}
        operation = subject.jobs().create(reasoner_type, "worker-1", payload)
        job = subject.jobs().get(reasoner_type, operation.id, include={"details": True})
        assert isinstance(job, JobExpanded)
        assert job.details is not None
        assert job.details["payload"] == {key: payload[key] for key in ("text", "deep")}
        assert "abort_detached" in payload

    def test_a_transaction_works_on_its_database(self, subject: Subject) -> None:
        job = subject.look(subject.create("Logic"))
        assert (job.model, job.name) == ("sales", "worker-1")

    @EACH_TYPE
    @pytest.mark.parametrize("spelling", ["{}", " {} ", "upper", "lower"])
    def test_a_type_may_be_spelt_in_any_case(
        self, subject: Subject, reasoner_type: str, spelling: str
    ) -> None:
        spelt = {"upper": reasoner_type.upper(), "lower": reasoner_type.lower()}.get(
            spelling, spelling.format(reasoner_type)
        )
        operation = subject.jobs().create(spelt, "worker-1", payload_of(reasoner_type))
        assert operation.metadata["reasoner_type"] == reasoner_type
        assert subject.look(operation).reasoner_type == reasoner_type

    @EACH_TYPE
    def test_create_ready_returns_the_completed_job(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        subject.backend.script(JobScript(run_s=61.25))
        before = subject.now()
        job = subject.jobs().create_ready(reasoner_type, "worker-1", payload_of(reasoner_type))
        assert (job.state, job.reasoner_type, job.abort_reason) == (
            "COMPLETED",
            reasoner_type,
            None,
        )
        assert job.duration == 61250
        assert job.created_on == before
        assert (subject.now() - before).total_seconds() == 61.5

    def test_create_ready_returns_a_failed_job(self, subject: Subject) -> None:
        subject.backend.script(JobScript(run_s=1, outcome=failed("infeasible")))
        job = subject.jobs().create_ready("Prescriptive", "worker-1", {})
        assert (job.state, job.abort_reason) == ("FAILED", "infeasible")

    def test_create_ready_returns_an_aborted_transaction(self, subject: Subject) -> None:
        subject.backend.script(JobScript(run_s=1, outcome=aborted("system error")))
        job = subject.jobs().create_ready("Logic", "worker-1", payload_of("Logic"))
        assert (job.state, job.abort_reason) == ("ABORTED", "system error")

    def test_create_ready_binds_a_transaction_to_its_client(self, subject: Subject) -> None:
        subject.backend.script(JobScript(run_s=float("inf")))
        with pytest.raises(JobTimeoutError):
            subject.jobs().create_ready(
                "Logic", "worker-1", payload_of("Logic"), timeout_s=1, poll_interval_s=1
            )
        subject.advance(60)
        [view] = subject.backend.executions
        assert (view.state.value, view.abort_reason) == ("ABORTED", "client disconnected")

    def test_create_does_not_bind_a_transaction(self, subject: Subject) -> None:
        subject.backend.script(JobScript(run_s=3600))
        payload = {**payload_of("Logic"), "abort_detached": True}
        operation = subject.jobs().create("Logic", "worker-1", payload)
        subject.advance(3600)
        assert subject.look(operation).state == "COMPLETED"

    def test_create_ready_with_an_include_returns_an_expanded_job(self, subject: Subject) -> None:
        job = subject.jobs().create_ready(
            "Predictive", "worker-1", {"a": 1}, include={"details": True}
        )
        assert isinstance(job, JobExpanded)
        assert job.details is not None
        assert job.details["payload"] == {"a": 1}

    @EACH_TYPE
    def test_a_reasoner_that_is_not_ready_refuses(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        subject.backend.add_reasoner("sleepy", reasoner_type, status="SUSPENDED")
        with pytest.raises(JobNotReadyError, match="not ready to accept jobs"):
            subject.create(reasoner_type, reasoner="sleepy")
        assert subject.backend.executions == ()

    @pytest.mark.parametrize(
        "payload", [{}, {"dbname": "sales"}, {"query": "def x = 1"}, {"dbname": "", "query": "x"}]
    )
    def test_a_transaction_without_database_or_query_is_refused(
        self, subject: Subject, payload: dict[str, str]
    ) -> None:
        with pytest.raises(JobInvalidRequestError, match=r"needs a (database|query)"):
            subject.jobs().create("Logic", "worker-1", payload)
        assert subject.backend.executions == ()

    def test_guard_rails_abort_a_transaction_that_violates_them(self, subject: Subject) -> None:
        if not subject.guards_rails:
            pytest.skip("this face cannot ask for the guard rails")
        subject.backend.script(JobScript(run_s=10, guard_rail_after_s=4))
        outcomes = {
            guard_rails: subject.jobs(guard_rails=guard_rails).create_ready(
                "Logic", "worker-1", payload_of("Logic"), poll_interval_s=1
            )
            for guard_rails in (False, True)
        }
        assert (outcomes[False].state, outcomes[False].abort_reason) == ("COMPLETED", None)
        assert (outcomes[True].state, outcomes[True].abort_reason) == (
            "ABORTED",
            "guard rail violation",
        )
        assert outcomes[True].duration == 4000

    def test_a_script_is_for_as_many_as_it_says(self, subject: Subject) -> None:
        subject.backend.script(JobScript(outcome=failed("first")), times=1)
        subject.backend.script(JobScript(outcome=completed()), name="worker-1")
        states = [subject.look(subject.create("Prescriptive")).state for _ in range(3)]
        assert states == ["FAILED", "COMPLETED", "COMPLETED"]
