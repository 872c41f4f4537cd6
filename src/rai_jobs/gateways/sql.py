"""The SQL gateway: jobs and transactions through the native app's procedures and views (spec §5).

One method an operation; each makes its statement, has it run, and reads the rows. On which kind of
connection it runs, the executor knows.
"""

from __future__ import annotations

import builtins
import json
import logging
from typing import Any

from ..causes import being_handled
from ..clock import Clock, SystemClock
from ..errors import (
    JobError,
    JobInvalidRequestError,
    JobNotFoundError,
    JobServerError,
    JobUnknownError,
    unsure,
)
from ..filters import ListFilter, page
from ..http.answers import Answer, events_of
from ..models import JobEvents, JobRecord
from ..observe import Observer, Steps, logged
from ..reasoners import ReasonerType, refuse_all_users, require_logic
from ..redact import excerpt
from ..retry import Repeatable, Retrying, RetryPolicy
from ..sealing import sealed, without_secrets
from ..sql.errors import SqlContext, error_of, is_transient, is_wrong_argument_count
from ..sql.executor import SqlExecutor
from ..sql.statements import Statement, Statements
from ..validation import json_text
from .rows import record_from_row

__all__ = ["SqlJobsGateway"]

_LOG = logging.getLogger("rai_jobs.sql")
_ID_COLUMNS = ("ID", "JOB_ID", "TXN_ID")


class SqlJobsGateway:
    """A `JobsGatewaySync` over SQL.

    Args:
        executor: what runs the statements.
        app: the database of the native app.
        schema: the app's API schema.
        retry: how failures are repeated; a create that may have been accepted never is.
        clock: the time that is waited on between attempts; the system's when not given.
        on_event: who is told of each statement, answer and retry.

    Raises:
        JobConfigurationError: `app` or `schema` cannot be an identifier.
    """

    def __init__(
        self,
        executor: SqlExecutor,
        *,
        app: str = "RELATIONALAI",
        schema: str = "api",
        retry: RetryPolicy | None = None,
        clock: Clock | None = None,
        on_event: Observer | None = None,
    ) -> None:
        self._executor = executor
        self._statements = Statements(app, schema)
        clock = clock or SystemClock()
        self._steps = Steps(on_event, clock)
        self._retrying = Retrying(retry or RetryPolicy(), clock, logged(on_event))
        self._older_app = False

    @sealed
    def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        """Return the execution, or `None` when there is none to see."""
        kind = ReasonerType.parse(reasoner_type)
        try:
            rows = self._run("get", self._statements.get(kind, job_id), job_id)
        except JobNotFoundError:
            return None
        return _record("get", rows[0], kind) if rows else None

    @sealed
    def create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
    ) -> str:
        """Start an execution and return its id."""
        kind = ReasonerType.parse(reasoner_type)
        if kind.is_logic:
            rows = self._create_transaction(reasoner_name, payload, timeout_mins)
        else:
            text = json_text("payload", payload)
            statement = self._statements.create_job(kind, reasoner_name, text, timeout_mins)
            rows = self._run("create", statement)
        return _created_id(rows)

    @sealed
    def list(
        self,
        reasoner_type: str,
        *,
        job_id: str | None = None,
        state: str | None = None,
        name: str | None = None,
        created_by: str | None = None,
        only_active: bool = False,
        all_users: bool = False,
        limit: int | None = None,
        offset: int | None = None,
    ) -> builtins.list[JobRecord]:
        """Return matching executions, newest first; the backend filters (spec §5)."""
        kind = ReasonerType.parse(reasoner_type)
        wanted = ListFilter(job_id, state, name, created_by, only_active, all_users)
        statement = self._statements.list(kind, wanted, limit=limit, offset=offset)
        records = [_record("list", row, kind) for row in self._run("list", statement)]
        # The statement can bear an offset only beside a limit.
        return page(records, limit=None, offset=offset if limit is None else 0)

    @sealed
    def events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        """Return one page of the `progress` stream; SQL offers no other (spec §4)."""
        if stream_name != "progress":
            raise JobInvalidRequestError(
                f"events: SQL offers the event stream 'progress' only, not"
                f" {stream_name[:80]!r}; Direct Access has the others."
            )
        kind = ReasonerType.parse(reasoner_type)
        rows = self._run(
            "events", self._statements.events(kind, job_id, continuation_token), job_id
        )
        return events_of(Answer("events", _only_value("events", rows)))

    @sealed
    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Request cancellation: one's own, or with `all_users` anybody's transaction."""
        kind = ReasonerType.parse(reasoner_type)
        if all_users:
            refuse_all_users(kind)
        self._run("cancel", self._statements.cancel(kind, job_id, all_users=all_users), job_id)

    @sealed
    def artifacts(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's artifacts: by file name, their columns in upper case."""
        require_logic("artifacts", reasoner_type)
        found: dict[str, Any] = {}
        for row in self._run("artifacts", self._statements.artifacts(job_id), job_id):
            columns = {name.upper(): value for name, value in row.items() if value is not None}
            if "FILENAME" not in columns:
                raise _unreadable("artifacts", "a row with a FILENAME", list(row))
            found[str(columns["FILENAME"])] = columns
        return found

    @sealed
    def problems(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's problems as `{"problems": [...]}`.

        Keys are in lower case and empty columns are left out, so that both transports agree (our
        choice).
        """
        require_logic("problems", reasoner_type)
        rows = self._run("problems", self._statements.problems(job_id), job_id)
        return {
            "problems": [
                {name.lower(): value for name, value in row.items() if value is not None}
                for row in rows
            ]
        }

    @sealed
    def service_endpoint(self) -> str:
        """Return the host of Direct Access, as the app tells it (spec §5).

        Raises:
            JobServerError: the app tells none.
        """
        rows = self._run("discover", self._statements.service_endpoint())
        columns = {name.upper(): value for name, value in rows[0].items()} if rows else {}
        for name in ("SERVICE_ENDPOINT", "PRIVATELINK_INGRESS_URL"):
            value = columns.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
        raise _unreadable("discover", "a SERVICE_ENDPOINT", list(columns))

    @sealed
    def identity(self) -> str:
        """Return whose connection it is, and to which app: account, user, app."""
        outer = being_handled()
        try:
            return f"{self._executor.identity()}/{self._statements.app}"
        except JobError:
            raise
        # As in `_attempt`: the library's own error, made sense of.
        except Exception as cause:  # noqa: BLE001
            context = SqlContext("connect", Statement("connect"), self._statements.app, outer)
            raise error_of(cause, context) from without_secrets(cause, beyond=outer)

    def close(self) -> None:
        """Close the connection, where it is ours."""
        self._executor.close()

    def __repr__(self) -> str:
        return f"SqlJobsGateway({self._statements.app})"

    def _create_transaction(
        self, name: str, payload: dict[str, Any], timeout_mins: int | None
    ) -> builtins.list[dict[str, Any]]:
        older = self._older_app
        outer = being_handled()
        create = self._statements.create_transaction
        statement = create(name, payload, timeout_mins, older_app=older)
        try:
            return self._run("create", statement)
        except JobError as error:
            context = SqlContext("create", statement, self._statements.app, outer)
            cause = error.__cause__ or error
            if older or not is_wrong_argument_count(cause, "exec_async_v2", context):
                raise
        # The app refused the call's form, so nothing was started, and the form without it is safe.
        rows = self._run("create", create(name, payload, timeout_mins, older_app=True))
        _LOG.debug("the app knows no abort_detached: creating without it from now on")
        self._older_app = True
        return rows

    def _run(
        self, operation: str, statement: Statement, execution_id: str | None = None
    ) -> builtins.list[dict[str, Any]]:
        return self._retrying.run(
            operation,
            lambda attempt: self._attempt(operation, statement, execution_id, attempt),
            execution_id=execution_id,
        )

    def _attempt(
        self, operation: str, statement: Statement, execution_id: str | None, attempt: int
    ) -> builtins.list[dict[str, Any]]:
        outer = being_handled()
        told = (operation, attempt, execution_id)
        sent_at = self._steps.request(*told)
        sent = False
        try:
            self._executor.open()
            sent = True
            rows = self._executor.execute(statement)
        except JobError as error:
            self._steps.response(*told, sent_at, error=error)
            raise
        # The executor raises what the library under it raises; nothing of it is lost.
        except Exception as cause:
            context = SqlContext(operation, statement, self._statements.app, outer)
            error = error_of(cause, context)
            error.transient = is_transient(cause, context)
            if sent and isinstance(error, JobUnknownError):
                error.args = (unsure(operation, str(error)),)
            error.__cause__ = without_secrets(cause, beyond=outer)
            self._steps.response(*told, sent_at, error=error)
            if error.transient and not (operation == "create" and sent):
                raise Repeatable(error) from None
            raise error from cause
        self._steps.response(*told, sent_at)
        return rows


def _record(operation: str, row: dict[str, Any], kind: ReasonerType) -> JobRecord:
    fallback = kind.discriminator if kind.is_logic else None
    return record_from_row(row, operation=operation, reasoner_type=fallback)


def _created_id(rows: builtins.list[dict[str, Any]]) -> str:
    columns = {name.upper(): value for name, value in rows[0].items()} if rows else {}
    found = next((columns[name] for name in _ID_COLUMNS if columns.get(name)), None)
    if found is None:
        raise _unreadable("create", "a row with an ID", list(columns))
    return str(found)


def _only_value(operation: str, rows: builtins.list[dict[str, Any]]) -> str:
    if len(rows) != 1 or len(rows[0]) != 1:
        raise _unreadable(
            operation, "one row of one column", [name for row in rows for name in row]
        )
    [value] = rows[0].values()
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value)


def _unreadable(operation: str, expected: str, columns: builtins.list[str]) -> JobServerError:
    return JobServerError(
        unsure(
            operation,
            f"{operation}: the app answered something that is not {expected}; its columns are:"
            f" {excerpt(', '.join(columns)) or 'none'}.",
        ),
        operation=operation,
    )
