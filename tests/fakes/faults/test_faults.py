"""Faults: which calls they strike, what is refused, what the transcript says."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rai_jobs.errors import JobError, JobInvalidRequestError, JobNotReadyError, JobServerError
from rai_jobs.reasoners import PREDICTIVE
from rai_jobs_fakes import (
    ActiveFault,
    FakeBackend,
    FakeGateway,
    Fault,
    FaultError,
    InjectedFault,
    JobScript,
)
from rai_jobs_fakes.machine.calls import Create
from rai_jobs_fakes.machine.refusals import Refused

UNKNOWN_ID = "an-id"


def struck(gateway: FakeGateway, calls: int = 8) -> list[int]:
    """Which of so many gets were struck, counted from 1."""

    def is_struck() -> bool:
        try:
            gateway.get("ML", UNKNOWN_ID)
        except JobError:
            return True
        return False

    return [number for number in range(1, calls + 1) if is_struck()]


def which(**options: Any) -> list[int]:
    backend = FakeBackend()
    backend.faults.inject(Fault.http(503, **options))
    return struck(backend.gateway())


class TestWhichCalls:
    """Which calls a fault strikes."""

    def test_one_unless_told_otherwise(self) -> None:
        assert which() == [1]

    def test_the_nth_alone(self) -> None:
        assert which(nth=3) == [3]

    def test_some_after_some(self) -> None:
        assert which(after=2, times=3) == [3, 4, 5]

    def test_all_of_them(self) -> None:
        assert which(times=None) == [1, 2, 3, 4, 5, 6, 7, 8]

    def test_by_a_probability_as_the_seed_says(self) -> None:
        first = which(probability=0.5, seed=1)
        assert first == which(probability=0.5, seed=1)
        assert first != which(probability=0.5, seed=2)
        assert 0 < len(first) < 8
        assert which(probability=1) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert len(which(probability=0.5, seed=1, times=1)) == 1

    def test_a_probability_is_about_what_it_says(self) -> None:
        backend = FakeBackend()
        backend.faults.inject(Fault.http(503, probability=0.25))
        assert 200 < len(struck(backend.gateway(), 1000)) < 300

    def test_two_of_the_same_probability_do_not_strike_together(self) -> None:
        backend = FakeBackend()
        first, second = (backend.faults.inject(Fault.http(503, probability=0.5)) for _ in range(2))
        struck(backend.gateway(), 100)
        assert 30 < first.fired < 70
        assert 10 < second.fired < 40

    def test_of_one_operation_or_several(self) -> None:
        backend = FakeBackend()
        gateway = backend.gateway()
        fault = backend.faults.inject(Fault.http(503, operation=("create", "list"), times=None))
        gateway.get("ML", UNKNOWN_ID)
        with pytest.raises(JobServerError):
            gateway.create("ML", "w", {})
        with pytest.raises(JobServerError):
            gateway.list("ML")
        assert fault.fired == 2

    def test_of_one_user(self) -> None:
        backend = FakeBackend()
        backend.add_user("ann")
        backend.faults.inject(Fault.http(503, user="ann", times=None))
        assert struck(backend.gateway(), 2) == []
        assert struck(backend.gateway("ann"), 2) == [1, 2]

    def test_of_one_face(self) -> None:
        backend = FakeBackend()
        backend.faults.inject(Fault.http(503, face="http", times=None))
        assert backend.jobs().list() == []
        assert backend.jobs(over="sql").list() == []
        with pytest.raises(JobServerError):
            backend.jobs(over="http").list()

    def test_an_error_of_sql_lets_http_pass(self) -> None:
        backend = FakeBackend()
        fault = backend.faults.inject(Fault.sql(391))
        assert backend.jobs(over="http").list() == []
        assert (fault.seen, fault.fired) == (0, 0)

    def test_as_a_function_of_the_call_says(self) -> None:
        backend = FakeBackend()
        gateway = backend.gateway()
        backend.faults.inject(
            Fault.http(503, operation="get", where=lambda call: call.job_id == "b", times=None)
        )
        assert gateway.get("ML", "a") is None
        with pytest.raises(JobServerError):
            gateway.get("ML", "b")

    def test_a_function_that_fails_refuses_the_call_and_no_fault_counts_it(self) -> None:
        backend = FakeBackend()
        first = backend.faults.inject(Fault.http(503, nth=1))
        broken = backend.faults.inject(Fault.http(500, where=lambda call: call.nothing))
        with pytest.raises(JobInvalidRequestError) as caught:
            backend.gateway().get("ML", UNKNOWN_ID)
        told = f"`where` of the fault that the test injected at {broken.injected_at} failed"
        assert f"{told}: AttributeError: " in str(caught.value)
        assert (first.seen, first.fired, broken.seen) == (0, 0, 0)
        [entry] = backend.transcript
        assert isinstance(entry.answer, Refused)
        broken.remove()
        assert struck(backend.gateway(), 2) == [1]

    @pytest.mark.parametrize("over", ["http", "sql"])
    def test_a_function_that_fails_is_told_by_every_client(self, over: Any) -> None:
        backend = FakeBackend()
        backend.faults.inject(Fault.http(500, where=lambda call: call.nothing))
        with pytest.raises(JobError, match=r"test_faults\.py:\d+ failed: AttributeError"):
            backend.jobs(over=over).create("Predictive", "w", {})

    def test_what_is_no_exception_of_a_function_passes(self) -> None:
        class End(BaseException):
            pass

        def ends(call: object) -> bool:
            raise End

        backend = FakeBackend()
        backend.faults.inject(Fault.http(500, where=ends))
        with pytest.raises(End):
            backend.gateway().get("ML", UNKNOWN_ID)

    def test_a_function_cannot_change_what_was_asked(self) -> None:
        backend = FakeBackend()
        backend.faults.inject(
            Fault.http(503, operation="create", where=lambda call: bool(call.payload["n"].clear()))
        )
        backend.gateway().create("ML", "w", {"n": [1]})
        assert backend.executions[0].payload == {"n": [1]}
        assert isinstance(backend.transcript[0].call, Create)
        assert backend.transcript[0].call.payload == {"n": [1]}

    def test_a_function_sees_the_call_as_it_is(self) -> None:
        backend = FakeBackend()
        seen: list[Any] = []
        backend.faults.inject(Fault.http(503, where=lambda call: seen.append(call) or False))
        gateway = backend.gateway()
        gateway.create("ML", "w", {"n": 1})
        gateway.get("ML", UNKNOWN_ID)
        assert seen == [entry.call for entry in backend.transcript]
        assert seen[0].reasoner_type is PREDICTIVE

    def test_a_payload_that_cannot_be_copied_is_refused_as_ever(self) -> None:
        backend = FakeBackend()
        backend.faults.inject(Fault.http(503, where=lambda call: False))
        with pytest.raises(JobInvalidRequestError, match="payload must be a JSON object"):
            backend.gateway().create("ML", "w", {"lock": threading.Lock()})

    def test_each_counts_what_another_struck_and_the_first_has_precedence(self) -> None:
        backend = FakeBackend()
        first = backend.faults.inject(Fault.http(503, nth=2))
        second = backend.faults.inject(Fault.http(500, after=1, times=2))
        never = backend.faults.inject(Fault.http(400, nth=2))
        assert struck(backend.gateway()) == [2, 3, 4]
        assert (first.fired, second.fired, never.fired) == (1, 2, 0)
        assert backend.faults.never_fired() == (never,)


class TestPlan:
    """What was injected, and what became of it."""

    def test_it_tells_how_often_a_fault_was_met_and_fired(self) -> None:
        backend = FakeBackend()
        active = backend.faults.inject(Fault.http(503, operation="get", after=1, times=1))
        assert backend.faults.never_fired() == (active,)
        struck(backend.gateway(), 5)
        assert (active.seen, active.fired) == (2, 1)
        assert backend.faults.never_fired() == ()
        assert repr(active) == (
            "<Fault.http(503, operation='get', after=1) of"
            f" {active.injected_at}: fired 1 of 2 calls>"
        )
        assert active.injected_at.startswith("faults/test_faults.py:")

    def test_one_that_is_over_costs_nothing_and_is_still_listed(self) -> None:
        backend = FakeBackend()
        active = backend.faults.inject(Fault.http(503))
        struck(backend.gateway(), 1)
        assert backend.faults.live == []
        assert list(backend.faults) == [active]
        assert len(backend.faults) == 1

    def test_one_may_be_withdrawn_and_is_not_missed(self) -> None:
        backend = FakeBackend()
        active = backend.faults.inject(Fault.http(503, times=None))
        assert struck(backend.gateway(), 2) == [1, 2]
        active.remove()
        active.remove()
        assert struck(backend.gateway(), 2) == []
        assert list(backend.faults) == []

    def test_all_may_be_withdrawn(self) -> None:
        backend = FakeBackend()
        backend.faults.inject(Fault.http(503))
        backend.faults.inject(Fault.http(500))
        backend.faults.clear()
        assert struck(backend.gateway()) == []
        assert backend.faults.never_fired() == ()
        assert repr(backend.faults) == "<FaultPlan: no faults>"

    def test_threads_share_one_count(self) -> None:
        backend = FakeBackend()
        active = backend.faults.inject(Fault.http(503, times=50))
        workers = [threading.Thread(target=struck, args=(backend.gateway(), 25)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert active.fired == 50

    def test_a_fault_of_a_user_that_nobody_added_is_refused(self) -> None:
        backend = FakeBackend()
        with pytest.raises(FaultError, match=r"`user` 'nobody' .* There are: fake_user"):
            backend.faults.inject(Fault.http(503, user="nobody"))
        assert list(backend.faults) == []

    @pytest.mark.parametrize("given", ["x", None, Fault.http])
    def test_what_is_no_fault_is_refused(self, given: Any) -> None:
        backend = FakeBackend()
        with pytest.raises(FaultError, match="`fault` must be made by a method of Fault; got"):
            backend.faults.inject(given)
        assert list(backend.faults) == []


class TestActing:
    """Whether the backend had acted, and what is told of it."""

    def test_a_fault_strikes_before_or_after_the_backend_acts(self) -> None:
        backend = FakeBackend()
        gateway = backend.gateway()
        for fault, there in (
            (Fault.http(500), 0),
            (Fault.http(500, acted=True), 1),
            (Fault.dropped("before"), 1),
            (Fault.dropped("after"), 2),
            (Fault.dropped("mid-body"), 3),
            (Fault.unreachable(), 3),
            (Fault.truncated(), 4),
            (Fault.malformed(), 4),
            (Fault.sql(391), 4),
            (Fault.sql(391, acted=True), 5),
        ):
            backend.faults.inject(fault)
            with pytest.raises(JobError):
                gateway.create("ML", "w", {})
            assert len(backend.executions) == there, fault

    def test_what_the_backend_refuses_is_refused_late(self) -> None:
        backend = FakeBackend(strict_reasoners=True)
        backend.faults.inject(Fault.delayed(3))
        with pytest.raises(JobError, match="no reasoner"):
            backend.gateway().create("ML", "w", {})
        assert backend.clock.monotonic() == 3

    @pytest.mark.parametrize("over", ["gateway", "http", "sql"])
    def test_a_delay_passes_on_the_backends_clock(self, over: Any) -> None:
        backend = FakeBackend()
        jobs = backend.jobs(over=over)
        backend.faults.inject(Fault.delayed(2.5))
        operation = jobs.create("Predictive", "w", {})
        assert backend.clock.monotonic() == 2.5
        assert operation.id == backend.executions[0].id

    @pytest.mark.parametrize("over", ["gateway", "http", "sql"])
    def test_a_failure_may_be_late_too(self, over: Any) -> None:
        backend = FakeBackend()
        backend.faults.inject(Fault.not_ready(delay_s=4))
        with pytest.raises(JobNotReadyError, match="not ready to accept jobs"):
            backend.jobs(over=over).create("Predictive", "w", {})
        assert backend.clock.monotonic() == 4

    def test_others_are_answered_while_one_is_late(self) -> None:
        backend = FakeBackend()
        seen: list[object] = []

        class Watched:
            """A clock on which somebody else asks while one sleeps."""

            def sleep(self, seconds: float) -> None:
                worker = threading.Thread(
                    target=lambda: seen.append(backend.gateway().get("ML", UNKNOWN_ID))
                )
                worker.start()
                worker.join(5)

        backend.faults.inject(Fault.delayed(1))
        backend.clock = Watched()  # pyright: ignore[reportAttributeAccessIssue]
        assert backend.gateway().list("ML") == []
        assert seen == [None]

    def test_the_transcript_tells_the_fault_and_whether_the_backend_had_acted(self) -> None:
        backend = FakeBackend()
        backend.script(JobScript(run_s=60))
        backend.faults.inject(Fault.dropped("after", operation="create"))
        backend.faults.inject(Fault.http(503, operation="get"))
        gateway = backend.gateway()
        with pytest.raises(JobServerError):
            gateway.create("ML", "w", {})
        [view] = backend.executions
        with pytest.raises(JobServerError):
            gateway.get("ML", view.id)
        first, second = backend.transcript
        assert isinstance(first.answer, InjectedFault)
        assert (first.answer.acted, first.answer.answer) == (True, view.id)
        assert str(first).endswith(
            f"-> Fault.dropped('after', operation='create'), acted: {view.id}"
        )
        assert isinstance(second.answer, InjectedFault)
        assert (second.answer.acted, second.answer.answer) == (False, None)
        assert str(second).endswith("-> Fault.http(503, operation='get'), did not act")

    def test_same_faults_and_calls_tell_the_same_story(self) -> None:
        def story() -> str:
            backend = FakeBackend()
            backend.faults.inject(
                Fault.http(503, probability=0.5, where=lambda call: call.operation == "get")
            )
            struck(backend.gateway())
            return str(backend.transcript)

        assert story() == story()


class TestBodies:
    """What an answer says, in memory as our client reads it."""

    def test_a_body_is_what_the_test_gives(self) -> None:
        backend = FakeBackend()
        gateway = backend.gateway()
        for body, found in (
            ({"message": "no quota", "details": "ask ops"}, "no quota: ask ops"),
            ("plain words", "plain words"),
            (b"bytes", "bytes"),
        ):
            backend.faults.inject(Fault.http(500, body=body))
            with pytest.raises(JobServerError, match=found):
                gateway.get("ML", UNKNOWN_ID)

    def test_a_success_that_the_client_can_read_is_one(self) -> None:
        backend = FakeBackend()
        gateway, faults = backend.gateway(), backend.faults
        row = {"id": "other", "state": "RUNNING"}
        faults.inject(Fault.http(201, body={"id": "made-up"}))
        assert gateway.create("ML", "w", {}) == "made-up"
        faults.inject(Fault.http(200, body={"job": row}))
        record = gateway.get("ML", "x")
        assert record is not None
        assert (record.id, record.reasoner_type) == ("other", "Predictive")
        faults.inject(Fault.http(200, body={"jobs": [row]}))
        assert [each.id for each in gateway.list("ML")] == ["other"]
        faults.inject(Fault.http(404))
        assert gateway.get("ML", "x") is None
        assert backend.executions == ()

    def test_each_part_of_a_transaction_can_be_struck(self) -> None:
        backend = FakeBackend()
        gateway = backend.gateway()
        made = gateway.create("LOGIC", "e", {"dbname": "d", "query": "q"})
        for operation in ("events", "artifacts", "problems"):
            for fault in (Fault.malformed, Fault.truncated, Fault.unreachable):
                backend.faults.inject(fault(operation=operation))
                with pytest.raises(JobServerError, match=operation):
                    getattr(gateway, operation)("LOGIC", made)


REFUSED: dict[str, tuple[Callable[[], Fault], str]] = {
    "nth with after": (lambda: Fault.http(503, nth=1, after=1), "`nth`.*`after`"),
    "nth with times": (lambda: Fault.http(503, nth=1, times=2), "`nth`.*`times`"),
    "nth by chance": (lambda: Fault.http(503, nth=1, probability=0.5), "`nth`.*`probability`"),
    "the 0th": (lambda: Fault.http(503, nth=0), "`nth`"),
    "the 1.5th": (lambda: Fault.http(503, nth=1.5), "`nth`"),  # pyright: ignore[reportArgumentType]
    "no times": (lambda: Fault.http(503, times=0), "`times`"),
    "after -1": (lambda: Fault.http(503, after=-1), "`after`"),
    "probability 0": (lambda: Fault.http(503, probability=0), "`probability`"),
    "probability 2": (lambda: Fault.http(503, probability=2), "`probability`"),
    "probability NaN": (lambda: Fault.http(503, probability=math.nan), "`probability`"),
    "probability of text": (lambda: Fault.http(503, probability="x"), "`probability`.*'x'"),  # pyright: ignore[reportArgumentType]
    "probability True": (lambda: Fault.http(503, probability=True), "`probability`"),
    "operation 7": (lambda: Fault.http(503, operation=7), "`operation`.*7"),  # pyright: ignore[reportArgumentType]
    "delay of text": (lambda: Fault.http(503, delay_s="3"), "`delay_s`.*'3'"),  # pyright: ignore[reportArgumentType]
    "delayed by text": (lambda: Fault.delayed("3"), "`seconds`.*'3'"),  # pyright: ignore[reportArgumentType]
    "headers of text": (lambda: Fault.http(503, headers="x"), "`headers`.*'x'"),  # pyright: ignore[reportArgumentType]
    "a seed for nothing": (lambda: Fault.http(503, seed=1), "`seed`"),
    "delay -1": (lambda: Fault.http(503, delay_s=-1), "`delay_s`"),
    "delay NaN": (lambda: Fault.http(503, delay_s=math.nan), "`delay_s`"),
    "delayed by nothing": (lambda: Fault.delayed(0), "`seconds`"),
    "delayed for ever": (lambda: Fault.delayed(math.inf), "`seconds`"),
    "delayed twice": (lambda: Fault.delayed(1, delay_s=1), "`delay_s`"),
    "no operation": (lambda: Fault.http(503, operation="delete"), "`operation`.*get, create"),
    "no operations": (lambda: Fault.http(503, operation=()), "`operation`"),
    "no face": (lambda: Fault.http(503, face="grpc"), "`face`.*gateway, http, sql"),
    "no function": (lambda: Fault.http(503, where=True), "`where`"),  # pyright: ignore[reportArgumentType]
    "no argument": (lambda: Fault.http(503, when=1), "`when` is no argument"),  # pyright: ignore[reportCallIssue, reportUnknownLambdaType]
    "status 99": (lambda: Fault.http(99), "`status`"),
    "status 600": (lambda: Fault.http(600), "`status`"),
    "status of text": (lambda: Fault.http("503"), "`status`"),  # pyright: ignore[reportArgumentType]
    "a header that is no text": (
        lambda: Fault.http(503, headers={"Retry-After": 7}),  # pyright: ignore[reportArgumentType]
        "`headers`.*Retry-After",
    ),
    "a header of two lines": (lambda: Fault.http(503, headers={"A": "b\r\nC: d"}), "`headers`"),
    "status True": (lambda: Fault.http(True), "`status`"),
    "a success": (lambda: Fault.http(200), "`status` 200 without a `body`"),
    "a body where none can be": (lambda: Fault.http(204, body="x"), "`body`"),
    "a body that is no JSON": (lambda: Fault.http(503, body=[{1}]), "`body`"),
    "dropped somewhere": (lambda: Fault.dropped("somewhere"), "`at`"),  # pyright: ignore[reportArgumentType]
    "SQL over HTTP": (lambda: Fault.sql(391, face="http"), "`face`.*never fire"),
    "SQL errno 0": (lambda: Fault.sql(0), "`errno`"),
    "SQL state": (lambda: Fault.sql(391, "m", "1"), "`sqlstate`"),
    "SQL without words": (lambda: Fault.sql(391, " "), "`message`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_fault_that_contradicts_itself_is_refused_by_the_name_of_the_argument(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(FaultError, match=message):
        make()


@pytest.mark.parametrize(
    "fault",
    [
        Fault.http(503, body={"a": 1}, headers={"Retry-After": "7"}, acted=True, nth=2),
        Fault.dropped("mid-body", operation=("get", "list"), after=1, times=None),
        Fault.unreachable(probability=0.5, seed=3, face="http"),
        Fault.delayed(5, user="ann"),
        Fault.not_ready(delay_s=2.0),
        Fault.sql(391, "no", "42000", acted=True, times=3),
        Fault.malformed(acted=True),
    ],
    ids=lambda fault: fault.kind.value,
)
def test_a_fault_shows_how_it_is_made(fault: Fault) -> None:
    again: Any = eval(repr(fault), {"Fault": Fault})  # noqa: S307 - our own words
    assert again == fault
    assert repr(again) == repr(fault)


def test_a_fault_that_was_injected_twice_counts_twice() -> None:
    backend = FakeBackend()
    fault = Fault.http(503)
    actives: list[ActiveFault] = [backend.faults.inject(fault) for _ in range(2)]
    assert struck(backend.gateway()) == [1, 2]
    assert [active.fired for active in actives] == [1, 1]
