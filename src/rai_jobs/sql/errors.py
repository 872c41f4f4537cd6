"""What an error of the SQL side means (spec §5): one table of needles, read from top to bottom.

Needles are looked for in lower case, with white space folded, in the error and the chain of its
causes. The original is always chained, so nothing is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from ..causes import chain_of
from ..errors import (
    AppMissingError,
    JobAuthError,
    JobError,
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
    JobServerError,
    JobUnknownError,
)
from ..redact import excerpt
from .statements import Statement

__all__ = ["SqlContext", "error_of", "is_transient", "is_wrong_argument_count"]

_STATEMENT_LENGTH = 500
_MESSAGE_LENGTH = 2_000
_REMOTE = re.compile(r"remote service error: \d{3}\s*'?(?=\{)", re.IGNORECASE)
_DETAILS = re.compile(r'"details"\s*:\s*("(?:[^"\\]|\\.)*")', re.DOTALL)
_ABORTED = re.compile(r"state:\s*aborted", re.IGNORECASE)
_CONNECTION_ERRNOS = {250001, 251012}
_CONNECTION = (
    "could not connect to snowflake backend",
    "login request is retryable",
    "250001",
    "251012",
)
_TRANSIENT = (
    *_CONNECTION,
    "connection was closed",
    "temporarily unavailable",
    "timed out",
    "timeout",
)
_COMPILATION = ("sql compilation error", "syntax error line", "unexpected '<eof>'")
_ARGUMENTS = (
    "wrong number of arguments",
    "not enough arguments",
    "too many arguments",
    "invalid argument types",
)


@dataclass(frozen=True)
class SqlContext:
    """What was being done when the error came."""

    operation: str
    statement: Statement
    app: str
    """The app's identifier, as it stands in statements."""
    beyond: BaseException | None = None
    """What the caller was handling: no part of the error."""


def error_of(error: BaseException, context: SqlContext) -> JobError:
    """Return the error that `error` stands for; the caller raises it from the original."""
    raw = _whole_text(error, context.beyond)
    text = _folded(raw)
    for recognises, make in _RULES:
        if recognises(text, context):
            return make(raw, context)
    kind = type(error).__name__
    return JobUnknownError(
        f"{context.operation}: {kind}: {excerpt(raw, _MESSAGE_LENGTH)}. This is no error that is"
        " known of the backend; the original is chained."
    )


def is_transient(error: BaseException, context: SqlContext) -> bool:
    """Tell whether the same statement may well succeed a little later (spec §5).

    A statement that was refused may quote an argument with such a word in its name.
    """
    text = _folded(_whole_text(error, context.beyond))
    chain = chain_of(error, beyond=context.beyond)
    errnos = {getattr(each, "errno", None) for each in chain}
    if any(needle in text for needle in _COMPILATION):
        return False
    return bool(errnos & _CONNECTION_ERRNOS) or any(needle in text for needle in _TRANSIENT)


def is_wrong_argument_count(error: BaseException, procedure: str, context: SqlContext) -> bool:
    """Tell whether the app says that `procedure` was called with a wrong number of arguments.

    What the procedure itself says, once it runs, is no such answer, whatever its words.
    """
    text = _folded(_whole_text(error, context.beyond))
    if _REMOTE.search(text) or _ABORTED.search(text) or "validation error" in text:
        return False
    return procedure.lower() in text and any(needle in text for needle in _ARGUMENTS)


def _has(*needles: str) -> Callable[[str, SqlContext], bool]:
    def recognises(text: str, context: SqlContext) -> bool:
        app = context.app.strip('"').lower()
        return any(needle.replace("<app>", app) in text for needle in needles)

    return recognises


def _remote(status: str) -> Callable[[str, SqlContext], bool]:
    return _has(f"remote service error: {status}")


def _is_validation(text: str, context: SqlContext) -> bool:
    return _remote("400")(text, context) or ("validation error" in text and "raierr:1000" in text)


def _is_aborted(text: str, context: SqlContext) -> bool:
    del context
    parts = ('"type"', '"message"', '"report"')
    return _ABORTED.search(text) is not None and all(part in text for part in parts)


def _app_missing(raw: str, context: SqlContext) -> JobError:
    return AppMissingError(
        f"{context.operation}: the app {context.app} is not there, or not granted to this role:"
        f" {excerpt(raw)}. Check `app_name`, and that the role may use the app."
    )


def _object_missing(raw: str, context: SqlContext) -> JobError:
    return JobServerError(
        f"{context.operation}: the app lacks an object, or it is not granted: {excerpt(raw)}."
        f" Check the app's version and that the role holds an application role of {context.app}.",
        operation=context.operation,
    )


def _not_activated(raw: str, context: SqlContext) -> JobError:
    return JobNotReadyError(
        f"{context.operation}: the app is not activated: {excerpt(raw)}."
        f" Activate it with: call {context.app}.app.activate();",
        operation=context.operation,
        details=excerpt(raw),
    )


def _not_authenticated(raw: str, context: SqlContext) -> JobError:
    return JobAuthError(
        f"{context.operation}: Snowflake could not be logged in to: {excerpt(raw)}. Check account,"
        " user and authenticator; a second factor may be waiting for approval."
    )


def _invalid_sql(raw: str, context: SqlContext) -> JobError:
    statement = context.statement.text
    shown = (
        statement if len(statement) <= _STATEMENT_LENGTH else statement[:_STATEMENT_LENGTH] + "…"
    )
    return JobInvalidRequestError(
        f"{context.operation}: the statement was refused: {excerpt(raw)}. It was: {shown}"
    )


def _not_ready(raw: str, context: SqlContext) -> JobError:
    return JobNotReadyError(
        f"{context.operation}: {excerpt(raw)}. Wait until the reasoner is READY, or name another.",
        operation=context.operation,
        details=excerpt(raw),
    )


def _not_found(raw: str, context: SqlContext) -> JobError:
    return JobNotFoundError(
        f"{context.operation}: {_remote_message(raw)}. Check the id, its reasoner type and whose"
        " it is."
    )


def _refused(raw: str, context: SqlContext) -> JobError:
    return JobInvalidRequestError(f"{context.operation}: {_remote_message(raw)}")


def _aborted(raw: str, context: SqlContext) -> JobError:
    body = _object_in(raw[raw.find("{") :])
    parts = {key: body[key] for key in ("type", "message", "report") if key in body}
    said = excerpt(json.dumps(parts) if parts else raw, _MESSAGE_LENGTH)
    return JobServerError(
        f"{context.operation}: the transaction was aborted: {said}", operation=context.operation
    )


_RULES: tuple[
    tuple[Callable[[str, SqlContext], bool], Callable[[str, SqlContext], JobError]], ...
] = (
    (
        _has(
            "database '<app>' does not exist or not authorized",
            "unknown user-defined function <app>.app.",
        ),
        _app_missing,
    ),
    (_has("not ready to accept jobs"), _not_ready),
    (_is_aborted, _aborted),
    (_is_validation, _refused),
    (_remote("404"), _not_found),
    (_has("service has not been started", "not reachable: service suspended"), _not_activated),
    (_has("duo security", *_CONNECTION), _not_authenticated),
    (
        _has(
            "unknown function", "unknown stored procedure", "unknown user-defined function <app>."
        ),
        _object_missing,
    ),
    (
        _has(*_COMPILATION),
        _invalid_sql,
    ),
)


def _remote_message(raw: str) -> str:
    """Return what a remote service error says: its details or message, unescaped."""
    found = _REMOTE.search(raw)
    body = _object_in(raw[found.end() :]) if found else {}
    said = [str(body[key]) for key in ("message", "details") if body.get(key)]
    if said:
        return excerpt(": ".join(said), _MESSAGE_LENGTH)
    details = _DETAILS.search(raw)
    if details is not None:
        return excerpt(f"validation error: {_unescaped(details.group(1))}", _MESSAGE_LENGTH)
    return excerpt(raw, _MESSAGE_LENGTH)


def _object_in(text: str) -> dict[str, object]:
    """Return the JSON object that `text` begins with, whatever follows it; `{}` for none."""
    try:
        body, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except ValueError:
        return {}
    return cast("dict[str, object]", body) if isinstance(body, dict) else {}


def _unescaped(literal: str) -> str:
    try:
        return str(json.loads(literal, strict=False))
    except ValueError:
        return literal.strip('"')


def _whole_text(error: BaseException, beyond: BaseException | None) -> str:
    return "\n".join(str(each) for each in chain_of(error, beyond=beyond))


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
