"""Both ways at once: Direct Access for all that it can do, SQL for the rest (spec §3, §5, §6)."""

from __future__ import annotations

import builtins
import logging
from typing import Any

from ..models import JobEvents, JobRecord
from .protocol import JobsGatewaySync

__all__ = ["HybridJobsGateway"]

_LOG = logging.getLogger("rai_jobs.hybrid")


class HybridJobsGateway:
    """A `JobsGatewaySync` over two others. Each route is logged once, at debug level.

    Args:
        http: what everything goes through.
        sql: what cancels for all users, which Direct Access cannot.
    """

    def __init__(self, http: JobsGatewaySync, sql: JobsGatewaySync) -> None:
        self._http = http
        self._sql = sql
        self._told: set[str] = set()

    def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        """Return the execution, over HTTP."""
        return self._over_http("get").get(reasoner_type, job_id)

    def create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
    ) -> str:
        """Start an execution, over HTTP."""
        return self._over_http("create").create(
            reasoner_type, reasoner_name, payload, timeout_mins=timeout_mins
        )

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
        """Return matching executions, over HTTP."""
        return self._over_http("list").list(
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

    def events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        """Return one page of a stream, over HTTP: it has streams that SQL has not."""
        return self._over_http("events").events(
            reasoner_type, job_id, continuation_token, stream_name=stream_name
        )

    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Request cancellation: one's own over HTTP, for all users over SQL."""
        if all_users:
            self._tell("cancel(all_users=True)", "SQL")
            self._sql.cancel(reasoner_type, job_id, all_users=True)
        else:
            self._over_http("cancel").cancel(reasoner_type, job_id)

    def artifacts(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's artifacts, over HTTP."""
        return self._over_http("artifacts").artifacts(reasoner_type, job_id)

    def problems(self, reasoner_type: str, job_id: str) -> dict[str, Any] | None:
        """Return a transaction's problems, over HTTP."""
        return self._over_http("problems").problems(reasoner_type, job_id)

    def close(self) -> None:
        """Close both."""
        try:
            self._http.close()
        finally:
            self._sql.close()

    def __repr__(self) -> str:
        return f"HybridJobsGateway({self._http!r}, {self._sql!r})"

    def _over_http(self, operation: str) -> JobsGatewaySync:
        self._tell(operation, "Direct Access")
        return self._http

    def _tell(self, operation: str, way: str) -> None:
        if operation not in self._told:
            self._told.add(operation)
            _LOG.debug("%s goes over %s", operation, way)
