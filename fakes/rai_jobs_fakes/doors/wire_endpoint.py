"""The wire face as an ASGI endpoint: bare, because every statement passes through it."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from ..faces.http import HttpRequest
from ..faces.wire import WireFace
from .answering import body_of, headers_of, send_answer

__all__ = ["WireEndpoint"]


class WireEndpoint:
    """The paths of the wire.

    Args:
        face: the face.
    """

    def __init__(self, face: WireFace) -> None:
        self._face = face

    def serves(self, scope: Scope) -> bool:
        """Tell whether a request is for the wire."""
        return scope["type"] == "http" and self._face.serves(scope["path"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await body_of(receive, self._face.settings.max_body_bytes)
        if body is None:
            return
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        target = raw_path.partition(b"?")[0] + b"?" + scope["query_string"]
        answer = self._face.handle(
            HttpRequest(
                method=scope["method"],
                target=target.decode("ascii", errors="replace"),
                headers=headers_of(scope),
                body=body,
            )
        )
        await send_answer(answer, answer.headers, self._face.clock, scope, receive, send)
