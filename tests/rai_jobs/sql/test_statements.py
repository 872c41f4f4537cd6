"""Every statement that is sent: its exact text and its binds, to hold beside the protocol (§5)."""

from __future__ import annotations

from typing import Any

import pytest

from rai_jobs.errors import JobConfigurationError, JobInvalidRequestError
from rai_jobs.filters import ListFilter
from rai_jobs.reasoners import LOGIC, PREDICTIVE, PRESCRIPTIVE
from rai_jobs.sql.statements import Statement, Statements

ON = Statements("RELATIONALAI", "api")
JOBS = (
    "SELECT ID, REASONER_TYPE, REASONER_NAME, STATE, CREATED_BY, CREATED_ON, FINISHED_AT, DURATION,"
    " PAYLOAD, TIMEOUT_MS, ABORT_REASON FROM RELATIONALAI.api.JOBS"
    " WHERE UPPER(TRIM(REASONER_TYPE)) IN (?, ?)"
)
TXNS = (
    "SELECT id, database_name, engine_name, state, abort_reason, read_only, created_by, created_on,"
    " finished_at, duration FROM RELATIONALAI.api.transactions"
)
TXN = {"dbname": "sales", "query": "def x = 1"}


def listed(kind: Any, wanted: ListFilter, limit: int | None = None, offset: int = 0) -> Statement:
    return ON.list(kind, wanted, limit=limit, offset=offset)


TABLE: list[tuple[str, Statement, str, tuple[object, ...]]] = [
    ("get job", ON.get(PRESCRIPTIVE, "x"), "call RELATIONALAI.api.GET_JOB(?, ?);", ("SOLVER", "x")),
    ("get transaction", ON.get(LOGIC, "x"), f"{TXNS} WHERE id = ? LIMIT 1", ("x",)),
    (
        "create job",
        ON.create_job(PREDICTIVE, "w", "{}", None),
        "call RELATIONALAI.api.EXEC_JOB_ASYNC(?, ?, ?);",
        ("ML", "w", "{}"),
    ),
    (
        "create job with timeout",
        ON.create_job(PREDICTIVE, "w", "{}", 5),
        "call RELATIONALAI.api.EXEC_JOB_ASYNC(?, ?, ?, null, ?);",
        ("ML", "w", "{}", 5),
    ),
    (
        "create transaction",
        ON.create_transaction("e", TXN, None),
        "call RELATIONALAI.api.exec_async_v2(?, ?, ?, PARSE_JSON(?), ?, ?, ?, PARSE_JSON(?), ?);",
        ("sales", "e", "def x = 1", "{}", True, False, "rel", "{}", False),
    ),
    (
        "create transaction with timeout",
        ON.create_transaction("e", {**TXN, "abort_detached": True, "readonly": False}, 7),
        "call RELATIONALAI.api.exec_async_v2"
        "(?, ?, ?, PARSE_JSON(?), ?, ?, ?, ?, PARSE_JSON(?), ?);",
        ("sales", "e", "def x = 1", "{}", False, False, "rel", 7, "{}", True),
    ),
    (
        "create transaction on an older app",
        ON.create_transaction("e", {**TXN, "timeout_mins": 3}, None, older_app=True),
        "call RELATIONALAI.api.exec_async_v2(?, ?, ?, PARSE_JSON(?), ?, ?, ?, ?, PARSE_JSON(?));",
        ("sales", "e", "def x = 1", "{}", True, False, "rel", 3, "{}"),
    ),
    (
        "create transaction, other spellings",
        ON.create_transaction(
            "e",
            {
                "database_name": "d",
                "code": "c",
                "inputs": {"a": 1},
                "read_only": False,
                "nowait_durable": True,
                "language": "lqp",
                "headers": {"h": "v"},
            },
            None,
        ),
        "call RELATIONALAI.api.exec_async_v2(?, ?, ?, PARSE_JSON(?), ?, ?, ?, PARSE_JSON(?), ?);",
        ("d", "e", "c", '{"a": 1}', False, True, "lqp", '{"h": "v"}', False),
    ),
    (
        "list jobs",
        listed(PRESCRIPTIVE, ListFilter()),
        f"{JOBS} ORDER BY CREATED_ON DESC",
        ("PRESCRIPTIVE", "SOLVER"),
    ),
    (
        "list jobs, filtered",
        listed(PREDICTIVE, ListFilter("x", "running", "W", "Ann"), limit=5, offset=10),
        f"{JOBS} AND ID = ? AND STATE = ? AND LOWER(REASONER_NAME) = ? AND LOWER(CREATED_BY) = ?"
        " ORDER BY CREATED_ON DESC LIMIT 5 OFFSET 10",
        ("ML", "PREDICTIVE", "x", "RUNNING", "w", "ann"),
    ),
    (
        "list jobs, active, of all users",
        listed(PREDICTIVE, ListFilter(created_by="ann", only_active=True, all_users=True)),
        f"{JOBS} AND STATE NOT IN (?, ?, ?, ?) ORDER BY CREATED_ON DESC",
        ("ML", "PREDICTIVE", "ABORTED", "CANCELED", "COMPLETED", "FAILED"),
    ),
    ("list transactions", listed(LOGIC, ListFilter()), f"{TXNS} ORDER BY created_on DESC", ()),
    (
        "list transactions, filtered",
        listed(LOGIC, ListFilter("x", "Completed", "E", "Ann"), limit=5, offset=10),
        f"{TXNS} WHERE id = ? AND state = ? AND LOWER(engine_name) = ? AND LOWER(created_by) = ?"
        " ORDER BY created_on DESC LIMIT ? OFFSET ?",
        ("x", "COMPLETED", "e", "ann", 5, 10),
    ),
    (
        "list transactions, an offset alone is ours",
        listed(LOGIC, ListFilter(), offset=3),
        f"{TXNS} ORDER BY created_on DESC",
        (),
    ),
    (
        "events of a job",
        ON.events(PRESCRIPTIVE, "x", "t"),
        "select RELATIONALAI.api.GET_JOB_EVENTS(?, ?, ?);",
        ("SOLVER", "x", "t"),
    ),
    (
        "events of a transaction",
        ON.events(LOGIC, "x", ""),
        "select RELATIONALAI.api.get_own_transaction_events(?, ?);",
        ("x", ""),
    ),
    (
        "cancel job",
        ON.cancel(PREDICTIVE, "x", all_users=False),
        "call RELATIONALAI.api.CANCEL_JOB(?, ?);",
        ("ML", "x"),
    ),
    (
        "cancel transaction",
        ON.cancel(LOGIC, "x", all_users=False),
        "call RELATIONALAI.api.CANCEL_OWN_TRANSACTION(?);",
        ("x",),
    ),
    (
        "cancel anybody's transaction",
        ON.cancel(LOGIC, "x", all_users=True),
        "call RELATIONALAI.api.CANCEL_TRANSACTION(?);",
        ("x",),
    ),
    (
        "artifacts",
        ON.artifacts("x"),
        "call RELATIONALAI.api.get_own_transaction_artifacts(?);",
        ("x",),
    ),
    (
        "problems",
        ON.problems("x"),
        "select * from table(RELATIONALAI.api.get_own_transaction_problems(?));",
        ("x",),
    ),
    ("discover", ON.service_endpoint(), "CALL RELATIONALAI.app.service_endpoint(TRUE);", ()),
]


@pytest.mark.parametrize(
    ("statement", "text", "binds"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_a_statement_is_as_the_protocol_has_it(
    statement: Statement, text: str, binds: tuple[object, ...]
) -> None:
    assert statement == Statement(text, binds)


@pytest.mark.parametrize("name", ["app$1", "_x", "My_App", "a"])
def test_a_plain_name_stands_as_it_is(name: str) -> None:
    assert Statements(name, "api").get(LOGIC, "x").text.count(f" {name}.api.") == 1


@pytest.mark.parametrize(
    ("name", "quoted"),
    [("my app", '"my app"'), ("a-b", '"a-b"'), ("1st", '"1st"'), ('x"; drop', '"x""; drop"')],
)
def test_any_other_name_is_quoted(name: str, quoted: str) -> None:
    assert Statements(name, name).events(PREDICTIVE, "x", "").text == (
        f"select {quoted}.{quoted}.GET_JOB_EVENTS(?, ?, ?);"
    )


@pytest.mark.parametrize("name", ["", "a\nb", "a\x00", "x" * 256])
def test_a_name_that_no_database_has_is_refused(name: str) -> None:
    with pytest.raises(JobConfigurationError, match="`app_name`"):
        Statements(name, "api")
    with pytest.raises(JobConfigurationError, match="`schema`"):
        Statements("app", name)


@pytest.mark.parametrize("payload", [{}, {"dbname": "d"}, {"query": "q"}])
def test_a_transaction_needs_a_database_and_a_query(payload: dict[str, str]) -> None:
    with pytest.raises(JobInvalidRequestError):
        ON.create_transaction("e", payload, None)
