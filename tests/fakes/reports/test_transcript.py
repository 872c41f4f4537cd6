"""The transcript as text and as a sequence."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest

from rai_jobs import JobError, JobInvalidRequestError, JobNotFoundError
from rai_jobs.reasoners import PREDICTIVE
from rai_jobs_fakes import (
    At,
    ExecutionView,
    FakeBackend,
    JobScript,
    Transcript,
    VirtualClock,
    aborted,
)
from rai_jobs_fakes.instants import instant_of
from rai_jobs_fakes.machine import calls
from rai_jobs_fakes.machine.calls import Cancel, Create, Get
from rai_jobs_fakes.machine.refusals import NotFound, Refused
from rai_jobs_fakes.reports.transcript import FACES, OPERATIONS, Entry

from ..making import headers_of

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

    def test_it_is_folded_where_four_calls_or_more_say_the_same(self) -> None:
        backend = FakeBackend()
        backend.script(JobScript(run_s=2.5))
        jobs = backend.jobs()
        job = jobs.create("Predictive", "trainer", {})
        for wait_s in (0.5, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5):
            jobs.get("Predictive", job.id)
            backend.clock.sleep(wait_s)
        whole = str(backend.transcript).splitlines()
        assert [line[:12] for line in whole[3:]] == [
            *("00:00:00.000", "00:00:00.500", "00:00:01.000", "00:00:01.500"),
            "    00:00:02",  # it ends here, and the polls after it are three
            *("00:00:02.500", "00:00:03.000", "00:00:03.500"),
        ]
        folded = [*whole[:4], "    (2 more like it)", *whole[6:]]
        assert backend.transcript.folded().splitlines() == folded
        assert FakeBackend().transcript.folded() == ""

    def test_calls_that_differ_beyond_what_is_shown_are_not_folded(self) -> None:
        backend = FakeBackend(strict_reasoners=True)
        for number in range(5):
            with pytest.raises(JobError):
                backend.jobs().create("Logic", "x", {"long": "x" * 100, "number": number})
        assert backend.transcript.folded() == str(backend.transcript)

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


def words(transcript: Transcript) -> list[str]:
    """What was asked."""
    return [entry.call.operation for entry in transcript]


class TestOnly:
    """Which entries a filter keeps."""

    def test_one_operation_or_several(self, backend: FakeBackend) -> None:
        tell(backend)
        whole = backend.transcript
        assert words(whole.only(operation="cancel")) == ["cancel", "cancel"]
        assert words(whole.only(operation=("create", "list"))) == ["create", "create", "list"]
        assert words(whole.only(operation=iter(["problems"]))) == ["problems"]
        assert len(whole.only(operation=())) == 0

    def test_a_user_and_a_face(self, backend: FakeBackend) -> None:
        tell(backend)
        whole = backend.transcript
        assert words(whole.only(user="bob")) == ["cancel", "get"]
        assert words(whole.only(user="bob", face="http")) == ["get"]
        assert len(whole.only(user="nobody")) == 0
        assert len(whole.only(face="sql")) == 0

    def test_a_reasoner_type_in_any_spelling(self, backend: FakeBackend) -> None:
        tell(backend)
        for spelling in ("Prescriptive", " solver "):
            found = backend.transcript.only(reasoner_type=spelling)
            assert words(found) == ["create", "cancel", "list"]
        with pytest.raises(JobInvalidRequestError, match="Logic, Prescriptive, Predictive"):
            backend.transcript.only(reasoner_type="tank")

    def test_an_execution_by_its_id_or_the_start_of_it(self, backend: FakeBackend) -> None:
        job = next(id_ for id_, name in tell(backend).items() if name == "JOB")
        for start in (job, job[:8], job[0]):
            found = backend.transcript.only(execution=start)
            # Its end is told by a call for another, which came next.
            assert words(found) == ["create", "cancel", "events"]
            assert "CANCELED (cancel latency passed)" in str(found)

    def test_an_execution_that_was_only_asked_for(self, backend: FakeBackend) -> None:
        tell(backend)
        assert words(backend.transcript.only(execution="nob")) == ["get"]
        assert len(backend.transcript.only(execution="none of these")) == 0

    def test_a_payload_that_is_changed_afterwards_was_asked_as_it_was(self) -> None:
        backend = FakeBackend()
        payload: dict[str, Any] = {"options": {"gap": 1}}
        backend.gateway().create("ML", "w", payload)
        payload["options"]["gap"] = 2
        assert '{"options": {"gap": 1}}' in str(backend.transcript)

    def test_a_create_is_of_what_it_created(self) -> None:
        entry = Entry(0, "gateway", "ann", Create(PREDICTIVE, "w", {}), "an-id", ())
        assert entry.executions == {"an-id"}
        assert len(Transcript([entry]).only(execution="an-")) == 1
        refused = Entry(0, "gateway", "ann", Create(PREDICTIVE, "w", {}), Refused("no"), ())
        assert refused.executions == frozenset()

    def test_an_id_that_starts_another_is_itself(self, backend: FakeBackend) -> None:
        jobs = backend.jobs()
        for job_id in ("job-1", "job-10", "job-11"):
            jobs.get("Logic", job_id)
        assert len(backend.transcript.only(execution="job-1")) == 1
        with pytest.raises(ValueError, match=r"'job-', which starts 3: job-1, job-10, job-11"):
            backend.transcript.only(execution="job-")
        with pytest.raises(ValueError, match="alone; got ''"):
            backend.transcript.only(execution="")

    def test_many_ids_of_one_start_are_not_all_named(self, backend: FakeBackend) -> None:
        for number in range(9):
            backend.jobs().get("Logic", f"j{number}")
        with pytest.raises(ValueError, match=r"which starts 9: j0, j1, j2, j3, j4, …\.$"):
            backend.transcript.only(execution="j")

    def test_whatever_else_an_entry_must_be(self, backend: FakeBackend) -> None:
        tell(backend)
        found = backend.transcript.only(where=lambda entry: isinstance(entry.answer, NotFound))
        assert words(found) == ["cancel", "get"]

    def test_filters_and_slices_go_together_and_keep_entries_whole(
        self, backend: FakeBackend
    ) -> None:
        tell(backend)
        whole = backend.transcript
        part = whole.only(user="ann")[1:].only(operation="create")
        assert list(part) == [whole[1]]
        assert len(part[0].facts) == 2
        assert list(whole.only()) == list(whole)
        both = whole.only(operation="get", user="bob", reasoner_type="Logic", face="http")
        assert list(both) == [whole[-1]]

    def test_words_that_are_not_known_are_refused_with_those_that_are(
        self, backend: FakeBackend
    ) -> None:
        with pytest.raises(ValueError, match=r"`operation` 'poll' is not known.*get, create, list"):
            backend.transcript.only(operation=["get", "poll"])
        with pytest.raises(ValueError, match=r"`face` 'grpc' is not known.*gateway, http, sql\."):
            backend.transcript.only(face="grpc")

    def test_a_face_of_ones_own_is_known_once_it_has_called(self, backend: FakeBackend) -> None:
        entry = Entry(0, "grpc", "ann", Cancel(PREDICTIVE, "j"), None, ())
        assert len(Transcript([entry]).only(face="grpc")) == 1
        assert len(Transcript([entry]).only(face="http")) == 0

    def test_every_operation_of_the_backend_is_a_word(self) -> None:
        of_machine = [
            each
            for each in cast("list[type[calls.Call[Any]]]", calls.Call.__subclasses__())
            if each.__module__ == calls.__name__
        ]
        assert {each.operation for each in of_machine} == set(OPERATIONS)

    def test_every_face_of_a_client_is_a_word(self, backend: FakeBackend) -> None:
        for face in ("gateway", "http", "sql"):
            backend.jobs(over=face).list("Logic")
            assert len(backend.transcript.only(face=face)) == 1
        assert FACES == ("gateway", "http", "sql")


class TestBetween:
    """Which entries two instants keep."""

    def test_both_ends_belong(self, backend: FakeBackend) -> None:
        tell(backend)
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        whole = backend.transcript
        found = whole.between(start + timedelta(seconds=4.5), start + timedelta(seconds=10.25))
        assert list(found) == list(whole[2:])
        assert list(whole.between(end=start)) == list(whole[:2])
        assert list(whole.between(start + timedelta(microseconds=4_500_001))) == list(whole[7:])
        assert list(whole.between()) == list(whole)

    def test_the_looks_at_the_clock_around_calls_keep_them_all(self, backend: FakeBackend) -> None:
        backend.script(JobScript(run_s=10))
        operation = backend.jobs().create("Predictive", "w", {})
        backend.clock.sleep(1)
        before = backend.clock.now()
        operation.wait(poll_interval_s=3)
        after = backend.clock.now()
        backend.clock.sleep(1)
        backend.jobs().list("Logic")
        assert words(backend.transcript.between(before, after)) == ["get"] * 4

    def test_any_zone_will_do(self, backend: FakeBackend) -> None:
        backend.jobs().list("Logic")
        east = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))
        assert len(backend.transcript.between(east, east)) == 1

    def test_instants_without_a_zone_or_in_the_wrong_order_are_refused(
        self, backend: FakeBackend
    ) -> None:
        now = backend.clock.now()
        for name in ("start", "end"):
            naive: dict[str, Any] = {name: now.replace(tzinfo=None)}
            with pytest.raises(ValueError, match=f"`{name}` must be a datetime with a time zone"):
                backend.transcript.between(**naive)
        with pytest.raises(ValueError, match="`end` must not be before `start`"):
            backend.transcript.between(now, now - timedelta(microseconds=1))


def entries_of(transcript: Transcript) -> list[dict[str, Any]]:
    """What its JSON tells."""
    told = json.loads(transcript.to_json())
    assert list(told) == ["version", "entries"]
    assert told["version"] == 1
    return told["entries"]


class TestJson:
    """What its JSON form holds."""

    def test_an_entry_is_told_with_call_answer_and_facts(self, backend: FakeBackend) -> None:
        tell(backend)
        txn, job = (view.id for view in backend.executions)
        first, second, *_ = entries_of(backend.transcript)
        start = "2026-01-01T00:00:00.000000Z"
        accepted = {"at": start, "trigger": None, "before": None, "after": "CREATED"}
        assert first == {
            "at": start,
            "face": "gateway",
            "user": "ann",
            "operation": "create",
            "arguments": {
                "reasoner_type": "Logic",
                "reasoner_name": "engine-1",
                "payload": {"dbname": "d", "query": "q"},
                "timeout_mins": None,
                "guard_rails": False,
            },
            "answer": txn,
            "facts": [{**accepted, "execution": txn}],
        }
        begun = {"trigger": "slot free", "before": "CREATED", "after": "RUNNING"}
        assert second["facts"] == [
            {**accepted, "execution": job},
            {"at": start, "execution": job, **begun},
        ]

    def test_every_kind_of_answer_is_told(self, backend: FakeBackend) -> None:
        tell(backend)
        entries = entries_of(backend.transcript)
        events, refused, cancelled, listed, not_found, *_, get, artifacts, problems, _ = entries[2:]
        assert events["answer"]["events"] == [{"type": "LogMessage"}] * 2
        assert events["answer"]["continuation_token"].startswith("2.")
        assert refused["refusal"]["kind"] == "Refused"
        assert refused["refusal"]["message"].startswith("continuation token is malformed")
        assert "answer" not in refused
        assert (cancelled["answer"], "refusal" in cancelled) == (None, False)
        assert [each["state"] for each in listed["answer"]] == ["RUNNING"]
        message = f"no Logic execution '{get['answer']['id']}'"
        assert not_found["refusal"] == {"kind": "NotFound", "message": message}
        assert get["answer"] == {
            "id": backend.executions[0].id,
            "reasoner_type": "Logic",
            "reasoner_name": "engine-1",
            "state": "ABORTED",
            "created_by": "ann",
            "created_at": "2026-01-01T00:00:00.000000Z",
            "finished_at": "2026-01-01T00:00:06.000000Z",
            "duration_ms": 6000,
            "timeout_ms": None,
            "abort_reason": "out of memory",
            "database_name": "d",
            "read_only": True,
        }
        assert (artifacts["answer"], problems["answer"]) == ({}, [{"n": 1}])
        assert entries[3]["at"] == "2026-01-01T00:00:04.500000Z"

    def test_payloads_are_whole_and_come_back_as_they_were(self, backend: FakeBackend) -> None:
        deep: list[Any] = []
        for _ in range(150):
            deep = [deep]
        payload = {"x": "y" * 50_000, "<&\"'": "näme\n\u2028\ud800", "f": 0.1, "n": [None, deep]}
        backend.jobs().create("Predictive", "名<&\"'>", payload)
        text = backend.transcript.to_json()
        assert text.isascii()
        [entry] = json.loads(text)["entries"]
        assert entry["arguments"]["payload"] == payload
        assert entry["arguments"]["reasoner_name"] == "名<&\"'>"

    def test_keys_that_are_no_text_are_told_as_json_writes_them(self) -> None:
        payload: dict[Any, Any] = {1: "a", None: "b", False: "c", 1.5: "d"}
        [entry] = entries_of(Transcript([self.refused(payload)]))
        assert entry["arguments"]["payload"] == json.loads(json.dumps(payload))

    @staticmethod
    def refused(payload: dict[Any, Any]) -> Entry:
        call = Create(PREDICTIVE, "w", payload)
        return Entry(0, "gateway", "ann", call, Refused("payload must be a JSON object"), ())

    def test_what_has_no_form_in_json_is_named_and_the_same_every_time(self) -> None:
        loop: dict[str, Any] = {}
        loop["again"] = loop
        hostile: dict[Any, Any] = {
            "set": {"a", "b"},
            "object": object(),
            "nan": math.nan,
            "inf": -math.inf,
            "big": 10**5000,
            "type": Entry,
            ("a",): b"x",
        }
        [entry] = entries_of(Transcript([self.refused(hostile)]))
        assert entry["arguments"]["payload"] == {
            "set": {"no JSON": "set"},
            "object": {"no JSON": "object"},
            "nan": {"no JSON": "nan"},
            "inf": {"no JSON": "-inf"},
            "big": {"no JSON": "int"},
            "type": {"no JSON": "type"},
            "(tuple)": {"no JSON": "bytes"},
        }
        for indent in (None, 2):
            assert '"no JSON"' in Transcript([self.refused(loop)]).to_json(indent=indent)

    def test_the_same_seed_and_calls_give_the_same_bytes(self) -> None:
        texts: list[str] = []
        for seed in (7, 7, 8):
            made = FakeBackend(seed=seed, event_page_size=2)
            for name in ("ann", "bob", "root"):
                made.add_user(name, admin=name == "root")
            tell(made)
            texts.append(made.transcript.to_json(indent=2))
        assert texts[0] == texts[1]
        assert texts[0] != texts[2]

    def test_a_part_tells_its_entries_as_the_whole_does(self, backend: FakeBackend) -> None:
        assert backend.transcript.to_json() == '{"version": 1, "entries": []}'
        tell(backend)
        whole = backend.transcript
        assert entries_of(whole[2:5]) == entries_of(whole)[2:5]
        assert json.loads(whole.to_json(indent=1)) == json.loads(whole.to_json())

    def test_no_token_of_a_user_is_in_it(self, backend: FakeBackend) -> None:
        backend.add_user("ann", token="hush-hush")
        backend.jobs("ann", over="http").create("Predictive", "w", {})
        backend.jobs("ann", over="http").list()
        assert "hush" not in backend.transcript.to_json()

    def test_an_early_year_is_iso_too(self) -> None:
        start = datetime(33, 4, 3, 1, 2, 3, 4, tzinfo=timezone.utc)
        made = FakeBackend(clock=VirtualClock(start))
        made.jobs().list("Logic")
        [entry] = entries_of(made.transcript)
        assert entry["at"] == "0033-04-03T01:02:03.000004Z"
        assert instant_of(start) == made.transcript[0].at

    @pytest.mark.parametrize(("limit", "kept"), [(None, [1, 2, 3]), (2, [2, 3]), (0, [])])
    def test_it_keeps_the_newest_calls_up_to_its_limit(
        self, limit: int | None, kept: list[int]
    ) -> None:
        backend = FakeBackend(transcript_limit=limit)
        jobs = backend.jobs()
        for number in (1, 2, 3):
            jobs.create("Predictive", "worker-1", {"n": number})
        calls = [entry.call for entry in backend.transcript]
        assert [call.payload["n"] for call in calls if isinstance(call, Create)] == kept
        assert [len(entry.facts) for entry in backend.transcript] == [3] * len(kept)
        assert len(backend.executions) == 3
