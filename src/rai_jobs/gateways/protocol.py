"""The seam between the client's rules and a transport.

A gateway speaks discriminators (LOGIC, SOLVER, ML), returns records and raises the errors of
`rai_jobs.errors`. It knows nothing of waiting, includes or labels that users write. Any object of
this shape serves as one: the client of the published `relationalai` package takes the same.
"""

from __future__ import annotations

import builtins
from typing import Any, Protocol

from ..models import JobEvents, JobRecord

__all__ = ["JobsGatewaySync"]


class JobsGatewaySync(Protocol):
    """One way to reach a backend (spec §5, §6; the shape is fixed in the architecture)."""

    def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        """Return the execution, or `None` when it does not exist or may not be seen."""
        ...

    def create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
    ) -> str:
        """Start an execution and return its id.

        Args:
            reasoner_type: the discriminator.
            reasoner_name: the reasoner, engine or worker to run on; its case matters.
            payload: what to run; for Logic it may hold `abort_detached`.
            timeout_mins: its own timeout, in minutes from creation.

        Raises:
            JobInvalidRequestError: the payload lacks something, or the backend refuses it.
            JobNotReadyError: the reasoner does not accept jobs now.
        """
        ...

    def list(
        self,
        reasoner_type: str,
        *,
        job_id: str | None,
        state: str | None,
        name: str | None,
        created_by: str | None,
        only_active: bool,
        all_users: bool,
        limit: int | None,
        offset: int | None,
    ) -> builtins.list[JobRecord]:
        """Return the executions of one type that match every filter given, newest first."""
        ...

    def events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        """Return one page of an event stream; its token is `""` when the stream is drained.

        Raises:
            JobNotFoundError: the execution does not exist or may not be read.
            JobInvalidRequestError: the token is malformed or foreign, or there is no such stream.
        """
        ...

    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Request cancellation; the state follows.

        Raises:
            JobNotFoundError: the execution does not exist or may not be cancelled.
            JobInvalidRequestError: `all_users` outside Logic.
            JobCapabilityError: `all_users` over a transport that cannot do it.
        """
        ...

    def artifacts(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's artifacts: by file name, their columns in upper case."""
        ...

    def problems(self, reasoner_type: str, job_id: str) -> dict[str, Any] | None:
        """Return a transaction's problems as `{"problems": [...]}`, `None` when there are none."""
        ...

    def close(self) -> None:
        """Free what the gateway itself made; a second call does nothing."""
        ...
