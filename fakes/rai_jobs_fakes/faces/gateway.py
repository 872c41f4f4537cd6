"""The gateway face: the fake as a `JobsGatewaySync`, in memory."""

from __future__ import annotations

import builtins
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from rai_jobs.errors import (
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
)
from rai_jobs.filters import ListFilter
from rai_jobs.models import JobEvents, JobRecord
from rai_jobs.reasoners import ReasonerType, refuse_all_users, require_logic

from ..instants import datetime_of
from ..machine.calls import (
    Cancel,
    Create,
    ExecutionView,
    Get,
    ListAll,
    ReadArtifacts,
    ReadEvents,
    ReadProblems,
)
from ..machine.execution import User
from ..machine.refusals import NotFound, NotReady, Refused
from ..made import made
from .seam import CallHandler

__all__ = ["FakeGateway", "record_of"]

_FACE = "gateway"


class FakeGateway:
    """A gateway straight onto a fake backend.

    Args:
        backend: the backend.
        user: who is asking.
        guard_rails: whether executions created here are held to the guard rails.
    """

    def __init__(self, backend: CallHandler, user: User, *, guard_rails: bool = False) -> None:
        self._backend = backend
        self._user = user
        self._guard_rails = guard_rails

    def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        """Return the execution, or `None` when there is none to see."""
        call = Get(ReasonerType.parse(reasoner_type), job_id)
        try:
            return record_of(self._backend.handle(call, user=self._user, face=_FACE))
        except NotFound:
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
        call = Create(kind, reasoner_name, payload, timeout_mins, self._guard_rails)
        with _as_job_errors("create"):
            return self._backend.handle(call, user=self._user, face=_FACE)

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
        call = ListAll(ReasonerType.parse(reasoner_type))
        views = self._backend.handle(call, user=self._user, face=_FACE)
        wanted = ListFilter(job_id, state, name, created_by, only_active, all_users)
        return wanted.select(map(record_of, views), limit=limit, offset=offset)

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
        with _as_job_errors("events"):
            page = self._backend.handle(call, user=self._user, face=_FACE)
        return JobEvents(list(page.events), page.continuation_token)

    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Request cancellation; an admin may cancel any transaction with `all_users`."""
        kind = ReasonerType.parse(reasoner_type)
        if all_users:
            refuse_all_users(kind)
        with _as_job_errors("cancel"):
            self._backend.handle(Cancel(kind, job_id, all_users), user=self._user, face=_FACE)

    def artifacts(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's artifacts: by file name, their columns in upper case."""
        call = ReadArtifacts(require_logic("artifacts", reasoner_type), job_id)
        with _as_job_errors("artifacts"):
            artifacts = self._backend.handle(call, user=self._user, face=_FACE)
        return {
            name: {"FILENAME": name, **{key.upper(): value for key, value in columns.items()}}
            for name, columns in artifacts.items()
        }

    def problems(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's problems as `{"problems": [...]}`."""
        call = ReadProblems(require_logic("problems", reasoner_type), job_id)
        with _as_job_errors("problems"):
            return {"problems": self._backend.handle(call, user=self._user, face=_FACE)}

    def close(self) -> None:
        """Do nothing: the backend belongs to whoever made it."""

    def __repr__(self) -> str:
        return f"FakeGateway(user={self._user.name!r})"


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


@contextmanager
def _as_job_errors(operation: str) -> Generator[None]:
    try:
        yield
    except NotFound as refusal:
        raise JobNotFoundError(f"{operation}: {refusal}.") from refusal
    except Refused as refusal:
        raise JobInvalidRequestError(f"{operation}: {refusal}.") from refusal
    except NotReady as refusal:
        raise JobNotReadyError(
            f"{operation}: {refusal}.", operation=operation, details=str(refusal)
        ) from refusal
