"""Sending one request of one operation: the pool, the address, what is repeated, what is told.

A request is repeated where that cannot do work twice: a read or a cancellation after any failure
that may pass; a create only when it cannot have been accepted, because no connection was made or
the backend refused it (429, 503). What an answer says is `answers`' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from ..clock import Clock
from ..errors import JobError, JobServerError, client_closed, unsure
from ..observe import Observer, Steps
from ..redact import redacted
from ..retry import Repeatable, Retrying
from .answers import Answer, error_of, is_come_back_later, may_be_repeated, no_answer
from .discovery import Endpoint

__all__ = ["Ask", "HttpCaller"]

_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_STALE_TEXT = "service associated with endpoint"
_UNRESOLVED = (
    "name or service not known",
    "nodename nor servname provided",
    "temporary failure in name resolution",
    "no address associated with hostname",
    "could not resolve host",
)


@dataclass(frozen=True)
class Ask:
    """One request to make."""

    operation: str
    """The client operation: get, create, list, events, cancel, artifacts, problems."""
    method: str
    path: str
    """Path and query, percent-encoded."""
    body: str | None = None
    """JSON text."""
    execution_id: str | None = None


class HttpCaller:
    """Sends requests over one connection pool.

    Args:
        endpoint: where to.
        client: the pool, with headers, auth and timeouts set; closed by `close`.
        retrying: how failures are repeated.
        clock: the time that requests are measured on.
        on_event: who is told.
        max_response_bytes: the largest answer that is read.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        client: httpx.Client,
        retrying: Retrying,
        *,
        clock: Clock,
        on_event: Observer | None,
        max_response_bytes: int,
    ) -> None:
        self._endpoint = endpoint
        self._client = client
        self._retrying = retrying
        self._clock = clock
        self._steps = Steps(on_event, clock)
        self._max_response_bytes = max_response_bytes

    def answer(self, ask: Ask) -> Answer:
        """Return the answer to `ask`, whatever its status, unless that may be repeated in vain.

        Raises:
            JobServerError: there is no answer, or only one that says to come back later.
            JobAuthError: no token was given.
            JobInvalidRequestError: the pool was closed.
        """
        stale: set[str] = set()
        return self._retrying.run(
            ask.operation,
            lambda number: self._attempt(ask, number, stale),
            execution_id=ask.execution_id,
        )

    def close(self) -> None:
        """Close the pool."""
        self._client.close()

    def _attempt(self, ask: Ask, number: int, stale: set[str]) -> Answer:
        """Return the answer; note in `stale` an address that was asked for anew, which is once."""
        address = self._endpoint.address()
        failure: Exception
        try:
            answer = self._sent(ask, address, number)
        except httpx.HTTPError as error:
            failure = _failed(ask, address, error)
            if stale or not _is_unresolved(error):
                raise failure from error
            failure.__cause__ = error
        else:
            if stale or not _is_stale(answer):
                return answer
            failure = _server_error(answer)
        # The service has moved: ask where to, once, and send there what was never accepted here.
        stale.add(address)
        other = self._endpoint.refreshed(address)
        if other is None:
            raise failure
        try:
            return self._sent(ask, other, number)
        except httpx.HTTPError as error:
            raise _failed(ask, other, error) from error

    def _sent(self, ask: Ask, address: str, number: int) -> Answer:
        if self._client.is_closed:
            raise client_closed(ask.operation)
        request = self._client.build_request(ask.method, address + ask.path, content=ask.body)
        told = (ask.operation, number, ask.execution_id)
        sent_at = self._steps.request(*told)
        try:
            response = self._client.send(request, stream=True)
            try:
                text = self._body_of(ask, response)
            finally:
                response.close()
        except (httpx.HTTPError, JobError) as error:
            self._steps.response(*told, sent_at, error=error)
            if isinstance(error, JobServerError) and error.transient:
                # No token could be had, so nothing was sent.
                raise Repeatable(error) from error
            raise
        self._steps.response(*told, sent_at, status=response.status_code)
        answer = Answer(ask.operation, text, response.status_code)
        if not is_come_back_later(answer) or _is_stale(answer):
            return answer
        error = _server_error(answer)
        if not may_be_repeated(ask.operation, status=answer.status):
            raise error
        asked = _seconds(response.headers.get("retry-after"), self._clock.now())
        raise Repeatable(error, retry_after_s=asked)

    def _body_of(self, ask: Ask, response: httpx.Response) -> str:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._max_response_bytes:
                raise JobServerError(
                    unsure(
                        ask.operation,
                        f"{ask.operation}: the answer is larger than {self._max_response_bytes}"
                        " bytes; `max_response_bytes` sets the limit.",
                    ),
                    operation=ask.operation,
                    status=response.status_code,
                )
            chunks.append(chunk)
        return b"".join(chunks).decode("utf-8", errors="replace")


def _server_error(answer: Answer) -> JobError:
    error = error_of(answer) or answer.unreadable("an answer")
    error.transient = True
    return error


def _failed(ask: Ask, address: str, error: httpx.HTTPError) -> Exception:
    """Return the failure of a request that got no answer: repeatable, or final for a create."""
    kind = type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        told = (
            f"no answer from {address} in time ({kind}). Is it overloaded? `request_timeout_s`"
            " sets the limit."
        )
    else:
        told = (
            f"talking to {address} failed: {kind}: {redacted(str(error))}. Is the address right,"
            " and the backend running?"
        )
    sent = not isinstance(error, _NEVER_CONNECTED)
    failure = no_answer(ask.operation, told, sent=sent)
    failure.__cause__ = error
    return Repeatable(failure) if may_be_repeated(ask.operation, sent=sent) else failure


def _is_stale(answer: Answer) -> bool:
    # A plain 500 may quote anything, and may have acted.
    status = answer.status or 0
    refused = 400 <= status < 500 or status == 503
    return refused and _STALE_TEXT in answer.text.lower()


def _is_unresolved(error: httpx.HTTPError) -> bool:
    text = str(error).lower()
    needles = (*_UNRESOLVED, _STALE_TEXT)
    return isinstance(error, httpx.ConnectError) and any(needle in text for needle in needles)


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Return what a `Retry-After` asks, in seconds; one that cannot be read asks nothing."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((then - now).total_seconds(), 0.0) if then.tzinfo else None
