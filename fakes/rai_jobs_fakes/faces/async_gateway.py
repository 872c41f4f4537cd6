"""The gateway face for clients that await: the same calls, each a coroutine that never suspends.

The published package's asynchronous client takes this shape. It is the other face's answer, word
for word: nothing is decided here.
"""

from __future__ import annotations

import builtins
from typing import Any

from rai_jobs.models import JobEvents, JobRecord

from .gateway import FakeGateway

__all__ = ["FakeAsyncGateway"]


class FakeAsyncGateway:
    """A gateway straight onto a fake backend, to be awaited.

    A fault's delay passes on the backend's clock before the answer, and holds up the event loop: on
    a `VirtualClock` that takes no time. [choice]

    Args:
        gateway: the gateway that answers.
    """

    def __init__(self, gateway: FakeGateway) -> None:
        self._gateway = gateway

    async def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        """Return the execution, or `None` when there is none to see."""
        return self._gateway.get(reasoner_type, job_id)

    async def create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
    ) -> str:
        """Start an execution and return its id."""
        return self._gateway.create(
            reasoner_type, reasoner_name, payload, timeout_mins=timeout_mins
        )

    async def list(
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
        return self._gateway.list(
            reasoner_type,
            job_id=job_id,
            state=state,
            name=name,
            created_by=created_by,
            only_active=only_active,
            all_users=all_users,
            limit=limit,
            offset=offset,
        )

    async def events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        """Return one page of a stream; its token is `""` when the stream is drained."""
        return self._gateway.events(
            reasoner_type, job_id, continuation_token, stream_name=stream_name
        )

    async def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Request cancellation; an admin may cancel any transaction with `all_users`."""
        self._gateway.cancel(reasoner_type, job_id, all_users=all_users)

    async def artifacts(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's artifacts: by file name, their columns in upper case."""
        return self._gateway.artifacts(reasoner_type, job_id)

    async def problems(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's problems as `{"problems": [...]}`."""
        return self._gateway.problems(reasoner_type, job_id)

    async def aclose(self) -> None:
        """Do nothing: the backend belongs to whoever made it."""
        self._gateway.close()

    def __repr__(self) -> str:
        return f"FakeAsyncGateway({self._gateway!r})"
