"""Who may use the control API: programs that were told how, and no page in a browser.

A page of another site bears an `Origin`, or is told of by `Sec-Fetch-Site`. One that made its name
resolve to this machine has a `Host` that is not ours. A form cannot send JSON.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest

from ..faces.http import HttpRequest
from .refusal import ControlRefusal

__all__ = ["Access", "is_loopback", "new_token"]


@dataclass(frozen=True)
class Access:
    """What a request must show.

    Raises:
        ValueError: a host is empty, or the token is.
    """

    hosts: frozenset[str] = frozenset()
    """Names that `Host` may bear beside loopback's, in lower case, without ports."""
    token: str | None = field(default=None, repr=False)
    """What `Authorization: Bearer` must bear; `None` when nothing is asked for."""

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.strip():
            raise ValueError("The control token is empty: leave it out, or give one.")

    @staticmethod
    def of(hosts: Iterable[str], token: str | None) -> Access:
        """Return access by these names of hosts, and by this token."""
        return Access(frozenset(host.strip("[]").lower() for host in hosts), token)

    def check(self, request: HttpRequest) -> None:
        """Let a request through, or not.

        Raises:
            ControlRefusal: it comes from a browser, bears another host, no JSON, or no token.
        """
        headers = request.headers
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            raise ControlRefusal(
                403, "The control API is not for pages in a browser: call it from a program."
            )
        host = _name_of(headers.get("host", ""))
        if not (is_loopback(host) or host in self.hosts):
            raise ControlRefusal(
                403,
                f"The host {host[:80]!r} is none of this server's: use its address, or name the"
                " host when the server is started (`--allowed-host`).",
                valid=("localhost", "127.0.0.1", *sorted(self.hosts)),
            )
        if self.token is not None and not _bears(headers.get("authorization", ""), self.token):
            raise ControlRefusal(
                401,
                "The control token is missing or wrong: send `Authorization: Bearer TOKEN`.",
                headers={"www-authenticate": "Bearer"},
            )
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        spoken = request.method in {"POST", "PUT", "PATCH"} and (request.body or kind)
        if spoken and kind != "application/json":
            raise ControlRefusal(
                415, f"The body must be JSON, with `content-type: application/json`; got {kind!r}."
            )
        packed = headers.get("content-encoding", "identity").strip().lower()
        if packed not in {"", "identity"}:
            raise ControlRefusal(415, f"The body must not be packed; got {packed[:80]!r}.")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine alone, by its name."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def _name_of(host: str) -> str:
    """Return the name in a `Host` header, in lower case, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _bears(authorization: str, token: str) -> bool:
    scheme, _, shown = authorization.partition(" ")
    right = compare_digest(shown.strip().encode(errors="replace"), token.encode())
    return right and scheme.lower() == "bearer"
