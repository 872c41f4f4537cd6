"""What each `include` brings."""

from __future__ import annotations

from dataclasses import fields

import pytest

from rai_jobs.models import Job, JobExpanded, JobIncludeDict, JobRecord

from ..script import JobScript, aborted
from .events import numbered, numbers
from .subject import EACH_TYPE, JOB_TYPES, Subject, payload_of

ARTIFACTS = {
    "output.arrow": {"presigned_url": "https://storage.test/output?signature=s3cret", "size": 12},
    "metadata.json": {"presigned_url": "https://storage.test/metadata?signature=s3cret"},
}
PROBLEMS = [{"type": "UNDEFINED", "message": "x is undefined", "is_error": False}]


class TestIncludes:
    """Expanding what `get`, `list`, `wait` and `create_ready` return."""

    @EACH_TYPE
    def test_without_includes_it_is_a_plain_job(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type)
        for include in (None, {}, {"raw": False, "artifacts": False}):
            job = subject.jobs().get(
                reasoner_type,
                operation.id,
                include=include,  # pyright: ignore[reportArgumentType] - a plain dict, as users write
            )
            assert type(job) is Job

    @pytest.mark.parametrize("reasoner_type", JOB_TYPES)
    def test_details_of_a_job(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, timeout_mins=3)
        job = self._get(subject, reasoner_type, operation.id, {"details": True})
        assert job.details == {
            "model": None,
            "read_only": None,
            "payload": payload_of(reasoner_type),
            "timeout_ms": 180_000,
        }
        assert (job.events, job.artifacts, job.problems, job.raw) == (None, None, None, None)

    def test_details_of_a_transaction(self, subject: Subject) -> None:
        operation = subject.create("Logic")
        job = self._get(subject, "Logic", operation.id, {"details": True})
        assert job.details == {
            "model": "sales",
            "read_only": False,
            "payload": None,
            "timeout_ms": None,
        }

    @EACH_TYPE
    def test_raw_is_the_whole_record(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type)
        job = self._get(subject, reasoner_type, operation.id, {"raw": True})
        assert job.raw is not None
        assert list(job.raw) == [field.name for field in fields(JobRecord)]
        assert job.raw["id"] == operation.id
        assert job.raw["reasoner_type"] == reasoner_type
        assert job.raw["created_on"] == job.created_on == subject.now()
        assert job.details is None

    @EACH_TYPE
    def test_events_are_the_first_page(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=9, events=numbered(4)))
        subject.advance(4)
        job = self._get(subject, reasoner_type, operation.id, {"events": True})
        assert job.events is not None
        assert numbers(job.events.events) == [0, 1, 2]
        subject.advance(5)
        rest = subject.jobs().get_events(
            reasoner_type, operation.id, job.events.continuation_token or ""
        )
        assert numbers(rest.events) == [3]

    def test_artifacts_are_there_once_it_has_completed(self, subject: Subject) -> None:
        operation = subject.create("Logic", JobScript(run_s=5, artifacts=ARTIFACTS))
        assert self._get(subject, "Logic", operation.id, {"artifacts": True}).artifacts == {}
        subject.advance(5)
        job = self._get(subject, "Logic", operation.id, {"artifacts": True})
        assert job.artifacts == {
            name: {"FILENAME": name, **{key.upper(): value for key, value in columns.items()}}
            for name, columns in ARTIFACTS.items()
        }

    def test_problems_are_there_once_it_has_ended(self, subject: Subject) -> None:
        script = JobScript(
            run_s=5, problems=PROBLEMS, outcome=aborted("bad rule", problems=[{"type": "FATAL"}])
        )
        operation = subject.create("Logic", script)
        include: JobIncludeDict = {"problems": True}
        assert self._get(subject, "Logic", operation.id, include).problems == {"problems": []}
        subject.advance(5)
        job = self._get(subject, "Logic", operation.id, include)
        assert job.problems == {"problems": [*PROBLEMS, {"type": "FATAL"}]}

    def test_all_five_together(self, subject: Subject) -> None:
        operation = subject.create("Logic", JobScript(artifacts=ARTIFACTS, problems=PROBLEMS))
        job = self._get(
            subject,
            "Logic",
            operation.id,
            {"details": True, "events": True, "artifacts": True, "problems": True, "raw": True},
        )
        parts = (job.details, job.events, job.artifacts, job.problems, job.raw)
        assert all(part is not None for part in parts)

    @EACH_TYPE
    def test_a_list_is_expanded_job_by_job(self, subject: Subject, reasoner_type: str) -> None:
        for count in (1, 2):
            subject.create(reasoner_type, JobScript(run_s=2, events=numbered(count)))
        subject.advance(2)
        jobs = subject.jobs().list(reasoner_type, include={"events": True, "raw": True})
        assert all(isinstance(job, JobExpanded) for job in jobs)
        pages = [job.events for job in jobs if isinstance(job, JobExpanded)]
        assert [len(page.events) for page in pages if page is not None] == [2, 1]

    @staticmethod
    def _get(
        subject: Subject, reasoner_type: str, job_id: str, include: JobIncludeDict
    ) -> JobExpanded:
        job = subject.jobs().get(reasoner_type, job_id, include=include)
        assert isinstance(job, JobExpanded)
        return job
