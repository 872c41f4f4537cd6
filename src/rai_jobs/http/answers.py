"""What an HTTP answer says: its JSON, its wrappers, or the error that it, or none, stands for (§6).

Pure functions over an `Answer`; nothing here sends anything. A body that is not what the operation
expects is a `JobServerError` with operation, status and the first 200 characters: never a
`KeyError`, never a silent `None`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

from ..errors import (
    JobAuthError,
    JobError,
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
    JobServerError,
    unsure,
)
from ..models import JobEvents
from ..redact import excerpt

__all__ = [
    "Answer",
    "artifacts_of",
    "created_id",
    "error_of",
    "events_of",
    "is_absent",
    "is_come_back_later",
    "may_be_repeated",
    "no_answer",
    "problems_of",
    "row_of",
    "rows_of",
]

# A backend explains a refused program at length: its message is shown further than a stray body.
_MESSAGE_LENGTH = 2_000
_REFUSED = frozenset({429, 503})
"""The statuses by which the backend says that it did nothing, and to come back later."""
_NOT_READY = "not ready to accept jobs"
_WRAPPERS = ("transaction", "txn", "job", "data", "result", "value", "payload")
_ID_KEYS = ("id", "txn_id")
_TRANSACTION_LISTS = ("transactions", "Transactions", "txns", "items", "data")
_JOB_LISTS = ("jobs",)


@dataclass(frozen=True)
class Answer:
    """One complete answer to one operation."""

    operation: str
    """The client operation: get, create, list, events, cancel, artifacts, problems."""
    text: str = field(repr=False)
    """The body, decoded."""
    status: int | None = None
    """The HTTP status; `None` for what came over SQL."""

    def unreadable(self, expected: str) -> JobServerError:
        """Return the error for a body that is not what was expected."""
        return JobServerError(
            f"{self.operation}: the backend answered{_told(self.status)} with something that is"
            f" not {expected}: {excerpt(self.text) or '(an empty body)'}",
            operation=self.operation,
            status=self.status,
        )

    def json(self, expected: str) -> object:
        """Return the parsed body.

        Raises:
            JobServerError: it is not JSON.
        """
        # Outside of an `except`: the parser's error holds the whole text.
        found, body = _parsed(self.text)
        if not found:
            raise self.unreadable(expected)
        return body


def is_absent(answer: Answer) -> bool:
    """Tell whether the answer means that there is no such execution."""
    return answer.status == 404 and _NOT_READY not in answer.text.lower()


def error_of(answer: Answer) -> JobError | None:
    """Return the error that the answer's status stands for, `None` for success (spec §6).

    It says whether it may pass, and whether a create may have run all the same.
    """
    if answer.status is None or 200 <= answer.status < 300:
        return None
    said = _message(answer.text)
    told = f"{answer.operation}: the backend answered{_told(answer.status)}: {said}"
    if answer.status == 404:
        if _NOT_READY in answer.text.lower():
            return JobNotReadyError(
                f"{told}. Wait until the reasoner is READY, or name another one.",
                operation=answer.operation,
                details=said,
            )
        return JobNotFoundError(f"{told}. Check the id, its reasoner type and whose it is.")
    if answer.status == 400:
        return JobInvalidRequestError(told)
    if answer.status == 401:
        return JobAuthError(f"{told}. Check the token: it may be wrong, expired or revoked.")
    if answer.status == 403:
        return JobAuthError(f"{told}. Check the role's rights on the app and its endpoint.")
    if not is_come_back_later(answer):
        return JobServerError(told, operation=answer.operation, status=answer.status)
    return _passing(answer.operation, told, status=answer.status)


def is_come_back_later(answer: Answer) -> bool:
    """Tell whether the answer says that the same request may well succeed a little later."""
    return answer.status is not None and (answer.status == 429 or answer.status >= 500)


def may_be_repeated(operation: str, *, status: int | None = None, sent: bool = True) -> bool:
    """Tell whether a request that failed can be repeated without doing its work twice.

    Args:
        operation: the client operation.
        status: the status of the answer; `None` where there was none.
        sent: whether the request may have reached the backend.
    """
    return operation != "create" or not sent or status in _REFUSED


def no_answer(operation: str, told: str, *, sent: bool) -> JobServerError:
    """Return the error of a request that got no answer.

    Args:
        operation: the client operation.
        told: what happened, as sentences.
        sent: whether the request may have reached the backend.
    """
    return _passing(operation, f"{operation}: {told}", sent=sent)


def _passing(
    operation: str, told: str, *, status: int | None = None, sent: bool = True
) -> JobServerError:
    if not may_be_repeated(operation, status=status, sent=sent):
        told = unsure(operation, told)
    error = JobServerError(told, operation=operation, status=status)
    error.transient = True
    return error


def row_of(answer: Answer) -> dict[str, Any]:
    """Return the execution in an answer to `get`, bare or wrapped."""
    body = answer.json("an execution")
    found = _unwrapped(body)
    if found is None:
        raise answer.unreadable("an execution")
    return found


def rows_of(answer: Answer, *, transactions: bool) -> list[dict[str, Any]]:
    """Return the executions in an answer to `list`: a bare list, or under one of its names."""
    names = _TRANSACTION_LISTS if transactions else _JOB_LISTS
    body = answer.json("a list of executions")
    if isinstance(body, dict):
        held = cast("dict[str, object]", body)
        body = next((held[name] for name in names if name in held), None)
    if not isinstance(body, list):
        raise answer.unreadable("a list of executions")
    rows = cast("list[object]", body)
    if not all(isinstance(row, dict) for row in rows):
        raise answer.unreadable("a list of executions")
    return cast("list[dict[str, Any]]", rows)


def created_id(answer: Answer) -> str:
    """Return the id in an answer to `create`: a bare string, or under one of its names."""
    found, body = _parsed(answer.text)
    for _ in range(2 if found else 0):
        if isinstance(body, str) and body.strip():
            return body.strip()
        if not isinstance(body, dict):
            break
        held = cast("dict[str, object]", body)
        for key in _ID_KEYS:
            value = held.get(key)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
                return str(value).strip()
        body = next((held[name] for name in _WRAPPERS if held.get(name) is not None), None)
    error = answer.unreadable("an id")
    error.args = (unsure(answer.operation, str(error)),)
    raise error


def events_of(answer: Answer) -> JobEvents:
    """Return the page in an answer to `events`; the token is `""` when the stream is drained.

    An empty or null body is an empty page. Entries that are not objects are dropped, as the
    published client does (spec §4).
    """
    if not answer.text.strip():
        return JobEvents([], "")
    body = answer.json("a page of events")
    if body is None:
        return JobEvents([], "")
    if not isinstance(body, dict) or not {"events", "continuation_token"} & body.keys():
        raise answer.unreadable("a page of events")
    page = cast("dict[str, object]", body)
    entries = page.get("events")
    entries = cast("list[object]", []) if entries is None else entries
    if not isinstance(entries, list):
        raise answer.unreadable("a page of events")
    token = page.get("continuation_token")
    return JobEvents(
        events=_objects(cast("list[object]", entries)),
        continuation_token="" if token is None else str(token),
    )


def artifacts_of(answer: Answer) -> dict[str, Any]:
    """Return the artifacts in an answer: by file name, their columns in upper case (spec §6)."""
    rows = _held_list(answer, "results", "a list of artifacts")
    artifacts: dict[str, Any] = {}
    for row in rows:
        columns = {name.upper(): value for name, value in row.items()}
        if not isinstance(columns.get("FILENAME"), str):
            raise answer.unreadable("a list of artifacts with their file names")
        artifacts[columns["FILENAME"]] = columns
    return artifacts


def problems_of(answer: Answer) -> dict[str, Any]:
    """Return the problems in an answer as `{"problems": [...]}` (spec §6)."""
    return {"problems": _held_list(answer, "problems", "a list of problems")}


def _told(status: int | None) -> str:
    return "" if status is None else f" HTTP {status}"


def _held_list(answer: Answer, name: str, expected: str) -> list[dict[str, Any]]:
    body = answer.json(expected)
    held = cast("dict[str, object]", body).get(name) if isinstance(body, dict) else None
    if not isinstance(held, list):
        raise answer.unreadable(expected)
    entries = cast("list[object]", held)
    if len(_objects(entries)) != len(entries):
        raise answer.unreadable(expected)
    return _objects(entries)


def _objects(entries: list[object]) -> list[dict[str, Any]]:
    return [cast("dict[str, Any]", entry) for entry in entries if isinstance(entry, dict)]


def _unwrapped(body: object) -> dict[str, Any] | None:
    if not isinstance(body, dict):
        return None
    held = cast("dict[str, Any]", body)
    if any(key in held for key in _ID_KEYS):
        return held
    return next((held[name] for name in _WRAPPERS if isinstance(held.get(name), dict)), None)


def _message(text: str) -> str:
    """Return what an error body says: its message and details, or its text (spec §6)."""
    found, body = _parsed(text)
    if not found:
        return excerpt(text) or "(an empty body)"
    if not isinstance(body, dict):
        return excerpt(text)
    held = cast("dict[str, object]", body)
    parts = [held[name] for name in ("message", "error", "details") if held.get(name)]
    said = ": ".join(part if isinstance(part, str) else json.dumps(part) for part in parts)
    return excerpt(said, _MESSAGE_LENGTH) if said else excerpt(text)


def _parsed(text: str) -> tuple[bool, object]:
    """Return whether `text` is JSON, and what it says."""
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None
