"""What `follow` yields, and when it ends."""

from __future__ import annotations

import pytest

from rai_jobs.errors import JobInvalidRequestError, JobTimeoutError

from ..script import JobScript
from .events import numbered, numbers
from .subject import EACH_TYPE, Subject


class TestFollowing:
    """Following an execution's events until its end."""

    @EACH_TYPE
    def test_follow_yields_every_event_once_as_it_comes(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(
            reasoner_type, JobScript(run_s=60, events=numbered(7, every_s=8))
        )
        start = subject.now()
        seen = [
            (numbers([event])[0], (subject.now() - start).total_seconds())
            for event in subject.jobs().follow(reasoner_type, operation.id, poll_interval_s=2)
        ]
        assert seen == [(n, (n + 1) * 8) for n in range(7)]
        assert (subject.now() - start).total_seconds() == 60
        assert subject.look(operation).state == "COMPLETED"

    @EACH_TYPE
    def test_follow_drains_what_has_ended_without_sleeping(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=20, events=numbered(20)))
        subject.advance(20)
        before = subject.now()
        assert numbers(list(operation.follow())) == list(range(20))
        assert subject.now() == before

    def test_follow_reads_on_from_a_token(self, subject: Subject) -> None:
        operation = subject.create("Predictive", JobScript(run_s=5, events=numbered(5)))
        subject.advance(2)
        page = operation.client.get_events("Predictive", operation.id)
        rest = operation.follow(continuation_token=page.continuation_token or "")
        assert numbers(list(rest)) == [2, 3, 4]

    def test_follow_of_another_stream(self, subject: Subject) -> None:
        for stream in subject.streams:
            script = JobScript(run_s=5, events=numbered(4, stream=stream))
            operation = subject.create("Logic", script)
            assert numbers(list(operation.follow(stream_name=stream))) == [0, 1, 2, 3]

    @EACH_TYPE
    def test_follow_gives_up_at_its_deadline(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=600, events=numbered(5)))
        before = subject.now()
        events = operation.follow(timeout_s=61, poll_interval_s=7)
        assert numbers([next(events) for _ in range(5)]) == [0, 1, 2, 3, 4]
        with pytest.raises(JobTimeoutError, match=operation.id) as caught:
            next(events)
        assert (subject.now() - before).total_seconds() == 61
        assert caught.value.timeout_s == 61

    def test_follow_waits_for_what_is_not_there(self, subject: Subject) -> None:
        with pytest.raises(JobTimeoutError, match="nothing was found"):
            list(subject.jobs().follow("Logic", "nobody", timeout_s=3))

    def test_follow_refuses_a_bad_token_instead_of_waiting(self, subject: Subject) -> None:
        operation = subject.create("Prescriptive", JobScript(run_s=5))
        events = operation.follow(continuation_token="made-up")  # noqa: S106
        with pytest.raises(JobInvalidRequestError, match="token"):
            next(events)

    @EACH_TYPE
    def test_follow_ends_when_it_is_cancelled(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=60, events=numbered(50)))
        seen: list[int] = []
        for event in operation.follow():
            seen.extend(numbers([event]))
            if seen == [0, 1, 2]:
                operation.cancel()
        assert seen == [0, 1, 2]
        assert subject.look(operation).state == "CANCELED"
