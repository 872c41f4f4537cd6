"""What is found in a text, replaced where it stands, however it is spelled there.

A finder looks at one reading of a text and tells hits; here they are looked for in every layer of
the text and in what its base64 holds, and marked. Nothing here knows what a secret looks like.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..errors import CassetteError
from .layers import BASE64, Layer, decoded, layers
from .marks import Marks, is_marked

__all__ = ["Finder", "Hit", "inside_bytes", "places_in", "rewritten"]

_GZIP = b"\x1f\x8b"
_LARGEST_UNPACKED = 64_000_000
_LONGEST_KEPT = 4096


@dataclass(frozen=True)
class Hit:
    """A place in a text that is to be replaced.

    Args:
        start, end: where it is.
        kind: what it is.
        quote: where the quotation mark is that is to be put around its stand-in, where it is no
            text in its JSON.
        learn: whether it is replaced wherever else it stands.
    """

    start: int
    end: int
    kind: str = field(default="secret")
    quote: int | None = None
    learn: bool = True


Finder = Callable[[str], Iterable[Hit]]
"""What finds: given a reading of a text, the hits in it, in order, none over another."""


def rewritten(text: str, find: Finder, marks: Marks) -> str:
    """Return a text with marks for all that `find` hits: in it, its layers and its base64."""
    if len(text) > _LONGEST_KEPT:
        return _rewritten(text, find, marks)
    # Most texts of a recording stand in it many times.
    kept = marks.kept.setdefault(find, {})
    if text not in kept:
        kept[text] = _rewritten(text, find, marks)
    return kept[text]


def _rewritten(text: str, find: Finder, marks: Marks) -> str:
    text = _in_layers(text, find, marks)
    if BASE64.search(text) is None:
        return text

    def packed(token: str) -> str:
        if token not in marks.packed:
            marks.packed[token] = decoded(token)
        inside = marks.packed[token]
        if inside is None or is_marked(inside):
            return token
        hidden = _in_layers(inside, find, marks)
        # What was changed inside could not be matched when it is sent again: the whole is replaced.
        return token if hidden == inside else marks.mark(token, "encoded")

    return BASE64.sub(lambda found: packed(found[0]), text)


def _in_layers(text: str, find: Finder, marks: Marks) -> str:
    depth = 0
    remaining: Iterator[Layer] = layers(text)
    while (layer := next(remaining, None)) is not None:
        depth += 1
        pieces: list[str] = []
        at = 0
        for hit in find(layer.text):
            value = layer.text[hit.start : hit.end]
            start, end = layer.span(hit.start, hit.end)
            if start < at or is_marked(value):
                continue
            mark = marks.mark(text[start:end], hit.kind, value=value if hit.learn else None)
            if hit.quote is not None:
                begin, stop = layer.span(hit.quote, hit.quote + 1)
                mark = f"{text[begin:stop]}{mark}{text[begin:stop]}"
            pieces += [text[at:start], mark]
            at = end
        if pieces:
            text = "".join([*pieces, text[at:]])
            remaining = islice(layers(text), depth, None)
    return text


def places_in(text: str, find: Finder) -> Iterator[tuple[int, int]]:
    """Yield where `find` hits what is not marked: in a text, its layers and its base64."""
    for layer in layers(text):
        for hit in find(layer.text):
            if not is_marked(layer.text[hit.start : hit.end]):
                yield layer.span(hit.start, hit.end)
    for token in BASE64.finditer(text):
        inside = decoded(token[0])
        if inside is not None and any(True for _ in _hits_in(inside, find)):
            yield token.span()


def _hits_in(text: str, find: Finder) -> Iterator[Hit]:
    for layer in layers(text):
        for hit in find(layer.text):
            if not is_marked(layer.text[hit.start : hit.end]):
                yield hit


def inside_bytes(data: bytes, rewrite: Callable[[str], str]) -> bytes:
    """Return bytes with their text rewritten: as it is, packed by gzip, in UTF-16, or among others.

    What was packed is packed again, in the same way each time.
    """
    if data.startswith(_GZIP):
        unpacked = _unpacked(data)
        if unpacked is not None:
            changed = inside_bytes(unpacked, rewrite)
            return data if changed == unpacked else gzip.compress(changed, mtime=0)
    if b"\0" in data and len(data) % 2 == 0:
        for encoding in ("utf-16-le", "utf-16-be"):
            wide = data.decode(encoding, "surrogatepass")
            changed_text = rewrite(wide)
            if changed_text != wide:
                return changed_text.encode(encoding, "surrogatepass")
    text = data.decode("utf-8", "surrogateescape")
    return rewrite(text).encode("utf-8", "surrogateescape")


def _unpacked(data: bytes) -> bytes | None:
    """Return what gzip packed, as far as it is there; `None` where it is none.

    Raises:
        CassetteError: it is too large to be looked through.
    """
    unpacked = b""
    while data.startswith(_GZIP):
        packer = zlib.decompressobj(wbits=31)
        try:
            unpacked += packer.decompress(data, _LARGEST_UNPACKED)
        except zlib.error:
            return unpacked or None
        if packer.unconsumed_tail or len(unpacked) > _LARGEST_UNPACKED:
            raise CassetteError(
                f"A packed body holds more than {_LARGEST_UNPACKED:,} bytes: too many to look for"
                " secrets. Nothing was written; add a sanitiser that leaves that body out."
            )
        data = packer.unused_data
    return unpacked or None
