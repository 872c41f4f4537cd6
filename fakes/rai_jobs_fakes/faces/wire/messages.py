"""How requests are read and answers written: gzip, JSON, and the envelope around both (wire §2).

Whatever is wrong with a request becomes a `WireRefusal`, an answer of the protocol itself; nothing
that a client sends gets further than that.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ..http import Ending, HttpRequest

__all__ = [
    "WireRefusal",
    "WireResponse",
    "half_of",
    "json_of",
    "refused",
    "succeeded",
    "unpacked",
]

_BAD_REQUEST = "390400"
_JSON = {"content-type": "application/json"}
_GZIP_WINDOW = 31


@dataclass(frozen=True)
class WireResponse:
    """A response, complete; or one that a fault keeps from being so."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)
    delay_s: float = 0.0
    """How late it comes, in seconds on the backend's clock."""
    ending: Ending = Ending.WHOLE
    """How far it comes; without an answer, the fields above it mean nothing."""

    @property
    def received(self) -> bytes:
        """What of the body comes."""
        return half_of(self.body) if self.ending is Ending.MID_BODY else self.body

    def packed(self, accepted: str, from_bytes: int) -> WireResponse:
        """Return the same, packed, when it is large and the client takes that.

        Args:
            accepted: the request's `accept-encoding`.
            from_bytes: the size from which it is worth it.
        """
        if len(self.body) < from_bytes or "gzip" not in accepted.lower():
            return self
        # The name and the time that gzip can hold would differ from one run to the next.
        body = gzip.compress(self.body, compresslevel=1, mtime=0)
        return replace(self, body=body, headers={**self.headers, "content-encoding": "gzip"})


class WireRefusal(Exception):
    """A request is refused, in the protocol's own form.

    Args:
        code: Snowflake's number, as text.
        message: what is wrong, without any secret.
        status: the status of HTTP; refusals of a session are answers like any other.
    """

    def __init__(self, code: str, message: str, *, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    @classmethod
    def bad_request(cls, message: str, *, status: int = 400) -> WireRefusal:
        """Return the refusal of what no client of Snowflake sends."""
        return cls(_BAD_REQUEST, message, status=status)

    def response(self) -> WireResponse:
        """Return the answer that says so."""
        return refused(self.code, self.message, status=self.status)


def half_of(body: bytes) -> bytes:
    """Return the first half."""
    return body[: len(body) // 2]


def succeeded(data: object, *, code: str | None = None) -> WireResponse:
    """Return the answer of a request that was carried out."""
    return _answer({"data": data, "code": code, "message": None, "success": True})


def refused(code: str, message: str, data: object = None, *, status: int = 200) -> WireResponse:
    """Return the answer of a request that was not carried out."""
    return _answer({"data": data, "code": code, "message": message, "success": False}, status)


def unpacked(request: HttpRequest, max_bytes: int) -> bytes:
    """Return the body as it was before it was packed.

    Raises:
        WireRefusal: it is larger than `max_bytes`, or is not what its header says.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    body = request.body
    if encoding == "gzip":
        unpacker = zlib.decompressobj(_GZIP_WINDOW)
        try:
            body = unpacker.decompress(body, max_bytes + 1)
        except zlib.error:
            raise WireRefusal.bad_request("The body is not what gzip makes.") from None
        if len(body) <= max_bytes and not unpacker.eof:
            raise WireRefusal.bad_request("The body ends in the middle of what gzip makes.")
    elif encoding not in {"", "identity"}:
        raise WireRefusal.bad_request("The body is packed; only gzip is known.", status=415)
    if len(body) > max_bytes:
        raise WireRefusal.bad_request(f"The body is larger than {max_bytes} bytes.", status=413)
    return body


def json_of(request: HttpRequest, max_bytes: int) -> dict[str, Any]:
    """Return the JSON object that is the body.

    Raises:
        WireRefusal: it is none.
    """
    try:
        body: object = json.loads(unpacked(request, max_bytes))
    except (ValueError, RecursionError):
        raise WireRefusal.bad_request("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise WireRefusal.bad_request("The body is not a JSON object.")
    return cast("dict[str, Any]", body)


def _answer(envelope: Mapping[str, object], status: int = 200) -> WireResponse:
    return WireResponse(status, json.dumps(envelope).encode())
