"""The HTTP face behind a `respx` router, for both kinds of client.

`respx` does not tell a side effect which kind asks: we look whether a coroutine of its own called.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from types import FrameType

import httpx
import respx

from ..faces.http import HttpFace
from .httpx_async_transport import answered_later
from .httpx_transport import answered

__all__ = ["mount"]


def mount(router: respx.MockRouter, face: HttpFace, base_url: str) -> respx.Route:
    """Send every request under `base_url` that `router` sees to `face`; return the route."""

    def side_effect(request: httpx.Request) -> httpx.Response | Awaitable[httpx.Response]:
        return (answered_later if _is_awaited(inspect.currentframe()) else answered)(face, request)

    route = router.route(url__startswith=f"{base_url.rstrip('/')}/")
    return route.mock(side_effect=side_effect)


def _is_awaited(frame: FrameType | None) -> bool:
    """Return whether what `respx` calls in `frame` is called by a coroutine of it, for an answer.

    A running event loop says nothing: a coroutine may well call a synchronous client.
    """
    caller = frame.f_back if frame is not None else None
    while caller is not None and caller.f_globals.get("__name__", "").startswith("respx."):
        if caller.f_code.co_flags & inspect.CO_COROUTINE:
            return True
        caller = caller.f_back
    return False
