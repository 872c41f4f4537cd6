"""What a statement calls, whatever of it are binds and what literals."""

from __future__ import annotations

import pytest

from rai_jobs_cassettes.interactions import Tree
from rai_jobs_cassettes.lives.sql_calls import SqlCall, sql_call


@pytest.mark.parametrize(
    ("statement", "binds", "expected"),
    [
        ("call APP.api.GET_JOB(?, ?);", ["SOLVER", "a"], SqlCall("GET_JOB", ("SOLVER", "a"))),
        ("CALL app.api.get_job('SOLVER', 'it''s')", None, SqlCall("GET_JOB", ("SOLVER", "it's"))),
        ("call a.api.get_job(%s, %s)", ["ML", "b"], SqlCall("GET_JOB", ("ML", "b"))),
        (
            "call a.api.EXEC_JOB_ASYNC(?, 'n', ?, null, 5);",
            ["ML", "{}"],
            SqlCall("EXEC_JOB_ASYNC", ("ML", "n", "{}", None, 5)),
        ),
        (
            "call a.api.exec_async_v2(?, PARSE_JSON(?), TRUE, f(?))",
            ["d", "{}", 1],
            SqlCall("EXEC_ASYNC_V2", ("d", "{}", True, 1)),
        ),
        (
            "select * from table(a.api.get_own_transaction_problems(?));",
            ["x"],
            SqlCall("GET_OWN_TRANSACTION_PROBLEMS", ("x",)),
        ),
        ("select id from a.api.transactions LIMIT ?", [3], SqlCall(view="TRANSACTIONS")),
        (
            "select id from a.api.transactions where state = ? and id = ? limit 1",
            ["RUNNING", "x"],
            SqlCall(view="TRANSACTIONS", id="x"),
        ),
        (
            "select ID from a.s.JOBS WHERE ID = 'y'",
            None,
            SqlCall(view="JOBS", id="y"),
        ),
        ("select 1", None, None),
        ("select * from a.api.engines", None, None),
    ],
)
def test_a_statement_is_read(statement: str, binds: Tree, expected: SqlCall | None) -> None:
    assert sql_call(statement, binds) == expected


def test_an_argument_that_is_not_given_is_none() -> None:
    assert SqlCall("GET_JOB", ("SOLVER",)).argument(1) is None


def test_a_bind_that_is_missing_is_none() -> None:
    assert sql_call("call a.api.GET_JOB(?, ?)", ["SOLVER"]) == SqlCall("GET_JOB", ("SOLVER", None))
