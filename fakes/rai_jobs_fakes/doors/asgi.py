"""The HTTP face as an ASGI application."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from ..faces.http import HttpFace, HttpRequest

__all__ = ["application"]


def application(face: HttpFace) -> Router:
    """Return an application that answers every request from `face`."""
    # The default, and no route: a pattern for every path would still miss one with a line break.
    return Router(default=_Endpoint(face))


class _Endpoint:
    """All paths: the face routes them itself, from the path as it was sent."""

    def __init__(self, face: HttpFace) -> None:
        self._face = face

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # `path` is decoded already: an id with an encoded slash would fall apart.
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        path = raw_path.partition(b"?")[0].decode("ascii", errors="replace")
        answer = self._face.handle(
            HttpRequest(
                method=request.method,
                target=f"{path}?{query.decode('ascii', errors='replace')}",
                headers=dict(request.headers),
                body=await request.body(),
            )
        )
        response = Response(answer.body, answer.status, media_type=answer.content_type)
        await response(scope, receive, send)
