"""What answers tell of executions, on both transports."""

from __future__ import annotations

from pathlib import Path

import pytest

from rai_jobs_cassettes.format import dumps
from rai_jobs_cassettes.interactions import Header, Interaction, Kind, Tree
from rai_jobs_cassettes.lives import tellings
from rai_jobs_cassettes.lives.readings import Reading, interactions_in, readings_of


def read(kind: Kind, request: dict[str, Tree], response: dict[str, Tree]) -> Reading:
    return readings_of([Interaction(0.0, kind, request, response)])[0]


def http(method: str, path: str, body: Tree, status: int = 200) -> Reading:
    request: dict[str, Tree] = {"method": method, "url": f"https://h.test/v1alpha1{path}"}
    return read("http", request, {"status": status, "json": body})


def sql(statement: str, columns: str, *rows: list[Tree]) -> Reading:
    named: list[Tree] = [{"name": each, "type": "TEXT"} for each in columns.split()]
    request: dict[str, Tree] = {"call": "execute", "statement": statement, "binds": ["ML", "j"]}
    return read("sql", request, {"columns": named, "rows": [*rows]})


@pytest.mark.parametrize(
    ("reading", "made"),
    [
        (http("POST", "/jobs", {"id": "a"}), "a"),
        (http("POST", "/transactions", {"transaction": {"txn_id": "a"}}), "a"),
        (http("POST", "/transactions", "a"), "a"),
        (http("POST", "/jobs", {"id": "a"}, 500), None),
        (http("POST", "/jobs", {}), None),
        (http("GET", "/jobs/ML/a", {"id": "a"}), None),
        (sql("call x.api.exec_job_async(?, ?)", "STATE ID", ["CREATED", "a"]), "a"),
        (sql("call x.api.exec_job_async(?, ?)", "ID"), None),
    ],
)
def test_a_create_tells_an_id(reading: Reading, made: str | None) -> None:
    assert tellings.created_in(reading) == made


@pytest.mark.parametrize(
    ("reading", "seen"),
    [
        (http("GET", "/jobs/ML/a", {"job": {"id": "a", "state": "s", "type": "ML"}}), ["a"]),
        (http("GET", "/transactions/a", {"id": "a", "state": "s"}), ["a"]),
        (
            http("GET", "/transactions", [{"id": "a", "state": "s"}, {"id": "b", "state": "s"}]),
            ["a", "b"],
        ),
        (http("GET", "/transactions", [{"id": "a"}, {"id": "b", "state": "s"}]), ["b"]),
        (http("GET", "/transactions/a", {}), []),
        (http("GET", "/transactions/a", {"id": "a", "state": "s"}, 404), []),
        (sql("call x.api.get_job(?, ?)", "ID STATE", ["a", "s"]), ["a"]),
        (sql("call x.api.get_job(?, ?)", "ID STATE"), []),
    ],
)
def test_looks_and_lists_tell_records(reading: Reading, seen: list[str]) -> None:
    assert [each.id for each in tellings.records_in(reading)] == seen


def test_pages_are_read_on_both_transports() -> None:
    expected = tellings.Page(({"type": "x"},), "t")
    body: Tree = {"events": [{"type": "x"}], "continuation_token": "t"}
    assert tellings.page_in(http("GET", "/jobs/ML/a/events/progress", body)) == expected
    text = '{"events": [{"type": "x"}], "continuation_token": "t"}'
    assert tellings.page_in(sql("select x.api.get_job_events(?, ?)", "E", [text])) == expected
    assert tellings.page_in(sql("select x.api.get_job_events(?, ?)", "E", ["?"])) is None
    assert tellings.page_in(http("GET", "/jobs/ML/a", body)) is None


def test_artifacts_are_by_file_name_in_lower_case() -> None:
    expected = {"f": {"presigned_url": "u"}}
    results: Tree = {"results": [{"FILENAME": "f", "PRESIGNED_URL": "u"}]}
    assert tellings.artifacts_in(http("GET", "/transactions/a/artifacts", results)) == expected
    statement = "call x.api.get_own_transaction_artifacts(?)"
    reading = sql(statement, "FILENAME PRESIGNED_URL SIZE", ["f", "u", None])
    assert tellings.artifacts_in(reading) == expected


def test_problems_are_without_what_is_empty() -> None:
    statement = "select * from table(x.api.get_own_transaction_problems(?))"
    assert tellings.problems_in(sql(statement, "TYPE REPORT", ["t", None])) == [{"type": "t"}]
    body: Tree = {"problems": [{"type": "t"}]}
    assert tellings.problems_in(http("GET", "/transactions/a/problems", body)) == [{"type": "t"}]
    assert tellings.problems_in(http("GET", "/transactions/a/problems", [])) is None


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("reasoner 'r' is not ready to accept jobs: it is SUSPENDED", "SUSPENDED"),
        ("engine r is not ready to accept jobs", "PENDING"),
        ("engine r is not ready to accept jobs: it is asleep", "PENDING"),
        ("no such reasoner", None),
    ],
)
def test_a_reasoner_that_is_not_ready_says_so(message: str, status: str | None) -> None:
    assert tellings.refusal_in(http("POST", "/jobs", {"message": message}, 404)) == status
    assert tellings.refusal_in(http("POST", "/jobs", {"message": message})) is None


def test_a_path_is_opened(tmp_path: Path) -> None:
    held = Interaction(0.0, "http", {}, {})
    path = tmp_path / "story.yaml"
    path.write_bytes(dumps(Header("2026-01-01T00:00:00Z"), [(held, "0" * 16)]))
    assert interactions_in(path) == interactions_in(str(path)) == (held,)
    assert interactions_in(iter([held])) == (held,)
