"""The HTTP face as an `httpx.AsyncBaseTransport`. A late answer is awaited, and blocks nobody."""

from __future__ import annotations

import httpx

from ..clocks.event_loop import let_pass
from ..faces.http import HttpFace
from ..machine.execution import User
from .httpx_transport import asked_of, outcome_of

__all__ = ["FakeAsyncTransport", "answered_later"]


class FakeAsyncTransport(httpx.AsyncBaseTransport):
    """A transport of `httpx.AsyncClient` whose other end is the fake.

    It suspends only while a fault delays an answer.

    Args:
        face: the HTTP face.
        user: who is asking, whatever token the request bears; `None` to go by the token.
    """

    def __init__(self, face: HttpFace, user: User | None) -> None:
        self._face = face
        self._user = user

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request.

        Raises:
            httpx.TransportError: a fault keeps the answer from coming, or from coming in time.
        """
        return await answered_later(self._face, request, self._user)


async def answered_later(
    face: HttpFace, request: httpx.Request, user: User | None = None
) -> httpx.Response:
    """Return what `face` answers to an `httpx` request, once its delay has passed for this task.

    Raises:
        httpx.TransportError: a fault keeps the answer from coming, or from coming in time.
    """
    response = face.handle(asked_of(request, await request.aread()), user=user)
    seconds, outcome = outcome_of(response, request)
    if seconds:
        await let_pass(face.clock, seconds)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
