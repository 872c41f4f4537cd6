"""Requests and answers as trees: what is in them, what is not, and that they come back."""

from __future__ import annotations

from typing import Any

import pytest

from rai_jobs_cassettes.sql import codec
from rai_jobs_cassettes.sql.codec import Answer, Column, Raised
from rai_jobs_cassettes.sql.values import Cells

SECRETS = ("password", "token", "private_key", "private_key_file_pwd", "passcode", "session_token")


def test_a_request_to_connect_has_who_and_no_secret() -> None:
    given: dict[str, object] = {name: f"s3cret-{name}" for name in SECRETS}
    given |= {"account": "a", "user": "u", "role": None, "host": "h", "warehouse": "w"}
    assert codec.connect_request(given) == {"call": "connect", "account": "a", "user": "u"}


@pytest.mark.parametrize(
    ("binds", "recorded"),
    [(None, None), ((), None), ({}, None), ((1, "x"), [1, "x"]), ({"a": 1}, {"a": 1}), (7, [7])],
)
def test_binds_are_there_where_there_are_any(binds: Any, recorded: Any) -> None:
    request = codec.statement_request(codec.EXECUTE, "select 1", binds, "u")
    assert request.get("binds") == recorded
    assert ("binds" in request) is (recorded is not None)
    assert request["user"] == "u"


def test_an_answer_comes_back_as_it_was() -> None:
    columns = (
        Column("A", 0, precision=38, scale=0),
        Column("B", 2, None, 16, 16),
        Column("C", 16, dimension=3, fields=(Column(None, 1, is_nullable=False),)),
        Column("D", 6, scale=9, cells=Cells("UTC")),
        Column("E", 11, cells=Cells(bytearrays=True)),
        Column("F", 99),
    )
    answer = Answer(
        query_id="q",
        sqlstate="00000",
        rowcount=1,
        columns=columns,
        rows=[[1, "x", [1.0], None, b"", None]],
        query="select 1",
        stats={"num_rows_inserted": 2},
        sets=("q2",),
        transfer=True,
    )
    assert codec.answer_of(answer.tree()) == answer


def test_an_answer_says_no_more_than_there_is() -> None:
    assert Answer(query_id="q", columns=(Column("A", 13),), rows=[]).tree() == {
        "query_id": "q",
        "columns": [{"name": "A", "type": "BOOLEAN"}],
        "rows": [],
    }
    assert Answer().tree() == {}
    assert codec.answer_of({}) == Answer()


def test_an_error_comes_back_as_it_was() -> None:
    raised = Raised("ProgrammingError", "no", 2003, "02000", "q", "select 1")
    assert codec.raised_of(raised.tree()) == raised
    assert Raised("builtins.ValueError", "no").tree() == {
        "raised": "builtins.ValueError",
        "message": "no",
    }
    assert codec.raised_of({"query_id": "q"}) is None


def test_of_parameters_only_those_are_kept_that_are_read() -> None:
    parameters = {
        "TIMEZONE": "UTC",
        "PASSWORD": "s3cret",
        "PORT": "1",
        "CLIENT_APPLICATION_PATH": "/home/me",
        "PYTHON_SNOWPARK_USE_SQL_SIMPLIFIER": True,
        "DATE_OUTPUT_FORMAT": "YYYY",
        "QUERY_TAG": None,
    }
    assert codec.parameters_to_keep(parameters) == {
        "DATE_OUTPUT_FORMAT": "YYYY",
        "PYTHON_SNOWPARK_USE_SQL_SIMPLIFIER": True,
        "TIMEZONE": "UTC",
    }
