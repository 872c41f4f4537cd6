"""The Direct Access gateway: jobs and transactions over HTTP (spec §6).

One method an operation; each builds its request, sends it through `_send`, and hands the answer to
`rai_jobs.http.answers`. All of them share one connection pool.
"""

from __future__ import annotations

import builtins
from typing import Any
from urllib.parse import quote

import httpx

from ..errors import JobCapabilityError, JobConfigurationError, JobServerError
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
from ..models import JobEvents, JobRecord
from ..payloads import transaction_database, transaction_query
from ..reasoners import ReasonerType, refuse_all_users
from ..redact import redacted
from ..validation import json_text
from ..version import __version__
from .filters import ListFilter
from .rows import record_from_row

__all__ = ["HttpJobsGateway"]

_JOBS = "/v1alpha1/jobs"
_TRANSACTIONS = "/v1alpha1/transactions"


class HttpJobsGateway:
    """A `JobsGatewaySync` over Direct Access.

    Args:
        base_url: the backend's address; `https://` is meant where it bears no scheme.
        auth: how a request says who is asking.
        transport: an `httpx` transport to send through; the network when not given.
        request_timeout_s: how long connecting, sending, and each read may take, in seconds.
        max_response_bytes: the largest answer that is read, in bytes of its decoded body.
        guard_rails: whether the backend is asked to enforce its guard rails.
        gi_setup_skipped: whether the backend is told that the graph index was not set up.

    Raises:
        JobConfigurationError: `base_url` is no HTTP address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: httpx.Auth,
        transport: httpx.BaseTransport | None = None,
        request_timeout_s: float = 60.0,
        max_response_bytes: int = 64 * 1024 * 1024,
        guard_rails: bool = False,
        gi_setup_skipped: bool = False,
    ) -> None:
        self._max_response_bytes = max_response_bytes
        self._client = httpx.Client(
            base_url=_address(base_url),
            auth=auth,
            transport=transport,
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

    def get(self, reasoner_type: str, job_id: str) -> JobRecord | None:
        """Return the execution, or `None` when there is none to see (spec §6)."""
        answer = self._send("get", "GET", _execution_path(reasoner_type, job_id))
        if is_absent(answer):
            return None
        row = row_of(_checked(answer))
        return record_from_row(row, operation="get", reasoner_type=reasoner_type)

    def create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
    ) -> str:
        """Start an execution and return its id; the request is sent once (spec §6)."""
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
        answer = self._send("create", "POST", path, body=json_text("payload", body))
        return created_id(_checked(answer))

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
        answer = _checked(self._send("list", "GET", path))
        records = [
            record_from_row(
                row, operation="list", reasoner_type=kind.discriminator if kind.is_logic else None
            )
            for row in rows_of(answer, transactions=kind.is_logic)
        ]
        wanted = ListFilter(job_id, state, name, created_by, only_active, all_users)
        of_type = (record for record in records if record.reasoner_type == kind.label)
        return wanted.select(of_type, limit=limit, offset=offset)

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
        return events_of(_checked(self._send("events", "GET", path)))

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
        _checked(self._send("cancel", "POST", path))

    def artifacts(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's artifacts: by file name, their columns in upper case (spec §6)."""
        return artifacts_of(self._part("artifacts", reasoner_type, job_id))

    def problems(self, reasoner_type: str, job_id: str) -> dict[str, Any]:
        """Return a transaction's problems as `{"problems": [...]}` (spec §6)."""
        return problems_of(self._part("problems", reasoner_type, job_id))

    def close(self) -> None:
        """Close the connection pool."""
        self._client.close()

    def __repr__(self) -> str:
        return f"HttpJobsGateway({str(self._client.base_url)!r})"

    def _part(self, name: str, reasoner_type: str, job_id: str) -> Answer:
        if not ReasonerType.parse(reasoner_type).is_logic:
            raise JobCapabilityError(f"{name}: only Logic transactions have {name}.")
        path = f"{_execution_path(reasoner_type, job_id)}/{name}"
        return _checked(self._send(name, "GET", path))

    def _send(self, operation: str, method: str, path: str, body: str | None = None) -> Answer:
        request = self._client.build_request(method, path, content=body)
        try:
            response = self._client.send(request, stream=True)
            try:
                return Answer(operation, response.status_code, self._body_of(operation, response))
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise JobServerError(
                f"{operation}: no answer from {self._client.base_url} in time"
                f" ({type(error).__name__}). Is it overloaded? `request_timeout_s` sets the limit.",
                operation=operation,
            ) from error
        except httpx.HTTPError as error:
            raise JobServerError(
                f"{operation}: talking to {self._client.base_url} failed: {type(error).__name__}:"
                f" {redacted(str(error))}. Is the address right, and the backend running?",
                operation=operation,
            ) from error

    def _body_of(self, operation: str, response: httpx.Response) -> str:
        chunks: builtins.list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._max_response_bytes:
                raise JobServerError(
                    f"{operation}: the answer is larger than {self._max_response_bytes} bytes;"
                    " `max_response_bytes` sets the limit.",
                    operation=operation,
                    status=response.status_code,
                )
            chunks.append(chunk)
        return b"".join(chunks).decode("utf-8", errors="replace")


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
    return quote(text, safe="")


def _address(base_url: str) -> httpx.URL:
    text = base_url.strip().rstrip("/")
    try:
        url = httpx.URL(text if "://" in text else f"https://{text}")
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query:
        raise JobConfigurationError(
            f"`base_url` must be an address such as https://host or http://host:port, without"
            f" user or query; got {redacted(text)[:100]!r}."
        )
    return url
