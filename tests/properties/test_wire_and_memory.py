"""One backend, two ways in: the real connector on the wire, and our connection in memory.

Whatever is asked, with whatever binds, both show the same rows, columns and errors. What is left
out, and why: literals in the text (the real connector writes decimals and instants as text, ours
binds them), and `display_size` (each major of the connector has its own).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snowflake.connector.errors import ProgrammingError

from rai_jobs_fakes import At, JobScript, aborted, failed

from ..fakes.doors.wired import SWITCH, connect

JOBS = (
    "select {columns} from RELATIONALAI.api.jobs {where} order by created_on desc {limit}",
    "select {columns} from RELATIONALAI.api.transactions {where} {limit}",
)


class Pair:
    """Both connections, to one backend with something in it."""

    def __init__(self) -> None:
        self.backend = SWITCH.turn()
        script = self.backend.script
        script(JobScript(run_s=50), name="busy")
        script(JobScript(run_s=1, outcome=failed("bad ä")), name="bad", reasoner_type="ML")
        script(JobScript(outcome=aborted("bad", [{"b": 1}])), name="bad", reasoner_type="Logic")
        script(JobScript(events=[At(0, {"type": "x", "n": 1})], artifacts={"f": {"u": 1}}))
        jobs = self.backend.jobs()
        self.ids = [
            jobs.create(kind, name, {"dbname": "d", "query": "q", "a": "'\n\U0001f600"}).id
            for name in ("busy", "bad", "idle")
            for kind in ("Logic", "Prescriptive", "Predictive")
        ]
        self.backend.clock.sleep(1.5)
        self.wire: Any = connect()
        self.memory: Any = self.backend.connection()

    def both(self, statement: str, binds: tuple[object, ...]) -> tuple[object, object]:
        return told(self.wire, statement, binds), told(self.memory, statement, binds)


@pytest.fixture(scope="module")
def pair() -> Generator[Pair]:
    made = Pair()
    yield made
    made.wire.close()


def told(connection: Any, statement: str, binds: tuple[object, ...]) -> object:
    """Rows and columns, or the error; without the query's id, which each has of its own."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement, binds or None, _force_qmark_paramstyle=True)
    except ProgrammingError as error:
        words = str(error).partition(" (request_id=")[0].partition(" (sfqid=")[0]
        return error.errno, error.sqlstate, words.replace(error.sfqid or "-", "…")
    columns = [(column[0], column[1], *column[3:]) for column in cursor.description]
    return columns, cursor.fetchall(), cursor.rowcount


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False),
    st.decimals(-(10**9), 10**9, places=3),
    TEXTS,
    st.binary(max_size=8),
    st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
    st.times(),
    st.datetimes(
        dt.datetime(1900, 1, 1),  # noqa: DTZ001
        dt.datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([dt.timezone.utc, dt.timezone(dt.timedelta(hours=-9.5))]),
    ),
)


def same(first: object, second: object) -> bool:
    """Tell whether both are equal, in value and in kind."""
    if isinstance(first, (tuple, list)) and isinstance(second, (tuple, list)):
        return len(first) == len(second) and all(map(same, first, second))  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(first, (bytes, bytearray)):
        return first == second
    kinds = (bool, int, float, Decimal, str, dt.datetime, dt.date, dt.time)
    alike = [kind for kind in kinds if isinstance(first, kind)]
    return first == second and alike == [kind for kind in kinds if isinstance(second, kind)]


IN_TURN = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@IN_TURN
@given(values=st.lists(VALUES, min_size=1, max_size=4))
def test_any_values_come_back_the_same(pair: Pair, values: list[object]) -> None:
    marks = ", ".join("?" for _ in values)
    wire, memory = pair.both(f"select {marks}", tuple(values))
    assert same(wire, memory), (wire, memory)


@IN_TURN
@given(
    form=st.sampled_from(JOBS),
    columns=st.sampled_from(
        ["*", "id, state", "count(*)", "upper(state) as s, created_on", "nope", "duration, id x"]
    ),
    where=st.sampled_from(
        ["", "where state = ?", "where id in (?, ?)", "where finished_at is null", "where ? = 1"]
    ),
    limit=st.sampled_from(["", "limit 2", "limit ?", "limit ? offset 1", "limit x"]),
    binds=st.lists(
        st.one_of(st.sampled_from(["RUNNING", "FAILED"]), st.integers(0, 3)),
        max_size=3,
    ),
)
def test_any_query_answers_the_same(
    pair: Pair, form: str, columns: str, where: str, limit: str, binds: list[object]
) -> None:
    statement = form.format(columns=columns, where=where, limit=limit)
    wire, memory = pair.both(statement, tuple(binds))
    assert same(wire, memory), (wire, memory)


@IN_TURN
@given(
    call=st.sampled_from(
        [
            "call RELATIONALAI.api.GET_JOB(?, ?)",
            "call RELATIONALAI.api.GET_JOB_METADATA(?, ?)",
            "select RELATIONALAI.api.GET_JOB_EVENTS(?, ?, '')",
            "select RELATIONALAI.api.get_own_transaction_events(?, '')",
            "call RELATIONALAI.api.get_own_transaction_artifacts(?)",
            "select * from table(RELATIONALAI.api.get_own_transaction_problems(?))",
            "call RELATIONALAI.api.get_transaction(?)",
            "call RELATIONALAI.api.CANCEL_JOB(?, ?)",
            "call RELATIONALAI.app.service_endpoint(TRUE)",
            "call RELATIONALAI.app.activate()",
            "call OTHER.api.GET_JOB(?, ?)",
            "show parameters like 'TIME%'",
            "use role PUBLIC",
            "select ?; select ?",
            "selec ?",
            "-- nothing\n;",
        ]
    ),
    kind=st.sampled_from(["ML", "SOLVER", "Logic", "none", None, 7]),
    which=st.integers(0, 9),
)
def test_any_call_answers_the_same(pair: Pair, call: str, kind: object, which: int) -> None:
    known = [*pair.ids, "unknown"]
    binds = (kind, known[which])[-call.count("?") :] if "?" in call else ()
    wire, memory = pair.both(call, binds)
    assert same(wire, memory), (wire, memory)
