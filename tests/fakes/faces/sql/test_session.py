"""A session of SQL: where it is, its parameters, its results; the same for every door."""

from __future__ import annotations

import pytest

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.faces.sql import SqlFace, SqlFailure, SqlResult
from rai_jobs_fakes.machine.execution import User

SCAN = "select * from table(result_scan(?))"


class Talk:
    """One session of a backend."""

    def __init__(self) -> None:
        self.backend = FakeBackend()
        self.user = User("fake_user")
        self.face = SqlFace(
            self.backend,
            app="RELATIONALAI",
            schema="api",
            endpoint=lambda: "fake.test",
            reasoners=lambda: (),
        )
        self.session = self.face.open(self.user)

    def run(self, statement: str, *binds: object, asynchronous: bool = False) -> SqlResult:
        return self.face.execute(
            statement, binds, user=self.user, session=self.session, asynchronous=asynchronous
        )

    def value(self, statement: str, *binds: object) -> object:
        [[value]] = self.run(statement, *binds).rows
        return value

    def refusal(self, statement: str, *binds: object) -> SqlFailure:
        with pytest.raises(SqlFailure) as caught:
            self.run(statement, *binds)
        return caught.value


@pytest.fixture
def talk() -> Talk:
    return Talk()


class TestPlaces:
    """`USE …` and what `CURRENT_*()` answers."""

    @pytest.mark.parametrize(
        ("statement", "function", "name"),
        [
            ("USE ROLE x", "ROLE", "X"),
            ('use role "a ""b"" c";', "ROLE", 'a "b" c'),
            ("USE WAREHOUSE w1", "WAREHOUSE", "W1"),
            ("USE DATABASE d", "DATABASE", "D"),
            ("USE d", "DATABASE", "D"),
            ("USE SCHEMA s", "SCHEMA", "S"),
            ("USE SCHEMA d . s", "SCHEMA", "S"),
            ("USE d.s", "DATABASE", "D"),
            ("USE DATABASE d", "SCHEMA", "PUBLIC"),
            ("/* first */ USE ROLE x", "ROLE", "X"),
            ("USE SECONDARY ROLES ALL", "ROLE", "PUBLIC"),
        ],
    )
    def test_use_changes_what_is_current(
        self, talk: Talk, statement: str, function: str, name: str
    ) -> None:
        assert talk.value(statement) == "Statement executed successfully."
        assert talk.value(f"select CURRENT_{function}()") == name

    @pytest.mark.parametrize(
        "statement", ["USE", "USE ROLE", "USE ROLE a b", "USE ROLE a.b", "USE 'x'", "USE a.b.c"]
    )
    def test_use_of_nothing_is_refused(self, talk: Talk, statement: str) -> None:
        assert talk.refusal(statement).errno == 2
        assert talk.value("select current_role()") == "PUBLIC"

    @pytest.mark.parametrize(
        ("function", "value"),
        [
            ("VERSION", "9.0.0"),
            ("SESSION", "1"),
            ("ACCOUNT", "FAKE_ACCOUNT"),
            ("USER", "fake_user"),
            ("STATEMENT", "select CURRENT_STATEMENT()"),
            ("TRANSACTION", None),
            ("AVAILABLE_ROLES", '["PUBLIC"]'),
            ("SCHEMAS", "[]"),
        ],
    )
    def test_every_context_function_is_answered(
        self, talk: Talk, function: str, value: object
    ) -> None:
        assert talk.value(f"select CURRENT_{function}()") == value

    def test_another_session_is_elsewhere(self, talk: Talk) -> None:
        talk.run("use role x")
        other = talk.face.open(talk.user)
        answer = talk.face.execute(
            "select current_role(), current_session()", user=talk.user, session=other
        )
        assert answer.rows == (("PUBLIC", "2"),)

    def test_connection_and_session_hold_one_each(self) -> None:
        backend = FakeBackend()
        connection, session = backend.connection(), backend.session()
        connection.cursor().execute("use role x")
        session.sql("use schema d.s").collect()
        assert (connection.role, connection.database, connection.session_id) == ("X", None, 1)
        assert (session.get_current_role(), session.get_current_schema()) == ('"PUBLIC"', '"S"')
        session.use_role("y")
        assert session.sql("select current_role()").collect() == [("Y",)]


class TestParameters:
    """`ALTER SESSION …` and `SHOW PARAMETERS …`."""

    def shown(self, talk: Talk, like: str) -> dict[object, object]:
        rows = talk.run(f"show parameters like '{like}' in session").rows
        return {row[0]: row[1] for row in rows}

    def test_what_was_set_is_shown_until_it_is_unset(self, talk: Talk) -> None:
        talk.run("ALTER SESSION SET query_tag = 'it''s, mine' autocommit = FALSE, mine=7;")
        assert self.shown(talk, "query_tag") == {"QUERY_TAG": "it's, mine"}
        assert self.shown(talk, "AUTO%") == {"AUTOCOMMIT": "false"}
        held = talk.session.parameters
        assert (held["MINE"], held["AUTOCOMMIT"]) == (7, False)
        talk.run("alter session unset query_tag, mine")
        assert self.shown(talk, "query_tag") == {"QUERY_TAG": ""}
        assert "MINE" not in talk.session.parameters

    def test_like_is_a_pattern_of_sql(self, talk: Talk) -> None:
        assert self.shown(talk, "TIME_ONE") == {"TIMEZONE": "UTC"}
        assert self.shown(talk, "TIME.ONE") == {}
        assert len(talk.run("SHOW PARAMETERS").rows) == len(talk.session.parameters)

    @pytest.mark.parametrize(
        "statement",
        ["alter session", "alter session set", "alter session set x", "alter session set x = 'y"],
    )
    def test_what_sets_nothing_is_refused(self, talk: Talk, statement: str) -> None:
        assert talk.refusal(statement).errno == 2
        assert talk.session.changes == 0


class TestResults:
    """Results by the query's id."""

    def test_the_result_of_a_statement_is_scanned(self, talk: Talk) -> None:
        first = talk.run("select 1 as a, 'x' as b")
        scanned = talk.run(SCAN, first.query_id)
        assert (scanned.columns, scanned.rows) == (first.columns, first.rows)
        assert scanned.query_id != first.query_id
        assert talk.run("select * from table(result_scan(last_query_id()))").rows == first.rows
        assert talk.value("select last_query_id()") is not None

    def test_asynchronous_results_are_kept_apart_and_bounded(self, talk: Talk) -> None:
        first = talk.run("use role x", asynchronous=True)
        for _ in range(999):
            talk.run("use role x", asynchronous=True)
        assert talk.session.outcome(first.query_id) == first
        talk.run("use role x", asynchronous=True)
        assert talk.session.outcome(first.query_id) is None
        assert talk.session.last_query_id() is None

    def test_a_failure_is_kept_without_what_led_to_it(self, talk: Talk) -> None:
        failure = talk.refusal("call nope()")
        kept = talk.session.outcome(failure.query_id)
        assert isinstance(kept, SqlFailure)
        assert (kept.errno, kept.__traceback__) == (2140, None)
        assert talk.refusal(SCAN, failure.query_id).errno == 2140

    @pytest.mark.parametrize("arguments", ["", "'a', 'b'"])
    def test_a_scan_takes_one_id(self, talk: Talk, arguments: str) -> None:
        assert talk.refusal(SCAN.replace("?", arguments)).errno == 1044

    def test_a_scan_of_an_unknown_id_is_refused(self, talk: Talk) -> None:
        assert talk.refusal("select * from table(result_scan('x'))").errno == 709


def test_bytes_are_a_type_of_their_own(talk: Talk) -> None:
    result = talk.run("select ? as x", b"\x00\xff")
    assert (result.columns[0].type, result.rows) == ("binary", ((b"\x00\xff",),))
