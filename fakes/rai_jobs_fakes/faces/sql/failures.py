"""Every refusal of the SQL face: Snowflake's numbers and wordings (spec §5, wire §5).

One function a refusal, so that each wording has one place; what comes of an injected fault is here
too. Where Snowflake's own text is not known for certain, it is a [choice] that bears the words that
clients look for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...faults.fault import FaultKind
from ...faults.plan import InjectedFault
from ...machine.refusals import NotFound, NotReady, Refusal
from .values import SqlFailure, SqlTable, one_row

__all__ = [
    "backend_refusal",
    "come_of_fault",
    "empty_statement",
    "invalid_group_by",
    "invalid_identifier",
    "invalid_json",
    "nested_too_deeply",
    "syntax_error",
    "took_too_long",
    "unfitting_arguments",
    "unknown_database",
    "unknown_function",
    "unknown_object",
    "unknown_query",
    "unknown_schema",
    "unreadable_value",
    "unsupported",
    "wrong_bind_count",
    "wrong_statement_count",
]


_FAULTS: Mapping[FaultKind, tuple[int, str, str]] = {
    FaultKind.UNREACHABLE: (
        250001,
        "08001",
        "Could not connect to Snowflake backend after 2 attempt(s). Aborting",
    ),
    FaultKind.DROPPED: (250003, "08006", "Failed to execute request: the connection was closed"),
    FaultKind.EXPIRED_TOKEN: (
        390114,
        "08001",
        "Authentication token has expired. The user must authenticate again.",
    ),
}


def come_of_fault(injected: InjectedFault) -> SqlFailure | SqlTable:
    """Return what comes of a statement whose call was struck: a failure, or a result of no use.

    A lost connection is the connector's own error, with words that the client takes for passing
    (spec §5). An answer that is no answer of the protocol's is one row of one column, whatever the
    statement should have given. [choice]
    """
    fault = injected.fault
    if fault.kind is FaultKind.SQL:
        return SqlFailure(fault.errno, fault.sqlstate, fault.message)
    if fault.kind in _FAULTS:
        return SqlFailure(*_FAULTS[fault.kind])
    if fault.kind is FaultKind.TRUNCATED:
        return one_row({"RESULT": ("text", '{"')})
    if fault.status is None or fault.status < 300:
        return one_row({"RESULT": ("text", fault.text)})
    return _remote(fault.status, fault.text)


def backend_refusal(refusal: Refusal) -> SqlFailure:
    """Return how a procedure fails when the service behind it refuses: the HTTP answer as text."""
    if isinstance(refusal, (NotFound, NotReady)):
        status, body = 404, {"message": str(refusal)}
    else:
        status = 400
        body = {"status": "Bad Request", "message": "validation error", "details": str(refusal)}
    return _remote(status, json.dumps(body, separators=(",", ":")))


def unknown_database(name: str) -> SqlFailure:
    """No such database, or it is not granted."""
    return _compilation(2003, "02000", f"Database '{name}' does not exist or not authorized.")


def unknown_schema(name: str) -> SqlFailure:
    """No such schema in the database."""
    return _compilation(2003, "02000", f"Schema '{name}' does not exist or not authorized.")


def unknown_object(name: str) -> SqlFailure:
    """No such table or view."""
    return _compilation(2003, "42S02", f"Object '{name}' does not exist or not authorized.")


def unknown_function(path: tuple[str, ...]) -> SqlFailure:
    """No such function or procedure: of the app, when the path has more than one part."""
    if len(path) == 1:
        return _compilation(2140, "42601", f"Unknown function {path[0]}")
    return _compilation(2141, "42601", f"Unknown user-defined function {'.'.join(path)}")


def unfitting_arguments(name: str, given: list[str], expected: list[str]) -> SqlFailure:
    """No form of a function takes so many arguments, or such ones.

    Args:
        name: the function.
        given: the types of the arguments.
        expected: the types of each form's parameters. Not their names: clients look for words such
            as `timeout` in any error.
    """
    return _compilation(
        1044,
        "42P13",
        f"Invalid argument types for function '{name}': wrong number of arguments or of their"
        f" types: got ({', '.join(given)}), takes {' or '.join(expected)}.",
        at=(1, 5),
    )


def syntax_error(line: int, position: int, unexpected: str) -> SqlFailure:
    """The text is no statement; `line` counts from 1, `position` from 0."""
    return _compilation(
        1003,
        "42000",
        f"syntax error line {line} at position {position} unexpected '{unexpected}'.",
        at=(line, position),
        told=True,
    )


def empty_statement() -> SqlFailure:
    """There is nothing but white space and comments."""
    return _compilation(900, "42601", "Empty SQL statement.")


def wrong_statement_count(count: int) -> SqlFailure:
    """More than one statement was given at once."""
    return SqlFailure(
        8, "0A000", f"Actual statement count {count} did not match the desired statement count 1."
    )


def wrong_bind_count(expected: int, given: int) -> SqlFailure:
    """The number of values is not the number of bind variables. [choice]"""
    return _compilation(
        2049,
        "42601",
        f"Bind variables and values do not match: the statement has {expected} bind variables, and"
        f" {given} values were given.",
    )


def invalid_identifier(name: str) -> SqlFailure:
    """No such column."""
    return _compilation(904, "42000", f"invalid identifier '{name}'", at=(1, 7))


def invalid_group_by(name: str) -> SqlFailure:
    """A column is neither grouped by nor aggregated."""
    return _compilation(979, "42601", f"[{name}] is not a valid group by expression")


def unreadable_value(what: str) -> SqlFailure:
    """A value cannot be read as the type that it is compared with or cast to."""
    return SqlFailure(100038, "22018", what)


def unknown_query(query_id: str) -> SqlFailure:
    """`RESULT_SCAN` was given the id of no statement whose result is kept."""
    return SqlFailure(709, "02000", f"Statement {query_id} not found")


def invalid_json(text: str) -> SqlFailure:
    """`PARSE_JSON` was given something else."""
    return SqlFailure(100069, "22P02", f"Error parsing JSON: {text[:80]}")


def nested_too_deeply() -> SqlFailure:
    """A statement is nested more deeply than Python can follow."""
    return unsupported("a statement that is nested so deeply")


def took_too_long(seconds: float) -> SqlFailure:
    """A query was canceled, in real time: nobody waits for one that never ends."""
    return SqlFailure(
        630,
        "57014",
        f"Statement reached its statement or warehouse timeout of {seconds:g} second(s) and was"
        " canceled.",
    )


def unsupported(what: str) -> SqlFailure:
    """Snowflake may well do it; this fake does not."""
    return SqlFailure(2, "0A000", f"Unsupported feature '{what}'. (The fake does not have it.)")


def _remote(status: int, text: str) -> SqlFailure:
    return SqlFailure(
        100357, "P0000", f"Python Interpreter Error:\nremote service error: {status} '{text}'"
    )


def _compilation(
    errno: int,
    sqlstate: str,
    message: str,
    *,
    at: tuple[int, int] | None = None,
    told: bool = False,
) -> SqlFailure:
    """Return a refusal of the compiler, `at` a line and position; `told` if `message` has them."""
    where = "" if at is None or told else f" error line {at[0]} at position {at[1]}"
    return SqlFailure(errno, sqlstate, f"SQL compilation error:{where}\n{message}", at=at)
