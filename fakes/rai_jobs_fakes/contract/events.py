"""What `get_events` gives: pages, tokens, streams."""

from __future__ import annotations

from typing import Any

import pytest

from rai_jobs.errors import JobInvalidRequestError, JobNotFoundError

from ..script import At, JobScript
from .subject import EACH_TYPE, JOB_TYPES, PAGE_SIZE, Subject


def numbered(count: int, *, every_s: float = 1.0, stream: str = "progress") -> list[At]:
    """Return `count` numbered events, one each `every_s` seconds."""
    return [
        At((n + 1) * every_s, {"type": "LogMessage", "event": {"message": f"{n}"}}, stream)
        for n in range(count)
    ]


def numbers(events: list[dict[str, Any]]) -> list[int]:
    """Return the numbers of `numbered` events."""
    return [int(event["event"]["message"]) for event in events]


class TestEvents:
    """Reading event streams."""

    @EACH_TYPE
    def test_events_come_while_it_runs(self, subject: Subject, reasoner_type: str) -> None:
        script = JobScript(queue_s=5, run_s=10, events=numbered(3))
        operation = subject.create(reasoner_type, script)
        seen: list[list[int]] = []
        for seconds in (0, 5, 1, 1.5):
            subject.advance(seconds)
            seen.append(numbers(subject.jobs().get_events(reasoner_type, operation.id).events))
        assert seen == [[], [], [0], [0, 1]]

    @EACH_TYPE
    def test_reading_on_from_each_token_gives_every_event_once(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=10, events=numbered(8)))
        subject.advance(20)
        pages: list[list[int]] = []
        token: str | None = ""
        while token is not None:
            page = subject.jobs().get_events(reasoner_type, operation.id, token)
            pages.append(numbers(page.events))
            token = page.continuation_token
        assert pages == [[0, 1, 2], [3, 4, 5], [6, 7]]

    @EACH_TYPE
    def test_a_full_last_page_is_drained(self, subject: Subject, reasoner_type: str) -> None:
        script = JobScript(run_s=PAGE_SIZE, events=numbered(PAGE_SIZE))
        operation = subject.create(reasoner_type, script)
        subject.advance(PAGE_SIZE)
        page = subject.jobs().get_events(reasoner_type, operation.id)
        assert (len(page.events), page.continuation_token) == (PAGE_SIZE, None)

    @EACH_TYPE
    def test_nothing_new_is_an_empty_page_and_a_token_as_good(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=10, events=numbered(2)))
        subject.advance(1)
        first = subject.jobs().get_events(reasoner_type, operation.id)
        assert first.continuation_token
        empty = subject.jobs().get_events(reasoner_type, operation.id, first.continuation_token)
        assert (empty.events, bool(empty.continuation_token)) == ([], True)
        subject.advance(1)
        for token in (first.continuation_token, empty.continuation_token):
            assert token is not None
            page = subject.jobs().get_events(reasoner_type, operation.id, token)
            assert numbers(page.events) == [1]

    @EACH_TYPE
    def test_a_token_read_again_gives_the_same_and_newer(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=10, events=numbered(6)))
        subject.advance(1)
        token = subject.jobs().get_events(reasoner_type, operation.id).continuation_token or ""
        subject.advance(1)
        again = subject.jobs().get_events(reasoner_type, operation.id, token)
        subject.advance(1)
        later = subject.jobs().get_events(reasoner_type, operation.id, token)
        assert numbers(again.events) == [1]
        assert numbers(later.events) == [1, 2]
        subject.advance(100)
        full = subject.jobs().get_events(reasoner_type, operation.id, token)
        assert numbers(full.events) == [1, 2, 3]

    @EACH_TYPE
    def test_a_stream_without_events_is_drained_at_the_end(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=5))
        running = subject.jobs().get_events(reasoner_type, operation.id)
        assert (running.events, bool(running.continuation_token)) == ([], True)
        subject.advance(5)
        ended = subject.jobs().get_events(
            reasoner_type, operation.id, running.continuation_token or ""
        )
        assert (ended.events, ended.continuation_token) == ([], None)

    @EACH_TYPE
    def test_a_foreign_token_is_refused(self, subject: Subject, reasoner_type: str) -> None:
        mine, other = (subject.create(reasoner_type, JobScript(run_s=9)) for _ in range(2))
        token = subject.jobs().get_events(reasoner_type, other.id).continuation_token or ""
        with pytest.raises(JobInvalidRequestError, match="token"):
            subject.jobs().get_events(reasoner_type, mine.id, token)

    @EACH_TYPE
    @pytest.mark.parametrize("token", ["x", "1", "-1.ab", "0.0000", "käse", "a b&c=d/e", " "])
    def test_a_malformed_token_is_refused(
        self, subject: Subject, reasoner_type: str, token: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=9))
        with pytest.raises(JobInvalidRequestError, match="token"):
            subject.jobs().get_events(reasoner_type, operation.id, token)

    def test_the_token_0_is_the_start_of_a_transaction(self, subject: Subject) -> None:
        operation = subject.create("Logic", JobScript(run_s=2, events=numbered(1)))
        subject.advance(2)
        assert numbers(subject.jobs().get_events("Logic", operation.id, "0").events) == [0]

    @pytest.mark.parametrize("reasoner_type", JOB_TYPES)
    def test_the_token_0_is_malformed_for_a_job(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type)
        with pytest.raises(JobInvalidRequestError, match="token"):
            subject.jobs().get_events(reasoner_type, operation.id, "0")

    def test_streams_of_a_transaction_are_apart(self, subject: Subject) -> None:
        events = [*numbered(2), *numbered(4, stream="profiler")]
        operation = subject.create("Logic", JobScript(run_s=5, events=events))
        subject.advance(1)
        tokens: dict[str, str | None] = {}
        for stream in subject.streams:
            page = subject.jobs().get_events("Logic", operation.id, stream_name=stream)
            assert numbers(page.events) == [0]
            tokens[stream] = page.continuation_token
        assert len(set(tokens.values())) == len(subject.streams)
        for stream in subject.streams:
            for token_stream, token in tokens.items():
                if token_stream != stream:
                    with pytest.raises(JobInvalidRequestError, match="token"):
                        subject.jobs().get_events(
                            "Logic", operation.id, token or "", stream_name=stream
                        )

    @EACH_TYPE
    @pytest.mark.parametrize("stream", ["nothing", "Progress", "a?b", "käse".encode().hex()])
    def test_a_stream_that_is_not_there_is_refused(
        self, subject: Subject, reasoner_type: str, stream: str
    ) -> None:
        operation = subject.create(reasoner_type)
        with pytest.raises(JobInvalidRequestError, match="stream"):
            subject.jobs().get_events(reasoner_type, operation.id, stream_name=stream)

    @pytest.mark.parametrize("reasoner_type", JOB_TYPES)
    def test_a_job_has_no_profiler(self, subject: Subject, reasoner_type: str) -> None:
        operation = subject.create(reasoner_type)
        with pytest.raises(JobInvalidRequestError, match="stream"):
            subject.jobs().get_events(reasoner_type, operation.id, stream_name="profiler")

    @EACH_TYPE
    def test_an_unknown_execution_has_no_events(self, subject: Subject, reasoner_type: str) -> None:
        with pytest.raises(JobNotFoundError):
            subject.jobs().get_events(reasoner_type, "nobody")

    @EACH_TYPE
    def test_what_comes_after_a_cancel_is_never_said(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        operation = subject.create(reasoner_type, JobScript(run_s=10, events=numbered(9)))
        subject.advance(2)
        operation.cancel()
        subject.advance(10)
        page = subject.jobs().get_events(reasoner_type, operation.id)
        assert (numbers(page.events), page.continuation_token) == ([0, 1], None)

    @EACH_TYPE
    def test_events_of_one_instant_keep_their_order_and_content(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        said: list[dict[str, Any]] = [
            {"type": "Text", "text": "ä \U0001f600 \n\t\"'"},
            {"type": "Numbers", "values": [1, 2.5, None, True]},
            {"no": "type"},
        ]
        script = JobScript(run_s=1, events=[At(1, event) for event in said])
        operation = subject.create(reasoner_type, script)
        subject.advance(1)
        assert subject.jobs().get_events(reasoner_type, operation.id).events == said
