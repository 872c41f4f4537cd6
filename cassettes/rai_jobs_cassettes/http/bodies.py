"""Bodies: bytes as they were, and as a reviewer can read them.

A body is shown as JSON or as a form only where the same value comes back from what is shown, and
else as text or as bytes. What comes back of JSON and forms are canonical bytes, not those of the
wire.
"""

from __future__ import annotations

import gzip
import importlib
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Final, cast
from urllib.parse import parse_qsl, urlencode

from ..interactions import Tree
from .several import gathered

__all__ = ["bytes_of", "decoded", "put_body", "without_boundary"]

_MOST_DIGITS = 18
_DEEPEST = 50
_BOUNDARY = b"recorded-boundary"


class _InexactError(ValueError):
    """What JSON says here does not come back from what it is read as."""


def put_body(tree: dict[str, Tree], body: bytes, content_type: str) -> None:
    """Put a body into the tree of a request or response, as the first of these that is exact.

    Args:
        tree: gets `json`, `form`, `text` or `body`; nothing where the body is empty.
        body: decoded.
        content_type: the header's value; empty where there is none.
    """
    if not body:
        return
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        tree["body"] = body
        return
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json") or (not kind and text[0] in "{["):
        try:
            tree["json"] = _json_of(text)
        except (ValueError, RecursionError):
            tree["text"] = text
    elif kind == "application/x-www-form-urlencoded":
        form = _form_of(text)
        if form is None:
            tree["text"] = text
        else:
            tree["form"] = form
    else:
        tree["text"] = text


def bytes_of(tree: Mapping[str, Tree]) -> bytes:
    """Return the body of a request or response; JSON and forms in their canonical form.

    Raises:
        TypeError: what stands there is no body.
        ValueError: it is none that can be sent.
    """
    if "json" in tree:
        return _CANONICAL.encode(tree["json"]).encode("utf-8")
    if "text" in tree:
        text = tree["text"]
        if not isinstance(text, str):
            raise TypeError(f"a body as text is {type(text).__name__}")
        return text.encode("utf-8")
    if "body" in tree:
        body = tree["body"]
        if not isinstance(body, bytes):
            raise TypeError(f"a body as bytes is {type(body).__name__}")
        return body
    if "form" in tree:
        form = tree["form"]
        if not isinstance(form, dict):
            raise TypeError(f"a form is {type(form).__name__}")
        return urlencode(cast("dict[str, str | list[str]]", form), doseq=True).encode("ascii")
    return b""


def decoded(body: bytes, encodings: str) -> bytes | None:
    """Return a body without its content encodings; `None` where one of them is not known here.

    Some clients hand a body on that they decoded, and leave the header: what does not look encoded
    is taken as it is.

    Args:
        body: as it came.
        encodings: the value of `Content-Encoding`.
    """
    for name in reversed([each.strip().lower() for each in encodings.split(",")]):
        if name in ("", "identity"):
            continue
        decode = _DECODERS.get(name)
        if decode is None:
            return None
        made = decode(body)
        if made is None:
            return None
        body = made
    return body


def without_boundary(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Return a multipart body and its type with one boundary for all: each is made at random."""
    kind, _, rest = content_type.partition(";")
    if not kind.strip().lower().startswith("multipart/"):
        return body, content_type
    for part in rest.split(";"):
        name, _, value = part.strip().partition("=")
        boundary = value.strip('"')
        if name.lower() == "boundary" and boundary:
            told = _BOUNDARY.decode()
            return (
                body.replace(b"--" + boundary.encode(), b"--" + _BOUNDARY),
                content_type.replace(boundary, told),
            )
    return body, content_type


def _json_of(text: str) -> Tree:
    tree = cast("Tree", _READER.decode(text))
    if "\\u" in text:
        # Half a surrogate pair is JSON, but neither UTF-8 nor YAML.
        _CANONICAL.encode(tree).encode("utf-8")
    if text.count("[") + text.count("{") > _DEEPEST and _is_deep(tree):
        raise _InexactError
    return tree


def _form_of(text: str) -> dict[str, Tree] | None:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return None
    form = gathered(pairs)
    again = [
        (name, each)
        for name, values in form.items()
        for each in (values if isinstance(values, list) else [values])
    ]
    # Names that come in turns would come back in another order.
    return cast("dict[str, Tree]", form) if again == pairs else None


def _exact_int(digits: str) -> int:
    if len(digits) > _MOST_DIGITS or digits == "-0":
        raise _InexactError
    return int(digits)


def _exact_float(digits: str) -> float:
    number = float(digits)
    if repr(number) != digits:
        raise _InexactError
    return number


def _no_constant(name: str) -> Tree:
    raise _InexactError(name)


def _object(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _InexactError
    return made


_READER: Final = json.JSONDecoder(
    parse_int=_exact_int,
    parse_float=_exact_float,
    parse_constant=_no_constant,
    object_pairs_hook=_object,
)
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _is_deep(tree: Tree) -> bool:
    level = [tree]
    for _ in range(_DEEPEST):
        below: list[Tree] = []
        for each in level:
            if isinstance(each, dict):
                below += each.values()
            elif isinstance(each, list):
                below += each
        if not below:
            return False
        level = below
    return True


def _gunzipped(body: bytes) -> bytes | None:
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return None


def _inflated(body: bytes) -> bytes | None:
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS):  # as the standard says, and as many send it
        inflating = zlib.decompressobj(window)
        try:
            made = inflating.decompress(body)
        except zlib.error:
            continue
        if inflating.eof:
            return made
    return body


def _unbrotlied(body: bytes) -> bytes | None:
    for name in ("brotli", "brotlicffi"):
        try:
            brotli = importlib.import_module(name)
        except ImportError:
            continue
        try:
            return cast("bytes", brotli.decompress(body))
        except brotli.error:
            return body
    return None


_DECODERS: Final[Mapping[str, Callable[[bytes], bytes | None]]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _inflated,
    "br": _unbrotlied,
}
