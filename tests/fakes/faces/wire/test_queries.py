"""Statements over the wire: rows, types, binds, later results, refusals, and where a session is."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from rai_jobs_fakes import JobScript, failed
from rai_jobs_fakes.faces.sql import SqlColumn, SqlResult
from rai_jobs_fakes.faces.sql.values import SqlType, column_of
from rai_jobs_fakes.faces.wire.rows import row_set, row_types

from .talking import Wire, opened

CREATE = "call RELATIONALAI.api.exec_job_async(?, ?, ?)"
GET = "call RELATIONALAI.api.GET_JOB(?, ?)"
JOB = (("TEXT", "ML"), ("TEXT", "w"), ("TEXT", "{}"))
UTC = timezone.utc
SCAN = "select * from table(result_scan(?))"
UNKNOWN = "01b2c3d4-0000-0000-0000-000000000000"


@pytest.fixture
def wire() -> Wire:
    return opened()


def text_of(column: SqlColumn, value: object) -> str | None:
    [[text]] = row_set(SqlResult((column,), ((value,),)))
    return text


class TestRows:
    """Every type has its own text."""

    @pytest.mark.parametrize(
        ("type", "value", "text"),
        [
            ("fixed", 1, "1"),
            ("fixed", -(10**37), "-1" + "0" * 37),
            ("real", 1.5, "1.5"),
            ("real", 1e300, "1e+300"),
            ("real", float("nan"), "NaN"),
            ("real", float("-inf"), "-inf"),
            ("text", "ä'\n\U0001f600", "ä'\n\U0001f600"),
            ("boolean", True, "1"),
            ("boolean", False, "0"),
            ("date", date(1970, 1, 2), "1"),
            ("date", date(1969, 12, 31), "-1"),
            ("time", time(23, 59, 59, 999_999), "86399.999999000"),
            ("timestamp_ntz", datetime(1970, 1, 1, 0, 0, 1, 5), "1.000005000"),  # noqa: DTZ001
            (
                "timestamp_ltz",
                datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
                "1700000000.000000000",
            ),
            ("timestamp_ltz", datetime(1969, 12, 31, 23, 59, 58, 500_000, UTC), "-1.500000000"),
            (
                "timestamp_tz",
                datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
                "0.000000000 1500",
            ),
            (
                "timestamp_tz",
                datetime(1970, 1, 1, tzinfo=timezone(-timedelta(hours=9, minutes=30))),
                "34200.000000000 870",
            ),
            ("variant", '{"a": 1}', '{"a": 1}'),
            ("object", "{}", "{}"),
            ("array", "[1]", "[1]"),
            ("binary", b"\x00\xff", "00FF"),
            ("text", None, None),
            ("boolean", None, None),
        ],
    )
    def test_a_value_is_written_as_snowflake_does(
        self, type: SqlType, value: object, text: str | None
    ) -> None:
        assert text_of(column_of("X", type), value) == text

    @pytest.mark.parametrize(
        ("value", "text"), [(Decimal("12.5"), "12.50"), (3, "3.00"), (Decimal("1E+3"), "1000.00")]
    )
    def test_a_number_with_a_scale_has_that_many_digits(self, value: object, text: str) -> None:
        assert text_of(column_of("X", "fixed", scale=2), value) == text

    def test_a_column_tells_type_and_sizes(self) -> None:
        columns = (column_of("A", "fixed", scale=2), column_of("B", "text"))
        [fixed, text] = row_types(columns)
        assert {name: fixed[name] for name in ("name", "type", "scale", "precision")} == {
            "name": "A",
            "type": "fixed",
            "scale": 2,
            "precision": 38,
        }
        assert (text["length"], text["byteLength"], text["nullable"]) == (16_777_216,) * 2 + (True,)

    def test_an_answer_has_rows_and_their_number(self, wire: Wire) -> None:
        data = wire.query("select 1 as a union all select 2").data
        assert sorted(data["rowset"]) == [["1"], ["2"]]
        assert (data["total"], data["returned"], data["queryResultFormat"]) == (2, 2, "json")
        assert [column["name"] for column in data["rowtype"]] == ["A"]
        assert data["parameters"] == [{"name": "TIMEZONE", "value": "UTC"}]


class TestBinds:
    """Every type of bind becomes a value."""

    @pytest.mark.parametrize(
        ("kind", "value", "type", "text"),
        [
            ("TEXT", "it's ?", "text", "it's ?"),
            ("FIXED", "12", "fixed", "12"),
            ("FIXED", 12, "fixed", "12"),
            ("FIXED", "12.50", "fixed", "12.50"),
            ("FIXED", "1E+2", "fixed", "100"),
            ("REAL", "1.5", "real", "1.5"),
            ("BOOLEAN", "true", "boolean", "1"),
            ("BOOLEAN", "FALSE", "boolean", "0"),
            ("BOOLEAN", True, "boolean", "1"),
            ("DATE", "1672617600000", "date", "19359"),
            ("DATE", "-86400000", "date", "-1"),
            ("TIME", "11045678901000", "time", "11045.678901000"),
            ("TIMESTAMP_NTZ", "1700000000123456789", "timestamp_ltz", "1700000000.123456000"),
            ("TIMESTAMP_LTZ", "1700000000123456000", "timestamp_ltz", "1700000000.123456000"),
            ("TIMESTAMP_TZ", "1700000000123456000 1500", "timestamp_ltz", "1700000000.123456000"),
            ("BINARY", "00fF", "binary", "00FF"),
            ("text", "x", "text", "x"),
        ],
    )
    def test_a_bound_value_comes_back(
        self, wire: Wire, kind: str, value: object, type: str, text: str | None
    ) -> None:
        data = wire.query("select ? as x", (kind, value)).data
        assert data["rowset"] == [[text]]
        assert (data["rowtype"][0]["type"], data["numberOfBinds"]) == (type, 1)

    @pytest.mark.parametrize("kind", ["ANY", "FIXED", "TEXT"])
    def test_null_is_null_whatever_its_type(self, wire: Wire, kind: str) -> None:
        assert wire.query("select ?", (kind, None)).rows == [[None]]

    def test_more_than_nine_stay_in_order(self, wire: Wire) -> None:
        marks = ", ".join("?" * 12)
        binds = [("FIXED", str(each)) for each in range(12)]
        assert wire.query(f"select {marks}", *binds).rows == [[str(each) for each in range(12)]]

    def test_json_is_bound_as_a_variant(self, wire: Wire) -> None:
        statement = "call RELATIONALAI.api.exec_job_async('ML', 'w', '{}', ?, ?)"
        wire.query(statement, ("VARIANT", "[]"), ("FIXED", "7"))
        assert wire.backend.executions[0].timeout_ms == 420_000

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("FIXED", "x"),
            ("FIXED", "1e99"),
            ("FIXED", "NaN"),
            ("FIXED", "9" * 5_000),
            ("REAL", "x"),
            ("BOOLEAN", "yes"),
            ("DATE", "1e5"),
            ("DATE", "9" * 30),
            ("TIME", "-1"),
            ("TIMESTAMP_NTZ", "9" * 30),
            ("TIMESTAMP_TZ", "1 9999"),
            ("BINARY", "0g"),
            ("VARIANT", "{"),
            ("VARIANT", "[" * 20_000),
        ],
    )
    def test_a_text_that_is_no_such_value_is_a_refusal_of_the_statement(
        self, wire: Wire, kind: str, value: str
    ) -> None:
        answer = wire.query("select ?", (kind, value))
        assert (answer.status, answer.code) == (200, "100038")
        assert f"is not recognized as {kind}" in answer.json["message"]
        assert answer.json["data"]["queryId"]

    @pytest.mark.parametrize("kind", ["MAP", None, 7, "x" * 500])
    def test_an_unknown_type_is_a_refusal_of_the_statement(self, wire: Wire, kind: Any) -> None:
        assert wire.query("select ?", (kind, "x")).code == "000002"

    def test_many_rows_at_once_are_refused_after_what_is_wrong_with_the_statement(
        self, wire: Wire
    ) -> None:
        rows = ("FIXED", ["1", "2"])
        assert "binding many rows" in wire.query("select ?", rows).json["message"]
        assert "'INSERT'" in wire.query("insert into t values (?)", rows).json["message"]
        assert wire.query("selec", rows).code == "001003"


class TestRefusals:
    """What a statement is refused with."""

    def test_it_tells_number_state_query_and_place(self, wire: Wire) -> None:
        answer = wire.query("select 1\n from")
        assert (answer.status, answer.code) == (200, "001003")
        told = answer.json["data"]
        assert (told["errorCode"], told["sqlState"], told["type"]) == (
            "001003",
            "42000",
            "COMPILATION",
        )
        assert (told["line"], told["pos"]) == (2, 1)
        assert len(told["queryId"]) == 36

    def test_a_refusal_of_the_backend_is_one_of_the_execution(self, wire: Wire) -> None:
        told = wire.query(CREATE, ("TEXT", "ML"), ("TEXT", "w"), ("TEXT", "x")).json
        assert (told["code"], told["data"]["type"]) == ("100357", "EXECUTION")
        assert (told["data"]["line"], told["data"]["pos"]) == (-1, -1)
        assert "validation error" in told["message"]


class TestLater:
    """Results that are fetched by the query's id."""

    def test_an_asynchronous_statement_is_submitted_and_fetched(self, wire: Wire) -> None:
        submitted = wire.query(CREATE, *JOB, asyncExec=True)
        assert submitted.code == "333334"
        query_id = submitted.json["data"]["queryId"]
        assert submitted.json["data"]["getResultUrl"] == f"/queries/{query_id}/result"
        [view] = wire.backend.executions
        assert wire.send("GET", f"/queries/{query_id}/result").rows[0][0] == view.id
        scanned = wire.query(SCAN, ("TEXT", query_id))
        assert scanned.rows[0][0] == view.id
        assert len(wire.backend.executions) == 1

    @pytest.mark.parametrize("slashes", ["/", "//"])
    def test_its_status_is_told(self, wire: Wire, slashes: str) -> None:
        query_id = wire.query("select 1", asyncExec=True).json["data"]["queryId"]
        [told] = wire.send("GET", f"/monitoring/queries{slashes}{query_id}").data["queries"]
        assert (told["id"], told["status"], told["state"]) == (query_id, "SUCCESS", "SUCCEEDED")

    def test_one_that_failed_says_so_in_status_and_result(self, wire: Wire) -> None:
        query_id = wire.query("call nope()", asyncExec=True).json["data"]["queryId"]
        [told] = wire.send("GET", f"/monitoring/queries/{query_id}").data["queries"]
        assert (told["status"], told["errorCode"]) == ("FAILED_WITH_ERROR", "002140")
        assert "Unknown function NOPE" in told["errorMessage"]
        for answer in (
            wire.send("GET", f"/queries/{query_id}/result"),
            wire.query(SCAN, ("TEXT", query_id)),
        ):
            assert answer.code == "002140"

    def test_another_session_of_the_user_fetches_it_and_nobody_else(self, wire: Wire) -> None:
        query_id = wire.query("select 7", asyncExec=True).json["data"]["queryId"]
        wire.login()
        assert wire.send("GET", f"/queries/{query_id}/result").rows == [["7"]]
        wire.login(LOGIN_NAME="Ann", PASSWORD=wire.backend.password("Ann"))
        assert wire.send("GET", f"/queries/{query_id}/result").code == "000709"
        assert wire.send("GET", f"/monitoring/queries/{query_id}").data == {"queries": []}

    def test_what_nobody_knows_is_refused(self, wire: Wire) -> None:
        assert wire.send("GET", f"/queries/{UNKNOWN}/result").code == "000709"
        assert wire.query(SCAN, ("TEXT", UNKNOWN)).code == "000709"
        assert wire.send("GET", f"/monitoring/queries/{UNKNOWN}").data == {"queries": []}
        assert wire.send("GET", "/monitoring/queries/x").status == 400

    def test_aborting_what_has_ended_does_nothing(self, wire: Wire) -> None:
        query_id = wire.query(CREATE, *JOB).data["queryId"]
        assert wire.send("POST", f"/queries/{query_id}/abort-request", {}).code is None
        body = {"sqlText": "x", "requestId": "y"}
        assert wire.send("POST", "/queries/v1/abort-request", body).code is None
        assert wire.query("select system$cancel_all_queries(1)").rows == [
            ["query [all] terminated."]
        ]


class TestDescribing:
    """What columns a statement would have."""

    def test_a_query_has_its_columns_and_no_rows(self, wire: Wire) -> None:
        data = wire.query("select ? as a, id from RELATIONALAI.api.jobs", describeOnly=True).data
        assert [column["name"] for column in data["rowtype"]] == ["A", "ID"]
        assert (data["rowset"], data["numberOfBinds"]) == ([], 1)

    def test_nothing_is_carried_out(self, wire: Wire) -> None:
        assert wire.query(CREATE, describeOnly=True).data["numberOfBinds"] == 3
        wire.query("use role other", describeOnly=True)
        assert wire.backend.executions == ()
        assert wire.query("select current_role()").rows == [["PUBLIC"]]

    def test_what_is_no_statement_is_refused(self, wire: Wire) -> None:
        answer = wire.query("select from", describeOnly=True)
        assert answer.code == "001003"
        assert answer.json["data"]["queryId"]


class TestPlaces:
    """Where a session is, after `USE` and `ALTER SESSION`."""

    def test_every_answer_tells_where_the_session_is_now(self, wire: Wire) -> None:
        wire.query("use warehouse w")
        wire.query("use schema d.s")
        data = wire.query('use role "my role"').data
        finals = {name: value for name, value in data.items() if name.startswith("final")}
        assert finals == {
            "finalDatabaseName": "D",
            "finalSchemaName": "S",
            "finalWarehouseName": "W",
            "finalRoleName": "my role",
        }

    def test_a_changed_parameter_is_told_at_once(self, wire: Wire) -> None:
        told = wire.query("alter session set timezone = 'Asia/Tokyo'").data["parameters"]
        assert {"name": "TIMEZONE", "value": "Asia/Tokyo"} in told
        assert {"name": "AUTOCOMMIT", "value": True} in told
        later = wire.query("select 1").data["parameters"]
        assert later == [{"name": "TIMEZONE", "value": "Asia/Tokyo"}]

    @pytest.mark.parametrize(
        ("host", "endpoint"),
        [
            ("acme-prod.snowflakecomputing.com", "rai-acme-prod.snowflakecomputing.app"),
            (
                "A_b.eu-west-1.SNOWFLAKEcomputing.com:443",
                "rai-a-b-eu-west-1.snowflakecomputing.app",
            ),
            ("127.0.0.1:80", "https://fake.rai-jobs.test"),
            ("snowflakecomputing.com", "https://fake.rai-jobs.test"),
            ("evil-snowflakecomputing.com", "https://fake.rai-jobs.test"),
        ],
    )
    def test_direct_access_is_told_as_a_host_beside_the_one_that_was_asked(
        self, wire: Wire, host: str, endpoint: str
    ) -> None:
        wire.login(host)
        assert wire.query("call RELATIONALAI.app.service_endpoint(TRUE)").rows == [[endpoint]]

    def test_an_endpoint_that_was_given_is_told_to_all(self) -> None:
        wire = Wire(service_endpoint="https://own.test")
        wire.login("acme.snowflakecomputing.com")
        rows = wire.query("call RELATIONALAI.app.service_endpoint(TRUE)").rows
        assert rows == [["https://own.test"]]


def test_a_life_of_a_job_over_the_wire(wire: Wire) -> None:
    wire.backend.script(JobScript(run_s=5, outcome=failed("bad")))
    job_id = wire.query(CREATE, *JOB).rows[0][0]
    wire.backend.clock.sleep(9)
    data = wire.query(GET, ("TEXT", "ML"), ("TEXT", job_id)).data
    names = [column["name"].lower() for column in data["rowtype"]]
    row = dict(zip(names, data["rowset"][0], strict=True))
    assert (row["state"], row["abort_reason"], row["duration"]) == ("FAILED", "bad", "5000")
    assert row["created_on"] == "1767225600.000000000"
    assert row["finished_at"] == "1767225605.000000000"
    assert json.loads(row["payload"] or "") == {}
