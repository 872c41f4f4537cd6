"""How two answers compare: by meaning, with what was told before."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

import pytest

from rai_jobs_cassettes.drift.comparing import Comparison
from rai_jobs_cassettes.drift.volatile import DEFAULT_VOLATILE
from rai_jobs_cassettes.interactions import Tree


def places(left: dict[str, Tree], right: dict[str, Tree], tolerance_s: float = 0.0) -> list[str]:
    compared = Comparison(DEFAULT_VOLATILE, tolerance_s=tolerance_s)
    return [each.place for each in compared.differences(left, right)]


@pytest.mark.parametrize(
    ("left", "right", "where"),
    [
        ({"json": {"a": 1}}, {"json": {"a": 1}}, []),
        ({"json": {"a": 1}}, {"json": {"a": True}}, ["json.a"]),
        ({"json": {"a": 1}}, {"json": {"a": Decimal(1)}}, []),
        ({"json": {"a": 1}}, {"json": {"a": "1"}}, ["json.a"]),
        ({"json": {"a": 1}}, {"json": {"b": 1}}, ["json.a", "json.b"]),
        ({"json": [1, 2]}, {"json": [1]}, ["json[1]"]),
        ({"json": [1]}, {"json": [1, 2]}, ["json[1]"]),
        ({"text": '{"a": 1}'}, {"text": '{ "a" : 1 }'}, []),
        ({"text": '{"a": 1}'}, {"text": '{"a": 2}'}, ["text.a"]),
        ({"text": "[no JSON"}, {"text": "[no JSON"}, []),
        ({"status": 200, "reason": "OK"}, {"status": 200}, []),
        ({"headers": {"date": "x"}}, {"headers": {}}, []),
        ({"headers": {"retry-after": "1"}}, {"headers": {}}, ["headers.retry-after"]),
        (
            {"headers": {"content-type": "application/json"}},
            {"headers": {"content-type": "Application/JSON; charset=utf-8"}},
            [],
        ),
        ({"raised": "httpx.ConnectError", "message": "a"}, {"raised": "httpx.ConnectError"}, []),
        ({"raised": "httpx.ConnectError"}, {"raised": "httpx.ReadTimeout"}, ["raised"]),
        ({"raised": "E", "message": "a"}, {"raised": "E", "message": "b"}, ["message"]),
        ({"json": {"session_id": 1}}, {"json": {}}, []),
        ({"json": {"id": "a"}}, {"json": {"id": "b"}}, []),
        ({"json": {"id": "a"}}, {"json": {"id": None}}, ["json.id"]),
        ({"json": {"id": "a"}}, {"json": {}}, ["json.id"]),
        (
            {"json": [{"id": "a"}, {"id": "a"}]},
            {"json": [{"id": "b"}, {"id": "c"}]},
            ["json[1].id"],
        ),
        (
            {"json": [{"id": "a"}, {"id": "b"}]},
            {"json": [{"id": "c"}, {"id": "c"}]},
            ["json[1].id"],
        ),
        ({"json": {"m": "of job-one", "id": "job-one"}}, {"json": {"m": "of b", "id": "b"}}, []),
        ({"json": {"continuation_token": ""}}, {"json": {"continuation_token": None}}, []),
        (
            {"json": {"continuation_token": ""}},
            {"json": {"continuation_token": "x"}},
            ["json.continuation_token"],
        ),
        ({"json": {"u": "by <user-1>"}}, {"json": {"u": "by ann"}}, []),
        (
            {"json": ["<user-1>", "<user-1>"]},
            {"json": ["ann", "bob"]},
            ["json[1]"],
        ),
        ({"json": {"duration": 1000}}, {"json": {"duration": 1001}}, ["json.duration"]),
        ({"json": {"duration": None}}, {"json": {"duration": 0}}, ["json.duration"]),
        ({"json": {"duration": "?"}}, {"json": {"duration": "!"}}, ["json.duration"]),
        ({"json": {"created_on": "?"}}, {"json": {"created_on": "!"}}, ["json.created_on"]),
    ],
)
def test_answers_differ_in(left: dict[str, Tree], right: dict[str, Tree], where: list[str]) -> None:
    assert places(left, right) == where


def row(created_on: Tree, finished_at: Tree) -> dict[str, Tree]:
    return {"json": {"created_on": created_on, "finished_at": finished_at}}


@pytest.mark.parametrize(
    ("finished_at", "where"),
    [
        ("2027-05-05 00:00:07", []),
        ("2027-05-05 00:00:08", ["json.finished_at"]),
        (1809475207.0, []),
        (datetime(2027, 5, 5, 0, 0, 7, tzinfo=timezone.utc), []),
        (None, ["json.finished_at"]),
    ],
)
def test_an_end_counts_from_the_creation_beside_it(finished_at: Tree, where: list[str]) -> None:
    left = row("2026-01-01T00:00:00Z", "2026-01-01T00:00:07Z")
    assert places(left, row("2027-05-05 00:00:00", finished_at)) == where


def test_an_end_counts_from_its_own_creation_not_from_the_first() -> None:
    def rows(*seconds: tuple[float, float]) -> dict[str, Tree]:
        return {
            "json": [{"created_on": 2e9 + one, "finished_at": 2e9 + two} for one, two in seconds]
        }

    left = rows((0, 1), (5, 7))
    assert places(left, rows((0, 1), (4.5, 7.7)), 1.0) == ["json[1].finished_at"]
    assert places(left, rows((0, 1), (4.5, 7.2)), 1.0) == []


def test_creations_count_from_the_first_one_told() -> None:
    left: Tree = [{"created_on": "2026-01-01T00:00:00Z"}, {"created_on": "2026-01-01T00:00:05Z"}]
    right: Tree = [{"created_on": "2027-01-01T00:00:00Z"}, {"created_on": "2027-01-01T00:00:06Z"}]
    assert places({"json": left}, {"json": right}) == ["json[1].created_on"]
    assert places({"json": left}, {"json": right}, 1.0) == []


def test_rows_are_compared_by_column() -> None:
    columns: Tree = [{"name": "A", "type": "TEXT"}, {"name": "B", "type": "FIXED", "scale": 0}]
    other: Tree = [{"name": "A", "type": "text"}, {"name": "B", "type": "FIXED", "scale": 2}]
    left: dict[str, Tree] = {"columns": columns, "rows": [["x", 1]], "rowcount": 1}
    assert places(left, {"columns": other, "rows": [["x", 2]]}) == ["rows[0].B"]


def test_what_one_answer_told_counts_in_the_next() -> None:
    compared = Comparison(DEFAULT_VOLATILE, tolerance_s=0)
    assert not compared.differences({"json": {"id": "a"}}, {"json": {"id": "b"}})
    assert not compared.differences({"json": {"id": "a"}}, {"json": {"id": "b"}})
    assert compared.differences({"json": {"id": "a"}}, {"json": {"id": "c"}})


def test_of_lists_those_count_that_are_the_recordings_own() -> None:
    compared = Comparison(DEFAULT_VOLATILE, tolerance_s=0)
    compared.differences({"json": {"id": "a"}}, {"json": {"id": "b"}})
    left: dict[str, Tree] = {"json": [{"id": "x", "state": "s"}, {"id": "a", "state": "s"}]}
    right: dict[str, Tree] = {"json": [{"id": "b", "state": "s"}]}
    assert compared.differences(left, right)
    compared = Comparison(DEFAULT_VOLATILE, tolerance_s=0)
    compared.differences({"json": {"id": "a"}}, {"json": {"id": "b"}})
    assert not compared.differences(left, right, is_own={"a"}.__contains__)
