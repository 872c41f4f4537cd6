"""What an answer says: wrappers, ids, pages, and the words of an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rai_jobs import JobEvents, JobServerError
from rai_jobs.http.answers import (
    Answer,
    artifacts_of,
    created_id,
    error_of,
    events_of,
    is_absent,
    problems_of,
    row_of,
    rows_of,
)

ROW: dict[str, Any] = {"id": "t-1", "state": "RUNNING", "payload": {"data": 1}}
WRAPPERS = ("transaction", "txn", "job", "data", "result", "value", "payload")
LISTS = ("transactions", "Transactions", "txns", "items", "data")


def said(body: object, status: int = 200) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(operation="get", status=status, text=text)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_an_execution_is_found_in_every_wrapper(wrapper: str) -> None:
    assert row_of(said({"status": "ok", wrapper: ROW})) == ROW


@pytest.mark.parametrize("row", [ROW, {"txn_id": "t-1", "job": {"id": "another"}}])
def test_an_execution_is_found_bare(row: dict[str, Any]) -> None:
    assert row_of(said(row)) == row


@pytest.mark.parametrize("name", LISTS)
def test_transactions_are_found_under_every_name(name: str) -> None:
    assert rows_of(said({"count": 1, name: [ROW]}), transactions=True) == [ROW]


@pytest.mark.parametrize("transactions", [False, True])
def test_a_list_is_found_bare(transactions: bool) -> None:
    assert rows_of(said([ROW]), transactions=transactions) == [ROW]
    assert rows_of(said([]), transactions=transactions) == []


@pytest.mark.parametrize(
    ("body", "transactions"),
    [({"jobs": [ROW]}, True), *(({name: [ROW]}, False) for name in LISTS)],
)
def test_jobs_and_transactions_are_not_found_under_each_others_names(
    body: object, transactions: bool
) -> None:
    with pytest.raises(JobServerError, match="not a list of executions"):
        rows_of(said(body), transactions=transactions)


@pytest.mark.parametrize("key", ["id", "txn_id"])
@pytest.mark.parametrize("wrapper", [None, *WRAPPERS])
def test_a_new_id_is_found_bare_and_in_every_wrapper(wrapper: str | None, key: str) -> None:
    held = {key: "t-1", "state": "CREATED"}
    assert created_id(said(held if wrapper is None else {wrapper: held})) == "t-1"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('"t-1"', "t-1"),
        ('" t-1\\n"', "t-1"),
        ({"data": "t-1"}, "t-1"),
        ({"id": 17}, "17"),
        ({"id": None, "txn_id": "t-1"}, "t-1"),
        ({"id": "", "transaction": {"id": "t-1"}}, "t-1"),
    ],
)
def test_a_new_id_is_found_as_a_text_or_number(body: object, expected: str) -> None:
    assert created_id(said(body)) == expected


@pytest.mark.parametrize(
    "body",
    [
        '""',
        '"  "',
        {"id": None},
        {"id": ""},
        {"id": True},
        {"id": 1.5},
        {"id": ["t-1"]},
        {"id": {"id": "t-1"}},
        {"data": {"state": "CREATED"}},
        {"data": {"data": {"data": {"id": "too deep"}}}},
        {"transaction": None},
        ["t-1"],
        5,
    ],
)
def test_no_id_is_a_server_error_and_never_an_empty_id(body: object) -> None:
    with pytest.raises(JobServerError, match="not an id"):
        created_id(said(body))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"events": [{"a": 1}], "continuation_token": "t"}, JobEvents([{"a": 1}], "t")),
        ({"events": [{"a": 1}]}, JobEvents([{"a": 1}], "")),
        ({"events": [], "continuation_token": None}, JobEvents([], "")),
        ({"events": None, "continuation_token": "t"}, JobEvents([], "t")),
        ({"continuation_token": "t"}, JobEvents([], "t")),
        ({"events": [1, {"a": 1}, None, ["b"], "c"]}, JobEvents([{"a": 1}], "")),
        ({"events": [], "continuation_token": 17}, JobEvents([], "17")),
        ({"events": [], "continuation_token": 0}, JobEvents([], "0")),
        (None, JobEvents([], "")),
        ("", JobEvents([], "")),
        ("  \n", JobEvents([], "")),
    ],
)
def test_a_page_of_events_is_read(body: Any, expected: JobEvents) -> None:
    assert events_of(said(body)) == expected


@pytest.mark.parametrize(
    "body", [{}, {"event": []}, [], [{"a": 1}], 1, '"t"', {"events": "x"}, {"events": {"a": 1}}]
)
def test_what_is_no_page_of_events_is_never_lost_silently(body: object) -> None:
    with pytest.raises(JobServerError, match="not a page of events"):
        events_of(said(body))


def test_artifacts_are_by_file_name_with_columns_in_upper_case() -> None:
    results = [
        {"filename": "a.arrow", "presigned_url": "https://s/a", "Size": 1},
        {"FILENAME": "b.json"},
    ]
    assert artifacts_of(said({"results": results})) == {
        "a.arrow": {"FILENAME": "a.arrow", "PRESIGNED_URL": "https://s/a", "SIZE": 1},
        "b.json": {"FILENAME": "b.json"},
    }


@pytest.mark.parametrize("row", [{}, {"name": "a"}, {"filename": None}, {"filename": 1}, 7, None])
def test_an_artifact_without_a_file_name_is_a_server_error(row: object) -> None:
    with pytest.raises(JobServerError, match="not a list of artifacts"):
        artifacts_of(said({"results": [{"filename": "a"}, row]}))


def test_problems_are_as_they_came() -> None:
    problems: list[dict[str, str]] = [{"type": "UNDEFINED", "report": "…"}, {}]
    assert problems_of(said({"problems": problems, "more": 1})) == {"problems": problems}


@pytest.mark.parametrize("entry", [7, None, "text", ["x"]])
def test_a_problem_that_is_no_object_is_a_server_error(entry: object) -> None:
    with pytest.raises(JobServerError, match="not a list of problems"):
        problems_of(said({"problems": [{"type": "x"}, entry]}))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_success_is_no_error(status: int) -> None:
    assert error_of(said("", status)) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "one", "error": "two", "details": "three"}, "one: two: three"),
        ({"message": "validation error", "details": "x is undefined"}, "validation error: x is"),
        ({"message": "", "error": "two"}, "HTTP 500: two"),
        ({"message": {"code": 3}}, '{"code": 3}'),
        ({"message": "two\n lines"}, "two lines"),
        ({"other": "words"}, '{"other": "words"}'),
        ({}, "HTTP 500: {}"),
        (["words"], '["words"]'),
        ("plain words", "HTTP 500: plain words"),
        ("", "HTTP 500: (an empty body)"),
        ("[" * 100_000, "HTTP 500: [[["),
    ],
)
def test_an_error_tells_what_the_backend_said(body: object, words: str) -> None:
    assert words in str(error_of(said(body, 500)))


def test_the_backends_own_message_is_shown_further_than_a_stray_body() -> None:
    long = "".join(f"{n:05}" for n in range(1_000))
    for body, shown in (({"message": long}, 2_000), ({"other": long}, 189), (long, 200)):
        message = str(error_of(said(body, 500)))
        assert long[:shown] in message
        assert long[: shown + 1] not in message


@pytest.mark.parametrize(
    ("status", "body", "absent"),
    [
        (404, {"message": "no such job"}, True),
        (404, "", True),
        (404, {"message": "engine is Not Ready To Accept Jobs"}, False),
        (200, {}, False),
        (400, "no such job", False),
        (410, "", False),
    ],
)
def test_only_a_404_means_that_there_is_none(status: int, body: object, absent: bool) -> None:
    assert is_absent(said(body, status)) == absent
