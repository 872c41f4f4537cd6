"""The SQL face: every function and procedure, in each of its forms."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from rai_jobs_fakes import At, FakeBackend, JobScript, VirtualClock, aborted, failed
from rai_jobs_fakes.faces.sql import SqlFace, SqlFailure, SqlResult
from rai_jobs_fakes.machine.execution import User

JOB = '{"model": "min x"}'
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
TRANSACTION = (
    "CALL RELATIONALAI.api.exec_async_v2(?, ?, ?, PARSE_JSON(?), ?, ?, ?, PARSE_JSON(?), ?);"
)
TRANSACTION_BINDS = ("sales", "eng", "def output = 1", "{}", True, False, "rel", "{}", False)
OLDER = "CALL RELATIONALAI.api.exec_async_v2(?, ?, ?, PARSE_JSON(?), ?, ?, ?, PARSE_JSON(?))"
CREATE = "call RELATIONALAI.api.EXEC_JOB_ASYNC(?, ?, ?);"
GET = "call RELATIONALAI.api.GET_JOB(?, ?);"
EVENTS = "select RELATIONALAI.api.GET_JOB_EVENTS(?, ?, ?);"
PROBLEMS = "select * from table(RELATIONALAI.api.get_own_transaction_problems(?));"
ARTIFACTS = "call RELATIONALAI.api.get_own_transaction_artifacts(?);"


class Sql:
    """A backend, its SQL face, and somebody who asks."""

    def __init__(
        self, *, app: str = "RELATIONALAI", schema: str = "api", older_app: bool = False
    ) -> None:
        self.backend = FakeBackend(clock=VirtualClock(START))
        self.backend.add_user("root", admin=True)
        self.user = User("fake_user")
        self.face = SqlFace(
            self.backend,
            app=app,
            schema=schema,
            endpoint=lambda: "abc.snowflakecomputing.app",
            reasoners=lambda: (),
            older_app=older_app,
        )

    def run(self, statement: str, *binds: object, user: User | None = None) -> SqlResult:
        return self.face.execute(statement, binds, user=user or self.user)

    def rows(self, statement: str, *binds: object) -> list[dict[str, Any]]:
        result = self.run(statement, *binds)
        names = [column.name for column in result.columns]
        return [dict(zip(names, row, strict=True)) for row in result.rows]

    def refusal(self, statement: str, *binds: object, user: User | None = None) -> SqlFailure:
        with pytest.raises(SqlFailure) as caught:
            self.run(statement, *binds, user=user)
        return caught.value

    def job(self, script: JobScript | None = None, kind: str = "SOLVER", name: str = "w") -> str:
        if script is not None:
            self.backend.script(script, reasoner_type=kind, times=1)
        return self.rows(CREATE, kind, name, JOB)[0]["ID"]

    def transaction(self, script: JobScript | None = None) -> str:
        if script is not None:
            self.backend.script(script, reasoner_type="Logic", times=1)
        return self.rows(TRANSACTION, *TRANSACTION_BINDS)[0]["ID"]

    def state(self, job_id: str) -> str:
        return next(view.state.value for view in self.backend.executions if view.id == job_id)


@pytest.fixture
def sql() -> Sql:
    return Sql()


class TestJobs:
    """Procedures and functions for Prescriptive and Predictive jobs."""

    def test_a_created_job_is_answered_with_id_state_and_data(self, sql: Sql) -> None:
        [row] = sql.rows(CREATE, "SOLVER", "w", JOB)
        assert list(row) == ["ID", "STATE", "DATA"]
        assert sql.backend.executions[0].id == row["ID"]
        assert sql.backend.executions[0].payload == {"model": "min x"}

    @pytest.mark.parametrize(
        ("arguments", "binds", "minutes"),
        [
            ("?, ?, ?", ("ML", "w", JOB), 1440),
            ("?, ?, ?, null, ?", ("ML", "w", JOB, 5), 5),
            ("?, ?, ?, [], 6", ("ML", "w", JOB), 6),
            ("?, ?, ?, NULL, 7, FALSE", ("ML", "w", JOB), 7),
            ("'ML', 'w', '{}', timeout_mins => ?", (9,), 9),
            ("'ML', 'w', '{}', abort_detached => TRUE, TIMEOUT_MINS => 3", (), 3),
            ("?, ?, ?, ?, ?", ("ML", "w", JOB, None, None), 1440),
        ],
    )
    def test_each_form_of_create_is_understood(
        self, sql: Sql, arguments: str, binds: tuple[object, ...], minutes: int
    ) -> None:
        sql.run(f"call RELATIONALAI.api.EXEC_JOB_ASYNC({arguments})", *binds)
        assert sql.backend.executions[0].timeout_ms == minutes * 60_000

    def test_a_literal_with_doubled_quotes_is_one_text(self, sql: Sql) -> None:
        sql.run("CALL relationalai.API.exec_job_async('SOLVER', 'it''s; ?', '{}')")
        assert sql.backend.executions[0].reasoner_name == "it's; ?"

    def test_get_answers_the_eleven_documented_columns(self, sql: Sql) -> None:
        job_id = sql.job(JobScript(run_s=5, outcome=failed("no luck")))
        sql.backend.clock.sleep(9)
        result = sql.run(GET, "SOLVER", job_id)
        assert [(column.name, column.type) for column in result.columns] == [
            ("ID", "text"),
            ("REASONER_TYPE", "text"),
            ("REASONER_NAME", "text"),
            ("STATE", "text"),
            ("CREATED_BY", "text"),
            ("CREATED_ON", "timestamp_ltz"),
            ("FINISHED_AT", "timestamp_ltz"),
            ("DURATION", "fixed"),
            ("PAYLOAD", "variant"),
            ("TIMEOUT_MS", "fixed"),
            ("ABORT_REASON", "text"),
        ]
        [row] = result.rows
        assert row[:6] == (job_id, "SOLVER", "w", "FAILED", "fake_user", START)
        assert row[6] == START.replace(second=5)
        assert row[7:] == (5000, JOB, 86_400_000, "no luck")

    @pytest.mark.parametrize("kind", ["SOLVER", "prescriptive", " Solver "])
    def test_every_spelling_of_the_type_finds_the_job(self, sql: Sql, kind: str) -> None:
        assert len(sql.rows(GET, kind, sql.job())) == 1

    def test_get_of_an_unknown_id_answers_no_row(self, sql: Sql) -> None:
        assert sql.rows(GET, "SOLVER", "nope") == []

    def test_somebody_elses_job_is_as_unknown_as_none(self, sql: Sql) -> None:
        job_id = sql.job()
        assert sql.run(GET, "SOLVER", job_id, user=User("bob")).rows == ()

    def test_metadata_say_why_a_job_failed(self, sql: Sql) -> None:
        job_id = sql.job(JobScript(outcome=failed("no luck")))
        [row] = sql.rows("CALL RELATIONALAI.api.get_job_metadata(?, ?)", "SOLVER", job_id)
        assert row == {
            "JOB_ID": job_id,
            "STATE": "FAILED",
            "ERROR_MESSAGE": "no luck",
            "RESULT_METADATA": None,
        }

    def test_events_come_as_json_in_one_column(self, sql: Sql) -> None:
        event = {"type": "LogMessage", "event": {"message": "hi"}}
        job_id = sql.job(JobScript(run_s=5, events=[At(1, event)]))
        sql.backend.clock.sleep(9)
        [row] = sql.rows(EVENTS, "SOLVER", job_id, "")
        assert list(row) == ["RELATIONALAI.API.GET_JOB_EVENTS(?, ?, ?)"]
        assert [json.loads(text) for text in row.values()] == [
            {"events": [event], "continuation_token": ""}
        ]

    def test_an_alias_names_the_column_of_events(self, sql: Sql) -> None:
        statement = 'select RELATIONALAI.api.GET_JOB_EVENTS(?, ?, ?) as "page"'
        assert list(sql.rows(statement, "SOLVER", sql.job(), "")[0]) == ["page"]

    def test_cancel_cancels(self, sql: Sql) -> None:
        job_id = sql.job(JobScript(run_s=60))
        [row] = sql.rows("call RELATIONALAI.api.CANCEL_JOB(?, ?);", "SOLVER", job_id)
        assert list(row) == ["CANCEL_JOB"]
        assert sql.state(job_id) == "CANCELED"


class TestTransactions:
    """Procedures and functions for Logic."""

    @pytest.mark.parametrize(
        ("marks", "minutes", "detached"),
        [
            ("PARSE_JSON(?)", 1440, False),
            ("5, PARSE_JSON(?)", 5, False),
            ("PARSE_JSON(?), TRUE", 1440, True),
            ("5, PARSE_JSON(?), TRUE", 5, True),
            ("5, ?::VARIANT, TRUE", 5, True),
        ],
    )
    def test_each_form_of_create_is_understood(
        self, sql: Sql, marks: str, minutes: int, detached: bool
    ) -> None:
        statement = (
            "call RELATIONALAI.api.exec_async_v2"
            f"('sales', 'eng', 'def x', PARSE_JSON('{{}}'), FALSE, FALSE, 'rel', {marks})"
        )
        binds = ("{}",) if "PARSE" in marks else (None,)
        [row] = sql.rows(statement, *binds)
        [execution] = sql.backend.executions
        submission = execution.submission
        assert row["ID"] == execution.id
        assert (submission.database_name, submission.reasoner_name) == ("sales", "eng")
        assert submission.timeout_us == minutes * 60_000_000
        assert (submission.read_only, submission.abort_detached) == (False, detached)

    @pytest.mark.parametrize(
        ("headers", "guarded"),
        [('{"X-Enable-Guard-Rails": "True"}', True), ('{"x-enable-guard-rails": false}', False)],
    )
    def test_a_header_turns_guard_rails_on(self, sql: Sql, headers: str, guarded: bool) -> None:
        sql.run(OLDER, *TRANSACTION_BINDS[:7], headers)
        assert sql.backend.executions[0].submission.guard_rails is guarded

    @pytest.mark.parametrize(
        ("marks", "binds", "known"),
        [
            ("PARSE_JSON(?)", ("{}",), True),
            ("?, PARSE_JSON(?)", (5, "{}"), True),
            ("PARSE_JSON(?), ?", ("{}", False), False),
            ("?, PARSE_JSON(?), ?", (5, "{}", False), False),
        ],
    )
    def test_an_older_app_knows_no_abort_detached(
        self, marks: str, binds: tuple[object, ...], known: bool
    ) -> None:
        sql = Sql(older_app=True)
        statement = OLDER.replace("PARSE_JSON(?))", f"{marks})")
        given = (*TRANSACTION_BINDS[:7], *binds)
        if known:
            assert sql.run(statement, *given).rows
            return
        refusal = sql.refusal(statement, *given)
        assert (refusal.errno, refusal.sqlstate) == (1044, "42P13")
        assert "function 'EXEC_ASYNC_V2': wrong number of arguments" in refusal.message

    def test_details_are_the_twelve_documented_columns(self, sql: Sql) -> None:
        txn_id = sql.transaction(JobScript(outcome=aborted("no luck")))
        [row] = sql.rows("CALL RELATIONALAI.api.get_transaction(?)", txn_id)
        assert row == {
            "ID": txn_id,
            "DATABASE_NAME": "sales",
            "STATE": "ABORTED",
            "ABORT_REASON": "no luck",
            "READ_ONLY": True,
            "CREATED_BY": "fake_user",
            "CREATED_ON": START,
            "FINISHED_AT": START,
            "TIMINGS": None,
            "ENGINE_NAME": "eng",
            "TIMEOUT_MS": 86_400_000,
            "PROGRESS": None,
        }

    def test_events_are_read_by_their_owner(self, sql: Sql) -> None:
        txn_id = sql.transaction(JobScript(run_s=5, events=[At(1, {"type": "T"})]))
        sql.backend.clock.sleep(2)
        statement = "select RELATIONALAI.api.get_own_transaction_events(?, ?);"
        [[text]] = [row.values() for row in sql.rows(statement, txn_id, "0")]
        assert json.loads(text)["events"] == [{"type": "T"}]

    def test_artifacts_are_rows_with_the_union_of_their_keys(self, sql: Sql) -> None:
        artifacts = {"a.arrow": {"presigned_url": "https://a", "size": 1}, "b": {"meta": {"k": 1}}}
        txn_id = sql.transaction(JobScript(artifacts=artifacts))
        assert sql.rows(ARTIFACTS, txn_id) == [
            {"FILENAME": "a.arrow", "PRESIGNED_URL": "https://a", "SIZE": 1, "META": None},
            {"FILENAME": "b", "PRESIGNED_URL": None, "SIZE": None, "META": '{"k": 1}'},
        ]

    def test_problems_are_rows_with_the_union_of_their_keys(self, sql: Sql) -> None:
        problems = [{"type": "E", "fatal": True}, {"type": "W", "line": 3}]
        txn_id = sql.transaction(JobScript(outcome=aborted("no luck", problems)))
        assert sql.rows(PROBLEMS, txn_id) == [
            {"TYPE": "E", "FATAL": True, "LINE": None},
            {"TYPE": "W", "FATAL": None, "LINE": 3},
        ]

    @pytest.mark.parametrize(
        ("statement", "columns"),
        [(ARTIFACTS, ["FILENAME", "PRESIGNED_URL"]), (PROBLEMS, ["TYPE", "MESSAGE", "REPORT"])],
    )
    def test_without_rows_the_usual_columns_are_there(
        self, sql: Sql, statement: str, columns: list[str]
    ) -> None:
        result = sql.run(statement, sql.transaction())
        assert [column.name for column in result.columns] == columns
        assert result.rows == ()

    @pytest.mark.parametrize(
        ("procedure", "user", "allowed"),
        [
            ("CANCEL_OWN_TRANSACTION", User("fake_user"), True),
            ("CANCEL_OWN_TRANSACTION", User("root", admin=True), False),
            ("CANCEL_TRANSACTION", User("root", admin=True), True),
            ("CANCEL_TRANSACTION", User("bob"), False),
        ],
    )
    def test_who_may_cancel_is_the_machines_decision(
        self, sql: Sql, procedure: str, user: User, allowed: bool
    ) -> None:
        txn_id = sql.transaction(JobScript(run_s=60))
        statement = f"call RELATIONALAI.api.{procedure}(?)"
        if allowed:
            result = sql.run(statement, txn_id, user=user)
            assert result.rows == (("Cancelling transaction",),)
        else:
            assert "remote service error: 404" in sql.refusal(statement, txn_id, user=user).message
        assert (sql.state(txn_id) == "CANCELED") is allowed


class TestTheAppItself:
    """Its own procedures, and how it is named."""

    def test_the_service_endpoint_is_told(self, sql: Sql) -> None:
        assert sql.rows("CALL RELATIONALAI.app.service_endpoint(TRUE);") == [
            {"SERVICE_ENDPOINT": "abc.snowflakecomputing.app"}
        ]

    def test_activation_is_answered_with_text(self, sql: Sql) -> None:
        [[text]] = sql.run("call relationalai.app.activate()").rows
        assert isinstance(text, str)

    @pytest.mark.parametrize(
        ("app", "path"),
        [
            ("RELATIONALAI", "relationalai.api"),
            ("RELATIONALAI", '"RELATIONALAI"."API"'),
            ("rai", "RAI.Api"),
            ("My App", '"My App".api'),
            ('a"b', '"a""b".api'),
        ],
    )
    def test_the_app_is_found_under_every_spelling_of_its_name(self, app: str, path: str) -> None:
        assert Sql(app=app).run(f"CALL {path}.GET_JOB('ML', 'x')").rows == ()

    def test_another_schema_than_api_is_there_beside_api(self) -> None:
        sql = Sql(schema="experimental")
        for schema in ("experimental", "api"):
            assert sql.run(f"CALL RELATIONALAI.{schema}.GET_JOB('ML', 'x')").rows == ()

    @pytest.mark.parametrize(
        ("statement", "answer"),
        [
            ("USE ROLE x", "Statement executed successfully."),
            ("alter session set x = 1;", "Statement executed successfully."),
            ("COMMIT", "Statement executed successfully."),
            ("SELECT CURRENT_USER()", "fake_user"),
            ("SELECT CURRENT_ROLE()", "PUBLIC"),
            ("SELECT 1", 1),
            ("select system$cancel_all_queries(1)", "query [all] terminated."),
        ],
    )
    def test_the_ordinary_words_of_a_session_are_answered(
        self, sql: Sql, statement: str, answer: object
    ) -> None:
        assert sql.run(statement).rows == ((answer,),)
