"""Who sees what, and what an unknown id and somebody else's have in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rai_jobs.client import JobsClientSync
from rai_jobs.errors import JobNotFoundError

from ..script import JobScript
from .subject import EACH_TYPE, Subject


def _events(jobs: JobsClientSync, reasoner_type: str, job_id: str) -> object:
    return jobs.get_events(reasoner_type, job_id)


def _cancel(jobs: JobsClientSync, reasoner_type: str, job_id: str) -> object:
    return jobs.cancel(reasoner_type, job_id)


class TestUsers:
    """Executions of several users."""

    @EACH_TYPE
    def test_somebody_elses_execution_is_not_seen(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, user="ann")
        assert subject.jobs("bob").get(reasoner_type, operation.id) is None
        assert subject.jobs("bob").list(reasoner_type) == []
        assert subject.jobs("bob").list(reasoner_type, all_users=True) == []

    @EACH_TYPE
    def test_an_admin_sees_everybodys(self, subject: Subject, reasoner_type: str) -> None:
        for user in ("ann", "bob"):
            subject.create(reasoner_type, user=user)
        seen = [job.created_by for job in subject.jobs("root").list(reasoner_type)]
        assert seen == ["bob", "ann"]

    @EACH_TYPE
    @pytest.mark.parametrize("ask", [_events, _cancel])
    @pytest.mark.parametrize("user", ["bob", "root"])
    def test_a_foreign_id_answers_as_an_unknown_one_does(
        self,
        subject: Subject,
        reasoner_type: str,
        ask: Callable[[JobsClientSync, str, str], object],
        user: str,
    ) -> None:
        foreign = subject.create(reasoner_type, JobScript(run_s=9), user="ann").id
        unknown = foreign.translate(str.maketrans("0123456789", "1234567890"))
        texts: list[str] = []
        for job_id in (foreign, unknown):
            with pytest.raises(JobNotFoundError) as caught:
                ask(subject.jobs(user), reasoner_type, job_id)
            texts.append(str(caught.value).replace(job_id, "ID"))
        assert texts[0] == texts[1]
        [view] = subject.backend.executions
        assert view.state.value == "RUNNING"
