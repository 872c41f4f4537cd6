"""What the handle does, and what `get_operation` says of each state."""

from __future__ import annotations

import pytest

from rai_jobs.errors import JobClientDisconnectedError, JobNotReadyError, JobTimeoutError
from rai_jobs.models import Operation

from ..script import JobScript, aborted, failed
from .subject import EACH_TYPE, Subject

DISCRIMINATORS = {"Logic": "LOGIC", "Prescriptive": "SOLVER", "Predictive": "ML"}


class TestOperations:
    """The operation view, and the handle that `create` returns."""

    @EACH_TYPE
    def test_what_is_not_found_is_pending(self, subject: Subject, reasoner_type: str) -> None:
        assert subject.jobs().get_operation(reasoner_type, "nobody") == Operation(
            "nobody", "PENDING", None, {"note": "job not found yet"}
        )

    @EACH_TYPE
    def test_every_active_state_is_running(self, subject: Subject, reasoner_type: str) -> None:
        script = JobScript(created_s=10, queue_s=10, run_s=10, cancel_latency_s=5)
        operation = subject.create(reasoner_type, script)
        seen: list[tuple[str, object]] = []
        for seconds in (0, 10, 10):
            subject.advance(seconds)
            status = subject.jobs().get_operation(reasoner_type, operation.id)
            seen.append((status.status, status.raw["state"]))
        operation.cancel()
        status = subject.jobs().get_operation(reasoner_type, operation.id)
        seen.append((status.status, status.raw["state"]))
        logic = reasoner_type == "Logic"
        assert seen == [
            ("RUNNING", "CREATED"),
            ("RUNNING", "QUEUED" if logic else "PENDING"),
            ("RUNNING", "RUNNING"),
            ("RUNNING", "CANCELING" if logic else "RUNNING"),
        ]
        assert status.raw["reasoner_type"] == DISCRIMINATORS[reasoner_type]
        assert status.raw["name"] == "worker-1"

    @pytest.mark.parametrize(
        ("reasoner_type", "script", "status", "error"),
        [
            ("Logic", JobScript(), "SUCCEEDED", None),
            ("Prescriptive", JobScript(outcome=failed("infeasible")), "FAILED", "infeasible"),
            ("Logic", JobScript(outcome=aborted("bad rule")), "FAILED", "bad rule"),
        ],
    )
    def test_every_end_has_its_status(
        self,
        subject: Subject,
        reasoner_type: str,
        script: JobScript,
        status: str,
        error: str | None,
    ) -> None:
        operation = subject.create(reasoner_type, script)
        found = subject.jobs().get_operation(reasoner_type, operation.id)
        assert (found.status, found.error) == (status, error)
        assert found == operation.status()

    @EACH_TYPE
    def test_what_was_cancelled_is_cancelled(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=9))
        operation.cancel()
        assert (operation.status().status, operation.status().error) == ("CANCELLED", None)

    @EACH_TYPE
    def test_a_handle_knows_when_it_is_done(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=5))
        assert not operation.is_done()
        with pytest.raises(JobNotReadyError, match="RUNNING"):
            operation.result()
        subject.advance(5)
        assert operation.is_done()
        assert operation.result() == subject.look(operation)

    @EACH_TYPE
    def test_a_handle_asks_nothing_once_it_has_seen_the_end(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=5))
        final = operation.wait()
        calls = len(subject.backend.transcript)
        assert operation.result() == operation.wait() == final
        assert operation.is_done()
        assert operation.status().status == "SUCCEEDED"
        assert len(subject.backend.transcript) == calls

    def test_a_handle_raises_for_a_silent_owner_each_time(self, subject: Subject) -> None:
        subject.backend.script(JobScript(run_s=600))
        with pytest.raises(JobTimeoutError):
            subject.jobs().create_ready(
                "Logic", "worker-1", {"dbname": "d", "query": "q"}, timeout_s=1
            )
        subject.advance(60)
        [view] = subject.backend.executions
        handle = type(subject.create("Logic"))(
            subject.jobs(), view.id, {"reasoner_type": "Logic", "name": "worker-1"}
        )
        assert handle.is_done()
        for _ in range(2):
            with pytest.raises(JobClientDisconnectedError):
                handle.wait()

    def test_a_handle_shows_its_id_and_metadata_only(self, subject: Subject) -> None:
        operation = subject.create("Predictive")
        assert repr(operation) == (
            f"JobOperationSync(id={operation.id!r},"
            " metadata={'reasoner_type': 'Predictive', 'name': 'worker-1'})"
        )
