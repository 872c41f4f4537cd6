"""`/oauth/token`: a statement signed by a key pair, for a token of Direct Access (spec §6)."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from ...wire_settings import WireSettings
from ..http import HttpRequest
from .logins import Directory, signer_of
from .messages import WireResponse, unpacked

__all__ = ["exchanged"]

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_TEXT = {"content-type": "text/plain"}


def exchanged(request: HttpRequest, directory: Directory, settings: WireSettings) -> WireResponse:
    """Answer an exchange: with the token as plain text, as Snowflake does.

    Args:
        request: a form of `grant_type`, `scope` and `assertion`.
        directory: the users and their keys.
        settings: how long the token lives.

    Raises:
        WireRefusal: the body is too large, or not what its header says.
    """
    form = _form(unpacked(request, settings.max_body_bytes))
    if form.get("grant_type") != _GRANT:
        return _refused(f"`grant_type` must be {_GRANT}.")
    if not form.get("scope", "").strip():
        return _refused("`scope` must name the host of the endpoint.")
    user = signer_of(form.get("assertion", ""), directory)
    if user is None:
        return _refused("`assertion` is no JWT that proves who signed it.")
    token = directory.issue_token(user, settings.ingress_token_s)
    return WireResponse(200, token.encode(), _TEXT)


def _form(body: bytes) -> dict[str, str]:
    try:
        found = parse_qs(body.decode("utf-8", errors="replace"), max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in found.items()}


def _refused(why: str) -> WireResponse:
    body = {"error": "invalid_grant", "error_description": why, "message": why, "success": False}
    return WireResponse(400, json.dumps(body).encode())
