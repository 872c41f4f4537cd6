"""Who we say we are over Direct Access: one `httpx.Auth` a kind of token (spec §6)."""

from __future__ import annotations

from collections.abc import Generator

import httpx

__all__ = ["StaticTokenAuth", "authorization_header"]


def authorization_header(token: str) -> str:
    """Return the value of the `Authorization` header for `token`."""
    return f'Snowflake Token="{token}"'


class StaticTokenAuth(httpx.Auth):
    """A token that the caller holds and renews.

    Args:
        token: the token as the backend issued it; it never shows in this object's repr.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token on the request."""
        request.headers["Authorization"] = authorization_header(self._token)
        yield request

    def __repr__(self) -> str:
        return "StaticTokenAuth(token=<redacted>)"
