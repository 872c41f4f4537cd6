"""The table of recognised errors (§5): what each text means, through the chain of its causes."""

from __future__ import annotations

import pytest

from rai_jobs.errors import (
    AppMissingError,
    ClientAuthError,
    ClientInvalidRequestError,
    ClientNotReadyError,
    JobAuthError,
    JobError,
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
    JobServerError,
    JobUnknownError,
)
from rai_jobs.sql.errors import SqlContext, error_of, is_transient, is_wrong_argument_count
from rai_jobs.sql.statements import Statement

ON = SqlContext("create", Statement("call MYAPP.api.X(?);", ("x",)), "MYAPP")
REMOTE = (
    'remote service error: 400 \'{"status":"Bad","message":"validation error","details":"%s"}\''
)

TABLE: list[tuple[str, type[JobError], str]] = [
    ("Database 'MYAPP' does not exist or not authorized.", AppMissingError, "`app_name`"),
    ("Unknown user-defined function MYAPP.APP.SERVICE_ENDPOINT", AppMissingError, "app"),
    ("Unknown function GET_JOB", JobServerError, "granted"),
    ("SQL compilation error: Unknown stored procedure X", JobServerError, "granted"),
    ("Unknown  user-defined\nfunction MYAPP.API.X", JobServerError, "granted"),
    ("the service has not been started", JobNotReadyError, r"call MYAPP\.app\.activate\(\);"),
    ("not reachable: service suspended", JobNotReadyError, "activate"),
    ("DUO Security push failed", JobAuthError, "second factor"),
    ("250001: Could not connect to Snowflake backend", JobAuthError, "account"),
    ("251012: Login request is retryable", JobAuthError, "account"),
    ("SQL compilation error: invalid identifier 'X'", JobInvalidRequestError, r"call MYAPP\.api"),
    ("syntax error line 1 at position 3", JobInvalidRequestError, "statement"),
    ("unexpected '<EOF>'", JobInvalidRequestError, "statement"),
    ("Engine e is not ready to accept jobs", JobNotReadyError, "READY"),
    (REMOTE % r"no \"x\" here\nat all", JobInvalidRequestError, 'no "x" here at all'),
    ("RAIERR:1000 validation error: bad", JobInvalidRequestError, "bad"),
    ('remote service error: 404 \'{"message":"no such job"}\'', JobNotFoundError, "no such job"),
    (
        'state: ABORTED {"type": "T", "message": "it broke", "report": "r"}',
        JobServerError,
        "it broke",
    ),
    ("something else entirely", JobUnknownError, "something else entirely"),
]


@pytest.mark.parametrize(("text", "meaning", "said"), TABLE, ids=[row[0][:40] for row in TABLE])
def test_each_text_has_its_meaning(text: str, meaning: type[JobError], said: str) -> None:
    error = error_of(RuntimeError(text), ON)
    assert type(error) is meaning
    with pytest.raises(meaning, match=said):
        raise error
    assert str(error).startswith("create: ")


@pytest.mark.parametrize(("text", "meaning", "said"), TABLE, ids=[row[0][:40] for row in TABLE])
def test_the_meaning_is_found_in_the_chain_of_causes(
    text: str, meaning: type[JobError], said: str
) -> None:
    outer = RuntimeError("it failed")
    outer.__cause__ = ValueError("because")
    outer.__cause__.__cause__ = OSError(text.upper().lower())
    assert type(error_of(outer, ON)) is meaning


def test_a_chain_that_goes_round_ends() -> None:
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert type(error_of(first, ON)) is JobUnknownError


def test_families_are_as_the_tree_has_them() -> None:
    assert issubclass(AppMissingError, ClientAuthError)
    assert issubclass(JobNotReadyError, ClientNotReadyError)
    assert issubclass(JobInvalidRequestError, ClientInvalidRequestError)


def test_a_statement_is_shown_cut() -> None:
    long = SqlContext("get", Statement("SELECT " + "x" * 1000), "MYAPP")
    text = str(error_of(RuntimeError("SQL compilation error"), long))
    assert "x" * 400 in text
    assert "x" * 500 not in text


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("connection was closed", True),
        ("temporarily unavailable", True),
        ("Statement timed out", True),
        ("250001: could not connect", True),
        ("SQL compilation error", False),
        ("not ready to accept jobs", False),
    ],
)
def test_what_may_pass_is_known(text: str, passing: bool) -> None:
    assert is_transient(RuntimeError(text), ON) is passing


@pytest.mark.parametrize(
    ("text", "older"),
    [
        ("Invalid argument types for function 'EXEC_ASYNC_V2': (VARCHAR, ...)", True),
        ("too many arguments for function [EXEC_ASYNC_V2(...)] expected 8, got 9", True),
        ("too many arguments for function [PARSE_JSON(1, 2)]", False),
        ("exec_async_v2 failed", False),
        ('EXEC_ASYNC_V2 state: aborted {"message": "wrong number of arguments"}', False),
        ("exec_async_v2: remote service error: 400 '{}' too many arguments", False),
    ],
)
def test_an_older_app_is_known_by_its_refusal(text: str, older: bool) -> None:
    assert is_wrong_argument_count(RuntimeError(text), "exec_async_v2", ON) is older


def test_what_the_caller_was_handling_is_no_part_of_the_error() -> None:
    outer = RuntimeError("exec_async_v2: not enough arguments; not ready to accept jobs; timeout")
    inner = RuntimeError("the moon is full")
    inner.__context__ = outer
    context = SqlContext("create", ON.statement, "MYAPP", beyond=outer)
    assert type(error_of(inner, context)) is JobUnknownError
    assert not is_transient(inner, context)
    assert not is_wrong_argument_count(inner, "exec_async_v2", context)
