"""The SQL face as a connector's connection: DB-API, descriptions, the connector's own errors."""

# ruff: noqa: S608  (statements are made of the test's own parts)

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import Any

import pytest
from snowflake.connector import DictCursor
from snowflake.connector.constants import QueryStatus
from snowflake.connector.errors import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)

from rai_jobs_fakes import FakeBackend, Fault, JobScript, VirtualClock
from rai_jobs_fakes.doors.dbapi import FakeConnection
from rai_jobs_fakes.faces.sql import SqlFace
from rai_jobs_fakes.machine.execution import User

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
GET = "call RELATIONALAI.api.GET_JOB(?, ?);"
JOBS = "RELATIONALAI.api.jobs"


@pytest.fixture
def backend() -> FakeBackend:
    backend = FakeBackend(clock=VirtualClock(START))
    backend.script(JobScript(run_s=60))
    for number in range(5):
        backend.jobs().create("Prescriptive", f"w{number}", {"n": number})
    return backend


@pytest.fixture
def connection(backend: FakeBackend) -> FakeConnection:
    face = SqlFace(
        backend, app="RELATIONALAI", schema="api", endpoint=lambda: "h", reasoners=lambda: ()
    )
    return FakeConnection(face, User("fake_user"))


def names(connection: FakeConnection, *given: Any, **options: Any) -> list[Any]:
    with connection.cursor() as cursor:
        return [row[0] for row in cursor.execute(*given, **options).fetchall()]


class TestExecuting:
    """Statements and the ways in which values are put into them."""

    @pytest.mark.parametrize(
        ("condition", "parameters", "found"),
        [
            ("= ?", ["w1"], ["w1"]),
            ("= ?", ("w1",), ["w1"]),
            ("= ?", [("TEXT", "w1")], ["w1"]),
            ("= %s", ["w1"], ["w1"]),
            ("= %(name)s", {"name": "w1"}, ["w1"]),
            ("IN %s", [["w2", "w1"]], ["w2", "w1"]),
            ("IN (%s, %s)", ("w2", "it's"), ["w2"]),
            ("LIKE 'w%%' AND reasoner_name <> '%%s' AND reasoner_name = %s", ["w3"], ["w3"]),
            ("LIKE 'w%1'", None, ["w1"]),
            ("LIKE '%s' OR reasoner_name = ?", ["w1"], ["w1"]),
            ("= 'w1' OR reasoner_name = '?'", None, ["w1"]),
            ("= %s", ["w1' OR 1 = 1 --"], []),
        ],
    )
    def test_values_are_bound_in_every_style(
        self, connection: FakeConnection, condition: str, parameters: Any, found: list[str]
    ) -> None:
        statement = f"SELECT reasoner_name FROM {JOBS} WHERE reasoner_name {condition}"
        assert names(connection, statement, parameters) == found

    def test_forced_question_marks_leave_percent_signs_alone(
        self, connection: FakeConnection
    ) -> None:
        statement = f"SELECT reasoner_name FROM {JOBS} WHERE reasoner_name LIKE ?"
        assert names(connection, statement, ("w%4",), _force_qmark_paramstyle=True) == ["w4"]
        with pytest.raises(ProgrammingError, match="has 0 bind variables, and 1 values"):
            names(connection, "SELECT '%s'", ("x",), _force_qmark_paramstyle=True)

    def test_the_connector_5s_name_for_values_is_taken(self, connection: FakeConnection) -> None:
        assert names(connection, "SELECT ?", parameters=["x"], timeout=5) == ["x"]

    @pytest.mark.parametrize(
        ("statement", "parameters", "words"),
        [
            ("SELECT %s, %s", ["x"], "not enough arguments"),
            ("SELECT %s", ["x", "y"], "not all arguments converted"),
            ("SELECT %(a)s", {"b": 1}, "'a'"),
            ("SELECT ?", [{"a": 1}], r"Binding data in type \(dict\) is not supported"),
            ("SELECT ?", [["a"]], r"Binding data in type \(list\) is not supported"),
            ("SELECT ?", [], "has 1 bind variables, and 0 values"),
        ],
    )
    def test_values_that_do_not_fit_are_refused(
        self, connection: FakeConnection, statement: str, parameters: Any, words: str
    ) -> None:
        with pytest.raises(ProgrammingError, match=words):
            connection.cursor().execute(statement, parameters)

    def test_executing_many_runs_each(self, connection: FakeConnection) -> None:
        cursor = connection.cursor()
        call = "call RELATIONALAI.api.EXEC_JOB_ASYNC('SOLVER', ?, '{}')"
        cursor.executemany(call, [["x"], ["y"]])
        assert cursor.rowcount == 1
        assert names(connection, f"SELECT reasoner_name FROM {JOBS} LIMIT 2") == ["y", "x"]


class TestFetching:
    """What a cursor gives out."""

    def test_rows_are_tuples_in_order(self, connection: FakeConnection) -> None:
        cursor = connection.cursor()
        assert cursor.execute(f"SELECT reasoner_name, duration FROM {JOBS}") is cursor
        assert cursor.rowcount == 5
        assert cursor.fetchone() == ("w4", 0)
        assert cursor.fetchmany(2) == [("w3", 0), ("w2", 0)]
        assert cursor.fetchmany() == [("w1", 0)]
        assert cursor.fetchmany(0) == []
        assert cursor.fetchall() == [("w0", 0)]
        assert (cursor.fetchone(), cursor.fetchall(), cursor.fetchmany(3)) == (None, [], [])

    def test_a_size_sets_how_many_are_fetched(self, connection: FakeConnection) -> None:
        cursor = connection.cursor()
        cursor.arraysize = 3
        assert len(cursor.execute(f"SELECT id FROM {JOBS}").fetchmany()) == 3
        with pytest.raises(ProgrammingError, match="not zero or positive number: -1"):
            cursor.fetchmany(-1)

    def test_a_cursor_can_be_iterated(self, connection: FakeConnection) -> None:
        cursor = connection.cursor().execute(f"SELECT reasoner_name FROM {JOBS}")
        assert next(cursor) == ("w4",)
        assert [row[0] for row in cursor] == ["w3", "w2", "w1", "w0"]

    @pytest.mark.parametrize("given", [{"cursor_class": DictCursor}, {"use_dict": True}])
    def test_a_dict_cursor_gives_dicts(
        self, connection: FakeConnection, given: dict[str, Any]
    ) -> None:
        cursor = connection.cursor(**given)
        cursor.execute(f'SELECT reasoner_name, state AS "s" FROM {JOBS} LIMIT 1')
        assert cursor.fetchall() == [{"REASONER_NAME": "w4", "s": "RUNNING"}]

    def test_the_description_is_the_connectors(
        self, backend: FakeBackend, connection: FakeConnection
    ) -> None:
        assert connection.cursor().description is None
        cursor = connection.cursor().execute(GET, ("SOLVER", backend.executions[0].id))
        described = {column[0]: column[1:] for column in cursor.description or ()}
        assert described["ID"] == (2, None, 16_777_216, None, None, True)
        assert described["CREATED_ON"] == (6, None, None, 0, 9, True)
        assert described["DURATION"] == (0, None, None, 38, 0, True)
        assert described["PAYLOAD"] == (5, None, None, None, None, True)

    @pytest.mark.parametrize(
        ("expression", "code"),
        [
            ("1", 0),
            ("1.5", 0),
            ("1::float", 1),
            ("'x'", 2),
            ("TRUE", 13),
            ("'2026-01-01'::date", 3),
        ],
    )
    def test_type_codes_are_the_connectors(
        self, connection: FakeConnection, expression: str, code: int
    ) -> None:
        cursor = connection.cursor().execute(f"SELECT {expression} AS x")
        assert [column[1] for column in cursor.description or ()] == [code]

    def test_semi_structured_values_are_json_text_and_instants_aware(
        self, connection: FakeConnection
    ) -> None:
        cursor = connection.cursor().execute(f"SELECT payload, created_on FROM {JOBS} LIMIT 1")
        assert cursor.fetchone() == ('{"n": 4}', START)


class TestRefusals:
    """The connector's own errors."""

    def test_a_refused_statement_is_a_programming_error(self, connection: FakeConnection) -> None:
        cursor = connection.cursor()
        with pytest.raises(ProgrammingError) as caught:
            cursor.execute("SELECT * FROM X.api.jobs")
        error = caught.value
        assert (error.errno, error.sqlstate) == (2003, "02000")
        assert str(error.msg).startswith("002003 (02000): SQL compilation error:\nDatabase 'X'")
        assert error.sfqid == cursor.sfqid
        assert cursor.sqlstate == "02000"
        cursor.execute("SELECT 1")
        assert (cursor.sqlstate, cursor.sfqid == error.sfqid) == (None, False)

    def test_a_closed_connection_refuses(self, connection: FakeConnection) -> None:
        cursor = connection.cursor()
        connection.close()
        connection.close()
        assert (connection.is_closed(), cursor.is_closed()) == (True, True)
        with pytest.raises(DatabaseError, match="Connection is closed") as caught:
            connection.cursor()
        assert (caught.value.errno, caught.value.sqlstate) == (250002, "08003")
        with pytest.raises(DatabaseError):
            connection.commit()
        with pytest.raises(InterfaceError, match="Cursor is closed"):
            cursor.execute("SELECT 1")

    def test_a_closed_cursor_refuses(self, connection: FakeConnection) -> None:
        cursor = connection.cursor().execute("SELECT 1")
        assert (cursor.close(), cursor.close()) == (True, False)
        for use in (cursor.fetchall, cursor.fetchone, lambda: cursor.execute("SELECT 1")):
            with pytest.raises(InterfaceError, match="Cursor is closed") as caught:
                use()
            assert caught.value.errno == 252006

    def test_there_is_nothing_to_fetch_before_a_statement(self, connection: FakeConnection) -> None:
        with pytest.raises(TypeError, match="nothing was executed"):
            connection.cursor().fetchone()


class TestAsynchronous:
    """Statements whose result is fetched later, by their id."""

    def test_a_result_is_fetched_by_id(self, connection: FakeConnection) -> None:
        submitted = connection.cursor().execute_async("SELECT ? AS x", ["later"])
        query_id = submitted["queryId"]
        assert query_id is not None
        status = connection.get_query_status(query_id)
        assert status is QueryStatus.SUCCESS
        assert (connection.is_still_running(status), connection.is_an_error(status)) == (
            False,
            False,
        )
        cursor = connection.cursor()
        cursor.get_results_from_sfqid(query_id)
        assert (cursor.sfqid, cursor.fetchall()) == (query_id, [("later",)])

    def test_an_error_comes_with_the_result(self, connection: FakeConnection) -> None:
        query_id = connection.cursor().execute_async("CALL nope()")["queryId"]
        assert query_id is not None
        status = connection.get_query_status(query_id)
        assert status is QueryStatus.FAILED_WITH_ERROR
        assert connection.is_an_error(status)
        with pytest.raises(ProgrammingError, match="Unknown function NOPE"):
            connection.get_query_status_throw_if_error(query_id)
        with pytest.raises(ProgrammingError, match="Unknown function NOPE"):
            connection.cursor().get_results_from_sfqid(query_id)

    def test_asynchronous_results_outlive_any_number_of_others(
        self, connection: FakeConnection
    ) -> None:
        query_id = connection.cursor().execute_async("SELECT 'kept'")["queryId"] or ""
        first = connection.cursor().execute("SELECT 1").sfqid or ""
        for _ in range(150):
            connection.cursor().execute("SELECT 1")
        assert connection.get_query_status(first) is QueryStatus.NO_DATA
        assert connection.get_query_status(query_id) is QueryStatus.SUCCESS

    def test_an_id_that_nobody_knows_is_refused(self, connection: FakeConnection) -> None:
        unknown = "01b2c3d4-0000-0000-0000-000000000000"
        assert connection.get_query_status(unknown) is QueryStatus.NO_DATA
        with pytest.raises(DatabaseError, match="No information returned"):
            connection.cursor().get_results_from_sfqid(unknown)
        with pytest.raises(ValueError, match="Invalid UUID: 'x'"):
            connection.get_query_status("x")


class TestConnection:
    """The connection itself."""

    def test_it_says_who_is_connected(self, connection: FakeConnection) -> None:
        assert (connection.user, connection.role) == ("fake_user", "PUBLIC")
        assert (connection.account, connection.warehouse) == ("FAKE_ACCOUNT", "FAKE_WAREHOUSE")
        assert (connection.database, connection.schema) == (None, None)

    def test_transactions_of_sql_are_accepted_and_ignored(self, connection: FakeConnection) -> None:
        connection.autocommit(False)
        connection.rollback()
        connection.commit()
        assert names(connection, "SELECT 1") == [1]

    def test_a_block_closes_it(self, connection: FakeConnection) -> None:
        with connection as same:
            assert same is connection
            assert connection.is_valid()
        assert connection.is_closed()

    def test_threads_may_share_it(self, connection: FakeConnection) -> None:
        seen: list[Any] = []

        def work() -> None:
            statement = f"SELECT reasoner_name FROM {JOBS} LIMIT ?"
            seen.extend(names(connection, statement, [number])[0] for number in range(1, 21))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == ["w4"] * 80


class TestFaults:
    """The connector's own errors for what a fault does."""

    LIST = f"SELECT id FROM {JOBS}"

    @pytest.mark.parametrize(
        ("fault", "kind", "errno", "words"),
        [
            (Fault.unreachable(), OperationalError, 250001, "Could not connect to Snowflake"),
            (Fault.dropped("before"), OperationalError, 250003, "the connection was closed"),
            (Fault.dropped("after"), OperationalError, 250003, "the connection was closed"),
            (Fault.expired_token(), ProgrammingError, 390114, "token has expired"),
            (Fault.sql(391, "no luck", "42000"), ProgrammingError, 391, "no luck"),
            (Fault.sql(251012, "retryable"), OperationalError, 251012, "retryable"),
            (Fault.http(503), ProgrammingError, 100357, "remote service error: 503 '{"),
            (Fault.stale_endpoint(), ProgrammingError, 100357, "service associated with endpoint"),
            (Fault.not_ready(), ProgrammingError, 100357, "remote service error: 404 .*not ready"),
        ],
        ids=repr,
    )
    def test_a_statement_fails_and_the_connection_lives(
        self,
        backend: FakeBackend,
        connection: FakeConnection,
        fault: Fault,
        kind: type[DatabaseError],
        errno: int,
        words: str,
    ) -> None:
        backend.faults.inject(fault)
        cursor = connection.cursor()
        with pytest.raises(kind, match=words) as caught:
            cursor.execute(self.LIST)
        assert type(caught.value) is kind
        assert (caught.value.errno, caught.value.sfqid) == (errno, cursor.sfqid)
        assert not connection.is_closed()
        assert len(cursor.execute(self.LIST).fetchall()) == 5

    @pytest.mark.parametrize(
        ("fault", "text"),
        [
            (Fault.truncated(), '{"'),
            (Fault.malformed(), "<html>"),
            (Fault.http(200, body=[42]), "[42]"),
        ],
        ids=repr,
    )
    def test_an_answer_of_no_use_is_one_row_of_one_column(
        self, backend: FakeBackend, connection: FakeConnection, fault: Fault, text: str
    ) -> None:
        backend.faults.inject(fault)
        cursor = connection.cursor().execute(self.LIST)
        assert [column[0] for column in cursor.description or ()] == ["RESULT"]
        [[value]] = cursor.fetchall()
        assert value.startswith(text)

    def test_a_started_statement_that_is_lost_had_acted(
        self, backend: FakeBackend, connection: FakeConnection
    ) -> None:
        backend.faults.inject(Fault.dropped("after"))
        cursor = connection.cursor()
        create = "call RELATIONALAI.api.EXEC_JOB_ASYNC(?, ?, ?)"
        with pytest.raises(OperationalError):
            cursor.execute(create, ("ML", "w", "{}"), _force_qmark_paramstyle=True)
        assert len(backend.executions) == 6
