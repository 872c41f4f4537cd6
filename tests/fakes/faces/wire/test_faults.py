"""What each fault is on the wire, and what the same request gets when it comes again."""

from __future__ import annotations

import json

import pytest

from rai_jobs_fakes import Fault
from rai_jobs_fakes.faces.http import Ending

from .talking import Answer, Wire, opened

CREATE = "call RELATIONALAI.api.EXEC_JOB_ASYNC('ML', 'w', '{}')"
AGAIN = "again"


@pytest.fixture
def wire() -> Wire:
    return opened()


def create(wire: Wire, **body: object) -> Answer:
    return wire.query(CREATE, _id=AGAIN, **body)


def renew(wire: Wire) -> None:
    told = wire.renew().data
    wire.tokens = {"token": told["sessionToken"], "masterToken": told["masterToken"]}


def created(wire: Wire) -> list[str]:
    return [view.id for view in wire.backend.executions]


@pytest.mark.parametrize(
    ("fault", "ending", "acted"),
    [
        (Fault.dropped("before"), Ending.NO_ANSWER, 0),
        (Fault.dropped("after"), Ending.NO_ANSWER, 1),
        (Fault.dropped("mid-body"), Ending.MID_BODY, 1),
        (Fault.unreachable(), Ending.NO_CONNECTION, 0),
        (Fault.sql(250003, "the connection was closed"), Ending.NO_ANSWER, 0),
        (Fault.sql(250003, "the connection was closed", acted=True), Ending.NO_ANSWER, 1),
    ],
    ids=repr,
)
def test_a_lost_connection_is_lost_and_the_request_that_comes_again_runs_once(
    wire: Wire, fault: Fault, ending: Ending, acted: int
) -> None:
    wire.backend.faults.inject(fault)
    lost = create(wire).response
    assert lost.ending is ending
    assert len(created(wire)) == acted
    again = create(wire)
    assert again.response.ending is Ending.WHOLE
    assert [[again.rows[0][0]]] == [created(wire)]
    if ending is Ending.MID_BODY:
        whole = again.response.body
        assert lost.received == whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("fault", "acted"),
    [
        (Fault.truncated(), 1),
        (Fault.malformed(), 0),
        (Fault.malformed(acted=True), 1),
    ],
    ids=repr,
)
def test_an_answer_that_cannot_be_read_is_a_whole_body_and_the_truth_comes_with_the_next(
    wire: Wire, fault: Fault, acted: int
) -> None:
    wire.backend.faults.inject(fault)
    spoilt = create(wire).response
    assert (spoilt.status, spoilt.ending) == (200, Ending.WHOLE)
    with pytest.raises(ValueError, match="line 1 column"):
        json.loads(spoilt.body)
    assert len(created(wire)) == acted
    assert [[create(wire).rows[0][0]]] == [created(wire)]


def test_a_malformed_answer_says_what_it_is(wire: Wire) -> None:
    wire.backend.faults.inject(Fault.malformed())
    page = create(wire).response
    assert page.headers == {"content-type": "text/html; charset=utf-8"}
    assert b"Please sign in" in page.body


def test_an_expired_token_is_renewed_and_the_request_goes_on(wire: Wire) -> None:
    wire.backend.faults.inject(Fault.expired_token())
    assert create(wire).code == "390112"
    # Not this request alone: the token is one that has expired.
    assert wire.query("select 1").code == "390112"
    renew(wire)
    assert [[create(wire).rows[0][0]]] == [created(wire)]


def test_a_request_whose_token_expires_again_is_told_to_log_in(wire: Wire) -> None:
    expired = wire.backend.faults.inject(Fault.expired_token(times=None))
    for _ in range(2):
        codes: list[str | None] = []
        for _ in range(2):
            codes.append(create(wire).code)
            renew(wire)
        assert codes == ["390112", "390114"]
    assert created(wire) == []
    expired.remove()
    assert create(wire).code is None


def test_requests_without_an_id_are_each_told_that_the_token_expired(wire: Wire) -> None:
    wire.backend.faults.inject(Fault.expired_token(times=2))
    for _ in range(2):
        assert wire.query(CREATE, _id=None).code == "390112"
        renew(wire)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault.http(503), "100357", "remote service error: 503"),
        (Fault.stale_endpoint(), "100357", "service associated with endpoint"),
        (Fault.not_ready(), "100357", "not ready to accept jobs"),
        (Fault.sql(391, "no such thing", "42000"), "000391", "no such thing"),
    ],
    ids=repr,
)
def test_what_fails_behind_a_procedure_is_told_as_sql_tells_it(
    wire: Wire, fault: Fault, code: str, words: str
) -> None:
    wire.backend.faults.inject(fault)
    failed = create(wire)
    assert (failed.status, failed.response.ending) == (200, Ending.WHOLE)
    assert failed.code == code
    assert words in failed.json["message"]
    # It is an answer like any other: the same request gets the same.
    assert create(wire).json == failed.json
    assert created(wire) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault.delayed(5),
        Fault.http(503, delay_s=5),
        Fault.dropped("after", delay_s=5),
        Fault.not_ready(delay_s=5),
        Fault.expired_token(delay_s=5),
        Fault.malformed(delay_s=5),
    ],
    ids=repr,
)
def test_the_answer_is_late_and_nobody_waits_for_it_here(wire: Wire, fault: Fault) -> None:
    wire.backend.faults.inject(fault)
    before = wire.backend.clock.monotonic()
    assert create(wire).response.delay_s == 5
    assert wire.backend.clock.monotonic() == before
    assert create(wire).response.delay_s == 0


def test_two_calls_of_one_statement_are_late_together(wire: Wire) -> None:
    wire.backend.faults.inject(Fault.delayed(5, times=None))
    both = (
        "select j.id from RELATIONALAI.api.jobs j"
        " join RELATIONALAI.api.transactions t on t.id = j.id"
    )
    assert wire.query(both).response.delay_s == 10


def test_the_truth_of_a_refused_call_is_its_refusal(wire: Wire) -> None:
    wire.backend.faults.inject(Fault.dropped("after"))
    cancel = "call RELATIONALAI.api.CANCEL_JOB('ML', 'nobodys')"
    assert wire.query(cancel, _id=AGAIN).response.ending is Ending.NO_ANSWER
    assert "remote service error: 404" in wire.query(cancel, _id=AGAIN).json["message"]


def test_what_is_asked_for_later_and_what_is_only_described_is_struck_too(wire: Wire) -> None:
    wire.backend.faults.inject(Fault.dropped("after", times=2))
    assert create(wire, asyncExec=True).response.ending is Ending.NO_ANSWER
    query_id = create(wire, asyncExec=True).data["queryId"]
    result = wire.send("GET", f"/queries/{query_id}/result")
    assert [[result.rows[0][0]]] == [created(wire)]
    jobs = "select id from RELATIONALAI.api.jobs"
    described = wire.query(jobs, _id="describe", describeOnly=True)
    assert described.response.ending is Ending.NO_ANSWER
    columns = wire.query(jobs, _id="describe", describeOnly=True).data["rowtype"]
    assert [column["name"] for column in columns] == ["ID"]


def test_half_of_a_packed_answer_is_still_one_that_can_be_unpacked(wire: Wire) -> None:
    large = "select 'x', id from RELATIONALAI.api.jobs".replace("x", "x" * 20_000)
    create(wire)
    wire.backend.faults.inject(Fault.truncated())
    gzip = {"accept-encoding": "gzip"}
    cut = wire.send("POST", "/queries/v1/query-request", {"sqlText": large}, headers=gzip)
    assert cut.response.headers["content-encoding"] == "gzip"
    with pytest.raises(ValueError, match="line 1 column"):
        _ = cut.json
