"""The gateway face: the fake as a `JobsGatewaySync`, in memory.

A fault is told here by our client's own functions, so that it is the error that the client would
raise for that answer.
"""

from __future__ import annotations

import builtins
import copy
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from rai_jobs.errors import (
    JobError,
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
)
from rai_jobs.filters import ListFilter
from rai_jobs.gateways.rows import record_from_row
from rai_jobs.http.answers import (
    Answer,
    artifacts_of,
    created_id,
    error_of,
    events_of,
    no_answer,
    problems_of,
    row_of,
    rows_of,
)
from rai_jobs.models import JobEvents, JobRecord
from rai_jobs.reasoners import ReasonerType, refuse_all_users, require_logic
from rai_jobs.sql.errors import SqlContext, is_transient
from rai_jobs.sql.errors import error_of as error_of_sql
from rai_jobs.sql.statements import Statement

from ..faults.fault import Fault, FaultKind
from ..faults.plan import InjectedFault
from ..instants import datetime_of
from ..machine.calls import (
    Call,
    Cancel,
    Create,
    ExecutionView,
    Get,
    List,
    ReadArtifacts,
    ReadEvents,
    ReadProblems,
)
from ..machine.events import Page
from ..machine.execution import User
from ..machine.listing import Wanted
from ..machine.refusals import NotFound, NotReady, Refusal
from ..made import made
from .seam import CallHandler, told_late

__all__ = ["FakeGateway", "record_of"]

_FACE = "gateway"
_A = TypeVar("_A")
_R = TypeVar("_R")


class FakeGateway:
    """A gateway straight onto a fake backend.

    Args:
        backend: the backend.
        user: who is asking.
        guard_rails: whether executions created here are held to the guard rails.
        app: the name of the native app, where an injected error of SQL is told by it.
    """

    def __init__(
        self,
        backend: CallHandler,
        user: User,
        *,
        guard_rails: bool = False,
        app: str = "RELATIONALAI",
    ) -> None:
        self._backend = backend
        self._user = user
        self._guard_rails = guard_rails
        self._app = app

    def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        """Return the execution, or `None` when there is none to see."""
        call = Get(ReasonerType.parse(reasoner_type), job_id)
        try:
            return self._asked(
                call,
                record_of,
                lambda answer: _record_in(row_of(answer), answer, reasoner_type),
            )
        except JobNotFoundError:
            return None

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
        if kind.is_logic and timeout_mins is None:
            timeout_mins = payload.get("timeout_mins")
        # The caller may change theirs afterwards; the transcript shows what was asked.
        asked = _copy_of(payload)
        call = Create(kind, reasoner_name, asked, timeout_mins, self._guard_rails)
        return self._asked(call, str, created_id)

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
        """Return matching executions, newest first."""
        kind = ReasonerType.parse(reasoner_type)
        wanted = ListFilter(job_id, state, name, created_by, only_active, all_users)
        call = List(
            (kind,),
            Wanted(job_id, state, name, wanted.creator, only_active),
            limit=None if limit is None else max(limit, 0),
            offset=max(offset or 0, 0),
        )

        def render(views: Iterable[ExecutionView]) -> builtins.list[JobRecord]:
            return [record_of(view) for view in views]

        def read(answer: Answer) -> builtins.list[JobRecord]:
            rows = rows_of(answer, transactions=kind.is_logic)
            records = [_record_in(row, answer, reasoner_type) for row in rows]
            return wanted.select(records, limit=limit, offset=offset)

        return self._asked(call, render, read)

    def events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        """Return one page of a stream; its token is `""` when the stream is drained."""
        kind = ReasonerType.parse(reasoner_type)
        call = ReadEvents(kind, job_id, continuation_token, stream_name)
        return self._asked(call, _page_of, events_of)

    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Request cancellation; an admin may cancel any transaction with `all_users`."""
        kind = ReasonerType.parse(reasoner_type)
        if all_users:
            refuse_all_users(kind)
        self._asked(Cancel(kind, job_id, all_users), lambda _: None, lambda _: None)

    def artifacts(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's artifacts: by file name, their columns in upper case."""
        call = ReadArtifacts(require_logic("artifacts", reasoner_type), job_id)
        return self._asked(call, _columns_of, artifacts_of)

    def problems(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's problems as `{"problems": [...]}`."""
        call = ReadProblems(require_logic("problems", reasoner_type), job_id)
        return self._asked(call, lambda found: {"problems": found}, problems_of)

    def close(self) -> None:
        """Do nothing: the backend belongs to whoever made it."""

    def _asked(
        self, call: Call[_A], render: Callable[[_A], _R], read: Callable[[Answer], _R]
    ) -> _R:
        """Return what a call is answered with.

        Args:
            call: the call.
            render: makes the result of what the backend answers.
            read: makes the result of a fault's answer, as our client reads one over HTTP.
        """
        try:
            return render(self._backend.handle(call, user=self._user, face=_FACE))
        except InjectedFault as injected:
            struck = injected
        except Refusal as refusal:
            raise _error_of(call.operation, refusal) from refusal
        try:
            return render(told_late(self._backend, struck))
        except InjectedFault:
            return read(_answer_of(struck, self._app))
        except Refusal as refusal:
            raise _error_of(call.operation, refusal) from refusal

    def __repr__(self) -> str:
        return f"FakeGateway(user={self._user.name!r})"


def _copy_of(payload: dict[str, Any]) -> dict[str, Any]:
    try:
        return copy.deepcopy(payload)
    except Exception:  # noqa: BLE001 - what cannot be copied is no JSON, and is refused as that
        return payload


def record_of(view: ExecutionView) -> JobRecord:
    """Return what a gateway reports of an execution."""
    asked, finished = view.submission, view.finished_at
    return made(
        JobRecord,
        {
            "id": view.id,
            "reasoner_type": asked.reasoner_type.label,
            "database_name": asked.database_name,
            "read_only": asked.read_only,
            "state": view.state.value,
            "created_by": asked.owner,
            "created_on": datetime_of(view.created_at),
            "finished_at": None if finished is None else datetime_of(finished),
            "duration": view.duration_ms,
            "payload": view.payload,
            "reasoner_name": asked.reasoner_name,
            "abort_reason": view.abort_reason,
            "timeout_ms": view.timeout_ms,
        },
    )


def _answer_of(injected: InjectedFault, app: str) -> Answer:
    """Return the answer that a fault gives, or raise what our client makes of it.

    There is no wire here, so it is the wire that our client would have been told on: HTTP, or SQL
    for an error of SQL. Nothing is repeated.
    """
    fault, operation = injected.fault, injected.operation
    if fault.kind is FaultKind.SQL:
        context = SqlContext(operation, Statement(f"({operation})"), app)
        cause = _SqlError(fault)
        error = error_of_sql(cause, context)
        error.transient = is_transient(cause, context)
        raise error from cause
    if fault.kind in {FaultKind.DROPPED, FaultKind.UNREACHABLE}:
        sent = fault.kind is FaultKind.DROPPED
        told = "the connection was lost." if sent else "no connection was made."
        raise no_answer(operation, told, sent=sent) from injected
    # What is left has an answer; half of one is no JSON, whatever it was.
    text = '{"' if fault.kind is FaultKind.TRUNCATED else fault.text
    answer = Answer(operation, text, fault.status or 200)
    error = error_of(answer)
    if error is not None:
        raise error from injected
    return answer


class _SqlError(Exception):
    """An error of SQL, as far as our client looks at one."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.errno:06d} ({fault.sqlstate}): {fault.message}")
        self.errno = fault.errno


def _record_in(row: dict[str, Any], answer: Answer, reasoner_type: str) -> JobRecord:
    return record_from_row(
        row, operation=answer.operation, reasoner_type=reasoner_type, status=answer.status
    )


def _page_of(page: Page) -> JobEvents:
    return JobEvents(list(page.events), page.continuation_token)


def _columns_of(artifacts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        name: {"FILENAME": name, **{key.upper(): value for key, value in columns.items()}}
        for name, columns in artifacts.items()
    }


def _error_of(operation: str, refusal: Refusal) -> JobError:
    if isinstance(refusal, NotFound):
        return JobNotFoundError(f"{operation}: {refusal}.")
    if isinstance(refusal, NotReady):
        return JobNotReadyError(
            f"{operation}: {refusal}.", operation=operation, details=str(refusal)
        )
    return JobInvalidRequestError(f"{operation}: {refusal}.")
