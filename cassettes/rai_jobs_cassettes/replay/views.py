"""What of a request says which recording answers it: its view, and the key of that.

Hosts, headers and white space in statements are left out: a recording is replayed from other
machines, by other versions of a library. Pure: a change here changes every marker in every file.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ..interactions import Kind, Tree

__all__ = ["host_of", "key_of", "key_of_view", "view_of"]

_BODIES = ("json", "form", "text", "body")
_CONNECTION = frozenset({"host", "port", "protocol"})
_ABSENT = object()


def view_of(kind: Kind, request: dict[str, Tree]) -> dict[str, Tree]:
    """Return what of a request must be equal for a recording to answer it."""
    if kind == "sql":
        return _sql_view(request)
    parts = urlsplit(str(request.get("url", "")))
    view: dict[str, Tree] = {
        "method": str(request.get("method", "")).upper(),
        "path": [unquote(each) for each in parts.path.split("/") if each],
    }
    if parts.query:
        pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
        view["query"] = [[name, value] for name, value in pairs]
    for name in _BODIES:
        body = request.get(name, _ABSENT)
        if body is not _ABSENT:
            view[name] = body  # pyright: ignore[reportArgumentType] - only what is there
    return view


def host_of(request: dict[str, Tree]) -> str:
    """Return host and port of a request, as its URL spells them; empty where it has none."""
    url = request.get("url")
    return urlsplit(url).netloc if isinstance(url, str) else ""


def key_of(kind: Kind, request: dict[str, Tree]) -> str:
    """Return the key of a request: 16 hexadecimal digits, equal for requests with equal views."""
    return key_of_view(kind, view_of(kind, request))


def key_of_view(kind: Kind, view: dict[str, Tree]) -> str:
    """Return the key of a view, as `key_of` does."""
    text = json.dumps([kind, view], sort_keys=True, separators=(",", ":"), default=_spelled)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _sql_view(request: dict[str, Tree]) -> dict[str, Tree]:
    view = {name: value for name, value in request.items() if name not in _CONNECTION}
    statement = view.get("statement")
    if isinstance(statement, str):
        view["statement"] = " ".join(statement.split())
    return view


def _spelled(leaf: Any) -> list[str]:
    return [type(leaf).__name__, str(leaf)]
