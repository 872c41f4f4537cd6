"""The real `snowflake.connector`, whichever major is installed, on the wire of a real server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from snowflake.connector import DictCursor
from snowflake.connector.constants import QueryStatus
from snowflake.connector.errors import DatabaseError, Error, ProgrammingError

from rai_jobs_fakes import FakeBackend, Fault, VirtualClock
from rai_jobs_fakes.doors.server import FakeServer, FakeServerError
from rai_jobs_fakes.faces.wire import arrow_rows

from ..faces.wire.talking import KEY, another_key
from .wired import CONNECTOR, SWITCH, connect, connected, server

CREATE = "call RELATIONALAI.api.EXEC_JOB_ASYNC(?, ?, ?)"
JOB = ("ML", "w", "{}")
UNKNOWN = "01b2c3d4-0000-0000-0000-000000000000"
UTC = dt.timezone.utc


@pytest.fixture
def backend() -> FakeBackend:
    """A new backend behind the one server."""
    return SWITCH.turn()


@pytest.fixture
def connection(backend: FakeBackend) -> Generator[Any]:
    with connected() as made:
        yield made


def run(connection: Any, statement: str, *binds: object) -> list[Any]:
    """Run a statement with binds on the server; return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, binds or None, _force_qmark_paramstyle=True)
        return cursor.fetchall()


def test_arrow_is_asked_for_in_vain_where_pyarrow_is_not_installed(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    del backend
    monkeypatch.setattr(arrow_rows, "_has_arrow", lambda: False)
    asked = {"PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "ARROW"}
    with connected(session_parameters=asked) as connection:
        assert run(connection, "select 1, 'x'") == [(1, "x")]


def request_ids() -> list[str]:
    """The ids of the statements that came, each as often as it came."""
    asked = [each for each in SWITCH.targets if each.startswith("/queries/v1/query-request")]
    return [each.partition("requestId=")[2][:36] for each in asked]


def no_wait(seconds: float) -> None:
    """Sleep not at all."""


def der(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


OTHER_KEY = der(another_key())
PAT = "PROGRAMMATIC_ACCESS_TOKEN"


class TestLogins:
    """Each way to say who one is."""

    @pytest.mark.parametrize(
        ("shown", "user"),
        [
            ({"user": "BOB", "password": "bobs own"}, "bob"),
            ({"user": "bob", "password": "bobs-token"}, "bob"),
            ({"user": "bob", "authenticator": "oauth", "token": "bobs-token"}, "bob"),
            (
                {
                    "user": "bob",
                    "authenticator": PAT,
                    "token": "bobs-token",
                },
                "bob",
            ),
            (
                {"user": "ann", "authenticator": "SNOWFLAKE_JWT", "private_key": der(KEY)},
                "Ann",
            ),
        ],
    )
    def test_it_lets_in(self, backend: FakeBackend, shown: dict[str, Any], user: str) -> None:
        with connected(**{"password": None, **shown}) as connection:
            assert run(connection, "select current_user()") == [(user,)]
            run(connection, CREATE, *JOB)
        assert backend.executions[0].created_by == user

    @pytest.mark.parametrize(
        ("shown", "errno", "sqlstate"),
        [
            ({"password": "wrong-s3cret"}, 390100, "28000"),
            ({"user": "nobody", "password": "wrong-s3cret"}, 390100, "28000"),
            (
                {
                    "user": "ann",
                    "authenticator": "SNOWFLAKE_JWT",
                    "private_key": OTHER_KEY,
                },
                390144,
                "28000",
            ),
            (
                {"authenticator": PAT, "token": "wrong-s3cret"},
                394400,
                "08001",
            ),
            ({"authenticator": "oauth", "token": "wrong-s3cret"}, 390303, "08001"),
        ],
    )
    def test_a_wrong_one_is_refused_by_number(
        self, backend: FakeBackend, shown: dict[str, Any], errno: int, sqlstate: str
    ) -> None:
        with pytest.raises(DatabaseError) as caught:
            connect(**{"password": None, **shown})
        # The connector before 4.8 has one number for all of them.
        assert caught.value.errno in {errno, 250001}
        assert caught.value.sqlstate in {sqlstate, "08001"}
        assert "s3cret" not in str(caught.value)

    def test_role_and_place_are_as_asked(self, backend: FakeBackend) -> None:
        where = {"role": "r", "database": "d", "schema": "s", "warehouse": "w"}
        with connected(**where, session_parameters={"QUERY_TAG": "mine"}) as connection:
            told = (connection.role, connection.database, connection.schema, connection.warehouse)
            assert told == ("R", "D", "S", "W")
            assert run(connection, "show parameters like 'QUERY_TAG'")[0][1] == "mine"
            run(connection, "use role other")
            run(connection, "use schema e.f")
            assert (connection.role, connection.database, connection.schema) == ("OTHER", "E", "F")

    def test_parameters_are_of_a_server_that_runs_and_knows_users(
        self, backend: FakeBackend
    ) -> None:
        with pytest.raises(FakeServerError, match="not running"):
            backend.serve().connection_parameters()
        with pytest.raises(ValueError, match="no user 'nobody'"):
            server().connection_parameters("nobody")
        bare = FakeServer(SWITCH, lambda user: "", host="127.0.0.1", port=0)
        with pytest.raises(FakeServerError, match="serves no logins"):
            bare.connection_parameters()


class TestValues:
    """Values on their way there and back."""

    @pytest.mark.parametrize(
        "value",
        [
            0,
            -(10**20),
            Decimal("12.50"),
            1.5,
            float("inf"),
            True,
            False,
            None,
            "ä '?;--\n\U0001f600",
            "",
            b"\x00\xff",
            dt.date(1923, 1, 2),
            dt.time(3, 4, 5, 678_901),
            dt.datetime(2023, 1, 2, 3, 4, 5, 678_901, UTC),
            dt.datetime(1903, 1, 2, 3, 4, 5, 678_901, UTC),
            dt.datetime(2023, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=-9, minutes=-30))),
        ],
    )
    def test_a_bound_value_comes_back(self, connection: Any, value: object) -> None:
        [(found,)] = run(connection, "select ? as x", value)
        assert found == value
        assert isinstance(found, (bytearray, bytes) if isinstance(value, bytes) else type(value))

    def test_a_naive_instant_is_one_of_utc(self, connection: Any) -> None:
        [(found,)] = run(connection, "select ?", dt.datetime(2023, 1, 2, 3))  # noqa: DTZ001
        assert found == dt.datetime(2023, 1, 2, 3, tzinfo=UTC)

    def test_literals_in_the_text_are_values_too(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select %s, %s, %s, %s", ("it's %", 7, True, None))
            assert cursor.fetchall() == [("it's %", 7, True, None)]
            cursor.execute("select %(a)s", {"a": "x"})
            assert cursor.fetchall() == [("x",)]

    def test_instants_are_shown_in_the_sessions_zone(self, connection: Any) -> None:
        run(connection, "alter session set timezone = 'Asia/Tokyo'")
        run(connection, "select 1")
        [(found,)] = run(connection, "select ?", dt.datetime(2023, 1, 1, tzinfo=UTC))
        assert (found.hour, found.utcoffset()) == (9, dt.timedelta(hours=9))

    def test_rows_may_be_dicts_and_are_fetched_as_they_are_wanted(self, connection: Any) -> None:
        with connection.cursor(DictCursor) as cursor:
            cursor.execute("select 1 as a union all select 2 union all select 3 order by a")
            assert (cursor.rowcount, cursor.fetchone()) == (3, {"A": 1})
            assert cursor.fetchmany(1) == [{"A": 2}]
            assert list(cursor) == [{"A": 3}]

    def test_many_sets_of_values_run_one_after_the_other(
        self, backend: FakeBackend, connection: Any
    ) -> None:
        with connection.cursor() as cursor:
            statement = "call RELATIONALAI.api.EXEC_JOB_ASYNC('ML', %s, '{}')"
            cursor.executemany(statement, [("a",), ("b",)])
        assert [view.reasoner_name for view in backend.executions] == ["a", "b"]

    def test_many_rows_of_an_insert_are_refused_as_an_insert(self, connection: Any) -> None:
        with pytest.raises(ProgrammingError, match="Unsupported feature 'INSERT'"):
            connection.cursor().executemany("insert into t values (%s)", [(1,), (2,)])

    def test_a_large_result_arrives_whole(self, connection: Any) -> None:
        text = "ä" * 500_000
        assert run(connection, "select ?", text) == [(text,)]


class TestRefusals:
    """Errors as the connector raises them."""

    @pytest.mark.parametrize(
        ("statement", "errno", "sqlstate", "words"),
        [
            ("select * from nope.api.jobs", 2003, "02000", "Database 'NOPE' does not exist"),
            ("call nope()", 2140, "42601", "Unknown function NOPE"),
            ("selec 1", 1003, "42000", "syntax error line 1 at position 0"),
            ("create table t (a int)", 2, "0A000", "Unsupported feature 'CREATE'"),
            ("call RELATIONALAI.api.EXEC_JOB_ASYNC('ML', 'w', 'x')", 100357, "P0000", "400"),
        ],
    )
    def test_number_state_and_query_are_told(
        self, connection: Any, statement: str, errno: int, sqlstate: str, words: str
    ) -> None:
        with pytest.raises(ProgrammingError, match=words) as caught:
            run(connection, statement)
        assert (caught.value.errno, caught.value.sqlstate) == (errno, sqlstate)
        assert len(caught.value.sfqid or "") == 36

    def test_a_closed_connection_is_refused_and_its_session_is_gone(
        self, backend: FakeBackend, connection: Any
    ) -> None:
        assert len(backend.wire_face.sessions) == 1
        connection.close()
        assert len(backend.wire_face.sessions) == 0
        with pytest.raises(DatabaseError, match="closed"):
            connection.cursor()


class TestLater:
    """`execute_async` and results by id."""

    def test_a_result_is_fetched_by_id_also_on_another_connection(
        self, backend: FakeBackend, connection: Any
    ) -> None:
        query_id = connection.cursor().execute_async("select 7 as a")["queryId"]
        assert connection.get_query_status(query_id) is QueryStatus.SUCCESS
        with connected() as other:
            for each in (connection, other):
                cursor = each.cursor()
                cursor.get_results_from_sfqid(query_id)
                assert (cursor.fetchall(), cursor.sfqid) == ([(7,)], query_id)

    def test_an_error_comes_with_the_result(self, connection: Any) -> None:
        query_id = connection.cursor().execute_async("call nope()")["queryId"]
        assert connection.get_query_status(query_id) is QueryStatus.FAILED_WITH_ERROR
        with pytest.raises(ProgrammingError, match="Unknown function NOPE") as caught:
            connection.get_query_status_throw_if_error(query_id)
        assert caught.value.errno == 2140
        with pytest.raises(ProgrammingError, match="Unknown function NOPE"):
            connection.cursor().get_results_from_sfqid(query_id)

    def test_what_nobody_knows_has_no_status(self, connection: Any) -> None:
        assert connection.get_query_status(UNKNOWN) is QueryStatus.NO_DATA


class TestTime:
    """Sessions by the backend's time, and requests that come again."""

    def test_a_session_is_renewed_unseen(self, backend: FakeBackend, connection: Any) -> None:
        assert isinstance(backend.clock, VirtualClock)
        for _ in range(3):
            backend.clock.advance(4_000)
            run(connection, CREATE, *JOB)
        assert len(backend.executions) == 3
        renewals = [each for each in SWITCH.targets if each.startswith("/session/token-request")]
        assert len(renewals) == 3

    def test_a_session_that_was_left_alone_too_long_is_over(
        self, backend: FakeBackend, connection: Any
    ) -> None:
        backend.clock.sleep(14_400)
        with pytest.raises(Error) as caught:
            run(connection, CREATE, *JOB)
        assert caught.value.errno == 390114
        assert backend.executions == ()

    def test_a_create_whose_answer_was_lost_runs_once(
        self, backend: FakeBackend, connection: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if CONNECTOR < 5:
            # It waits a second of real time before it tries again.
            monkeypatch.setattr("snowflake.connector.network.time.sleep", no_wait)
        SWITCH.refuse_after_answering = 1
        [(job_id, *_)] = run(connection, CREATE, *JOB)
        assert len(set(request_ids())) == 1
        assert len(request_ids()) == 2
        assert [view.id for view in backend.executions] == [job_id]

    @pytest.mark.parametrize("fault", [Fault.dropped("before"), Fault.dropped("after")], ids=repr)
    def test_a_create_whose_connection_is_dropped_is_sent_again_and_runs_once(
        self,
        backend: FakeBackend,
        connection: Any,
        monkeypatch: pytest.MonkeyPatch,
        fault: Fault,
    ) -> None:
        if CONNECTOR < 5:
            monkeypatch.setattr("snowflake.connector.network.time.sleep", no_wait)
        dropped = backend.faults.inject(fault)
        [(job_id, *_)] = run(connection, CREATE, *JOB)
        assert len(set(request_ids())) == 1
        assert len(request_ids()) == 2
        assert dropped.fired == 1
        assert [view.id for view in backend.executions] == [job_id]

    def test_a_token_that_a_fault_expires_is_renewed_unseen(
        self, backend: FakeBackend, connection: Any
    ) -> None:
        expired = backend.faults.inject(Fault.expired_token())
        run(connection, CREATE, *JOB)
        assert [each.partition("?")[0] for each in SWITCH.targets][-3:] == [
            "/queries/v1/query-request",
            "/session/token-request",
            "/queries/v1/query-request",
        ]
        assert expired.fired == len(backend.executions) == 1

    def test_an_answer_that_is_cut_is_an_error_that_is_told(
        self, backend: FakeBackend, connection: Any
    ) -> None:
        backend.faults.inject(Fault.dropped("mid-body"))
        # What the connector 4 raises here is not even its own.
        with pytest.raises((Error, OSError)):
            run(connection, CREATE, *JOB)
        assert len(backend.executions) == 1
