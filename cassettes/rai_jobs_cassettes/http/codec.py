"""What a request or response of HTTP is as a tree: the one place that says so.

    request:  method, url, headers, and at most one of json, form, text, body
    response: status, reason (where it is not the usual one), headers, and a body as above
              or raised, message, errno: what the client raised instead

Nothing here knows a client but by vcrpy's two models, which are plain; httpx's are in
`httpx_codec`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

from ..errors import CassetteError
from ..interactions import Tree
from .bodies import bytes_of, decoded, put_body, without_boundary
from .headers import CONTENT_ENCODING, Headers, headers_of, lines_of, text_of
from .raised import error_of

__all__ = [
    "Answer",
    "VcrRequest",
    "answer_of",
    "request_of",
    "response_of",
    "vcr_answer",
    "vcr_request",
    "vcr_response",
]

_LENGTH = "content-length"
_NO_BODY = frozenset({204, 304})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class VcrRequest(Protocol):
    """As much of vcrpy's request as is read."""

    method: str
    uri: str

    @property
    def headers(self) -> Mapping[str, object]:
        """Values by name, or lists of them."""
        ...

    @property
    def body(self) -> object:
        """Bytes, or what they are made of."""
        ...


class Answer:
    """A recorded answer, ready for a client.

    Args:
        status: of the answer.
        reason: the words after it.
        lines: its headers, with the length of the body.
        body: decoded.
    """

    __slots__ = ("body", "lines", "reason", "status")

    def __init__(self, status: int, reason: str, lines: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.reason = reason
        self.lines = lines
        self.body = body


def request_of(
    method: str, url: str, lines: Iterable[tuple[str | bytes, str | bytes]], body: bytes
) -> dict[str, Tree]:
    """Return a request as a tree.

    Args:
        method: in capitals.
        url: absolute; who is asking and the fragment are left out, neither of which is sent.
        lines: headers as they are sent.
        body: as it is sent.
    """
    headers = headers_of(lines)
    tree: dict[str, Tree] = {"method": method, "url": _sent_part(url), "headers": headers}
    body = _plain(body, headers)
    if body:
        kind = headers.get("content-type")
        content_type = kind if isinstance(kind, str) else ""
        if content_type.startswith("multipart/"):
            body, headers["content-type"] = without_boundary(body, content_type)
        put_body(tree, body, content_type)
    return tree


def response_of(
    status: int,
    reason: str,
    lines: Iterable[tuple[str | bytes, str | bytes]],
    body: bytes,
    *,
    method: str,
    is_decoded: bool = False,
) -> dict[str, Tree]:
    """Return a response as a tree.

    Args:
        status: of the response.
        reason: the words after it.
        lines: headers as they came.
        body: as it came.
        method: of its request.
        is_decoded: whether the body was decoded, whatever the headers say.
    """
    lines = list(lines)
    headers = headers_of(lines)
    tree: dict[str, Tree] = {"status": status}
    if reason and reason != _usual_reason(status):
        tree["reason"] = reason
    tree["headers"] = headers
    if method == "HEAD":
        # It tells the length of a body that is not there.
        told = [text_of(value) for name, value in lines if text_of(name).lower() == _LENGTH]
        if told:
            headers[_LENGTH] = told[0]
    if is_decoded:
        headers.pop(CONTENT_ENCODING, None)
    else:
        body = _plain(body, headers)
    if body:
        kind = headers.get("content-type")
        put_body(tree, body, kind if isinstance(kind, str) else "")
    return tree


def answer_of(tree: dict[str, Tree], *, method: str) -> Answer:
    """Return a recorded response, or raise what was raised.

    Raises:
        CassetteError: the tree is no response.
        Exception: what the client raised when it was recorded.
    """
    if "raised" in tree:
        raise error_of(tree)
    status = tree.get("status")
    if not isinstance(status, int) or not 100 <= status <= 999:
        raise CassetteError(
            f"The recording holds an answer with the status {status!r}, which none is."
        )
    try:
        lines = lines_of(tree.get("headers", {}))
        body = bytes_of(tree)
    except (TypeError, ValueError) as error:
        raise CassetteError(f"The recording holds an answer that is none: {error}.") from error
    if method != "HEAD" and status not in _NO_BODY and status >= 200:
        lines.append((_LENGTH, str(len(body))))
    reason = tree.get("reason")
    return Answer(status, reason if isinstance(reason, str) else _usual_reason(status), lines, body)


def vcr_request(request: VcrRequest) -> dict[str, Tree]:
    """Return a request of vcrpy's as a tree.

    Raises:
        CassetteError: its body is of a kind that cannot be recorded.
    """
    lines = [(name, each) for name, values in request.headers.items() for each in _values(values)]
    body, kind = _vcr_body(request.body)
    if kind and not any(name.lower() == "content-type" for name, _ in lines):
        lines.append(("content-type", kind))
    return request_of(request.method.upper(), request.uri, lines, body)


def vcr_answer(response: Mapping[str, Any], *, method: str) -> dict[str, Tree]:
    """Return a response of vcrpy's as a tree.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    status = response["status"]
    headers = cast("Mapping[str, object]", response.get("headers") or {})
    told = cast("Mapping[str, Any]", response.get("body") or {})
    body: Any = told.get("string") or b""
    return response_of(
        int(status["code"]),
        status.get("message") or "",
        [(name, each) for name, values in headers.items() for each in _values(values)],
        body.encode("utf-8") if isinstance(body, str) else bytes(body),
        method=method,
    )


def vcr_response(tree: dict[str, Tree], *, method: str) -> dict[str, Any]:
    """Return a recorded response as vcrpy's, or raise what was raised.

    Raises:
        CassetteError: the tree is no response.
        Exception: what the client raised when it was recorded.
    """
    answer = answer_of(tree, method=method)
    headers: dict[str, list[str]] = {}
    for name, value in answer.lines:
        headers.setdefault(name, []).append(value)
    return {
        "status": {"code": answer.status, "message": answer.reason},
        "headers": headers,
        "body": {"string": answer.body},
    }


def _sent_part(url: str) -> str:
    if "#" not in url and "@" not in url and url.count(":") < 2:
        return url
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    default = f":{_DEFAULT_PORTS.get(parts.scheme)}"
    return urlunsplit(parts._replace(netloc=place.removesuffix(default), fragment=""))


def _plain(body: bytes, headers: Headers) -> bytes:
    """Return a body decoded, and take out of the headers that it was not."""
    encodings = headers.pop(CONTENT_ENCODING, None)
    if encodings is None or not body:
        return body
    names = encodings if isinstance(encodings, list) else [encodings]
    plain = decoded(body, ", ".join(str(each) for each in names))
    if plain is None:
        headers[CONTENT_ENCODING] = encodings
        return body
    return plain


def _usual_reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _values(values: object) -> list[str | bytes]:
    several = cast("Sequence[object]", values if isinstance(values, (list, tuple)) else [values])
    return [each if isinstance(each, (str, bytes)) else str(each) for each in several]


def _is_pairs(body: object) -> bool:
    if not isinstance(body, (list, tuple)) or not body:
        return False
    each_pair = (
        isinstance(each, tuple) and len(cast("tuple[object, ...]", each)) == 2
        for each in cast("Sequence[object]", body)
    )
    return all(each_pair)


def _vcr_body(body: object) -> tuple[bytes, str]:
    """Return a body's bytes, and its type where its kind says that."""
    if body is None:
        return b"", ""
    if isinstance(body, str):
        return body.encode("utf-8"), ""
    if isinstance(body, (bytes, bytearray)):
        return bytes(body), ""
    kind = type(body).__name__
    read = getattr(body, "read", None)
    if callable(read):
        return _vcr_body(read())
    try:
        if isinstance(body, Mapping) or _is_pairs(body):
            form = urlencode(cast("Mapping[str, str]", body), doseq=True)
            return form.encode("ascii"), "application/x-www-form-urlencoded"
        parts = [_vcr_body(each)[0] for each in cast("Any", body)]
    except (TypeError, ValueError) as error:
        raise CassetteError(
            f"A body that is {kind} cannot be recorded: send bytes, text, JSON or a"
            " form of plain values."
        ) from error
    return b"".join(parts), ""
