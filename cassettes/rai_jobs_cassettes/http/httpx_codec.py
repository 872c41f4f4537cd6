"""httpx's requests and responses as trees, and back."""

from __future__ import annotations

import httpx

from ..interactions import Tree
from .codec import answer_of, request_of, response_of

__all__ = ["httpx_answer", "httpx_request", "httpx_response"]


def httpx_request(request: httpx.Request, body: bytes) -> dict[str, Tree]:
    """Return a request as a tree.

    Args:
        request: as the transport gets it.
        body: what it sends.
    """
    return request_of(request.method, str(request.url), request.headers.raw, body)


def httpx_answer(response: httpx.Response, body: bytes, *, is_decoded: bool) -> dict[str, Tree]:
    """Return a response as a tree.

    Args:
        response: as the transport gave it, for a request that it knows or is told.
        body: what came.
        is_decoded: whether it was decoded, whatever the headers say.
    """
    return response_of(
        response.status_code,
        response.reason_phrase,
        response.headers.raw,
        body,
        method=response.request.method,
        is_decoded=is_decoded,
    )


def httpx_response(tree: dict[str, Tree], request: httpx.Request) -> httpx.Response:
    """Return a recorded response as a transport gives it, or raise what was raised.

    Raises:
        CassetteError: the tree is no response.
        Exception: what the transport raised when it was recorded.
    """
    answer = answer_of(tree, method=request.method)
    extensions: dict[str, object] = {"http_version": b"HTTP/1.1"}
    if "reason" in tree:
        extensions["reason_phrase"] = answer.reason.encode("ascii", errors="replace")
    return httpx.Response(
        answer.status,
        headers=[(name.encode(), value.encode()) for name, value in answer.lines],
        stream=httpx.ByteStream(answer.body),
        extensions=extensions,
    )
