"""The app's views: their columns, and the rows that somebody sees in them now (spec §5).

Visibility is the machine's: rows come from its calls. What is selected from the rows is elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from rai_jobs.reasoners import LOGIC, REASONER_TYPES, ReasonerType

from ...instants import datetime_of
from ...machine.calls import ExecutionView, Get, List
from ...machine.execution import User
from ...machine.listing import EVERYTHING, Wanted
from ...machine.refusals import NotFound
from ..seam import CallHandler
from .values import SqlColumn, SqlTable, SqlType, column_of

__all__ = [
    "FACE",
    "JOBS",
    "JOB_TYPES",
    "REASONERS",
    "TRANSACTIONS",
    "TRANSACTION_DETAILS",
    "VIEWS",
    "ReasonerRow",
    "Rows",
    "View",
    "ViewColumn",
    "table_of_items",
]

FACE = "sql"
JOB_TYPES: tuple[ReasonerType, ...] = tuple(kind for kind in REASONER_TYPES if not kind.is_logic)


@dataclass(frozen=True)
class ReasonerRow:
    """A reasoner, as the view `reasoners` shows it: one field a column, in their order."""

    name: str
    type: str
    """`Logic`, `Prescriptive` or `Predictive`."""
    id: str | None = None
    size: str | None = None
    status: str = "READY"
    """READY, PENDING, SUSPENDING, SUSPENDED, UPGRADING or DELETING."""
    created_by: str | None = None
    created_on: datetime | None = None
    """Aware; so are the other two."""
    updated_on: datetime | None = None
    version: str | None = None
    auto_suspend_mins: int | None = None
    suspends_at: datetime | None = None
    settings: Mapping[str, Any] | None = None
    runtime: str | None = None


Item: TypeAlias = "ExecutionView | ReasonerRow"


@dataclass(frozen=True)
class ViewColumn:
    """A column of a view, and how to read it off what a row is made from."""

    column: SqlColumn
    read: Callable[[Any], object]

    @property
    def name(self) -> str:
        """Its name, in upper case."""
        return self.column.name


@dataclass(frozen=True)
class View:
    """A view of the app."""

    name: str
    """Its name, in upper case."""
    columns: tuple[ViewColumn, ...]

    def find(self, name: str) -> ViewColumn | None:
        """Return the column of that true name, `None` when there is none."""
        return next((each for each in self.columns if each.name == name), None)


class Rows:
    """Where the views' rows come from.

    Args:
        reasoners: gives the reasoners that there are now.
    """

    def __init__(self, reasoners: Callable[[], Sequence[ReasonerRow]]) -> None:
        self._reasoners = reasoners

    def of(
        self,
        view: View,
        caller: User,
        backend: CallHandler,
        *,
        kinds: Sequence[ReasonerType] = JOB_TYPES,
        only_id: str | None = None,
        wanted: Wanted = EVERYTHING,
        limit: int | None = None,
    ) -> Sequence[Item]:
        """Return what `caller` sees in `view` now, newest first.

        Args:
            view: the view.
            caller: who is asking.
            backend: the backend, for executions.
            kinds: of the view of jobs, the types that matter.
            only_id: of the view of transactions, the one that matters. Looking for it counts as
                asking for it: its owner is not silent. [choice]
            wanted: of executions, what is asked for.
            limit: of executions, how many at most; `None` for all.
        """
        if view is REASONERS:
            return self._reasoners()
        if view is TRANSACTIONS and only_id is not None:
            try:
                return [backend.handle(Get(LOGIC, only_id), user=caller, face=FACE)]
            except NotFound:
                return []
        call = List((LOGIC,) if view is TRANSACTIONS else tuple(kinds), wanted, limit)
        return backend.handle(call, user=caller, face=FACE)


def table_of_items(items: Sequence[Item], columns: Sequence[ViewColumn]) -> SqlTable:
    """Return one row an item: the values of `columns`."""
    reads = [each.read for each in columns]
    return SqlTable(
        tuple(each.column for each in columns),
        tuple(tuple(read(item) for read in reads) for item in items),
    )


def _instant(instant: int | None) -> datetime | None:
    return None if instant is None else datetime_of(instant)


def _read_reasoner(name: str) -> Callable[[ReasonerRow], object]:
    def read(row: ReasonerRow) -> object:
        return getattr(row, name)

    return read


def _read_settings(row: ReasonerRow) -> object:
    return None if row.settings is None else json.dumps(dict(row.settings))


_EXECUTION: Mapping[str, tuple[SqlType, Callable[[ExecutionView], object]]] = {
    "ID": ("text", lambda view: view.id),
    # Rows may carry either spelling of the type; these bear the discriminator. [choice]
    "REASONER_TYPE": ("text", lambda view: view.reasoner_type.discriminator),
    "REASONER_NAME": ("text", lambda view: view.reasoner_name),
    "ENGINE_NAME": ("text", lambda view: view.reasoner_name),
    "DATABASE_NAME": ("text", lambda view: view.submission.database_name),
    "STATE": ("text", lambda view: view.state.value),
    "ABORT_REASON": ("text", lambda view: view.abort_reason),
    "READ_ONLY": ("boolean", lambda view: view.submission.read_only),
    "CREATED_BY": ("text", lambda view: view.created_by),
    "CREATED_ON": ("timestamp_ltz", lambda view: _instant(view.created_at)),
    "FINISHED_AT": ("timestamp_ltz", lambda view: _instant(view.finished_at)),
    "DURATION": ("fixed", lambda view: view.duration_ms),
    "PAYLOAD": ("variant", lambda view: view.submission.payload_text),
    "TIMEOUT_MS": ("fixed", lambda view: view.submission.timeout_us // 1000),
    # Nobody outside knows what these two hold. [choice]
    "TIMINGS": ("variant", lambda view: None),  # noqa: ARG005
    "PROGRESS": ("variant", lambda view: None),  # noqa: ARG005
}


def _executions(name: str, columns: str) -> View:
    known = [(column, *_EXECUTION[column]) for column in columns.split()]
    return View(
        name, tuple(ViewColumn(column_of(column, kind), read) for column, kind, read in known)
    )


JOBS = _executions(
    "JOBS",
    "ID REASONER_TYPE REASONER_NAME STATE CREATED_BY CREATED_ON FINISHED_AT DURATION PAYLOAD"
    " TIMEOUT_MS ABORT_REASON",
)
TRANSACTIONS = _executions(
    "TRANSACTIONS",
    "ID DATABASE_NAME ENGINE_NAME STATE ABORT_REASON READ_ONLY CREATED_BY CREATED_ON FINISHED_AT"
    " DURATION",
)
TRANSACTION_DETAILS = _executions(
    "GET_TRANSACTION",
    "ID DATABASE_NAME STATE ABORT_REASON READ_ONLY CREATED_BY CREATED_ON FINISHED_AT TIMINGS"
    " ENGINE_NAME TIMEOUT_MS PROGRESS",
)
"""What `get_transaction` answers: no view, but a row of the same kind."""
_REASONER: tuple[tuple[str, SqlType], ...] = (
    ("name", "text"),
    ("type", "text"),
    ("id", "text"),
    ("size", "text"),
    ("status", "text"),
    ("created_by", "text"),
    ("created_on", "timestamp_ltz"),
    ("updated_on", "timestamp_ltz"),
    ("version", "text"),
    ("auto_suspend_mins", "fixed"),
    ("suspends_at", "timestamp_ltz"),
    ("settings", "variant"),
    ("runtime", "text"),
)
REASONERS = View(
    "REASONERS",
    tuple(
        ViewColumn(
            column_of(name.upper(), kind),
            _read_settings if name == "settings" else _read_reasoner(name),
        )
        for name, kind in _REASONER
    ),
)
VIEWS: Mapping[str, View] = {view.name: view for view in (JOBS, TRANSACTIONS, REASONERS)}
