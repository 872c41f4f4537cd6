"""What a recording's requests ask, in one form for both transports."""

from __future__ import annotations

import json

import pytest

from rai_jobs.reasoners import LOGIC, PRESCRIPTIVE
from rai_jobs_cassettes.interactions import Interaction, Tree
from rai_jobs_cassettes.lives.readings import Asked, Caller, Reading, readings_of

JSON_HEADERS = json.dumps({"X-Enable-Guard-Rails": "True"})


def http(method: str, path: str, body: Tree = None, **headers: str) -> Reading:
    request: dict[str, Tree] = {"method": method, "url": f"https://h.test{path}"}
    request["headers"] = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        request["json"] = body
    return readings_of([Interaction(0.0, "http", request, {"status": 200})])[0]


def sql(statement: str, *binds: Tree) -> Reading:
    request: dict[str, Tree] = {"call": "execute", "statement": statement, "user": "ann"}
    request["binds"] = list(binds)
    return readings_of([Interaction(0.0, "sql", request, {"query_id": "q"})])[0]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (http("GET", "/v1alpha1/jobs/SOLVER/a%2Fb"), Asked("get", PRESCRIPTIVE, "a/b")),
        (http("GET", "/v1alpha1/jobs"), Asked("list")),
        (http("POST", "/v1alpha1/jobs/SOLVER/a/cancel"), Asked("cancel", PRESCRIPTIVE, "a")),
        (http("GET", "/v1alpha1/transactions"), Asked("list", LOGIC)),
        (http("GET", "/v1alpha1/transactions/a/problems"), Asked("problems", LOGIC, "a")),
        (http("POST", "/v1alpha1/transactions/a/cancel_async"), Asked("cancel", LOGIC, "a")),
        (
            http("GET", "/v1alpha1/transactions/a/events/profiler?continuation_token=1.x"),
            Asked("events", LOGIC, "a", stream="profiler", token="1.x"),
        ),
        (
            http(
                "POST",
                "/v1alpha1/jobs",
                {"job_type": "SOLVER", "worker_name": "s", "payload": "{}", "timeout_mins": 2},
            ),
            Asked("create", PRESCRIPTIVE, name="s", timeout_s=120.0),
        ),
        (
            http(
                "POST",
                "/v1alpha1/transactions?use_graph_index=false",
                {"engine_name": "e", "abort_detached": True},
                x_enable_guard_rails="True",
            ),
            Asked("create", LOGIC, name="e", abort_detached=True, guard_rails=True),
        ),
        (http("GET", "/elsewhere"), Asked()),
        (http("GET", "/v1alpha1/engines"), Asked()),
        (sql("call a.api.GET_JOB(?, ?);", "SOLVER", "j"), Asked("get", PRESCRIPTIVE, "j")),
        (
            sql("select a.api.GET_JOB_EVENTS(?, ?, ?);", "SOLVER", "j", "1.x"),
            Asked("events", PRESCRIPTIVE, "j", token="1.x"),
        ),
        (
            sql("select a.api.get_own_transaction_events(?, ?);", "t", ""),
            Asked("events", LOGIC, "t"),
        ),
        (
            sql("call a.api.CANCEL_TRANSACTION(?);", "t"),
            Asked("cancel", LOGIC, "t", for_all_users=True),
        ),
        (
            sql("call a.api.EXEC_JOB_ASYNC(?, ?, ?, null, ?);", "SOLVER", "s", "{}", 2),
            Asked("create", PRESCRIPTIVE, name="s", timeout_s=120.0),
        ),
        (
            sql(
                "call a.api.exec_async_v2(?, ?, ?, PARSE_JSON(?), ?, ?, ?, ?, PARSE_JSON(?), ?);",
                *("d", "e", "q", "{}", True, False, "rel", 3, JSON_HEADERS, True),
            ),
            Asked(
                "create", LOGIC, name="e", timeout_s=180.0, abort_detached=True, guard_rails=True
            ),
        ),
        (
            sql(
                "call a.api.exec_async_v2(?, ?, ?, PARSE_JSON(?), ?, ?, ?, PARSE_JSON(?));",
                *("d", "e", "q", "{}", True, False, "rel", "{}"),
            ),
            Asked("create", LOGIC, name="e"),
        ),
        (sql("select x from a.api.transactions where id = ?", "t"), Asked("get", LOGIC, "t")),
        (sql("select x from a.api.jobs"), Asked("list")),
        (sql("select 1"), Asked()),
    ],
)
def test_a_request_is_read(reading: Reading, expected: Asked) -> None:
    assert reading.asked == expected


def test_who_asks_is_told_by_the_header_or_the_connection() -> None:
    assert http("GET", "/v1alpha1/jobs", authorization="t").caller == Caller("http", "t")
    assert sql("select 1").caller == Caller("sql", "ann")


def test_a_callers_mark_is_not_shown() -> None:
    assert "hush" not in repr(http("GET", "/v1alpha1/jobs", authorization="hush").caller)


@pytest.mark.parametrize(
    ("response", "kind", "expected"),
    [
        ({"status": 200}, "http", True),
        ({"status": 404}, "http", False),
        ({"raised": "httpx.ConnectError"}, "http", False),
        ({"query_id": "q"}, "sql", True),
        ({"raised": "ProgrammingError"}, "sql", False),
    ],
)
def test_success_is_an_answer_that_is_no_error(
    response: dict[str, Tree], kind: str, expected: bool
) -> None:
    interaction = Interaction(0.0, "http" if kind == "http" else "sql", {}, response)
    assert readings_of([interaction])[0].succeeded is expected
