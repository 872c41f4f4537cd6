"""The HTTP face as an `httpx.BaseTransport`, and what `httpx` makes of an answer with a fault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from ..faces.http import Ending, HttpFace, HttpRequest, HttpResponse
from ..machine.execution import User

__all__ = ["FakeTransport", "answered", "asked_of", "outcome_of"]


class FakeTransport(httpx.BaseTransport):
    """A transport whose other end is the fake.

    Args:
        face: the HTTP face.
        user: who is asking, whatever token the request bears; `None` to go by the token.
    """

    def __init__(self, face: HttpFace, user: User | None) -> None:
        self._face = face
        self._user = user

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request.

        Raises:
            httpx.TransportError: a fault keeps the answer from coming, or from coming in time.
        """
        return answered(self._face, request, self._user)


def answered(face: HttpFace, request: httpx.Request, user: User | None = None) -> httpx.Response:
    """Return what `face` answers to an `httpx` request, once its delay has passed.

    Raises:
        httpx.TransportError: a fault keeps the answer from coming, or from coming in time.
    """
    response = face.handle(asked_of(request, request.read()), user=user)
    seconds, outcome = outcome_of(response, request)
    if seconds:
        face.clock.sleep(seconds)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def asked_of(request: httpx.Request, body: bytes) -> HttpRequest:
    """Return an `httpx` request, whose body was read, as the face takes it."""
    return HttpRequest(
        method=request.method,
        target=request.url.raw_path.decode("ascii"),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


def outcome_of(
    response: HttpResponse, request: httpx.Request
) -> tuple[float, httpx.Response | httpx.TransportError]:
    """Return how long `httpx` waits for a response, in seconds, and what it makes of it then.

    It waits no longer than the request's own timeouts allow, and then gives up.
    """
    timeouts: dict[str, Any] = request.extensions.get("timeout", {})
    connected = response.ending is not Ending.NO_CONNECTION
    patience = timeouts.get("read" if connected else "connect")
    if patience is not None and response.delay_s > patience:
        late = httpx.ReadTimeout if connected else httpx.ConnectTimeout
        return patience, late("timed out", request=request)
    return response.delay_s, _received(response, request)


def _received(
    response: HttpResponse, request: httpx.Request
) -> httpx.Response | httpx.TransportError:
    if response.ending is Ending.NO_CONNECTION:
        return httpx.ConnectError("[Errno 111] Connection refused", request=request)
    if response.ending is Ending.NO_ANSWER:
        return httpx.RemoteProtocolError(
            "Server disconnected without sending a response.", request=request
        )
    if response.ending is Ending.WHOLE:
        return httpx.Response(response.status, content=response.body, headers=response.fields)
    stream = _TornStream(response.received, len(response.body), request)
    headers = {**response.fields, "content-length": str(len(response.body))}
    return httpx.Response(response.status, headers=headers, stream=stream)


class _TornStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, start: bytes, announced: int, request: httpx.Request) -> None:
        self._start = start
        self._error = httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body"
            f" (received {len(start)} bytes, expected {announced})",
            request=request,
        )

    def __iter__(self) -> Iterator[bytes]:
        yield self._start
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._start
        raise self._error
