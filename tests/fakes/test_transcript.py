"""The transcript as text and as a sequence."""

from __future__ import annotations

import pytest

from rai_jobs import JobInvalidRequestError, JobNotFoundError
from rai_jobs_fakes import At, ExecutionView, FakeBackend, JobScript, Transcript, aborted
from rai_jobs_fakes.machine.calls import Cancel, Create, Get
from rai_jobs_fakes.machine.refusals import NotFound, Refused
from rai_jobs_fakes.transcript import Entry

from .making import headers_of

STORY = """\
    00:00:00.000 189264f7 CREATED (accepted)
00:00:00.000 gateway ann: create(Logic, engine-1, {"dbname": "d", "query": "q"}, None, False) -> TXN
    00:00:00.000 94ced0f9 CREATED (accepted)
    00:00:00.000 94ced0f9 CREATED -> RUNNING (slot free)
00:00:00.000 gateway ann: create(Prescriptive, solver-1, {}, 5, False) -> JOB
    00:00:01.000 189264f7 CREATED -> QUEUED (joins the queue)
    00:00:02.000 189264f7 QUEUED (may take a slot)
    00:00:02.000 189264f7 QUEUED -> RUNNING (slot free)
00:00:04.500 gateway ann: events(Logic, TXN, '', progress) -> 2 events, 2.d78293c809f99e2b
00:00:04.500 gateway ann: events(Logic, TXN, zz, progress) -> Refused: continuation token is \
malformed or belongs to another stream
    00:00:04.500 94ced0f9 RUNNING (cancel requested)
00:00:04.500 gateway ann: cancel(Prescriptive, JOB, False) -> ok
00:00:04.500 gateway root: list(Prescriptive) -> 1 executions
00:00:04.500 gateway bob: cancel(Logic, TXN, False) -> NotFound: no Logic execution 'TXN'
    00:00:06.000 189264f7 RUNNING -> ABORTED (work fails)
    00:00:06.500 94ced0f9 RUNNING -> CANCELED (cancel latency passed)
00:00:10.250 gateway ann: events(Logic, TXN, 2.d78293c809f99e2b, progress) -> 1 events, drained
00:00:10.250 gateway ann: get(Logic, TXN) -> ABORTED
00:00:10.250 gateway ann: artifacts(Logic, TXN) -> {}
00:00:10.250 gateway ann: problems(Logic, TXN) -> [{"n": 1}]
00:00:10.250 http bob: get(Logic, nobody) -> NotFound: no Logic execution 'nobody'"""


@pytest.fixture
def backend() -> FakeBackend:
    """A backend with users ann, bob and root."""
    made = FakeBackend(seed=7, event_page_size=2)
    made.add_user("ann")
    made.add_user("bob")
    made.add_user("root", admin=True)
    return made


def tell(backend: FakeBackend) -> dict[str, str]:
    """Live the story; return the names of its ids."""
    events = [At(second, {"type": "LogMessage"}) for second in (1, 2, 3)]
    outcome = aborted("out of memory", [{"n": 1}])
    backend.script(JobScript(created_s=1, queue_s=1, run_s=4, events=events, outcome=outcome))
    backend.script(JobScript(run_s=30, cancel_latency_s=2))
    ann, bob = backend.jobs("ann"), backend.jobs("bob")
    txn = ann.create("Logic", "engine-1", {"dbname": "d", "query": "q"}).id
    job = ann.create("Prescriptive", "solver-1", {}, timeout_mins=5).id
    backend.clock.sleep(4.5)
    token = ann.get_events("Logic", txn).continuation_token
    with pytest.raises(JobInvalidRequestError):
        ann.get_events("Logic", txn, "zz")
    ann.cancel("Prescriptive", job)
    backend.jobs("root").list("Prescriptive")
    with pytest.raises(JobNotFoundError):
        bob.cancel("Logic", txn)
    backend.clock.sleep(5.75)
    ann.get_events("Logic", txn, token or "")
    ann.get("Logic", txn, include={"artifacts": True, "problems": True})
    backend.jobs("bob", over="http").get("Logic", "nobody")
    return {txn: "TXN", job: "JOB"}


class TestText:
    """What `str` and `repr` of it say."""

    def test_it_tells_the_whole_story(self, backend: FakeBackend) -> None:
        names = tell(backend)
        text = str(backend.transcript)
        for execution_id, name in names.items():
            text = text.replace(execution_id, name)
        assert text == STORY

    def test_its_repr_counts_the_calls_first(self, backend: FakeBackend) -> None:
        assert repr(backend.transcript) == "<Transcript of 0 calls>\n"
        backend.jobs().list("Logic")
        assert repr(backend.transcript) == (
            "<Transcript of 1 calls>\n00:00:00.000 gateway fake_user: list(Logic) -> 0 executions"
        )

    def test_long_arguments_and_answers_are_cut(self, backend: FakeBackend) -> None:
        backend.jobs().create("Predictive", "w" * 500, {"model": "x" * 100_000})
        backend.jobs().get("Predictive", "y" * 256)
        for entry in backend.transcript:
            assert len(str(entry).splitlines()[-1]) < 300
            assert "…" in str(entry)

    def test_no_token_of_a_user_is_in_it(self, backend: FakeBackend) -> None:
        backend.add_user("ann", token="hush-hush")
        backend.jobs("ann", over="http").create("Predictive", "w", {})
        assert headers_of(backend, "ann") == {"authorization": 'Snowflake Token="hush-hush"'}
        assert "hush" not in repr(backend.transcript)

    def test_what_happened_before_a_call_stands_before_it_and_once(
        self, backend: FakeBackend
    ) -> None:
        backend.script(JobScript(run_s=1))
        backend.jobs().create("Predictive", "w", {})
        assert [view.state.value for view in backend.executions] == ["RUNNING"]
        backend.clock.sleep(2)
        assert [view.state.value for view in backend.executions] == ["COMPLETED"]
        backend.jobs().list("Logic")
        backend.jobs().list("Logic")
        assert [len(entry.facts) for entry in backend.transcript] == [2, 1, 0]


class TestSequence:
    """What it is as a sequence of entries."""

    def test_an_entry_is_the_call_and_its_answer(self, backend: FakeBackend) -> None:
        tell(backend)
        first, *_, last = backend.transcript
        assert isinstance(first.call, Create)
        assert (first.face, first.user, first.at) == ("gateway", "ann", 1_767_225_600_000_000)
        assert first.answer == backend.executions[0].id
        assert isinstance(last.call, Get)
        assert (last.face, last.user) == ("http", "bob")
        assert isinstance(last.answer, NotFound)
        assert isinstance(backend.transcript[3].answer, Refused)
        assert isinstance(backend.transcript[8].answer, ExecutionView)

    def test_a_slice_is_a_transcript(self, backend: FakeBackend) -> None:
        tell(backend)
        whole = backend.transcript
        part = whole[4:7]
        assert isinstance(part, Transcript)
        assert list(part) == [whole[4], whole[5], whole[6]]
        assert isinstance(part[0].call, Cancel)
        assert str(whole[:1]) + "\n" + str(whole[1:]) == str(whole)
        assert whole[-1] is list(whole)[-1]
        assert len(whole[100:]) == 0

    def test_an_entry_that_is_not_there_is_an_index_error(self, backend: FakeBackend) -> None:
        with pytest.raises(IndexError):
            _ = backend.transcript[0]

    def test_it_stays_as_it_was_while_the_backend_goes_on(self, backend: FakeBackend) -> None:
        before = backend.transcript
        backend.jobs().list("Logic")
        assert (len(before), len(backend.transcript)) == (0, 1)
        assert isinstance(backend.transcript[0], Entry)
        assert backend.transcript[0] in backend.transcript
