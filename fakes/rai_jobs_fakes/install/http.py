"""The fake under httpx clients, sync and async: in place of what sends over the network.

A client that was given a transport of its own sends nothing over the network and is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ..accounts import DEFAULT_USER
from .patching import Patching

if TYPE_CHECKING:
    from ..ways import BackendWays

__all__ = ["install"]

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
"""Names of the address where servers are."""


def install(backend: BackendWays, patching: Patching, user: str | None) -> None:
    """Have every httpx client, also one that exists, send to `backend`, whatever the address.

    Who presents the token of a user of the backend is that one; anybody else is `user`. Requests to
    a running server of the backend go there. [choice]
    """
    to_server = httpx.HTTPTransport.handle_request
    to_server_awaited = httpx.AsyncHTTPTransport.handle_async_request

    def handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if _is_served(backend, request):
            return to_server(transport, request)
        return backend.http_transport(_asking(backend, request, user)).handle_request(request)

    async def handle_async_request(
        transport: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        if _is_served(backend, request):
            return await to_server_awaited(transport, request)
        fake = backend.async_http_transport(_asking(backend, request, user))
        return await fake.handle_async_request(request)

    patching.setattr(httpx.HTTPTransport, "handle_request", handle_request)
    patching.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle_async_request)


def _is_served(backend: BackendWays, request: httpx.Request) -> bool:
    asked = _address(request.url)
    return any(_address(httpx.URL(each)) == asked for each in backend.served_at)


def _address(url: httpx.URL) -> tuple[str, int | None]:
    return ("loopback" if url.host in _LOOPBACK else url.host), url.port


def _asking(backend: BackendWays, request: httpx.Request, user: str | None) -> str | None:
    told = (
        request.headers.get("authorization", "").partition(" ")[2].strip('"').removeprefix("Token=")
    )
    found = backend.user_of_token(told.strip('"'))
    return (user or DEFAULT_USER) if found is None else found.name
