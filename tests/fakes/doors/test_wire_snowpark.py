"""A real Snowpark session on the wire of a real server, beside our Snowpark-like one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from rai_jobs_fakes import FakeBackend, VirtualClock

from .wired import SWITCH, server

snowpark = pytest.importorskip("snowflake.snowpark", reason="Snowpark is not installed")
snowpark_errors = pytest.importorskip("snowflake.snowpark.exceptions")

CREATE = "call RELATIONALAI.api.EXEC_JOB_ASYNC(?, ?, ?)"


@pytest.fixture
def backend() -> FakeBackend:
    return SWITCH.turn()


@pytest.fixture
def session(backend: FakeBackend) -> Generator[Any]:
    made = snowpark.Session.builder.configs(server().connection_parameters()).create()
    yield made
    made.close()


def test_it_says_who_and_where_it_is(backend: FakeBackend, session: Any) -> None:
    ours = backend.session()
    for asked in ("user", "role", "warehouse", "database", "schema"):
        name = f"get_current_{asked}"
        assert getattr(session, name)() == getattr(ours, name)()
    session.use_role("other")
    session.use_schema("d.s")
    assert (session.get_current_role(), session.get_current_schema()) == ('"OTHER"', '"S"')


def test_rows_are_collected_with_binds(backend: FakeBackend, session: Any) -> None:
    [row] = session.sql(CREATE, params=["ML", "w", "{}"]).collect()
    assert row["ID"] == backend.executions[0].id
    assert row.as_dict() == {"ID": row["ID"], "STATE": "CREATED", "DATA": None}
    assert session.sql("select ? as x, 1.5 as y", params=["it's"]).collect()[0][0] == "it's"


def test_rows_are_collected_later(session: Any) -> None:
    job = session.sql("select 7 as a").collect_nowait()
    assert job.is_done()
    assert job.result() == [snowpark.Row(A=7)]


def test_an_error_is_snowparks_own_as_ours_is(backend: FakeBackend, session: Any) -> None:
    told: list[tuple[Any, ...]] = []
    for each in (session, backend.session()):
        with pytest.raises(snowpark_errors.SnowparkSQLException) as caught:
            each.sql("select * from nope.api.jobs").collect()
        error = caught.value
        text = str(error).replace(error.sfqid, "…")
        told.append((error.error_code, error.sql_error_code, text))
    assert told[0] == told[1]
    assert told[0][:2] == ("1304", 2003)


def test_a_session_is_renewed_unseen(backend: FakeBackend, session: Any) -> None:
    assert isinstance(backend.clock, VirtualClock)
    backend.clock.advance(4_000)
    assert session.sql("select 1").collect()[0][0] == 1


def test_closing_ends_the_session(backend: FakeBackend, session: Any) -> None:
    assert len(backend.wire_face.sessions) == 1
    session.close()
    assert len(backend.wire_face.sessions) == 0
