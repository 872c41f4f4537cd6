"""The HTTP face as a function: what it refuses and how it says so, and its dialects (spec §6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rai_jobs.gateways.rows import parse_instant
from rai_jobs_fakes import At, FakeBackend, Fault, HttpDialect, JobScript, VirtualClock, aborted
from rai_jobs_fakes.faces.http import Ending, HttpFace, HttpRequest, HttpResponse
from rai_jobs_fakes.instants import datetime_of

from ..making import bearer, headers_of

ROUTES = [
    ("POST", "/v1alpha1/jobs"),
    ("GET", "/v1alpha1/jobs"),
    ("GET", "/v1alpha1/jobs/{type}/{id}"),
    ("GET", "/v1alpha1/jobs/{type}/{id}/events/{stream}"),
    ("POST", "/v1alpha1/jobs/{type}/{id}/cancel"),
    ("POST", "/v1alpha1/transactions"),
    ("GET", "/v1alpha1/transactions"),
    ("GET", "/v1alpha1/transactions/{id}"),
    ("GET", "/v1alpha1/transactions/{id}/events/{stream}"),
    ("GET", "/v1alpha1/transactions/{id}/artifacts"),
    ("GET", "/v1alpha1/transactions/{id}/problems"),
    ("POST", "/v1alpha1/transactions/{id}/cancel_async"),
]
# From April 1970, where milliseconds reach 1e10 and are told from seconds (spec §6), until 2100:
# six years later a double of seconds no longer tells one microsecond from the next.
INSTANTS = st.integers(10_000_000 * 10**6, 4_102_444_800 * 10**6).map(datetime_of)
JOB: dict[str, Any] = {"job_type": "SOLVER", "worker_name": "w", "payload": "{}"}
TXN: dict[str, Any] = {"engine_name": "w", "dbname": "d", "query": "q"}


class Wire:
    """A backend, its HTTP face in one dialect, and a user who has a token."""

    def __init__(
        self, dialect: HttpDialect | None = None, *, clock: VirtualClock | None = None
    ) -> None:
        self.backend = FakeBackend(seed=7, clock=clock, event_page_size=2)
        self.face = HttpFace(self.backend, dialect or HttpDialect())

    def send(
        self,
        method: str,
        target: str,
        body: object = b"",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = headers_of(self.backend) if headers is None else headers
        return self.face.handle(HttpRequest(method, target, known, content))

    def ask(self, method: str, target: str, body: object = b"") -> Any:
        """The JSON of a request that succeeds."""
        answer = self.send(method, target, body)
        assert answer.status == 200, answer.body
        assert answer.content_type == "application/json"
        return json.loads(answer.body)

    def create(self, script: JobScript | None = None) -> tuple[str, str]:
        """Create a job and a transaction; return their ids."""
        if script is not None:
            self.backend.script(script)
        job = self.ask("POST", "/v1alpha1/jobs", JOB)["id"]
        created = self.ask("POST", "/v1alpha1/transactions", TXN)
        txn = created["id"] if "id" in created else next(iter(created.values()))["id"]
        return job, txn


@pytest.fixture
def wire() -> Wire:
    """The usual dialect."""
    return Wire()


def said(answer: HttpResponse) -> dict[str, Any]:
    assert answer.content_type == "application/json"
    return json.loads(answer.body)


class TestPaths:
    """Which requests are answered at all."""

    def test_these_routes_are_all(self, wire: Wire) -> None:
        assert list(wire.face.routes) == ROUTES

    @pytest.mark.parametrize(
        "target",
        [
            "",
            "/",
            "/v1alpha1",
            "/v1alpha2/jobs",
            "/V1ALPHA1/JOBS",
            "/v1alpha1/jobs/SOLVER",
            "/v1alpha1/job",
            "/v1alpha1/jobs/SOLVER/x/events",
            "/v1alpha1/jobs/SOLVER/x/artifacts",
            "/v1alpha1/jobs/SOLVER/x/cancel_async",
            "/v1alpha1/jobs/SOLVER/x/events/progress/more",
            "/v1alpha1/transactions/x/cancel",
            "/v1alpha1/transactions/x/details",
            "/v1alpha1/transactions//artifacts/x",
            "/?/v1alpha1/jobs",
            "/v1alpha1%2Fjobs",
            "/" + "x" * 10_000_000,
            "/" * 100_000,
        ],
        ids=lambda target: target[:40],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_an_unknown_path_is_404_whatever_the_method(
        self, wire: Wire, method: str, target: str
    ) -> None:
        answer = wire.send(method, target)
        assert answer.status == 404
        assert said(answer)["message"].startswith("no such path: ")
        assert len(answer.body) < 1_000

    @pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
    def test_a_wrong_method_is_405(self, wire: Wire, path: str) -> None:
        right = {method for method, each in ROUTES if each == path}
        others = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "", "X" * 99)
        for method in set(others) - right:
            answer = wire.send(method, path)
            assert (answer.status, said(answer)["message"]) == (405, f"{method} is not for {path}")
        assert len(wire.backend.transcript) == 0

    @pytest.mark.parametrize(
        ("segment", "shown"),
        [
            ("a%2Fb", "a/b"),
            ("%2F", "/"),
            ("a%2fcancel", "a/cancel"),
            ("..%2F..", "../.."),
            ("%3Fx%3D1", "?x=1"),
            ("%25", "%"),
            ("%2525", "%25"),
            ("k%C3%A4se", "käse"),
            ("%F0%9F%98%80", "\U0001f600"),
            ("%FF%FE", "\ufffd\ufffd"),
            ("%", "%"),
            ("%zz", "%zz"),
            ("a+b", "a+b"),
            ("a%00b", "a\0b"),
        ],
    )
    def test_a_segment_is_decoded_once_and_stays_one_segment(
        self, wire: Wire, segment: str, shown: str
    ) -> None:
        for path in (f"/v1alpha1/transactions/{segment}", f"/v1alpha1/jobs/ML/{segment}"):
            answer = wire.send("GET", path)
            assert answer.status == 404
            label = "Predictive" if "jobs" in path else "Logic"
            assert said(answer)["message"] == f"no {label} execution {shown!r}"

    def test_an_encoded_id_is_the_same_id(self, wire: Wire) -> None:
        _, txn = wire.create()
        encoded = "".join(f"%{ord(char):02x}" for char in txn)
        found = wire.ask("GET", f"/v1alpha1/%74ransactions/{encoded}")
        assert found["transaction"]["id"] == txn

    @pytest.mark.parametrize("spelling", ["SOLVER", "solver", "Prescriptive", "%53olver"])
    def test_a_type_in_a_path_may_be_spelt_in_any_accepted_way(
        self, wire: Wire, spelling: str
    ) -> None:
        job, _ = wire.create()
        assert wire.ask("GET", f"/v1alpha1/jobs/{spelling}/{job}")["job"]["id"] == job

    @pytest.mark.parametrize("wrong", ["LOGIC", "logic", "XML", "%20", "..", "x" * 9_999])
    def test_a_type_in_a_path_that_is_no_job_type_is_400(self, wire: Wire, wrong: str) -> None:
        for method, rest in (("GET", ""), ("GET", "/events/progress"), ("POST", "/cancel")):
            answer = wire.send(method, f"/v1alpha1/jobs/{wrong}/x{rest}")
            assert answer.status == 400
            assert said(answer)["message"] == "validation error"
            assert said(answer)["details"].startswith("no job type ")
            assert len(answer.body) < 500

    @pytest.mark.parametrize(
        ("query", "accepted"),
        [
            ("", True),
            ("?", True),
            ("?continuation_token=", True),
            ("?continuation_token=0", True),
            ("?other=1&other=2", True),
            ("?continuation_token", True),
            ("?continuation_token=zz&continuation_token=", True),
            ("?continuation_token=&continuation_token=zz", False),
            ("?continuation_token=%30%30", False),
            ("?continuation_token=%FF", False),
        ],
    )
    def test_the_last_continuation_token_of_a_query_counts(
        self, wire: Wire, query: str, accepted: bool
    ) -> None:
        _, txn = wire.create()
        answer = wire.send("GET", f"/v1alpha1/transactions/{txn}/events/progress{query}")
        assert answer.status == (200 if accepted else 400)


class TestAuthorization:
    """Who is let in."""

    @pytest.mark.parametrize(
        "value",
        [
            None,
            "",
            "TOKEN",
            "Bearer TOKEN",
            "Snowflake TOKEN",
            'Token="TOKEN"',
            "Snowflake Token",
            "Snowflake Token=",
            'Snowflake Token=""',
            'Snowflake Token="wrong"',
            'Snowflake Token="TOKENx"',
            'Snowflake Token="TOKE',
            'Snowflake Token=="TOKEN"',
            'Snowflake  Token="TOKEN"',
            'Basic Snowflake Token="TOKEN"',
            "\udcff" * 10,
            "Snowflake Token=" + "x" * 1_000_000,
        ],
        ids=lambda value: repr(value)[:30],
    )
    @pytest.mark.parametrize("target", ["/v1alpha1/jobs", "/v1alpha1/transactions", "/nowhere"])
    def test_without_a_known_token_everything_is_401(
        self, wire: Wire, value: str | None, target: str
    ) -> None:
        token = wire.backend.token()
        headers = {} if value is None else {"authorization": value.replace("TOKEN", token)}
        answer = wire.send("GET", target, headers=headers)
        assert (answer.status, said(answer)["message"]) == (401, "unauthorized: no such token")
        assert len(wire.backend.transcript) == 0

    @pytest.mark.parametrize(
        "form", ['Snowflake Token="{}"', 'snowflake token="{}"', ' SNOWFLAKE TOKEN = "{}" ']
    )
    def test_the_scheme_may_be_in_any_case(self, wire: Wire, form: str) -> None:
        headers = {"authorization": form.format(wire.backend.token())}
        assert wire.send("GET", "/v1alpha1/jobs", headers=headers).status == 200

    def test_a_token_says_who_is_asking(self, wire: Wire) -> None:
        wire.backend.add_user("ann", token="a=b")
        wire.send("POST", "/v1alpha1/jobs", JOB, headers=bearer("a=b"))
        assert [view.created_by for view in wire.backend.executions] == ["ann"]

    def test_a_token_that_was_replaced_is_401(self, wire: Wire) -> None:
        old = headers_of(wire.backend)
        wire.backend.add_user("fake_user", token="new")
        assert wire.send("GET", "/v1alpha1/jobs", headers=old).status == 401
        assert wire.send("GET", "/v1alpha1/jobs").status == 200

    def test_a_refusal_does_not_repeat_the_token(self, wire: Wire) -> None:
        answer = wire.send("GET", "/v1alpha1/jobs", headers=bearer("hush-hush"))
        assert b"hush" not in answer.body


class TestBodies:
    """What a create must hold."""

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"nul",
            b"\xff\xfe\x00",
            b"\x80",
            b"{'a': 1}",
            b"{} {}",
            b'{"a": ' * 100_000,
            b"[" * 1_000_000,
            b"\x00" * 10_000_000,
        ],
        ids=lambda body: repr(body[:12]),
    )
    @pytest.mark.parametrize("path", ["/v1alpha1/jobs", "/v1alpha1/transactions"])
    def test_a_body_that_is_not_json_is_400(self, wire: Wire, path: str, body: bytes) -> None:
        answer = wire.send("POST", path, body)
        assert (answer.status, said(answer)["details"]) == (400, "the body is not JSON")

    @pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"', b"[{}]", b"true"])
    @pytest.mark.parametrize("path", ["/v1alpha1/jobs", "/v1alpha1/transactions"])
    def test_a_body_that_is_no_object_is_400(self, wire: Wire, path: str, body: bytes) -> None:
        answer = wire.send("POST", path, body)
        assert (answer.status, said(answer)["details"]) == (400, "the body is not a JSON object")

    @pytest.mark.parametrize(
        ("change", "details"),
        [
            ({"job_type": None}, "no job type 'None'"),
            ({"job_type": ""}, "no job type ''"),
            ({"job_type": "LOGIC"}, "no job type 'LOGIC'"),
            ({"job_type": 3}, "no job type '3'"),
            ({"job_type": ["SOLVER"]}, "no job type \"['SOLVER']\""),
            ({"job_type": "\ud800"}, "no job type '\\ud800'"),
            ({"payload": None}, "payload must be a JSON object as text"),
            ({"payload": {}}, "payload must be a JSON object as text"),
            ({"payload": ""}, "payload must be a JSON object as text"),
            ({"payload": "[]"}, "payload must be a JSON object as text"),
            ({"payload": "null"}, "payload must be a JSON object as text"),
            ({"payload": "{"}, "payload must be a JSON object as text"),
            ({"payload": "{}x"}, "payload must be a JSON object as text"),
            ({"payload": "[" * 100_000}, "payload must be a JSON object as text"),
            ({"worker_name": None}, "a reasoner name is required"),
            ({"worker_name": ""}, "a reasoner name is required"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_a_job_without_its_parts_is_400(
        self, wire: Wire, change: dict[str, object], details: str
    ) -> None:
        answer = wire.send("POST", "/v1alpha1/jobs", {**JOB, **change})
        assert answer.status == 400
        assert said(answer) == {"message": "validation error", "details": details}
        assert wire.backend.executions == ()

    @pytest.mark.parametrize("missing", ["dbname", "query", "engine_name"])
    @pytest.mark.parametrize("value", ["absent", "", None, 0])
    def test_a_transaction_without_its_parts_is_400(
        self, wire: Wire, missing: str, value: object
    ) -> None:
        body = {name: it for name, it in TXN.items() if name != missing}
        if value != "absent":
            body[missing] = value
        answer = wire.send("POST", "/v1alpha1/transactions", body)
        assert (answer.status, said(answer)["message"]) == (400, "validation error")
        assert wire.backend.executions == ()

    @pytest.mark.parametrize(
        ("minutes", "details"),
        [
            ("5", "timeout_mins must be an integer"),
            (1.5, "timeout_mins must be an integer"),
            (5.0, "timeout_mins must be an integer"),
            (True, "timeout_mins must be an integer"),
            ([], "timeout_mins must be an integer"),
            ({}, "timeout_mins must be an integer"),
            (0, "timeout_mins must be 1 or more; got 0"),
            (-5, "timeout_mins must be 1 or more; got -5"),
        ],
    )
    @pytest.mark.parametrize(
        ("path", "body"), [("/v1alpha1/jobs", JOB), ("/v1alpha1/transactions", TXN)]
    )
    def test_a_timeout_is_a_whole_number_of_minutes(
        self, wire: Wire, path: str, body: dict[str, Any], minutes: object, details: str
    ) -> None:
        answer = wire.send("POST", path, {**body, "timeout_mins": minutes})
        assert (answer.status, said(answer)["details"]) == (400, details)

    def test_no_timeout_is_the_default_one(self, wire: Wire) -> None:
        wire.ask("POST", "/v1alpha1/jobs", {**JOB, "timeout_mins": None})
        wire.ask("POST", "/v1alpha1/jobs", {**JOB, "timeout_mins": 3})
        rows = wire.ask("GET", "/v1alpha1/jobs")["jobs"]
        assert [row["timeout_ms"] for row in rows] == [180_000, 86_400_000]

    def test_a_reasoner_that_is_not_ready_is_404_in_those_words(self, wire: Wire) -> None:
        wire.backend.add_reasoner("w", "solver", status="SUSPENDED")
        answer = wire.send("POST", "/v1alpha1/jobs", JOB)
        assert answer.status == 404
        assert "not ready to accept jobs" in said(answer)["message"]

    @pytest.mark.parametrize(
        ("flag", "state"), [("True", "ABORTED"), (" true ", "ABORTED"), ("False", "COMPLETED")]
    )
    def test_a_header_switches_the_guard_rails(self, wire: Wire, flag: str, state: str) -> None:
        wire.backend.script(JobScript(run_s=9, guard_rail_after_s=1))
        headers = {**headers_of(wire.backend), "x-enable-guard-rails": flag}
        wire.send("POST", "/v1alpha1/transactions", TXN, headers=headers)
        wire.backend.clock.sleep(9)
        assert [view.state.value for view in wire.backend.executions] == [state]

    def test_a_large_payload_comes_back_as_it_was(self, wire: Wire) -> None:
        payload = {"model": "x" * 2_000_000, "ä": [1, None, {"deep": True}]}
        made = wire.ask("POST", "/v1alpha1/jobs", {**JOB, "payload": json.dumps(payload)})
        row = wire.ask("GET", f"/v1alpha1/jobs/SOLVER/{made['id']}")["job"]
        assert json.loads(row["payload"]) == payload


class TestAnswers:
    """What rows and pages hold."""

    def test_a_row_of_a_job_has_these_columns(self, wire: Wire) -> None:
        job, _ = wire.create(JobScript(run_s=9))
        wire.backend.clock.sleep(1.5)
        assert wire.ask("GET", f"/v1alpha1/jobs/SOLVER/{job}") == {
            "job": {
                "id": job,
                "state": "RUNNING",
                "created_by": "fake_user",
                "created_on": "2026-01-01T00:00:00Z",
                "finished_at": None,
                "duration": 1500,
                "abort_reason": None,
                "reasoner_type": "SOLVER",
                "reasoner_name": "w",
                "payload": "{}",
                "timeout_ms": 86_400_000,
            }
        }

    def test_a_row_of_a_transaction_has_these_columns(self, wire: Wire) -> None:
        wire.backend.script(JobScript(run_s=2.25, outcome=aborted("bad")), reasoner_type="Logic")
        _, txn = wire.create()
        wire.backend.clock.sleep(5)
        assert wire.ask("GET", f"/v1alpha1/transactions/{txn}") == {
            "transaction": {
                "id": txn,
                "state": "ABORTED",
                "created_by": "fake_user",
                "created_on": "2026-01-01T00:00:00Z",
                "finished_at": "2026-01-01T00:00:02.250000Z",
                "duration": 2250,
                "abort_reason": "bad",
                "engine_name": "w",
                "database_name": "d",
                "read_only": True,
            }
        }

    def test_a_list_of_jobs_is_of_all_job_types_and_no_transaction(self, wire: Wire) -> None:
        job, txn = wire.create()
        other = wire.ask("POST", "/v1alpha1/jobs", {**JOB, "job_type": "ML"})["id"]
        assert {row["id"] for row in wire.ask("GET", "/v1alpha1/jobs")["jobs"]} == {job, other}
        [row] = wire.ask("GET", "/v1alpha1/transactions")["transactions"]
        assert row["id"] == txn

    def test_events_artifacts_and_problems_are_as_scripted(self, wire: Wire) -> None:
        script = JobScript(
            run_s=1,
            events=[At(1, {"type": "LogMessage"}), At(1, {"type": "Stats"}, "profiler")],
            artifacts={"out.txt": {"presigned_url": "https://x.test"}},
            problems=[{"type": "warning"}],
        )
        _, txn = wire.create(script)
        wire.backend.clock.sleep(1)
        base = f"/v1alpha1/transactions/{txn}"
        for stream, kind in (("progress", "LogMessage"), ("profiler", "Stats")):
            assert wire.ask("GET", f"{base}/events/{stream}") == {
                "events": [{"type": kind}],
                "continuation_token": "",
            }
        assert wire.ask("GET", f"{base}/artifacts") == {
            "results": [{"filename": "out.txt", "presigned_url": "https://x.test"}]
        }
        assert wire.ask("GET", f"{base}/problems") == {"problems": [{"type": "warning"}]}

    def test_a_cancel_needs_no_body_and_ignores_one(self, wire: Wire) -> None:
        job, txn = wire.create(JobScript(run_s=9))
        assert wire.ask("POST", f"/v1alpha1/jobs/SOLVER/{job}/cancel") == {}
        assert wire.ask("POST", f"/v1alpha1/transactions/{txn}/cancel_async", b"\xff{") == {}
        assert {view.state.value for view in wire.backend.executions} == {"CANCELED"}


class TestDialects:
    """What the protocol leaves open, and a test may choose."""

    INSTANT = datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=timezone.utc)

    @pytest.mark.parametrize(
        ("form", "expected"),
        [
            ("iso_z", "2026-03-04T05:06:07.089000Z"),
            ("iso_naive", "2026-03-04T05:06:07.089000"),
            ("sql", "2026-03-04 05:06:07.089000"),
            ("epoch_s", 1_772_600_767.089),
            ("epoch_ms", 1_772_600_767_089.0),
        ],
    )
    def test_an_instant_has_the_form_that_was_chosen(self, form: Any, expected: object) -> None:
        wire = Wire(HttpDialect(instants=form), clock=VirtualClock(self.INSTANT))
        for row in self.rows(wire):
            assert row["created_on"] == row["finished_at"] == expected

    @staticmethod
    def rows(wire: Wire) -> list[dict[str, Any]]:
        job, txn = wire.create()
        return [
            wire.ask("GET", f"/v1alpha1/jobs/SOLVER/{job}")["job"],
            wire.ask("GET", f"/v1alpha1/transactions/{txn}")["transaction"],
        ]

    @given(INSTANTS)
    @settings(deadline=None, max_examples=50)
    def test_a_client_reads_every_form_to_the_microsecond(self, instant: datetime) -> None:
        forms: Any = ("iso_z", "iso_naive", "sql", "epoch_s", "epoch_ms")
        for form in forms:
            wire = Wire(HttpDialect(instants=form), clock=VirtualClock(instant))
            for row in self.rows(wire):
                assert parse_instant(row["created_on"]) == instant, form

    @pytest.mark.parametrize("wrapper", ["transaction", "txn", "data", None])
    def test_a_transaction_is_wrapped_or_bare(self, wrapper: str | None) -> None:
        wire = Wire(HttpDialect(transaction_wrapper=wrapper))
        for answer in (
            wire.ask("POST", "/v1alpha1/transactions", TXN),
            wire.ask("GET", f"/v1alpha1/transactions/{wire.backend.executions[0].id}"),
        ):
            held = answer if wrapper is None else answer[wrapper]
            assert held["id"] == wire.backend.executions[0].id
            assert wrapper is None or list(answer) == [wrapper]

    @pytest.mark.parametrize("wrapper", ["transactions", "Transactions", "items", None])
    def test_a_list_of_transactions_is_wrapped_or_bare(self, wrapper: str | None) -> None:
        wire = Wire(HttpDialect(transactions_wrapper=wrapper))
        wire.create()
        answer = wire.ask("GET", "/v1alpha1/transactions")
        rows = answer if wrapper is None else answer[wrapper]
        assert [row["state"] for row in rows] == ["COMPLETED"]
        assert wrapper is None or list(answer) == [wrapper]

    @pytest.mark.parametrize("key", ["message", "error"])
    def test_an_error_is_under_the_key_that_was_chosen(self, key: str) -> None:
        wire = Wire(HttpDialect(error_key=key))
        assert said(wire.send("GET", "/x")) == {key: "no such path: /x"}
        assert said(wire.send("POST", "/v1alpha1/jobs")) == {
            key: "validation error",
            "details": "the body is not JSON",
        }

    def test_an_error_may_be_plain_text(self) -> None:
        wire = Wire(HttpDialect(error_key=None))
        answers = [wire.send("GET", "/x"), wire.send("POST", "/v1alpha1/jobs")]
        assert [(each.content_type, each.body) for each in answers] == [
            ("text/plain; charset=utf-8", b"no such path: /x"),
            ("text/plain; charset=utf-8", b"validation error: the body is not JSON"),
        ]

    def test_jobs_have_one_spelling_in_every_dialect(self) -> None:
        bare = Wire(HttpDialect(transaction_wrapper=None, transactions_wrapper=None))
        job, _ = bare.create()
        assert list(bare.ask("GET", "/v1alpha1/jobs")) == ["jobs"]
        assert list(bare.ask("GET", f"/v1alpha1/jobs/SOLVER/{job}")) == ["job"]


# What a search makes requests from. Not here: numbers and tokens of thousands of digits, which
# raise a bare ValueError (reported).
WORDS = [
    "v1alpha1",
    "jobs",
    "transactions",
    "events",
    "progress",
    "profiler",
    "cancel",
    "cancel_async",
    "artifacts",
    "problems",
    "SOLVER",
    "ml",
    "LOGIC",
    "%53olver",
    "ID",
    "nobody",
    "0",
    "%2F",
    "..",
]
SEGMENTS = st.one_of(
    st.sampled_from([*WORDS, ""]),
    st.text(max_size=6),
    st.binary(max_size=4).map(lambda raw: "".join(f"%{byte:02X}" for byte in raw)),
)
TEMPLATES = st.sampled_from([path for _, path in ROUTES])


@st.composite
def targets(draw: st.DrawFn) -> str:
    """A path near a real one, or anything, with or without a query."""
    if draw(st.booleans()):
        path = draw(TEMPLATES)
        for name in ("{type}", "{id}", "{stream}"):
            path = path.replace(name, draw(SEGMENTS))
    else:
        path = "/".join(["", *draw(st.lists(SEGMENTS, max_size=8))])
    query = draw(
        st.one_of(
            st.just(""),
            st.text(max_size=20).map("?{}".format),
            st.text(max_size=20).map("?continuation_token={}".format),
        )
    )
    return path + query


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["SOLVER", "ML", "LOGIC", "{}", "[]", '{"a": 1}', "w", "d", "q"]),
)
NAMES = st.sampled_from(
    [
        "job_type",
        "worker_name",
        "payload",
        "timeout_mins",
        "dbname",
        "query",
        "engine_name",
        "database",
        "raw_code",
        "readonly",
        "abort_detached",
        "x",
    ]
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2), max_leaves=4)
CHANGES = st.dictionaries(NAMES, VALUES, max_size=4)
BODIES = st.one_of(
    st.binary(max_size=60),
    CHANGES.map(lambda change: json.dumps(change).encode()),
    CHANGES.map(lambda change: json.dumps({**JOB, **change}).encode()),
    CHANGES.map(lambda change: json.dumps({**TXN, **change}).encode()),
)
METHODS = st.sampled_from(["GET", "POST", "POST", "GET", "PUT", "DELETE", "HEAD", "get", ""])
HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "content-type", "x-enable-guard-rails", "accept", "x"]),
    st.one_of(st.text(max_size=20), st.just("True"), st.just('Snowflake Token="t"')),
    max_size=3,
)
DIALECTS = st.builds(
    HttpDialect,
    instants=st.sampled_from(["iso_z", "iso_naive", "sql", "epoch_s", "epoch_ms"]),
    transaction_wrapper=st.sampled_from(["transaction", None]),
    transactions_wrapper=st.sampled_from(["items", None]),
    error_key=st.sampled_from(["message", "error", None]),
)


def test_a_request_does_not_show_whose_token_it_bears() -> None:
    request = HttpRequest("GET", "/", {"authorization": 'Snowflake Token="s3cret"'})
    assert "s3cret" not in repr(request)


class TestNoise:
    """A search for a request that it cannot answer."""

    @given(
        dialect=DIALECTS,
        requests=st.lists(
            st.tuples(METHODS, targets(), HEADERS, BODIES, st.booleans()), max_size=8
        ),
    )
    @settings(deadline=None, max_examples=200)
    def test_every_request_has_an_answer_in_the_dialect(
        self,
        dialect: HttpDialect,
        requests: list[tuple[str, str, dict[str, str], bytes, bool]],
    ) -> None:
        wire = Wire(dialect)
        job, txn = wire.create(JobScript(run_s=2, events=[At(1, {"n": 1})]))
        for method, target, noise, body, known in requests:
            right = headers_of(wire.backend) if known else {}
            path = target.replace("ID", txn if "transactions" in target else job)
            answer = wire.send(method, path, body, headers={**noise, **right})
            assert answer.status in {200, 400, 401, 404, 405}
            assert known or answer.status == 401
            if answer.status == 200:
                assert answer.content_type == "application/json"
                json.loads(answer.body)
            elif dialect.error_key is None:
                assert answer.content_type == "text/plain; charset=utf-8"
                assert answer.body.decode()
            else:
                assert isinstance(said(answer)[dialect.error_key], str)
            wire.backend.clock.sleep(0.5)
        assert wire.send("GET", "/v1alpha1/jobs").status == 200
        assert wire.send("GET", "/v1alpha1/transactions").status == 200


class TestFaults:
    """What a fault makes of an answer, in the dialect of the backend."""

    def struck(self, wire: Wire, fault: Fault, method: str = "GET") -> HttpResponse:
        wire.backend.faults.inject(fault)
        return wire.send(method, "/v1alpha1/jobs", JOB if method == "POST" else b"")

    def test_a_status_says_its_name_in_the_dialects_words(self, wire: Wire) -> None:
        answer = self.struck(wire, Fault.http(503, headers={"Retry-After": "7"}))
        assert (answer.status, said(answer)) == (503, {"message": "Service Unavailable"})
        assert answer.fields == {"content-type": "application/json", "retry-after": "7"}
        bare = Wire(HttpDialect(error_key=None))
        plain = self.struck(bare, Fault.http(503))
        assert (plain.body, plain.content_type) == (
            b"Service Unavailable",
            "text/plain; charset=utf-8",
        )

    @pytest.mark.parametrize(
        ("body", "sent", "content_type"),
        [
            ({"a": 1}, b'{"a": 1}', "application/json"),
            ('{"a":1}', b'{"a":1}', "application/json"),
            ("words", b"words", "text/plain; charset=utf-8"),
            (b"\xff", b"\xff", "text/plain; charset=utf-8"),
        ],
    )
    def test_a_body_is_sent_as_it_is_and_named_by_what_it_is(
        self, wire: Wire, body: Any, sent: bytes, content_type: str
    ) -> None:
        answer = self.struck(wire, Fault.http(500, body=body))
        assert (answer.body, answer.content_type) == (sent, content_type)
        named = self.struck(wire, Fault.http(500, body=body, headers={"Content-Type": "x/y"}))
        assert named.fields == {"content-type": "x/y"}

    def test_half_an_answer_is_half_of_the_true_one(self, wire: Wire) -> None:
        whole = wire.send("GET", "/v1alpha1/jobs").body
        cut = self.struck(wire, Fault.truncated())
        assert (cut.status, cut.body, cut.ending) == (200, whole[: len(whole) // 2], Ending.WHOLE)
        torn = self.struck(wire, Fault.dropped("mid-body"))
        assert (torn.status, torn.body, torn.ending) == (200, whole, Ending.MID_BODY)
        assert torn.received == cut.body

    def test_what_the_backend_refused_is_cut_as_it_is(self, wire: Wire) -> None:
        wire.backend.faults.inject(Fault.truncated())
        answer = wire.send("GET", "/v1alpha1/jobs/ML/x")
        assert (answer.status, answer.body[:11]) == (404, b'{"message":')
        assert not answer.body.endswith(b"}")

    def test_no_answer_and_no_connection_are_told_apart(self, wire: Wire) -> None:
        assert self.struck(wire, Fault.dropped("after")).ending is Ending.NO_ANSWER
        assert self.struck(wire, Fault.unreachable()).ending is Ending.NO_CONNECTION

    def test_a_delay_is_told_and_not_slept(self, wire: Wire) -> None:
        answer = self.struck(wire, Fault.delayed(7), "POST")
        assert (answer.status, answer.delay_s) == (200, 7)
        assert said(answer) == {"id": wire.backend.executions[0].id}
        assert wire.backend.clock.monotonic() == 0

    def test_one_request_is_one_call(self, wire: Wire) -> None:
        active = wire.backend.faults.inject(Fault.http(503, operation="list", nth=2))
        assert wire.send("GET", "/v1alpha1/jobs").status == 200
        assert wire.send("GET", "/v1alpha1/jobs").status == 503
        assert active.seen == 2

    def test_a_request_that_is_no_call_is_not_struck(self, wire: Wire) -> None:
        active = wire.backend.faults.inject(Fault.http(503, times=None))
        assert wire.send("GET", "/v1alpha1/nowhere").status == 404
        assert wire.send("POST", "/v1alpha1/jobs", b"no JSON").status == 400
        assert wire.send("GET", "/v1alpha1/jobs", headers={}).status == 401
        assert active.seen == 0
