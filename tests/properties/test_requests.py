"""Nothing that is sent breaks a face: it is answered, without a word of our own insides.

What a search found once stands as an example of its own, by name.
"""

from __future__ import annotations

import gc
import gzip
import json
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rai_jobs_fakes import FakeBackend, HttpDialect, WireSettings
from rai_jobs_fakes.faces.http import HttpFace, HttpRequest, HttpResponse
from rai_jobs_fakes.faces.sql.engine import Engine
from rai_jobs_fakes.faces.sql.values import SqlFailure

from ..fakes.faces.wire.talking import Answer, Wire, opened
from ..fakes.making import bearer

QUERY = "/queries/v1/query-request"
LOGIN = "/session/v1/login-request"
PLAIN = HttpDialect(error_key=None, transaction_wrapper=None, transactions_wrapper=None)


def words(text: str) -> list[str]:
    return text.split(" ")


TEXT = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["ML", "w", "{}", "[[[[", "\ud800", "9" * 5_000, '{"a":' * 300 + "1" + "}" * 300, "1e999"]
    ),
)
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
FIELD = st.sampled_from(
    words(
        "job_type worker_name payload timeout_mins engine_name dbname query inputs headers readonly"
        " abort_detached sqlText bindings asyncExec describeOnly data LOGIN_NAME PASSWORD TOKEN"
        " AUTHENTICATOR SESSION_PARAMETERS ACCOUNT_NAME requestType 1 type value"
    )
)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(FIELD, TEXT), inner, max_size=4)
    ),
    max_leaves=8,
)
BODY = st.one_of(
    st.binary(max_size=40),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(FIELD, JSON).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=40).map(gzip.compress),
)
SEGMENT = st.one_of(
    st.sampled_from(["jobs", "transactions", "v1alpha1", "ML", "LOGIC", "cancel", "events", ""]),
    st.sampled_from(["%2F", "%00", "%ff", "%", "..", "progress", "x" * 300]),
    st.text("ab%/?#&=", max_size=5),
)
TARGET = st.one_of(
    st.lists(SEGMENT, max_size=6).map(lambda parts: "/" + "/".join(parts)),
    st.lists(SEGMENT, max_size=4).map(lambda parts: "/v1alpha1/" + "/".join(parts)),
    st.text(max_size=10),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["content-encoding", "accept-encoding", "authorization", "x-enable-guard-rails", "host"]
    ),
    st.one_of(st.sampled_from(["gzip", "true", "", 'Snowflake Token=""', "br"]), TEXT),
)
METHOD = st.sampled_from(["GET", "POST", "PUT", "DELETE", "get", "", "POST\n"])
WORDS = words(
    "select call from where ? , ( ) . ; ' -- /* */ :: : => * 1 1e400 'a' null RELATIONALAI.api"
    " jobs transactions GET_JOB EXEC_JOB_ASYNC table result_scan last_query_id use role alter"
    " session set unset show parameters like '%' order by limit offset with as union all group"
    " having case when then end in is not between cast int variant date array object"
    " object_construct array_construct parse_json to_char current_timestamp \ud800 \0 $$ @ { } [ ]"
    " begin commit lateral flatten values distinct over partition qualify interval"
)
STATEMENT = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), st.text(max_size=30)
)
BINDS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                words(
                    "ANY TEXT FIXED REAL BOOLEAN DATE TIME TIMESTAMP_NTZ TIMESTAMP_LTZ TIMESTAMP_TZ"
                    " BINARY VARIANT OBJECT ARRAY nope"
                )
            ),
            "value": SCALAR,
        }
    ),
    max_size=3,
).map(lambda binds: {str(number): bind for number, bind in enumerate(binds, start=1)})


class Http:
    """A backend and its HTTP face."""

    def __init__(self, dialect: HttpDialect | None = None) -> None:
        self.backend = FakeBackend(max_body_bytes=100_000)
        self.face = HttpFace(self.backend, dialect or HttpDialect(), max_body_bytes=100_000)
        self.token = self.backend.token()

    def send(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> HttpResponse:
        told = {**bearer(self.token), **(headers or {})}
        answer = self.face.handle(HttpRequest(method, target, told, body))
        assert 200 <= answer.status < 500
        assert b"Traceback" not in answer.body
        if answer.content_type == "application/json":
            json.loads(answer.body, parse_constant=pytest.fail)
        return answer


def is_told(answer: Answer) -> None:
    """Check that an answer is one of the protocol's."""
    assert answer.status < 500
    told = json.loads(answer.response.body) if answer.status != 200 else answer.json
    assert set(told) == {"data", "code", "message", "success"}
    assert "Traceback" not in str(told["message"])


@pytest.fixture(scope="module", params=[HttpDialect(), PLAIN], ids=["usual", "plain"])
def http(request: pytest.FixtureRequest) -> Http:
    return Http(request.param)


@pytest.fixture(scope="module")
def wire() -> Wire:
    return opened(WireSettings(max_body_bytes=100_000))


@settings(deadline=None)
@given(method=METHOD, target=TARGET, body=BODY, headers=HEADERS)
def test_whatever_comes_over_http_is_answered(
    http: Http, method: str, target: str, body: bytes, headers: dict[str, str]
) -> None:
    http.send(method, target, body, headers)


@settings(deadline=None)
@given(
    path=st.sampled_from(["/v1alpha1/jobs", "/v1alpha1/transactions"]),
    body=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("payload", "timeout_mins", "inputs", "readonly"), JSON)
    ),
)
def test_whatever_is_created_over_http_is_answered_and_can_be_listed(
    http: Http, path: str, body: dict[str, Any]
) -> None:
    usual = {"job_type": "ML", "worker_name": "w", "payload": "{}"}
    if path.endswith("transactions"):
        usual = {"engine_name": "w", "dbname": "d", "query": "q"}
    http.send("POST", path, json.dumps({**usual, **body}).encode())
    http.send("GET", path)


@settings(deadline=None)
@given(
    path=st.one_of(
        st.sampled_from(
            [QUERY, LOGIN, "/session", "/session/token-request", "/oauth/token", "/telemetry/send"]
        ),
        TARGET.map(lambda target: f"/queries{target}"),
        TARGET.map(lambda target: f"/monitoring{target}"),
    ),
    method=METHOD,
    body=BODY,
    headers=HEADERS,
)
def test_whatever_comes_on_the_wire_is_answered(
    wire: Wire, method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    answer = wire.send(method, path, raw=body, headers=headers)
    if not path.startswith("/oauth"):
        is_told(answer)


@settings(deadline=None, max_examples=200)
@given(statement=STATEMENT, binds=BINDS, describe=st.booleans())
def test_whatever_is_stated_on_the_wire_is_answered(
    wire: Wire, statement: str, binds: dict[str, Any], describe: bool
) -> None:
    body = {"sqlText": statement, "bindings": binds, "describeOnly": describe}
    is_told(wire.send("POST", QUERY, body))


DEEP = 5_000


@pytest.mark.parametrize(
    "statement",
    [
        f"select {'(' * DEEP}1{')' * DEEP}",
        f"select {'abs(' * DEEP}1{')' * DEEP}",
        f"select {'not ' * DEEP}true",
        f"call RELATIONALAI.api.GET_JOB({'(' * DEEP}1{')' * DEEP}, 'x')",
        f"select {'case when true then ' * 200}1{' end' * 200}",
    ],
    ids=["parentheses", "functions", "not", "call", "case"],
)
def test_a_statement_that_is_nested_too_deeply_is_refused(wire: Wire, statement: str) -> None:
    assert "nested so deeply" in wire.query(statement).json["message"]
    assert "nested so deeply" in wire.query(statement, describeOnly=True).json["message"]


def test_a_payload_that_is_nested_deeply_is_kept_or_refused() -> None:
    for depth in (100, 500, 900, 985, 990, 995, 5_000):
        http = Http()
        payload = '{"a":' * depth + "1" + "}" * depth
        job = {"job_type": "ML", "worker_name": "w", "payload": payload}
        made = http.send("POST", "/v1alpha1/jobs", json.dumps(job).encode())
        http.send("GET", "/v1alpha1/jobs")
        str(http.backend.transcript)
        if depth <= 900:
            assert made.status == 200
            assert http.backend.executions[0].payload == json.loads(payload)


@pytest.mark.parametrize(
    ("statement", "binds", "words"),
    [
        ("select object_construct('a', , )", [], "syntax error"),
        ("select 1 as \ud800", [], "Invalid UTF8"),
        ("select ? || 'x'", [("TEXT", "\ud800")], "Invalid UTF8"),
        (
            "select id from RELATIONALAI.api.jobs where id = ?",
            [("OBJECT", '{"a": 1}')],
            None,
        ),
    ],
)
def test_what_a_library_breaks_on_is_refused_like_anything_else(
    wire: Wire, statement: str, binds: list[tuple[str, str]], words: str | None
) -> None:
    message = wire.query(statement, *binds).json["message"]
    assert message is None if words is None else words in message


@pytest.mark.parametrize(
    "statement",
    [
        "alter session set " + "a" * 50_000,
        "alter session set a" + " " * 50_000 + "b",
        "alter session set a = 1" + " " * 50_000 + "b",
        "show parameters like '" + "%" * 50_000 + "x'",
        "show parameters like '" + "%_" * 20 + "%QUERY_TAG%'",
        "use role " + "a" * 50_000 + " b",
        "/*" * 25_000,
        "'" * 50_001,
    ],
    ids=["word", "blanks", "value", "percents", "pairs", "use", "comments", "quotes"],
)
def test_no_text_takes_longer_than_it_is_long(wire: Wire, statement: str) -> None:
    # Each of these took minutes, or would have; hypothesis and the suite have no patience.
    is_told(wire.query(statement))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("QUERY_TAG", ["QUERY_TAG"]),
        ("query%", ["QUERY_TAG"]),
        ("%TAG", ["QUERY_TAG"]),
        ("%ERY_T%", ["QUERY_TAG"]),
        ("%Y_TAG%%", ["QUERY_TAG"]),
        ("QUERY_TA", []),
        ("UERY_TAG", []),
        ("QUERY_TAG_", []),
        ("_UER%A_", ["QUERY_TAG"]),
        ("", []),
    ],
)
def test_a_pattern_of_show_parameters_means_what_like_means(
    wire: Wire, pattern: str, found: list[str]
) -> None:
    assert [row[0] for row in wire.query(f"show parameters like '{pattern}'").rows] == found


def test_a_query_that_never_ends_is_canceled_and_the_next_one_is_answered() -> None:
    engine = Engine(longest_s=0.05)
    with pytest.raises(SqlFailure, match=r"timeout of 0\.05 second") as caught:
        engine.run("select count(*) from range(1000000000000)", [], [])
    assert (caught.value.errno, caught.value.sqlstate) == (630, "57014")
    assert engine.run("select 7", [], []).rows == ((7,),)


def test_a_query_that_wants_all_memory_is_refused() -> None:
    with pytest.raises(SqlFailure, match=r"could not allocate|Out of Memory|failed to"):
        Engine().run("select list(repeat('x', 1000000)) from range(5000)", [], [])


def test_a_body_that_is_too_large_is_413_over_http() -> None:
    http = Http()
    job = b'{"job_type": "ML", "worker_name": "w", "payload": "{}"}'
    fits = job + b" " * (100_000 - len(job))
    assert http.send("POST", "/v1alpha1/jobs", fits).status == 200
    refused = http.send("POST", "/v1alpha1/jobs", fits + b" ")
    assert refused.status == 413
    assert b"larger than 100000 bytes" in refused.body
    with pytest.raises(ValueError, match="`max_body_bytes` must be an integer, 1 or more"):
        FakeBackend(max_body_bytes=0)


def grown(work: Callable[[int], object]) -> int:
    """How many bytes more are held after a hundred rounds: the least of four such stretches.

    What is left behind grows in each of them; what is cached, or still at hand, does not. Python
    3.10 keeps a frame for each function that it meets: they are met before anything is counted.
    """
    for number in range(500, 1000):
        work(number)
    gc.collect()
    tracemalloc.start()
    try:
        sizes: list[int] = []
        for number in range(500):
            work(number)
            if number % 100 == 99:
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
        return min(later - earlier for earlier, later in pairwise(sizes))
    finally:
        tracemalloc.stop()


def test_refused_requests_over_http_leave_nothing_behind() -> None:
    http = Http()

    def refused(number: int) -> None:
        http.send("POST", "/v1alpha1/jobs", b"{" * 50)
        http.send("GET", f"/nothing/{number}")
        http.send("GET", "/v1alpha1/jobs", headers=bearer(f"wrong-{number}"))

    assert grown(refused) < 1_500


def test_refused_requests_on_the_wire_leave_nothing_behind() -> None:
    wire = opened(WireSettings(requests_kept=20, sessions_kept=20))
    long = "x" * 11_000

    def refused(number: int) -> None:
        wire.send("POST", QUERY, raw=b"{" * 50)
        wire.send("GET", f"/queries/{number}/result")
        wire.send("POST", QUERY, {"sqlText": "select 1"}, token=f"wrong-{number}")
        wire.send("POST", LOGIN, {"data": {"LOGIN_NAME": str(number)}}, token=None)
        # Too long to be kept, in case it came again.
        wire.query(f"call nope('{number}', '{long}')")

    for number in range(25):
        refused(number)
    # A statement may still be at hand; the smallest text that each round leaves is 6,600.
    assert grown(refused) < 4_000
