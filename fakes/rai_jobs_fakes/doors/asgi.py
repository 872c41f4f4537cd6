"""The HTTP face, and the wire face beside it, as one ASGI application."""

from __future__ import annotations

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from ..faces.http import HttpFace, HttpRequest
from ..faces.wire import WireFace
from .answering import DROP, CannotDropError, body_of, headers_of, send_answer
from .wire_endpoint import WireEndpoint

__all__ = ["DROP", "CannotDropError", "application"]


def application(face: HttpFace, wire: WireFace | None = None) -> Router:
    """Return an application that answers from `face`, and the paths that are the wire's from it."""
    # The default, and no route: a pattern for every path would still miss one with a line break.
    return Router(default=_Endpoint(face, None if wire is None else WireEndpoint(wire)))


class _Endpoint:
    """All paths: the face routes them itself, from the path as it was sent."""

    def __init__(self, face: HttpFace, wire: WireEndpoint | None) -> None:
        self._face = face
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._wire is not None and self._wire.serves(scope):
            await self._wire(scope, receive, send)
            return
        body = await body_of(receive, self._face.max_body_bytes)
        if body is None:
            return
        # `path` is decoded already: an id with an encoded slash would fall apart.
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        path = raw_path.partition(b"?")[0].decode("ascii", errors="replace")
        answer = self._face.handle(
            HttpRequest(
                method=scope["method"],
                target=f"{path}?{query.decode('ascii', errors='replace')}",
                headers=headers_of(scope),
                body=body,
            )
        )
        await send_answer(answer, answer.fields, self._face.clock, scope, receive, send)
