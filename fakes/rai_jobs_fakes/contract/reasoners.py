"""What a reasoner's status means for work that is created on it."""

from __future__ import annotations

import pytest

from rai_jobs.errors import JobNotReadyError

from ..script import JobScript
from .subject import EACH_TYPE, Subject


class TestReasoners:
    """Sleeping, waking, and not being ready."""

    @EACH_TYPE
    def test_one_that_sleeps_wakes_for_work_which_waits(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        subject.backend.add_reasoner("sleeper", reasoner_type, status="SUSPENDED", resume_s=45)
        operation = subject.create(reasoner_type, JobScript(run_s=15), reasoner="sleeper")
        subject.advance(44.999)
        assert subject.look(operation).state in {"QUEUED", "PENDING"}
        subject.advance(0.001)
        assert subject.look(operation).state == "RUNNING"
        job = operation.wait()
        assert (job.state, job.duration) == ("COMPLETED", 60_000)

    @EACH_TYPE
    def test_one_that_is_being_made_ready_refuses_until_it_is(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        subject.backend.add_reasoner("new", reasoner_type, status="PENDING", ready_after_s=30)
        with pytest.raises(JobNotReadyError, match="not ready to accept jobs"):
            subject.create(reasoner_type, reasoner="new")
        subject.advance(30)
        assert subject.create(reasoner_type, reasoner="new").wait().state == "COMPLETED"

    @EACH_TYPE
    def test_one_that_falls_asleep_ends_what_runs_and_starts_nothing(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        subject.backend.add_reasoner("one", reasoner_type, max_running=1)
        first, second = (
            subject.create(reasoner_type, JobScript(run_s=10), reasoner="one") for _ in range(2)
        )
        subject.backend.add_reasoner("one", reasoner_type, max_running=1, status="SUSPENDED")
        subject.advance(60)
        states = [subject.look(each).state for each in (first, second)]
        assert states[0] == "COMPLETED"
        assert states[1] in {"QUEUED", "PENDING"}
        subject.backend.add_reasoner("one", reasoner_type, max_running=1)
        assert second.wait().duration == 70_000
