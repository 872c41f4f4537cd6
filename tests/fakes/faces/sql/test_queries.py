"""Queries over the app's views: what they show, to whom, and what anybody may write."""

# ruff: noqa: S608  (statements are made of the test's own parts)

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from rai_jobs_fakes import FakeBackend, JobScript, VirtualClock, failed
from rai_jobs_fakes.faces.sql import ReasonerRow, SqlFace, SqlFailure, SqlResult
from rai_jobs_fakes.machine.execution import User

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
ME = User("fake_user")
JOBS = "RELATIONALAI.api.jobs"
TRANSACTIONS = "RELATIONALAI.api.transactions"


def make_face(backend: FakeBackend, *, clocked: bool = True) -> SqlFace:
    return SqlFace(
        backend,
        app="RELATIONALAI",
        schema="api",
        endpoint=lambda: "h",
        reasoners=lambda: (
            ReasonerRow("r1", "Logic", size="XS", created_on=START, settings={"a": [1]}),
            ReasonerRow("r2", "Prescriptive", status="SUSPENDED", auto_suspend_mins=5),
        ),
        now=backend.clock.now if clocked else None,
    )


def populated() -> FakeBackend:
    """Executions of three users, of every type, with names that differ in case and spaces."""
    backend = FakeBackend(clock=VirtualClock(START))
    backend.add_user("Ann")
    backend.add_user("root", admin=True)
    for name in ("a", "A", " a ", "b'c"):
        for user in ("fake_user", "Ann"):
            gateway = backend.gateway(user)
            script = JobScript(run_s=5, outcome=failed("no luck"))
            backend.script(script, reasoner_type="Predictive", name="A")
            backend.script(JobScript(run_s=30), name="b'c")
            gateway.create("SOLVER", name, {"n": len(name), "who": user})
            gateway.create("ML", name, {"n": 7})
            backend.clock.sleep(1)
            gateway.create("LOGIC", name, {"dbname": f"db {name}", "query": "q"})
    return backend


@pytest.fixture(scope="module")
def backend() -> FakeBackend:
    return populated()


@pytest.fixture(scope="module")
def face(backend: FakeBackend) -> SqlFace:
    return make_face(backend)


Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask(face: SqlFace) -> Ask:
    def run(statement: str, *binds: object, user: User = ME) -> list[dict[str, Any]]:
        return dicts(face.execute(statement, binds, user=user))

    return run


def dicts(result: SqlResult) -> list[dict[str, Any]]:
    names = [column.name for column in result.columns]
    return [dict(zip(names, row, strict=True)) for row in result.rows]


class TestViews:
    """What the views show."""

    def test_transactions_are_the_ten_documented_columns(self, ask: Ask) -> None:
        [row] = ask(f"SELECT * FROM {TRANSACTIONS} WHERE engine_name = ?", "A")
        assert list(row) == [
            "ID",
            "DATABASE_NAME",
            "ENGINE_NAME",
            "STATE",
            "ABORT_REASON",
            "READ_ONLY",
            "CREATED_BY",
            "CREATED_ON",
            "FINISHED_AT",
            "DURATION",
        ]
        assert (row["DATABASE_NAME"], row["READ_ONLY"], row["DURATION"]) == ("db A", True, 0)

    def test_reasoners_are_the_thirteen_documented_columns(self, ask: Ask) -> None:
        first, second = ask("SELECT * FROM relationalai.api.reasoners ORDER BY name")
        assert first == {
            "NAME": "r1",
            "TYPE": "Logic",
            "ID": None,
            "SIZE": "XS",
            "STATUS": "READY",
            "CREATED_BY": None,
            "CREATED_ON": START,
            "UPDATED_ON": None,
            "VERSION": None,
            "AUTO_SUSPEND_MINS": None,
            "SUSPENDS_AT": None,
            "SETTINGS": '{"a": [1]}',
            "RUNTIME": None,
        }
        assert (second["STATUS"], second["AUTO_SUSPEND_MINS"]) == ("SUSPENDED", 5)

    @pytest.mark.parametrize(
        ("user", "seen"),
        [(ME, 8), (User("Ann"), 8), (User("root", admin=True), 16), (User("x"), 0)],
    )
    def test_one_sees_what_the_machine_lets_one_see(self, ask: Ask, user: User, seen: int) -> None:
        assert len(ask(f"SELECT id FROM {JOBS}", user=user)) == seen
        assert ask(f"SELECT count(*) AS n FROM {JOBS}", user=user) == [{"N": seen}]

    def test_jobs_of_both_types_come_newest_first(self, ask: Ask, backend: FakeBackend) -> None:
        ids = {view.id: view.created_at for view in backend.executions}
        times = [ids[row["ID"]] for row in ask(f"SELECT ID FROM {JOBS}")]
        assert times == sorted(times, reverse=True)
        assert len(set(times)) > 1

    def test_only_the_types_that_are_asked_for_are_listed(self) -> None:
        backend = populated()
        before = len(backend.transcript)
        statement = f"SELECT id FROM {JOBS} WHERE UPPER(TRIM(reasoner_type)) IN (?, ?)"
        make_face(backend).execute(statement, ["ML", "PREDICTIVE"], user=ME)
        [entry] = backend.transcript[before:]
        assert str(entry).startswith("00:00:08.000 sql fake_user: list(Predictive)")

    def test_looking_at_one_transaction_keeps_its_owner_from_being_silent(self) -> None:
        backend = FakeBackend(clock=VirtualClock(START), detach_grace_s=60)
        backend.script(JobScript(run_s=1000))
        payload = {"dbname": "d", "query": "q", "abort_detached": True}
        txn_id = backend.gateway().create("LOGIC", "e", payload)
        face = make_face(backend)
        look = f"SELECT state FROM {TRANSACTIONS} WHERE id = ? LIMIT 1"
        for _ in range(5):
            backend.clock.sleep(50)
            assert face.execute(look, [txn_id], user=ME).rows == (("RUNNING",),)
        for _ in range(2):
            backend.clock.sleep(50)
            face.execute(f"SELECT state FROM {TRANSACTIONS} ORDER BY id", user=ME)
        assert face.execute(look, [txn_id], user=ME).rows == (("ABORTED",),)


class TestAnythingElse:
    """What a user may write beside what our client does."""

    @pytest.mark.parametrize(
        ("statement", "binds", "rows"),
        [
            (
                "SELECT reasoner_name AS n FROM {jobs} WHERE reasoner_name LIKE '%''c' LIMIT 1",
                (),
                [{"N": "b'c"}],
            ),
            ('SELECT count(*) AS "all of it" FROM {jobs}', (), [{"all of it": 8}]),
            (
                "SELECT COUNT(*), MAX(duration) FROM {jobs} WHERE 1 = 0",
                (),
                [{"COUNT(*)": 0, "MAX(DURATION)": None}],
            ),
            ("SELECT count(*) AS n FROM {jobs} WHERE payload:n = ?", (7,), [{"N": 4}]),
            (
                "SELECT DISTINCT payload:who::string w FROM {jobs} WHERE payload:who > ''",
                (),
                [{"W": "fake_user"}],
            ),
            (
                "WITH x AS (SELECT state AS s FROM {jobs}) SELECT count(*) AS n FROM x WHERE s = ?",
                ("FAILED",),
                [{"N": 1}],
            ),
            (
                "SELECT count(*) n FROM {jobs} j JOIN {txns} t ON t.engine_name = j.reasoner_name",
                (),
                [{"N": 8}],
            ),
            (
                "SELECT count(*) AS n FROM {jobs} WHERE created_on >= ?",
                (START + timedelta(seconds=4),),
                [{"N": 4}],
            ),
            (
                "SELECT count(*) AS n FROM {jobs} WHERE created_on < '2026-01-01 00:00:01'",
                (),
                [{"N": 2}],
            ),
            (
                "SELECT DATEDIFF(second, MIN(created_on), CURRENT_TIMESTAMP()) AS s FROM {jobs}",
                (),
                [{"S": 8}],
            ),
            (
                "SELECT state, count(*) AS n FROM {jobs} GROUP BY state ORDER BY n DESC",
                (),
                [
                    {"STATE": "COMPLETED", "N": 5},
                    {"STATE": "RUNNING", "N": 2},
                    {"STATE": "FAILED", "N": 1},
                ],
            ),
            (
                "SELECT 1.50 AS d, 1 AS i, 'x' AS t, TRUE AS b, NULL AS z",
                (),
                [{"D": Decimal("1.50"), "I": 1, "T": "x", "B": True, "Z": None}],
            ),
            (
                "SELECT IFF(state = 'RUNNING', 1, 0) r FROM {jobs} ORDER BY r DESC LIMIT ?",
                (1,),
                [{"R": 1}],
            ),
            (
                "SELECT RELATIONALAI.api.jobs.state FROM {jobs} LIMIT 1",
                (),
                [{"STATE": "RUNNING"}],
            ),
            (
                "SELECT id FROM {jobs} WHERE id = 'a'"
                " UNION ALL SELECT name FROM RELATIONALAI.api.reasoners WHERE type = 'Logic'",
                (),
                [{"ID": "r1"}],
            ),
        ],
    )
    def test_queries_of_users_are_answered(
        self, ask: Ask, statement: str, binds: tuple[object, ...], rows: list[dict[str, Any]]
    ) -> None:
        assert ask(statement.format(jobs=JOBS, txns=TRANSACTIONS), *binds) == rows

    def test_binds_are_taken_in_the_order_of_the_text(self, ask: Ask) -> None:
        statement = (
            f"SELECT ? AS a, '?é' AS q, ?::int AS b FROM {JOBS} WHERE state = ? LIMIT ? -- ?"
        )
        assert ask(statement, "x", 2, "RUNNING", 1) == [{"A": "x", "Q": "?é", "B": 2}]

    @pytest.mark.parametrize(
        ("expression", "type", "scale", "value"),
        [
            ("MAX(created_on)", "timestamp_ltz", 9, START + timedelta(seconds=6)),
            ("MAX(created_on)::date", "date", None, START.date()),
            ("COUNT(*)", "fixed", 0, 8),
            ("SUM(duration) * 0", "fixed", 0, 0),
            ("COUNT(*) + 1.25", "fixed", 2, Decimal("9.25")),
            ("1.5::float + COUNT(*)", "real", None, 9.5),
            ("COUNT(*) > 1", "boolean", None, True),
            ("ARRAY_AGG(DISTINCT created_by)", "array", None, '["fake_user"]'),
            ("OBJECT_CONSTRUCT('a', COUNT(*))", "object", None, '{"a": 8}'),
            ("MAX(state)", "text", None, "RUNNING"),
        ],
    )
    def test_values_have_snowflakes_types(
        self, face: SqlFace, expression: str, type: str, scale: int | None, value: object
    ) -> None:
        result = face.execute(f"SELECT {expression} FROM {JOBS}", user=ME)
        [column] = result.columns
        assert (column.type, column.scale) == (type, scale)
        assert result.rows == ((value,),)

    @pytest.mark.parametrize(
        ("statement", "errno", "words"),
        [
            ("SELECT nope FROM {jobs}", 904, "invalid identifier 'NOPE'"),
            ("SELECT j.nope FROM {jobs} j", 904, "invalid identifier 'NOPE'"),
            ("SELECT k.id FROM {jobs} j", 904, "invalid identifier 'K'"),
            ('SELECT "id" FROM {jobs}', 904, "invalid identifier '\"id\"'"),
            ("SELECT id FROM {jobs} WHERE nope = 1", 904, "invalid identifier 'NOPE'"),
            ("SELECT id, COUNT(*) FROM {jobs}", 979, "[ID] is not a valid group by expression"),
            ("SELECT state::int FROM {jobs}", 100038, "is not recognized"),
            ("SELECT id FROM {jobs} WHERE id = 5", 100038, "is not recognized"),
            ("SELECT TO_CHAR(created_on, 'YYYY') FROM {jobs}", 2, "Unsupported feature"),
            ("SELECT CURRENT_TIMESTAMP()", 2, "Unsupported feature 'CURRENT_TIMESTAMP'"),
            ("SELECT * FROM read_csv('/etc/passwd')", 2, "file system operations are disabled"),
            ("SELECT RELATIONALAI.api.get_job_events('ML', 'x', '') || 'x'", 2, "larger query"),
        ],
    )
    def test_what_is_wrong_or_not_there_is_refused(
        self, backend: FakeBackend, statement: str, errno: int, words: str
    ) -> None:
        face = make_face(backend, clocked=False)
        with pytest.raises(SqlFailure) as caught:
            face.execute(statement.format(jobs=JOBS), user=ME)
        assert caught.value.errno == errno
        assert words in caught.value.message

    def test_threads_share_one_face(self, face: SqlFace) -> None:
        seen: list[object] = []

        def work() -> None:
            counted = f"SELECT count(*) + 0 FROM {JOBS}"
            seen.extend(face.execute(counted, user=ME).rows for _ in range(5))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [((8,),)] * 20
