"""Every statement that we send: its exact text and its binds (spec §5).

Pure functions; values are always binds, only checked identifiers stand in the text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..filters import ListFilter
from ..payloads import transaction_database, transaction_query, transaction_read_only
from ..reasoners import ReasonerType
from ..states import TERMINAL_STATES
from .identifiers import identifier

__all__ = ["Statement", "Statements"]

_JOB_COLUMNS = (
    "ID, REASONER_TYPE, REASONER_NAME, STATE, CREATED_BY, CREATED_ON, FINISHED_AT, DURATION,"
    " PAYLOAD, TIMEOUT_MS, ABORT_REASON"
)
_TRANSACTION_COLUMNS = (
    "id, database_name, engine_name, state, abort_reason, read_only, created_by, created_on,"
    " finished_at, duration"
)
_TERMINAL = sorted(state.value for state in TERMINAL_STATES)


@dataclass(frozen=True)
class Statement:
    """A statement and its binds, in the order of its question marks."""

    text: str
    binds: tuple[object, ...] = ()


class Statements:
    """The statements for one app.

    Args:
        app: the database of the native app.
        schema: the app's API schema.

    Raises:
        JobConfigurationError: `app` or `schema` cannot be an identifier.
    """

    def __init__(self, app: str, schema: str) -> None:
        self.app = identifier("app_name", app)
        self.schema = identifier("schema", schema)

    def get(self, kind: ReasonerType, job_id: str) -> Statement:
        """Return the look at one execution."""
        if kind.is_logic:
            text = f"SELECT {_TRANSACTION_COLUMNS} FROM {self.app}.api.transactions"
            return Statement(f"{text} WHERE id = ? LIMIT 1", (job_id,))
        return Statement(f"call {self.app}.api.GET_JOB(?, ?);", (kind.discriminator, job_id))

    def create_job(
        self, kind: ReasonerType, name: str, payload: str, timeout_mins: int | None
    ) -> Statement:
        """Return the start of a job; `payload` is JSON text."""
        binds = (kind.discriminator, name, payload)
        if timeout_mins is None:
            return Statement(f"call {self.app}.api.EXEC_JOB_ASYNC(?, ?, ?);", binds)
        text = f"call {self.app}.api.EXEC_JOB_ASYNC(?, ?, ?, null, ?);"
        return Statement(text, (*binds, timeout_mins))

    def create_transaction(
        self,
        name: str,
        payload: dict[str, Any],
        timeout_mins: int | None,
        *,
        older_app: bool = False,
    ) -> Statement:
        """Return the start of a transaction.

        Args:
            name: the engine.
            payload: the transaction's payload.
            timeout_mins: its timeout; the payload's when not given.
            older_app: whether the app does not know `abort_detached` yet.

        Raises:
            JobInvalidRequestError: the payload lacks a database or a query.
        """
        inputs = payload.get("v1_inputs", payload.get("inputs"))
        minutes = payload.get("timeout_mins") if timeout_mins is None else timeout_mins
        binds: list[tuple[str, object]] = [
            ("?", transaction_database(payload)),
            ("?", name),
            ("?", transaction_query(payload)),
            ("PARSE_JSON(?)", json.dumps(inputs if isinstance(inputs, dict) else {})),
            ("?", transaction_read_only(payload)),
            ("?", bool(payload.get("nowait_durable", False))),
            ("?", str(payload.get("language", "rel"))),
        ]
        if minutes is not None:
            binds.append(("?", minutes))
        binds.append(("PARSE_JSON(?)", json.dumps(payload.get("headers") or {})))
        if not older_app:
            binds.append(("?", bool(payload.get("abort_detached", False))))
        marks = ", ".join(mark for mark, _ in binds)
        text = f"call {self.app}.api.exec_async_v2({marks});"
        return Statement(text, tuple(value for _, value in binds))

    def list(
        self, kind: ReasonerType, wanted: ListFilter, *, limit: int | None, offset: int | None
    ) -> Statement:
        """Return the list of one type; an offset without a limit is left to the caller."""
        if kind.is_logic:
            return self._list_transactions(wanted, limit, offset)
        spellings = sorted(text.upper() for text in kind.spellings)
        marks = ", ".join("?" for _ in spellings)
        conditions = [(f"UPPER(TRIM(REASONER_TYPE)) IN ({marks})", spellings)]
        conditions += _conditions(
            wanted, ("ID", "STATE", "LOWER(REASONER_NAME)", "LOWER(CREATED_BY)")
        )
        text, binds = _where(conditions)
        page = "" if limit is None else f" LIMIT {limit:d}"
        page += f" OFFSET {offset:d}" if page and offset else ""
        view = f"{self.app}.{self.schema}.JOBS"
        return Statement(
            f"SELECT {_JOB_COLUMNS} FROM {view}{text} ORDER BY CREATED_ON DESC{page}", binds
        )

    def events(self, kind: ReasonerType, job_id: str, token: str) -> Statement:
        """Return the reading of one page of the `progress` stream."""
        if kind.is_logic:
            text = f"select {self.app}.api.get_own_transaction_events(?, ?);"
            return Statement(text, (job_id, token))
        text = f"select {self.app}.{self.schema}.GET_JOB_EVENTS(?, ?, ?);"
        return Statement(text, (kind.discriminator, job_id, token))

    def cancel(self, kind: ReasonerType, job_id: str, *, all_users: bool) -> Statement:
        """Return the request for cancellation."""
        if kind.is_logic:
            procedure = "CANCEL_TRANSACTION" if all_users else "CANCEL_OWN_TRANSACTION"
            return Statement(f"call {self.app}.api.{procedure}(?);", (job_id,))
        return Statement(f"call {self.app}.api.CANCEL_JOB(?, ?);", (kind.discriminator, job_id))

    def artifacts(self, job_id: str) -> Statement:
        """Return the reading of a transaction's artifacts."""
        text = f"call {self.app}.api.get_own_transaction_artifacts(?);"
        return Statement(text, (job_id,))

    def problems(self, job_id: str) -> Statement:
        """Return the reading of a transaction's problems."""
        text = f"select * from table({self.app}.api.get_own_transaction_problems(?));"
        return Statement(text, (job_id,))

    def service_endpoint(self) -> Statement:
        """Return the question for the host of Direct Access."""
        return Statement(f"CALL {self.app}.app.service_endpoint(TRUE);")

    def _list_transactions(
        self, wanted: ListFilter, limit: int | None, offset: int | None
    ) -> Statement:
        text, binds = _where(
            _conditions(wanted, ("id", "state", "LOWER(engine_name)", "LOWER(created_by)"))
        )
        page = ""
        if limit is not None:
            page, binds = " LIMIT ?", (*binds, limit)
            if offset:
                page, binds = f"{page} OFFSET ?", (*binds, offset)
        view = f"{self.app}.api.transactions"
        return Statement(
            f"SELECT {_TRANSACTION_COLUMNS} FROM {view}{text} ORDER BY created_on DESC{page}",
            binds,
        )


_Condition = tuple[str, list[str]]


def _conditions(wanted: ListFilter, columns: tuple[str, str, str, str]) -> list[_Condition]:
    job_id, state, name, creator = columns
    given: list[tuple[str, str | None]] = [
        (job_id, wanted.job_id),
        (state, None if wanted.state is None else wanted.state.upper()),
        (name, None if wanted.name is None else wanted.name.lower()),
        (creator, wanted.creator if wanted.creator is None else wanted.creator.lower()),
    ]
    conditions: list[_Condition] = [
        (f"{column} = ?", [value]) for column, value in given if value is not None
    ]
    if wanted.only_active and wanted.state is None:
        marks = ", ".join("?" for _ in _TERMINAL)
        conditions.append((f"{state} NOT IN ({marks})", _TERMINAL))
    return conditions


def _where(conditions: list[_Condition]) -> tuple[str, tuple[object, ...]]:
    if not conditions:
        return "", ()
    text = " AND ".join(text for text, _ in conditions)
    return f" WHERE {text}", tuple(bind for _, binds in conditions for bind in binds)
