"""What a recording's answers tell of executions: ids, records, pages, artifacts and problems.

Bodies of HTTP and rows of SQL are read by the client's own rules, so that they mean here what they
mean to a user. What cannot be read tells nothing. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from rai_jobs.errors import JobError
from rai_jobs.gateways.rows import record_from_row
from rai_jobs.http.answers import Answer, created_id, events_of, row_of, rows_of
from rai_jobs.models import JobEvents, JobRecord

from ..interactions import Tree
from .readings import Reading

__all__ = [
    "Page",
    "artifacts_in",
    "created_in",
    "page_in",
    "problems_in",
    "records_in",
    "refusal_in",
    "rows_in",
]

_A = TypeVar("_A")
_Row = dict[str, Any]
_ID_COLUMNS = ("id", "job_id", "txn_id")

_ERRORS = ("json", "text", "message")
_NOT_READY = re.compile(r"(?i)not ready to accept jobs(?:: it is (\w+))?")
_STATUSES = ("PENDING", "SUSPENDING", "SUSPENDED", "UPGRADING", "DELETING")


@dataclass(frozen=True)
class Page:
    """One page of events.

    Args:
        events: on it.
        token: where to read on; empty where there is no more to come.
    """

    events: tuple[dict[str, Any], ...]
    token: str


def created_in(reading: Reading) -> str | None:
    """Return the id that a create was answered with; `None` where there is none."""
    if reading.asked.operation != "create" or not reading.succeeded:
        return None
    if reading.interaction.kind == "http":
        try:
            return created_id(_answer(reading))
        except JobError:
            return None
    rows = rows_in(reading.interaction.response)
    row = rows[0] if rows else {}
    return next((str(row[name]) for name in _ID_COLUMNS if row.get(name)), None)


def refusal_in(reading: Reading) -> str | None:
    """Return the status of the reasoner that was not ready; `None` where that is not the answer."""
    if reading.succeeded:
        return None
    response = reading.interaction.response
    found = _NOT_READY.search(json.dumps([response.get(name) for name in _ERRORS], default=str))
    if found is None:
        return None
    return found[1].upper() if found[1] and found[1].upper() in _STATUSES else "PENDING"


def records_in(reading: Reading) -> list[JobRecord]:
    """Return the executions that an answer shows."""
    if reading.asked.operation not in ("get", "list") or not reading.succeeded:
        return []
    kind = reading.asked.kind
    logic = kind is not None and kind.is_logic
    rows = rows_in(reading.interaction.response)
    if reading.interaction.kind == "http":
        try:
            if reading.asked.operation == "get":
                rows = [row_of(_answer(reading))]
            else:
                rows = rows_of(_answer(reading), transactions=logic)
        except JobError:
            return []
    read = (_record(row, None if kind is None else kind.discriminator) for row in rows)
    return [record for record in read if record is not None]


def page_in(reading: Reading) -> Page | None:
    """Return the page of events in an answer; `None` where there is none."""
    if reading.asked.operation != "events" or not reading.succeeded:
        return None
    try:
        if reading.interaction.kind == "http":
            page = events_of(_answer(reading))
        else:
            page = _page_of_row(reading.interaction.response)
    except JobError:
        return None
    return Page(tuple(page.events), page.continuation_token or "")


def artifacts_in(reading: Reading) -> dict[str, _Row] | None:
    """Return the artifacts in an answer: by file name, their columns in lower case, but for it."""
    rows = _rows_of_part(reading, "artifacts", "results")
    if rows is None:
        return None
    lower = [{name.lower(): value for name, value in row.items()} for row in rows]
    return {str(row.pop("filename", "")): row for row in lower}


def problems_in(reading: Reading) -> list[_Row] | None:
    """Return the problems in an answer, their columns in lower case over SQL."""
    return _rows_of_part(reading, "problems", "problems")


def rows_in(response: dict[str, Tree]) -> list[_Row]:
    """Return the rows of an answer over SQL: by column, in lower case."""
    columns, rows = response.get("columns"), response.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list):
        return []
    names = [str(each.get("name")).lower() for each in columns if isinstance(each, dict)]
    return [dict(zip(names, row, strict=False)) for row in rows if isinstance(row, list)]


def _record(row: _Row, discriminator: str | None) -> JobRecord | None:
    try:
        return record_from_row(row, operation="get", reasoner_type=discriminator)
    except JobError:
        return None


def _rows_of_part(reading: Reading, operation: str, name: str) -> list[_Row] | None:
    if reading.asked.operation != operation or not reading.succeeded:
        return None
    if reading.interaction.kind == "sql":
        # A column that is empty is one that another row has.
        return [
            _plain({name: value for name, value in row.items() if value is not None})
            for row in rows_in(reading.interaction.response)
        ]
    body = reading.interaction.response.get("json")
    held = body.get(name) if isinstance(body, dict) else None
    return [each for each in held if isinstance(each, dict)] if isinstance(held, list) else None


def _page_of_row(response: dict[str, Tree]) -> JobEvents:
    rows = rows_in(response)
    value = next(iter(rows[0].values()), None) if rows else None
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return events_of(Answer("events", text))


def _answer(reading: Reading) -> Answer:
    response = reading.interaction.response
    if "json" in response:
        text = json.dumps(response["json"], default=str)
    else:
        text = str(response.get("text", ""))
    return Answer(reading.asked.operation, text, cast("int | None", response.get("status")))


def _plain(value: _A) -> _A:
    return json.loads(json.dumps(value, default=str))
