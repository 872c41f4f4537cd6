"""The HTTP face behind a `respx` router."""

from __future__ import annotations

import httpx
import respx

from ..faces.http import HttpFace
from .httpx_transport import answered

__all__ = ["mount"]


def mount(router: respx.MockRouter, face: HttpFace, base_url: str) -> respx.Route:
    """Send every request under `base_url` that `router` sees to `face`; return the route."""

    def side_effect(request: httpx.Request) -> httpx.Response:
        return answered(face, request)

    route = router.route(url__startswith=f"{base_url.rstrip('/')}/")
    return route.mock(side_effect=side_effect)
