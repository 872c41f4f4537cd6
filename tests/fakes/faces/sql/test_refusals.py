"""What the SQL face refuses: Snowflake's numbers, and the words that clients look for."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from .test_face import (
    ARTIFACTS,
    CREATE,
    EVENTS,
    GET,
    JOB,
    PROBLEMS,
    TRANSACTION,
    TRANSACTION_BINDS,
    Sql,
)


@pytest.fixture
def sql() -> Sql:
    return Sql()


class TestRefusals:
    """Snowflake's numbers, and the words that clients look for."""

    @pytest.mark.parametrize(
        ("statement", "binds", "errno", "sqlstate", "words"),
        [
            ("CALL X.api.GET_JOB('a', 'b')", (), 2003, "02000", "Database 'X' does not exist or"),
            ("SELECT * FROM X.api.jobs", (), 2003, "02000", "Database 'X' does not exist or not"),
            ('CALL "relationalai".api.GET_JOB()', (), 2003, "02000", "Database 'relationalai'"),
            ("CALL RELATIONALAI.x.f()", (), 2003, "02000", "Schema 'RELATIONALAI.X' does not"),
            ("SELECT * FROM jobs", (), 2003, "42S02", "Object 'JOBS' does not exist or not"),
            ("SELECT 1 FROM RELATIONALAI.api.x", (), 2003, "42S02", "Object 'RELATIONALAI.API.X'"),
            ("CALL f()", (), 2140, "42601", "Unknown function F"),
            ("SELECT f(1)", (), 2140, "42601", "Unknown function F"),
            (
                "SELECT RELATIONALAI.app.f(1)",
                (),
                2141,
                "42601",
                "Unknown user-defined function RELATIONALAI.APP.F",
            ),
            # A procedure is called, a function selected.
            (GET.replace("call", "select"), ("ML", "x"), 2141, "42601", "RELATIONALAI.API.GET_JOB"),
            (GET, ("ML",), 2049, "42601", "has 2 bind variables, and 1 values were given"),
            (GET, ("ML", "x", "y"), 2049, "42601", "has 2 bind variables, and 3 values"),
            (
                "CALL RELATIONALAI.api.GET_JOB(?)",
                ("ML",),
                1044,
                "42P13",
                "'GET_JOB': wrong number of arguments or of their types: got (VARCHAR), takes",
            ),
            (GET, ("ML", 5), 1044, "42P13", "got (VARCHAR, NUMBER), takes (VARCHAR, VARCHAR)."),
            (
                "CALL RELATIONALAI.api.GET_JOB('ML', name => 'x')",
                (),
                1044,
                "42P13",
                "wrong number of arguments",
            ),
            ("SELECT FROM WHERE", (), 1003, "42000", "line 1 at position 12 unexpected 'WHERE'"),
            ("SELEC 1", (), 1003, "42000", "line 1 at position 0 unexpected 'SELEC'."),
            ("\n  FOO BAR", (), 1003, "42000", "line 2 at position 2 unexpected 'FOO'."),
            ("CALL RELATIONALAI.api.GET_JOB(?, ?", ("a", "b"), 1003, "42000", "unexpected '<EOF>'"),
            ("SELECT 'abc", (), 1003, "42000", "unexpected '<EOF>'"),
            (" ; ", (), 900, "42601", "Empty SQL statement."),
            ("-- nothing", (), 900, "42601", "Empty SQL statement."),
            ("SELECT 1; SELECT 2", (), 8, "0A000", "Actual statement count 2"),
            ("DROP TABLE x", (), 2, "0A000", "Unsupported feature 'DROP'"),
            (
                TRANSACTION,
                (*TRANSACTION_BINDS[:3], "{", *TRANSACTION_BINDS[4:]),
                100069,
                "22P02",
                "JSON",
            ),
        ],
    )
    def test_what_snowflake_refuses_is_refused_in_its_words(
        self,
        sql: Sql,
        statement: str,
        binds: tuple[object, ...],
        errno: int,
        sqlstate: str,
        words: str,
    ) -> None:
        refusal = sql.refusal(statement, *binds)
        assert (refusal.errno, refusal.sqlstate) == (errno, sqlstate)
        assert words in refusal.message
        assert str(refusal) == f"{errno:06d} ({sqlstate}): {refusal.message}"
        assert len(sql.backend.transcript) == 0

    @pytest.mark.parametrize(
        ("statement", "binds"),
        [
            (EVENTS, ("SOLVER", "nope", "")),
            ("CALL RELATIONALAI.api.CANCEL_JOB(?, ?)", ("SOLVER", "nope")),
            ("CALL RELATIONALAI.api.get_job_metadata(?, ?)", ("SOLVER", "nope")),
            ("CALL RELATIONALAI.api.get_transaction(?)", ("nope",)),
            ("CALL RELATIONALAI.api.CANCEL_TRANSACTION(?)", ("nope",)),
            (ARTIFACTS, ("nope",)),
            (PROBLEMS, ("nope",)),
        ],
    )
    def test_an_unknown_id_is_a_remote_404(
        self, sql: Sql, statement: str, binds: tuple[object, ...]
    ) -> None:
        refusal = sql.refusal(statement, *binds)
        assert (refusal.errno, refusal.sqlstate) == (100357, "P0000")
        body = refusal.message.partition("remote service error: 404 '")[2].rstrip("'")
        assert "'nope'" in json.loads(body)["message"]

    @pytest.mark.parametrize(
        ("statement", "binds", "details"),
        [
            (GET, ("LOGIC", "x"), "no job type 'LOGIC'"),
            (GET, ('a"b', "x"), "no job type 'a\"b'"),
            (GET, ("SOLVER", None), "id is required"),
            (CREATE, ("SOLVER", "w", "[]"), "payload must be a JSON object"),
            (CREATE, ("SOLVER", "w", None), "payload is required"),
            (CREATE, ("SOLVER", "", "{}"), "a reasoner name is required"),
            (
                TRANSACTION,
                (None, *TRANSACTION_BINDS[1:]),
                "A Logic `payload` needs a database",
            ),
        ],
    )
    def test_an_invalid_request_is_a_validation_error_with_details(
        self, sql: Sql, statement: str, binds: tuple[object, ...], details: str
    ) -> None:
        message = sql.refusal(statement, *binds).message
        body = json.loads(message.partition("remote service error: 400 '")[2].rstrip("'"))
        assert body["message"] == "validation error"
        assert body["details"].startswith(details)

    def test_a_reasoner_that_is_not_ready_says_so(self, sql: Sql) -> None:
        sql.backend.add_reasoner("w", "Prescriptive", status="suspended")
        refusal = sql.refusal(CREATE, "SOLVER", "w", JOB)
        assert "is not ready to accept jobs" in refusal.message


class TestQueryIds:
    """Every statement has one."""

    def test_query_ids_are_uuids_and_the_same_each_time(self) -> None:
        def run() -> list[str]:
            sql = Sql()
            answered = sql.run("SELECT 1").query_id
            return [answered, sql.refusal("CALL f()").query_id, sql.run("SELECT 1").query_id]

        ids = run()
        assert [str(UUID(each)) for each in ids] == ids
        assert len(set(ids)) == 3
        assert run() == ids
