"""The SQL face as a Snowpark session: rows, jobs, errors."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from snowflake.connector.errors import DatabaseError, OperationalError, ProgrammingError

from rai_jobs_fakes import FakeBackend, Fault, VirtualClock
from rai_jobs_fakes.doors.dbapi import FakeConnection
from rai_jobs_fakes.doors.snowpark import FakeSession
from rai_jobs_fakes.faces.sql import SqlFace
from rai_jobs_fakes.machine.execution import User

GET = "call RELATIONALAI.api.GET_JOB(?, ?)"
MISSING = "SELECT * FROM X.api.jobs"
SNOWPARK = "snowflake.snowpark.exceptions"


@pytest.fixture
def session() -> FakeSession:
    backend = FakeBackend(clock=VirtualClock(datetime(2026, 1, 1, tzinfo=timezone.utc)))
    face = SqlFace(
        backend, app="RELATIONALAI", schema="api", endpoint=lambda: "h", reasoners=lambda: ()
    )
    return FakeSession(face, User("fake_user"))


class Refused(Exception):
    """Stands for Snowpark's error where Snowpark is not installed."""

    def __init__(self, message: str, **given: Any) -> None:
        super().__init__(message)
        self.given = given


@pytest.fixture
def snowpark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of Snowpark's errors, whether or not Snowpark is installed."""
    module = ModuleType(SNOWPARK)
    vars(module).update(SnowparkSQLException=Refused, SnowparkSessionException=Refused)
    for name in ("snowflake.snowpark", SNOWPARK):
        monkeypatch.setitem(sys.modules, name, module)
    return module


@pytest.fixture
def without_snowpark(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("snowflake.snowpark", SNOWPARK):
        monkeypatch.setitem(sys.modules, name, None)


class TestRows:
    """What `collect` returns."""

    def test_values_are_found_by_position_name_and_attribute(self, session: FakeSession) -> None:
        [row] = session.sql("SELECT ? AS a, 'x' AS b", [1]).collect()
        assert (row[0], row[-1], row["A"], row.B, row[0:2]) == (1, "x", 1, "x", (1, "x"))
        assert (list(row), len(row), row) == ([1, "x"], 2, (1, "x"))
        assert row.as_dict() == row.asDict() == {"A": 1, "B": "x"}
        assert repr(row) == "Row(A=1, B='x')"
        assert ("A" in row, "C" in row) == (True, False)

    def test_names_have_the_case_that_snowflake_gives(self, session: FakeSession) -> None:
        [row] = session.sql('SELECT 1 AS a, 2 AS "b"').collect()
        assert row.as_dict() == {"A": 1, "b": 2}
        with pytest.raises(KeyError):
            row["a"]
        with pytest.raises(AttributeError, match="no attribute a"):
            row.a  # noqa: B018
        with pytest.raises(IndexError):
            row[2]

    def test_each_collect_runs_the_statement_again(self, session: FakeSession) -> None:
        create = session.sql("call RELATIONALAI.api.EXEC_JOB_ASYNC('SOLVER', 'w', '{}')")
        ids = {create.collect()[0].ID for _ in range(2)}
        seen = session.sql("SELECT id FROM RELATIONALAI.api.jobs").to_local_iterator()
        assert {row.ID for row in seen} == ids
        assert len(ids) == 2

    def test_a_statement_that_is_not_collected_is_not_run(self, session: FakeSession) -> None:
        session.sql("call RELATIONALAI.api.EXEC_JOB_ASYNC('SOLVER', 'w', '{}')")
        assert session.sql("SELECT id FROM RELATIONALAI.api.jobs").collect() == []

    def test_a_started_statement_gives_its_rows_later(self, session: FakeSession) -> None:
        job = session.sql("SELECT 1 AS x").collect_nowait()
        assert (job.is_done(), job.is_failed()) == (True, False)
        assert [row.X for row in job.result()] == [1]
        assert len(job.query_id) == 36


class TestRefusals:
    """Snowpark's errors where it is installed, the connector's where not."""

    @pytest.mark.skipif(find_spec("snowflake.snowpark") is None, reason="Snowpark is not installed")
    def test_a_refused_statement_is_snowparks_own_error(self, session: FakeSession) -> None:
        exceptions = import_module(SNOWPARK)
        with pytest.raises(exceptions.SnowparkSQLException) as caught:
            session.sql(MISSING).collect()
        error: Any = caught.value
        assert (error.error_code, error.sql_error_code) == ("1304", 2003)
        start = f"(1304): {error.sfqid}: 002003 (02000): SQL compilation error:\nDatabase 'X'"
        assert str(error).startswith(start)

    @pytest.mark.usefixtures("snowpark")
    def test_snowpark_is_given_the_connectors_error(self, session: FakeSession) -> None:
        with pytest.raises(Refused, match=r"002003 \(02000\)") as caught:
            session.sql(MISSING).collect()
        assert caught.value.given["error_code"] == "1304"
        assert caught.value.given["conn_error"].errno == 2003

    @pytest.mark.usefixtures("without_snowpark")
    def test_without_snowpark_it_is_the_connectors(self, session: FakeSession) -> None:
        with pytest.raises(ProgrammingError) as caught:
            session.sql(MISSING).collect()
        assert caught.value.errno == 2003

    @pytest.mark.usefixtures("without_snowpark")
    def test_a_started_statement_raises_when_its_result_is_asked_for(
        self, session: FakeSession
    ) -> None:
        job = session.sql(MISSING).collect_nowait()
        assert job.is_failed()
        with pytest.raises(ProgrammingError, match="Database 'X' does not exist"):
            job.result()

    def test_values_that_cannot_be_bound_are_refused(self, session: FakeSession) -> None:
        with pytest.raises(ProgrammingError, match="Binding data in type"):
            session.sql("SELECT ?", [{"a": 1}]).collect()

    @pytest.mark.usefixtures("snowpark")
    def test_a_closed_session_refuses(self, session: FakeSession) -> None:
        session.close()
        session.close()
        with pytest.raises(Refused, match="the session has been closed") as caught:
            session.sql("SELECT 1").collect()
        assert caught.value.given == {"error_code": "1404"}

    @pytest.mark.usefixtures("without_snowpark")
    def test_without_snowpark_a_closed_session_is_a_closed_connection(
        self, session: FakeSession
    ) -> None:
        with session:
            session.sql("SELECT 1").collect()
        with pytest.raises(DatabaseError, match="Connection is closed"):
            session.sql("SELECT 1").collect()


class TestSession:
    """What a session says about itself."""

    def test_names_come_in_quotes(self, session: FakeSession) -> None:
        assert session.get_current_user() == '"fake_user"'
        assert session.get_current_role() == '"PUBLIC"'
        assert session.get_current_account() == '"FAKE_ACCOUNT"'
        assert session.get_current_warehouse() == '"FAKE_WAREHOUSE"'
        assert (session.get_current_database(), session.get_current_schema()) == (None, None)

    @pytest.mark.parametrize(
        ("given", "shown"), [("x", '"X"'), ('"x"', '"x"'), ('"a""b"', '"a""b"')]
    )
    @pytest.mark.parametrize("what", ["role", "database", "schema", "warehouse"])
    def test_using_another_changes_what_is_said(
        self, session: FakeSession, what: str, given: str, shown: str
    ) -> None:
        getattr(session, f"use_{what}")(given)
        assert getattr(session, f"get_current_{what}")() == shown

    def test_it_has_a_connection(self, session: FakeSession) -> None:
        assert isinstance(session.connection, FakeConnection)
        with session.connection.cursor() as cursor:
            assert cursor.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.usefixtures("snowpark")
def test_a_lost_connection_is_the_connectors_error_under_snowpark_too() -> None:
    backend = FakeBackend()
    session = backend.session()
    backend.faults.inject(Fault.dropped("before", operation="get"))
    backend.faults.inject(Fault.http(503, operation="get"))
    with pytest.raises(OperationalError):
        session.sql(GET, ["ML", "x"]).collect()
    with pytest.raises(Refused, match="remote service error: 503"):
        session.sql(GET, ["ML", "x"]).collect()
