"""Composing payloads, and finding a transaction's parts in one."""

from __future__ import annotations

from typing import Any

import pytest

from rai_jobs import JobInvalidRequestError, compose_payload, make_job_payload, make_txn_payload
from rai_jobs.payloads import transaction_database, transaction_query

PLAIN: dict[str, Any] = {
    "raw_code": "min x",
    "inputs": {},
    "readonly": True,
    "nowait_durable": False,
    "language": "rel",
    "bypass_index": False,
    "gi_setup_skipped": False,
}
FULL: dict[str, Any] = {
    "database": "sales",
    "inputs": {"a": 1},
    "readonly": False,
    "nowait_durable": True,
    "language": "lqp",
    "headers": {"h": "1"},
    "timeout_mins": 5,
    "bypass_index": True,
    "gi_setup_skipped": True,
}
IN_LOGIC: dict[str, Any] = {"dbname": "sales", "query": "min x", "v1_inputs": {"a": 1}}
JOB_SPELLINGS = ("Prescriptive", "SOLVER", " solver ", "Predictive", "ml")


@pytest.mark.parametrize("reasoner_type", JOB_SPELLINGS)
def test_a_jobs_payload_has_what_is_always_there(reasoner_type: str) -> None:
    assert compose_payload(reasoner_type=reasoner_type, raw_code="min x") == PLAIN


@pytest.mark.parametrize("reasoner_type", JOB_SPELLINGS)
def test_a_jobs_payload_has_all_that_was_given(reasoner_type: str) -> None:
    payload = compose_payload(reasoner_type=reasoner_type, raw_code="min x", **FULL)
    assert payload == {"raw_code": "min x", **FULL}


@pytest.mark.parametrize("reasoner_type", ["Logic", "LOGIC", " logic "])
def test_a_transactions_payload_has_its_own_names_beside(reasoner_type: str) -> None:
    payload = compose_payload(reasoner_type=reasoner_type, raw_code="min x", **FULL)
    assert payload == {"raw_code": "min x", **FULL, **IN_LOGIC}
    short = compose_payload(reasoner_type=reasoner_type, raw_code="min x", database="sales")
    assert short == {**PLAIN, "database": "sales", **IN_LOGIC, "v1_inputs": {}}


@pytest.mark.parametrize("database", [None, ""])
def test_a_transaction_needs_a_database(database: str | None) -> None:
    with pytest.raises(ValueError, match="`database` is required for Logic"):
        compose_payload(reasoner_type="Logic", raw_code="q", database=database)
    with pytest.raises(ValueError, match="`database` is required for Logic"):
        make_txn_payload(dbname=database or "", query="q")


def test_an_unknown_type_names_the_three() -> None:
    with pytest.raises(JobInvalidRequestError, match="Logic, Prescriptive, Predictive"):
        compose_payload(reasoner_type="Oracle", raw_code="q")


def test_a_payload_does_not_share_its_inputs_with_the_caller() -> None:
    inputs = {"a": 1}
    payload = compose_payload(reasoner_type="Logic", database="d", raw_code="q", inputs=inputs)
    payload["inputs"]["b"] = 2
    assert (inputs, payload["v1_inputs"]) == ({"a": 1}, {"a": 1})


def test_the_wrappers_compose_the_same() -> None:
    job = make_job_payload(raw_code="min x", **FULL)
    assert job == compose_payload(reasoner_type="ML", raw_code="min x", **FULL)
    of_both = {
        name: value
        for name, value in FULL.items()
        if name not in {"database", "inputs", "bypass_index", "gi_setup_skipped"}
    }
    transaction = make_txn_payload(dbname="sales", query="min x", v1_inputs={"a": 1}, **of_both)
    assert transaction == compose_payload(
        reasoner_type="Logic", raw_code="min x", database="sales", inputs={"a": 1}, **of_both
    )
    assert make_job_payload(raw_code="min x") == PLAIN


@pytest.mark.parametrize(
    ("payload", "database", "query"),
    [
        ({"dbname": "a", "query": "x"}, "a", "x"),
        ({"database": "b", "raw_code": "y"}, "b", "y"),
        ({"database_name": "c", "code": "z"}, "c", "z"),
        ({"dbname": "a", "database": "b", "query": "x", "raw_code": "y", "code": "z"}, "a", "x"),
        ({"dbname": "", "database": "b", "query": None, "raw_code": "y"}, "b", "y"),
        (
            {"dbname": "  ", "database": 3, "database_name": "c", "query": "\n", "code": "z"},
            "c",
            "z",
        ),
    ],
)
def test_a_transactions_parts_are_found_by_the_first_name_that_holds_one(
    payload: dict[str, Any], database: str, query: str
) -> None:
    assert (transaction_database(payload), transaction_query(payload)) == (database, query)


@pytest.mark.parametrize("payload", [{}, {"dbname": "", "query": " "}, {"database": 1, "code": []}])
def test_a_transaction_without_its_parts_is_told_where_they_belong(payload: dict[str, Any]) -> None:
    with pytest.raises(JobInvalidRequestError, match="`dbname` or `database` or `database_name`"):
        transaction_database(payload)
    with pytest.raises(JobInvalidRequestError, match="`query` or `raw_code` or `code`"):
        transaction_query(payload)
