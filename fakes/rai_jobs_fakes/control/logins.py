"""Which namespace a login of the wire names by its account; who they are is the wire's to tell."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any, cast
from urllib.parse import parse_qs

from ..faces.http import HttpRequest
from ..faces.wire.messages import WireRefusal, json_of, unpacked
from .namespaces import name_of_account

__all__ = ["OPENING_PATHS", "namespace_of_login"]

OPENING_PATHS = ("/session/v1/login-request", "/oauth/token")
"""Where a client says its account."""

_MOST_BYTES = 1_000_000


def namespace_of_login(request: HttpRequest) -> str | None:
    """Return the namespace that a request to one of `OPENING_PATHS` names, `None` for none.

    Raises:
        NamespaceError: no namespace can have that name.
    """
    try:
        if request.target == OPENING_PATHS[0]:
            account = _account_of_login(json_of(request, _MOST_BYTES))
        else:
            account = _account_of_statement(unpacked(request, _MOST_BYTES))
    except WireRefusal:
        # The wire says what is wrong.
        return None
    return name_of_account(account)


def _account_of_login(body: dict[str, Any]) -> str:
    data = body.get("data")
    account = cast("dict[str, object]", data).get("ACCOUNT_NAME") if isinstance(data, dict) else ""
    return account if isinstance(account, str) else ""


def _account_of_statement(body: bytes) -> str:
    """Return the account that a signed statement says it is of; nobody has checked it."""
    try:
        form = parse_qs(body.decode("ascii", errors="replace"), max_num_fields=100)
        claims = form.get("assertion", [""])[-1].split(".")[1]
        told: object = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (ValueError, IndexError, RecursionError):
        return ""
    issuer = cast("dict[str, object]", told).get("iss") if isinstance(told, dict) else ""
    return issuer.partition(".")[0] if isinstance(issuer, str) else ""
