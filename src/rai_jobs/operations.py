"""`JobOperationSync`: the handle that `create` returns, and the view of a job as an operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .errors import JobClientDisconnectedError, JobNotReadyError
from .models import Job, JobIncludeDict, JobRecord, Operation
from .reasoners import ReasonerType
from .states import State, is_terminal

if TYPE_CHECKING:
    from .client import JobsClientSync

__all__ = ["JobOperationSync", "operation_of", "raise_if_disconnected"]

_CLIENT_DISCONNECTED = "client disconnected"

_STATUSES = {
    State.COMPLETED.value: "SUCCEEDED",
    State.CANCELED.value: "CANCELLED",
    State.FAILED.value: "FAILED",
    State.ABORTED.value: "FAILED",
}


class JobOperationSync:
    """A started execution that one can ask, follow, wait for and cancel (seed, spec §7).

    Once the execution is seen to have ended, the final job is kept and nothing is asked again.

    Args:
        client: the client that asks.
        id: the execution's id.
        metadata: `reasoner_type` (public label) and `name` (the reasoner's).
    """

    def __init__(self, client: JobsClientSync, id: str, metadata: dict[str, Any]) -> None:
        self.client = client
        self.id = id
        self.metadata = metadata
        self._final: Job | None = None

    def status(self) -> Operation:
        """Return the operation's status.

        Raises:
            JobServerError, JobAuthError: the backend did not answer well.
        """
        return operation_of(self.id, self._ask())

    def is_done(self) -> bool:
        """Tell whether the execution has ended, however it ended.

        Raises:
            JobServerError, JobAuthError: the backend did not answer well.
        """
        job = self._ask()
        return job is not None and is_terminal(job.state)

    def wait(
        self,
        *,
        timeout_s: float = 900,
        poll_interval_s: float = 0.5,
        include: JobIncludeDict | None = None,
    ) -> Job:
        """Block until the execution has ended; arguments and errors as `JobsClientSync.wait`."""
        if self._final is None or include:
            self._final = self.client.wait(
                self._reasoner_type,
                self.id,
                timeout_s=timeout_s,
                poll_interval_s=poll_interval_s,
                include=include,
            )
        raise_if_disconnected(ReasonerType.parse(self._reasoner_type), self._final)
        return self._final

    def result(self) -> Job:
        """Return the final job without waiting.

        Raises:
            JobNotReadyError: the execution has not ended.
            JobServerError, JobAuthError: the backend did not answer well.
        """
        job = self._ask()
        if job is None or not is_terminal(job.state):
            status = operation_of(self.id, job).status
            raise JobNotReadyError(
                f"{self.id} has not ended yet: its status is {status}. Call `wait()` to block"
                " until it has.",
                operation="result",
                details=status,
            )
        return job

    def follow(
        self,
        *,
        stream_name: str = "progress",
        timeout_s: float = 900,
        poll_interval_s: float = 0.5,
        continuation_token: str = "",
    ) -> Iterator[dict[str, Any]]:
        """Yield the events as they come; arguments and errors as `JobsClientSync.follow`."""
        return self.client.follow(
            self._reasoner_type,
            self.id,
            stream_name=stream_name,
            timeout_s=timeout_s,
            poll_interval_s=poll_interval_s,
            continuation_token=continuation_token,
        )

    def cancel(self, *, all_users: bool = False) -> None:
        """Request cancellation; argument and errors as `JobsClientSync.cancel`."""
        self.client.cancel(self._reasoner_type, self.id, all_users=all_users)

    def __repr__(self) -> str:
        return f"JobOperationSync(id={self.id!r}, metadata={self.metadata!r})"

    @property
    def _reasoner_type(self) -> str:
        return str(self.metadata["reasoner_type"])

    def _ask(self) -> Job | None:
        if self._final is not None:
            return self._final
        job = self.client.get(self._reasoner_type, self.id)
        if job is not None and is_terminal(job.state):
            self._final = job
        return job


def operation_of(job_id: str, job: Job | None) -> Operation:
    """Return `job` as an operation; `None` is one that is not found yet (spec §7, §8)."""
    if job is None:
        return Operation(job_id, "PENDING", None, {"note": "job not found yet"})
    state = job.state.upper()
    status = _STATUSES.get(state, "RUNNING")
    error = (job.abort_reason or f"job ended in state={state}") if status == "FAILED" else None
    kind = ReasonerType.find(job.reasoner_type)
    raw = {
        "state": state,
        "reasoner_type": kind.discriminator if kind else job.reasoner_type,
        "name": job.name,
    }
    return Operation(job_id, status, error, raw)


def raise_if_disconnected(kind: ReasonerType, ended: Job | JobRecord) -> None:
    """Raise what `wait` raises instead of returning (spec §7).

    Raises:
        JobClientDisconnectedError: `ended` is a transaction aborted because its owner went silent.
    """
    reason = (ended.abort_reason or "").strip().lower()
    aborted = ended.state.upper() == State.ABORTED.value
    if kind.is_logic and aborted and reason == _CLIENT_DISCONNECTED:
        raise JobClientDisconnectedError(
            f"wait: transaction {ended.id} was aborted with {_CLIENT_DISCONNECTED!r}: its owner"
            " was silent for too long. Poll more often, or create it with `create`, which does"
            " not bind it to this client.",
            operation="wait",
        )
