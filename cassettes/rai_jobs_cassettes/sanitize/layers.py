"""A text as it reads when its escapes are undone, and where each character of that came from.

A secret can stand in a text percent-encoded, as an escape of JSON, as a JSON text in a JSON text,
or in base64. Rules know nothing of that: they look at layers, and what they find is mapped back to
the text as it stands.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Generator
from dataclasses import dataclass

__all__ = ["BASE64", "Layer", "decoded", "layers"]

_DEPTH = 4
"""How many layers of escapes are undone: JSON in JSON in a URL, and one more."""

_ESCAPE = re.compile(
    r"""(?P<percent>(?:%[0-9A-Fa-f]{2})+)"""
    r"""|(?P<code>\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4})"""
    r"""|\\(?P<short>["\\/bfnrt])"""
    r"""|(?P<entity>&(?:amp|lt|gt|quot|\#39|\#x27|apos);)"""
)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ENTITY = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"'}

BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_PRINTABLE = 0.95
_LONGEST_DECODED = 1_000_000


@dataclass(frozen=True)
class Layer:
    """A text with its escapes undone.

    Args:
        text: how it reads.
        starts: where each character of it begins in the text as it stands, and where that ends;
            `None` where both are the same text.
    """

    text: str
    starts: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the text as it stands of a place in the layer."""
        if self.starts is None:
            return start, end
        return self.starts[start], self.starts[end]


def layers(text: str) -> Generator[Layer]:
    """Yield the text itself, and then each layer of escapes undone, while there is one."""
    layer = Layer(text)
    yield layer
    for _ in range(_DEPTH):
        if not any(mark in layer.text for mark in "%\\&"):
            return
        undone = _undone(layer)
        if undone is None:
            return
        layer = undone
        yield layer


def _undone(layer: Layer) -> Layer | None:
    """Return the layer below: one more undone; `None` where there is none."""
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(layer.text):
        units = list(_meant(match))
        if not units:
            continue
        pieces.append(layer.text[at : match.start()])
        starts.extend(range(at, match.start()))
        place = match.start()
        for character, width in units:
            pieces.append(character)
            starts.append(place)
            place += width
        at = match.end()
    if at == 0:
        return None
    pieces.append(layer.text[at:])
    starts.extend(range(at, len(layer.text) + 1))
    if layer.starts is not None:
        starts = [layer.starts[each] for each in starts]
    return Layer("".join(pieces), tuple(starts))


def _meant(match: re.Match[str]) -> Generator[tuple[str, int]]:
    """Yield each character that an escape stands for, and how long its escape is."""
    text = match[0]
    if match["percent"]:
        try:
            characters = bytes.fromhex(text.replace("%", "")).decode()
        except UnicodeDecodeError:
            return
        for character in characters:
            yield character, 3 * len(character.encode())
    elif match["code"]:
        units = bytes.fromhex(text.replace("\\u", ""))
        yield units.decode("utf-16-be", "surrogatepass"), len(text)
    elif match["short"]:
        yield _SHORT.get(match["short"], match["short"]), len(text)
    else:
        yield _ENTITY.get(text, "'"), len(text)


def decoded(token: str) -> str | None:
    """Return the text that a token holds in base64; `None` where it holds none."""
    bare = token.rstrip("=").replace("-", "+").replace("_", "/")
    if len(bare) % 4 == 1 or len(bare) > _LONGEST_DECODED:
        return None
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    readable = sum(each.isprintable() or each.isspace() for each in text)
    return text if text and readable >= _PRINTABLE * len(text) else None
