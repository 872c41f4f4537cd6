"""The seam on the real connector, whichever major is installed: recorded from a served fake."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from rai_jobs_cassettes.errors import CassetteError, UnrecordedRequestError
from rai_jobs_cassettes.sql.cursor_seam import patched
from rai_jobs_fakes import FakeBackend, Fault

from ...fakes.doors.wired import CONNECTOR, SWITCH, server
from .playing import NOWHERE, both, connector, recorded, replayed
from .taping import MemoryTape, nothing_reachable

VALUES = "select 1 as i, 1.50 as d, 1e0::float as f, 'x' as s, null as n, true as b, x'00ff' as y"
JOBS = "select * from RELATIONALAI.api.jobs"
NOPE = "select * from nope.api.jobs"


@pytest.fixture(autouse=True)
def backend() -> FakeBackend:
    return SWITCH.turn()


def on_cursor(play: Callable[[Any], Any]) -> Callable[[dict[str, Any]], Any]:
    """Play on a cursor of a connection that is closed afterwards."""

    def on_connection(parameters: dict[str, Any]) -> Any:
        connection = connector().connect(**parameters)
        try:
            with connection.cursor() as cursor:
                return play(cursor)
        finally:
            connection.close()

    return on_connection


def state(cursor: Any) -> list[Any]:
    names = ("description", "sfqid", "rowcount", "sqlstate", "rownumber", "query", "arraysize")
    more = ("timezone", "binary_output_format", "is_file_transfer", "lastrowid")
    return [getattr(cursor, name) for name in (*names, *more)]


def told(error: Any) -> list[Any]:
    return [type(error), error.msg, error.errno, error.sqlstate, error.sfqid, error.query]


class TestConnections:
    """Opening, closing, and what a connection says of itself."""

    def test_it_needs_no_server_no_login_and_no_files(self) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            connection = connector().connect(**parameters)
            assert isinstance(connection, connector().SnowflakeConnection)
            names = ("account", "user", "role", "warehouse", "database", "schema", "host")
            said = [getattr(connection, name) for name in (*names, "session_id", "expired")]
            said += [connection.is_closed(), connection.is_valid(), connection.messages]
            said += [connection._session_parameters.get("TIMEZONE"), connection.telemetry_enabled]
            connection.close()
            return [*said, connection.is_closed(), connection.is_valid()]

        assert both(play)[:4] == ["fake_account", "fake_user", "PUBLIC", "FAKE_WAREHOUSE"]

    def test_a_server_that_has_gone_is_not_missed(self) -> None:
        tape = MemoryTape()
        play = on_cursor(lambda cursor: cursor.execute(VALUES).fetchall())
        with FakeBackend().serve() as short_lived, patched(tape):
            parameters = short_lived.connection_parameters()
            first = play(parameters)
        again = MemoryTape(tape.kept)
        with nothing_reachable(), patched(again):
            assert play(parameters) == first

    def test_the_request_holds_no_secret(self) -> None:
        _, tape = recorded(lambda given: connector().connect(**given).close(), role="r")
        [(request, response)] = tape.kept
        assert request == {
            "call": "connect",
            "account": "fake_account",
            "user": "fake_user",
            "role": "r",
        }
        password = server().connection_parameters()["password"]
        assert password not in repr(response)
        assert str(server().port) not in repr(response)

    def test_it_does_not_matter_how_connect_was_come_by(self) -> None:
        connect, connection_class = connector().connect, connector().SnowflakeConnection

        class Own(connection_class):
            pass

        def play(parameters: dict[str, Any]) -> Any:
            made = [connect(**parameters), connection_class(**parameters), Own(**parameters)]
            for each in made:
                each.close()
            return [type(each).__name__ == "Own" for each in made]

        assert both(play) == [False, False, True]

    def test_a_refused_login_is_refused_again(self) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            with pytest.raises(connector().DatabaseError) as caught:
                connector().connect(**parameters)
            return told(caught.value)

        assert "s3cret" not in repr(both(play, password="wrong-s3cret"))

    def test_a_closed_one_refuses_as_it_did(self) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            connection = connector().connect(**parameters)
            cursor = connection.cursor()
            connection.close()
            connection.close()
            refusals: list[Any] = []
            for use in (connection.cursor, lambda: cursor.execute("select 1")):
                with pytest.raises(connector().Error) as caught:
                    use()
                refusals.append(told(caught.value))
            return refusals

        both(play)

    def test_transactions_are_statements(self) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            with connector().connect(**parameters) as connection:
                connection.autocommit(True)
                connection.commit()
                connection.rollback()
            return connection.is_closed()

        assert both(play) is True
        _, tape = recorded(play)
        statements = [str(request["statement"]).lower() for request, _ in tape.kept[1:]]
        assert statements == ["alter session set autocommit=true", "commit", "rollback"]

    def test_what_changes_of_the_session_changes_again(self) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            connection = connector().connect(**parameters)
            said: list[Any] = []
            for statement in ("use role other", "use schema d.s", "use warehouse w2", "select 1"):
                connection.cursor().execute(statement)
                said.append([connection.role, connection.database, connection.schema])
            cursor = connection.cursor().execute("alter session set timezone='Europe/Berlin'")
            said.append([connection.warehouse, cursor.timezone])
            connection.close()
            return said

        assert both(play)[-1] == ["W2", "Europe/Berlin"]
        _, tape = recorded(play)
        changes = [response.get("session") for response in tape.responses("execute")]
        assert changes[0] == {"role": "OTHER"}
        assert changes[3] is None
        assert changes[4] == {"parameters": {"TIMEZONE": "Europe/Berlin"}}

    def test_each_user_is_answered_as_that_user(self, backend: FakeBackend) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            ann = connector().connect(**parameters)
            bob = connector().connect(**{**parameters, "user": "bob", "password": "bobs own"})
            came = [
                each.cursor().execute("select current_user()").fetchall() for each in (bob, ann)
            ]
            ann.close()
            bob.close()
            return came

        assert both(play) == [[("bob",)], [("fake_user",)]]

    def test_what_is_new_is_asked_of_the_server_once_there_is_one(self) -> None:
        tape = MemoryTape()
        parameters = server().connection_parameters()
        with patched(tape):
            connector().connect(**parameters).close()

        class AndNew(MemoryTape):
            def find(self, kind: Any, request: Any) -> Any:
                return super().find(kind, request) if request["call"] == "connect" else None

            def keep(self, kind: Any, request: Any, response: Any) -> None:
                self.kept.append((request, response))

        again = AndNew(tape.kept)
        with patched(again):
            connection = connector().connect(**parameters)
            assert connection.cursor().execute("select 7").fetchall() == [(7,)]
            connection.cursor().execute("use role other")
            connection.close()
            assert connection.is_closed()
        assert [request["call"] for request, _ in again.kept] == ["connect", "execute", "execute"]
        assert again.kept[-1][1]["session"] == {"role": "OTHER"}
        assert "session" not in again.kept[-2][1]


class TestRows:
    """What a statement gives, read in every way."""

    def test_types_are_exact(self) -> None:
        [row] = both(on_cursor(lambda cursor: cursor.execute(VALUES).fetchall()))
        binary = bytearray if CONNECTOR >= 5 else bytes
        assert row == (1, Decimal("1.50"), 1.0, "x", None, True, binary(b"\x00\xff"))
        assert [type(value) for value in row] == [
            int,
            Decimal,
            float,
            str,
            type(None),
            bool,
            binary,
        ]

    def test_instants_keep_their_zone(self) -> None:
        def play(cursor: Any) -> Any:
            cursor.execute("alter session set timezone='Europe/Berlin'")
            cursor.execute("select current_timestamp(), current_date(), to_time('12:30:00')")
            [row] = cursor.fetchall()
            return [*row, str(row[0].tzinfo), row[0].utcoffset()]

        instant, day, noon, zone, offset = both(on_cursor(play))
        assert (day, noon) == (dt.date(2026, 1, 1), dt.time(12, 30))
        assert (zone, offset) == ("Europe/Berlin", dt.timedelta(hours=1))
        assert instant == dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

    def test_everything_that_a_cursor_tells_is_told_again(self) -> None:
        def play(cursor: Any) -> Any:
            after = state(cursor.execute(f"  {VALUES}\n"))
            return [after, cursor.fetchone(), state(cursor)]

        after, _, read = both(on_cursor(play))
        assert after[0][0] == connector().cursor.ResultMetadata("I", 0, None, None, 38, 0, True)
        assert isinstance(after[0][0], connector().cursor.ResultMetadata)
        assert (after[2], after[4], read[4]) == (1, None, 0)

    def test_rows_are_read_in_every_way(self, backend: FakeBackend) -> None:
        three = "select 1 as a union all select 2 union all select 3"

        def play(cursor: Any) -> Any:
            ways: list[Any] = []
            cursor.execute(three)
            ways.append([cursor.fetchone(), cursor.fetchmany(1), cursor.fetchall()])
            ways.append([cursor.fetchone(), cursor.fetchmany(2), cursor.fetchall()])
            ways.append(list(cursor.execute(three)))
            cursor.execute(three)
            cursor.arraysize = 2
            ways.append([cursor.fetchmany(), cursor.fetchmany(0), cursor.fetchmany(7)])
            return ways

        first, end, iterated, many = both(on_cursor(play))
        assert first == [(1,), [(2,)], [(3,)]]
        assert end == [None, [], []]
        assert iterated == [(1,), (2,), (3,)]
        assert many == [[(1,), (2,)], [], [(3,)]]

    def test_a_dict_cursor_gives_dicts(self) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            connection = connector().connect(**parameters)
            cursor = connection.cursor(connector().DictCursor)
            rows = cursor.execute("select 1 as a, 'x' as a, 2 as b").fetchall()
            cursor.execute("select 3 as c")
            one = cursor.fetchone()
            connection.close()
            return [rows, one]

        assert both(play) == [[{"A": "x", "B": 2}], {"C": 3}]
        _, tape = recorded(play)
        assert tape.responses("execute")[0]["rows"] == [[1, "x", 2]]

    def test_a_recording_of_tuples_is_replayed_as_dicts(self) -> None:
        _, tape = recorded(on_cursor(lambda cursor: cursor.execute("select 1 as a").fetchall()))

        def play(parameters: dict[str, Any]) -> Any:
            with connector().connect(**parameters) as connection:
                cursor = connection.cursor(connector().DictCursor)
                return cursor.execute("select 1 as a").fetchall()

        assert replayed(play, tape, "fake_user") == [{"A": 1}]

    def test_a_class_of_somebodys_own_is_asked_first(self) -> None:
        seen: list[str] = []

        usual: Any = connector().cursor.SnowflakeCursor

        class Own(usual):
            def execute(self, command: str, *args: Any, **kwargs: Any) -> Any:
                seen.append(command)
                return usual.execute(self, command, *args, **kwargs)

        def play(parameters: dict[str, Any]) -> Any:
            with connector().connect(**parameters) as connection:
                return connection.cursor(Own).execute("select 1").fetchall()

        assert both(play) == [(1,)]
        assert seen == ["select 1"] * 2

    def test_binds_are_recorded_in_every_style(self) -> None:
        def play(cursor: Any) -> Any:
            cursor.execute("select %s as a, %s as b", ("it's", 2))
            came = cursor.fetchall()
            cursor.execute("select %(x)s as a", {"x": 1})
            came += cursor.fetchall()
            cursor.execute("select ? as a, ? as b", [True, None], _force_qmark_paramstyle=True)
            came += cursor.fetchall()
            return [*came, cursor.query]

        assert both(on_cursor(play))[:2] == [("it's", 2), (1,)]
        _, tape = recorded(on_cursor(play))
        binds = [request.get("binds") for request, _ in tape.kept[1:]]
        assert binds == [["it's", 2], {"x": 1}, [True, None]]

    def test_other_binds_are_other_requests(self) -> None:
        def play(cursor: Any) -> Any:
            return [cursor.execute("select %s", (n,)).fetchall() for n in (1, 2)]

        _, tape = recorded(on_cursor(play))
        with nothing_reachable(), patched(MemoryTape(tape.kept)):
            connection = connector().connect(**NOWHERE, user="fake_user")
            with pytest.raises(UnrecordedRequestError):
                connection.cursor().execute("select %s", (3,))
            assert connection.cursor().execute("select %s", (2,)).fetchall() == [(2,)]
            connection.close()

    def test_many_rows_of_binds_are_one_request(self) -> None:
        def play(cursor: Any) -> Any:
            cursor.executemany("select %s as a", [(1,), (2,)])
            return [cursor.fetchall(), cursor.executemany("select 1", []) is cursor]

        both(on_cursor(play))
        _, tape = recorded(on_cursor(play))
        assert tape.calls == ["connect", "executemany"]
        assert tape.kept[1][0]["binds"] == [[1], [2]]

    def test_a_description_is_had_without_rows(self) -> None:
        def play(cursor: Any) -> Any:
            described = cursor.describe("select 1 as a, %s as b", ("x",))
            return [described, cursor.description]

        described, of_cursor = both(on_cursor(play))
        assert [column.name for column in described] == ["A", "B"]
        assert described == of_cursor

    def test_nothing_is_asked_for_nothing(self) -> None:
        _, tape = recorded(on_cursor(lambda cursor: cursor.execute("")))
        assert tape.calls == ["connect"]

    def test_arrow_and_files_are_refused(self) -> None:
        def play(cursor: Any) -> Any:
            cursor.execute("select 1")
            said: list[str] = []
            for use in (
                cursor.fetch_arrow_all,
                cursor.fetch_pandas_all,
                cursor.get_result_batches,
                lambda: cursor._download("@s", "d", {}),
            ):
                with pytest.raises(CassetteError) as caught:
                    use()
                assert isinstance(caught.value, connector().NotSupportedError)
                said.append(str(caught.value))
            return said

        assert "fetchall" in both(on_cursor(play))[0]


class TestErrors:
    """What was raised is raised again."""

    def test_class_numbers_and_words_are_the_same(self) -> None:
        def play(cursor: Any) -> Any:
            with pytest.raises(connector().ProgrammingError) as caught:
                cursor.execute(NOPE)
            return [told(caught.value), cursor.sfqid, cursor.sqlstate, len(cursor.messages)]

        error, sfqid, sqlstate, messages = both(on_cursor(play))
        assert error[2:4] == [2003, "02000"]
        assert (error[4], error[3]) == (sfqid, sqlstate)
        assert messages == 1

    def test_a_statement_that_failed_once_fails_once(self, backend: FakeBackend) -> None:
        backend.faults.inject(Fault.sql(604, "canceled", "57014", times=1))

        def play(cursor: Any) -> Any:
            with pytest.raises(connector().Error) as caught:
                cursor.execute(JOBS)
            return [told(caught.value), cursor.execute(JOBS).fetchall()]

        both(on_cursor(play))

    def test_a_handler_of_errors_is_called(self) -> None:
        def play(cursor: Any) -> Any:
            handled: list[Any] = []

            def handle(connection: Any, of: Any, kind: Any, value: Any) -> None:
                said = [value[name] for name in ("msg", "errno", "sqlstate", "sfqid", "query")]
                handled.append([connection is cursor.connection, of is cursor, kind, said])
                connector().Error.default_errorhandler(connection, of, kind, value)

            cursor.errorhandler = handle
            with pytest.raises(connector().ProgrammingError):
                cursor.execute(NOPE)
            return handled

        [[of_connection, of_cursor, kind, said]] = both(on_cursor(play))
        assert (of_connection, of_cursor, said[1]) == (True, True, 2003)
        assert kind is connector().ProgrammingError

    def test_what_a_handler_of_errors_swallows_is_swallowed(self) -> None:
        def play(cursor: Any) -> Any:
            def swallow(*given: Any) -> None:
                pass

            cursor.errorhandler = swallow
            try:
                return cursor.execute(NOPE) is cursor
            except connector().ProgrammingError as error:
                return error.errno

        assert both(on_cursor(play)) == (2003 if CONNECTOR >= 5 else True)

    def test_what_is_wrong_before_it_is_sent_is_the_connectors_word(self) -> None:
        def play(cursor: Any) -> Any:
            said: list[Any] = []
            for wrong in (
                cursor.execute,
                lambda: cursor.execute("select ?", {"a": 1}, _force_qmark_paramstyle=True),
                lambda: cursor.connection.get_query_status("no id"),
            ):
                with pytest.raises((TypeError, ValueError, connector().Error)) as caught:
                    wrong()
                said.append([type(caught.value), str(caught.value)])
            return said

        both(on_cursor(play))

    def test_a_bind_that_no_file_can_hold_is_refused(self) -> None:
        def play(cursor: Any) -> Any:
            with pytest.raises(CassetteError, match="complex"):
                cursor.execute("select %s", (1j,))

        both(on_cursor(play))


class TestEarlierQueries:
    """Statements that are sent and looked at later."""

    def test_one_is_sent_waited_for_and_read(self) -> None:
        def play(cursor: Any) -> Any:
            sent = cursor.execute_async("select %s as a", (7,))
            connection, query_id = cursor.connection, cursor.sfqid
            assert sent["queryId"] == query_id
            status = connection.get_query_status(query_id)
            running = connection.is_still_running(status)
            known = connection.get_query_status_throw_if_error(query_id)
            cursor.get_results_from_sfqid(query_id)
            later = [cursor.fetchall(), cursor.sfqid == query_id, cursor.rowcount]
            cursor.query_result(query_id)
            return [status, running, known, later, cursor.fetchone(), cursor.description]

        status, running, known, later, row, _ = both(on_cursor(play))
        assert (status, running, known) == (known, False, status)
        assert status.name == "SUCCESS"
        assert later == [[(7,)], True, 1]
        assert row == (7,)

    def test_the_other_spelling_is_the_same_request(self) -> None:
        if CONNECTOR >= 5:
            pytest.skip("the connector 5 has one spelling")

        def play(cursor: Any) -> Any:
            return cursor.execute("select 1", _exec_async=True)["queryId"] == cursor.sfqid

        assert both(on_cursor(play)) is True
        assert recorded(on_cursor(play))[1].calls == ["connect", "execute_async"]

    def test_one_that_failed_fails_when_its_result_is_asked_for(self) -> None:
        def play(cursor: Any) -> Any:
            query_id = cursor.execute_async(NOPE)["queryId"]
            connection = cursor.connection
            said: list[Any] = [connection.get_query_status(query_id)]
            for use in (connection.get_query_status_throw_if_error, cursor.get_results_from_sfqid):
                with pytest.raises(connector().ProgrammingError) as caught:
                    use(query_id)
                said.append([caught.value.errno, caught.value.sfqid, caught.value.msg])
            return [connection.is_an_error(said[0]), *said]

        assert both(on_cursor(play))[0] is True

    def test_one_is_aborted(self) -> None:
        def play(cursor: Any) -> Any:
            query_id = cursor.execute_async("select 1")["queryId"]
            return cursor.abort_query(query_id)

        assert both(on_cursor(play)) in {True, False}


class TestSeveralResults:
    """One text of several statements, which the fake does not run: replayed from words of ours."""

    @pytest.fixture
    def tape(self) -> MemoryTape:
        connect = {"call": "connect", "account": "a", "user": "u"}
        asked = {"call": "execute", "statement": "a; b; c", "statements": 3, "user": "u"}

        def answer(query_id: str, number: int, **more: Any) -> dict[str, Any]:
            columns = [{"name": "N", "type": "FIXED"}]
            return {"query_id": query_id, "columns": columns, "rows": [[number]], **more}

        return MemoryTape(
            [
                (dict(connect), {"session": {"account": "a", "user": "u"}}),
                (dict(asked), answer("q1", 1, sets=["q2", "q3"])),
                ({"call": "results", "query_id": "q2", "user": "u"}, answer("q2", 2)),
                ({"call": "results", "query_id": "q3", "user": "u"}, answer("q3", 3)),
            ]
        )

    def test_each_is_gone_on_to(self, tape: MemoryTape) -> None:
        with nothing_reachable(), patched(tape):
            connection = connector().connect(account="a", user="u")
            cursor = connection.cursor()
            cursor.execute("a; b; c", num_statements=3)
            came = [cursor.fetchall()]
            while cursor.nextset() is not None:
                came.append(cursor.fetchall())
            assert cursor.sfqid == "q3"
            connection.close()
        assert came == [[(1,)], [(2,)], [(3,)]]


class TestPatching:
    """The library is as it was, whatever happened."""

    @staticmethod
    def all_of_it() -> dict[tuple[type, str], Any]:
        classes: tuple[Any, ...] = (connector().SnowflakeConnection, connector().DictCursor)
        bases: list[Any] = [base for each in classes for base in each.__mro__ if base is not object]
        held: list[tuple[Any, dict[str, Any]]] = [(base, dict(base.__dict__)) for base in bases]
        return {(base, name): value for base, names in held for name, value in names.items()}

    def test_it_is_as_it_was(self) -> None:
        before = self.all_of_it()
        during: dict[Any, Any] = {}

        def fail() -> None:
            with patched(MemoryTape()):
                during.update(self.all_of_it())
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert during != before
        after = self.all_of_it()
        assert {key: value for key, value in after.items() if before.get(key) is not value} == {}

    def test_a_recorded_connection_is_good_afterwards(self) -> None:
        with patched(MemoryTape()):
            connection = connector().connect(**server().connection_parameters())
            cursor = connection.cursor().execute("select 1")
        assert cursor.fetchall() == [(1,)]
        assert cursor.execute("select 2").fetchall() == [(2,)]
        connection.close()

    def test_a_replayed_connection_reaches_nothing_afterwards(self) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            connection = connector().connect(**parameters)
            return connection, connection.cursor().execute("select 1")

        (live, _), tape = recorded(play)
        live.close()
        connection, cursor = replayed(play, tape, "fake_user")
        assert cursor.fetchall() == [(1,)]
        with nothing_reachable(), pytest.raises((CassetteError, connector().Error)):
            cursor.execute("select 1")
        connection.close()
        assert connection.is_closed()

    def test_threads_share_a_connection(self) -> None:
        def play(parameters: dict[str, Any]) -> Any:
            connection = connector().connect(**parameters)
            came: dict[int, Any] = {}

            def ask(number: int) -> None:
                for _ in range(5):
                    cursor = connection.cursor()
                    came[number] = cursor.execute(f"select {number} as a").fetchall()

            threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            connection.close()
            return dict(sorted(came.items()))

        assert both(play) == {n: [(n,)] for n in range(8)}
