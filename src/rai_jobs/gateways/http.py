"""The Direct Access gateway: jobs and transactions over HTTP (spec §6).

One method an operation; each builds its request, has it sent by `rai_jobs.http.caller`, and hands
the answer to `rai_jobs.http.answers`. All of them share one connection pool.
"""

from __future__ import annotations

import builtins
from typing import Any
from urllib.parse import quote

import httpx

from ..clock import Clock, SystemClock
from ..errors import JobCapabilityError
from ..filters import ListFilter
from ..http.answers import (
    Answer,
    artifacts_of,
    created_id,
    error_of,
    events_of,
    is_absent,
    problems_of,
    row_of,
    rows_of,
)
from ..http.caller import Ask, HttpCaller
from ..http.discovery import Endpoint, FixedEndpoint
from ..http.tls import trusted
from ..models import JobEvents, JobRecord
from ..observe import Observer, logged
from ..payloads import transaction_database, transaction_query
from ..reasoners import ReasonerType, refuse_all_users, require_logic
from ..retry import Retrying, RetryPolicy
from ..sealing import sealed
from ..validation import json_text
from ..version import __version__
from .rows import record_from_row

__all__ = ["HttpJobsGateway"]

_JOBS = "/v1alpha1/jobs"
_TRANSACTIONS = "/v1alpha1/transactions"


class HttpJobsGateway:
    """A `JobsGatewaySync` over Direct Access.

    Args:
        base_url: the backend's address, `https://` where it bears no scheme; or an `Endpoint`
            that finds it.
        auth: how a request says who is asking.
        transport: an `httpx` transport to send through; the network when not given.
        request_timeout_s: how long connecting, sending, and each read may take, in seconds.
        max_response_bytes: the largest answer that is read, in bytes of its decoded body.
        guard_rails: whether the backend is asked to enforce its guard rails.
        gi_setup_skipped: whether the backend is told that the graph index was not set up.
        retry: how failures are repeated; a create that may have been accepted never is.
        clock: the time that is waited on between attempts; the system's when not given.
        on_event: who is told of each request, answer and retry.

    Raises:
        JobConfigurationError: `base_url` is no HTTP address.
    """

    def __init__(
        self,
        base_url: str | Endpoint,
        *,
        auth: httpx.Auth,
        transport: httpx.BaseTransport | None = None,
        request_timeout_s: float = 60.0,
        max_response_bytes: int = 64 * 1024 * 1024,
        guard_rails: bool = False,
        gi_setup_skipped: bool = False,
        retry: RetryPolicy | None = None,
        clock: Clock | None = None,
        on_event: Observer | None = None,
    ) -> None:
        endpoint = FixedEndpoint(base_url) if isinstance(base_url, str) else base_url
        clock = clock or SystemClock()
        client = httpx.Client(
            auth=auth,
            transport=transport,
            verify=trusted(),
            timeout=request_timeout_s,
            headers={
                "X-SF-SPCS-Authentication-Method": "OAUTH",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "gi_setup_skipped": str(gi_setup_skipped),
                "X-Enable-Guard-Rails": str(guard_rails),
                "User-Agent": f"rai-jobs/{__version__}",
            },
        )
        self._endpoint = endpoint
        self._caller = HttpCaller(
            endpoint,
            client,
            Retrying(retry or RetryPolicy(), clock, logged(on_event)),
            clock=clock,
            on_event=on_event,
            max_response_bytes=max_response_bytes,
        )

    @sealed
    def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        """Return the execution, or `None` when there is none to see (spec §6)."""
        path = _execution_path(reasoner_type, job_id)
        answer = self._caller.answer(Ask("get", "GET", path, execution_id=job_id))
        if is_absent(answer):
            return None
        row = row_of(_checked(answer))
        return record_from_row(
            row, operation="get", reasoner_type=reasoner_type, status=answer.status
        )

    @sealed
    def create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
    ) -> str:
        """Start an execution and return its id; never sent twice once it may run (spec §6)."""
        if ReasonerType.parse(reasoner_type).is_logic:
            transaction_database(payload)
            transaction_query(payload)
            minutes = payload.get("timeout_mins") if timeout_mins is None else timeout_mins
            body: dict[str, Any] = {
                **payload,
                "engine_name": reasoner_name,
                "abort_detached": bool(payload.get("abort_detached", False)),
            }
            path = f"{_TRANSACTIONS}?use_graph_index=false"
        else:
            minutes = timeout_mins
            body = {
                "job_type": reasoner_type,
                "worker_name": reasoner_name,
                "payload": json_text("payload", payload),
            }
            path = _JOBS
        if minutes is not None:
            body["timeout_mins"] = minutes
        answer = self._caller.answer(Ask("create", "POST", path, json_text("payload", body)))
        return created_id(_checked(answer))

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
        """Return matching executions, newest first; the backend sends all, we filter (spec §6)."""
        kind = ReasonerType.parse(reasoner_type)
        path = _TRANSACTIONS if kind.is_logic else _JOBS
        answer = _checked(self._caller.answer(Ask("list", "GET", path)))
        records = [
            record_from_row(
                row,
                operation="list",
                reasoner_type=kind.discriminator if kind.is_logic else None,
                status=answer.status,
            )
            for row in rows_of(answer, transactions=kind.is_logic)
        ]
        wanted = ListFilter(job_id, state, name, created_by, only_active, all_users)
        of_type = (record for record in records if record.reasoner_type == kind.label)
        return wanted.select(of_type, limit=limit, offset=offset)

    @sealed
    def events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        """Return one page of a stream; a transaction's request always bears the token (spec §6)."""
        path = f"{_execution_path(reasoner_type, job_id)}/events/{_segment(stream_name)}"
        if continuation_token or ReasonerType.parse(reasoner_type).is_logic:
            path += f"?continuation_token={_segment(continuation_token)}"
        ask = Ask("events", "GET", path, execution_id=job_id)
        return events_of(_checked(self._caller.answer(ask)))

    @sealed
    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Request cancellation of one's own execution (spec §3, §6)."""
        if all_users:
            refuse_all_users(ReasonerType.parse(reasoner_type))
            raise JobCapabilityError(
                "cancel: Direct Access cancels only one's own executions;"
                " `all_users=True` needs a connection over SQL."
            )
        verb = "cancel_async" if ReasonerType.parse(reasoner_type).is_logic else "cancel"
        path = f"{_execution_path(reasoner_type, job_id)}/{verb}"
        _checked(self._caller.answer(Ask("cancel", "POST", path, execution_id=job_id)))

    @sealed
    def artifacts(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's artifacts: by file name, their columns in upper case (spec §6)."""
        return artifacts_of(self._part("artifacts", reasoner_type, job_id))

    @sealed
    def problems(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's problems as `{"problems": [...]}` (spec §6)."""
        return problems_of(self._part("problems", reasoner_type, job_id))

    def close(self) -> None:
        """Close the connection pool."""
        self._caller.close()

    def __repr__(self) -> str:
        fixed = isinstance(self._endpoint, FixedEndpoint)
        return f"HttpJobsGateway({self._endpoint.address()!r})" if fixed else "HttpJobsGateway()"

    def _part(self, name: str, reasoner_type: str, job_id: str) -> Answer:
        require_logic(name, reasoner_type)
        path = f"{_execution_path(reasoner_type, job_id)}/{name}"
        return _checked(self._caller.answer(Ask(name, "GET", path, execution_id=job_id)))


def _checked(answer: Answer) -> Answer:
    error = error_of(answer)
    if error is not None:
        raise error
    return answer


def _execution_path(reasoner_type: str, job_id: str) -> str:
    if ReasonerType.parse(reasoner_type).is_logic:
        return f"{_TRANSACTIONS}/{_segment(job_id)}"
    return f"{_JOBS}/{_segment(reasoner_type)}/{_segment(job_id)}"


def _segment(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")
