"""The HTTP face as an `httpx.BaseTransport`."""

from __future__ import annotations

import httpx

from ..faces.http import HttpFace, HttpRequest
from ..machine.execution import User

__all__ = ["FakeTransport", "answered"]


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
        """Answer one request."""
        return answered(self._face, request, self._user)


def answered(face: HttpFace, request: httpx.Request, user: User | None = None) -> httpx.Response:
    """Return what `face` answers to an `httpx` request."""
    response = face.handle(
        HttpRequest(
            method=request.method,
            target=request.url.raw_path.decode("ascii"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.read(),
        ),
        user=user,
    )
    return httpx.Response(
        response.status, content=response.body, headers={"content-type": response.content_type}
    )
