"""What was found in one place is replaced in every other, however it is spelled there.

[choice] How freely depends on the value: one of eight characters or more is replaced inside longer
texts too; a shorter one, and every name, where it stands alone, no letter or digit beside it; one
of fewer than three characters, and a word of the protocols (`token`, `RUNNING`), is not looked for:
it is replaced only where a place says what it is. A user `a` or a password `1` would else replace
half of a recording.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from ..interactions import Leaf
from .keys import COMMON
from .marks import Marks
from .names import NAMES
from .rewriting import Hit, rewritten
from .rules import in_leaf

__all__ = ["ANYWHERE", "SHORTEST", "Spread"]

ANYWHERE = 8
"""The length from which a value is replaced inside longer texts."""
SHORTEST = 3
"""The length from which a value is looked for beyond the place that told it."""
_DIGITS = 5
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")


@dataclass(frozen=True)
class _Sought:
    text: str
    kind: str
    alone: bool = False
    any_case: bool = False
    packed: bool = False
    """It is the middle of the base64 of a value: all around it belongs to that."""


class Spread:
    """Replaces all that was learned, in every leaf and key.

    Args:
        marks: what was learned.
    """

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._by_start: dict[str, list[_Sought]] = {}
        self._done: dict[str, str] = {}
        self._spaced = False
        for value, kind in marks.kinds.items():
            for sought in _sought(value, kind):
                self._spaced = self._spaced or " " in sought.text
                start = _lower(sought.text)[:SHORTEST]
                self._by_start.setdefault(start, []).append(sought)
        for each in self._by_start.values():
            each.sort(key=lambda sought: -len(sought.text))

    def text(self, text: str) -> str:
        """Return a text with marks for all in it that was learned."""
        if text not in self._done:
            self._done[text] = rewritten(text, self._find, self._marks)
        return self._done[text]

    def leaf(self, value: Leaf) -> Leaf:
        """Return a leaf, or a key, with marks for all in it that was learned."""
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            digits = str(value)
            known = self._marks.kinds.get(digits) if len(digits) >= _DIGITS else None
            return value if known in (None, *NAMES) else self._marks.mark(digits, known)
        return in_leaf(value, self.text)

    def _find(self, text: str) -> Iterable[Hit]:
        hits = list(self._in(text))
        if self._spaced and "+" in text:
            # So a form is written: it reads the same, place by place.
            hits += [
                hit
                for hit in self._in(text.replace("+", " "))
                if all(hit.end <= other.start or other.end <= hit.start for other in hits)
            ]
            hits.sort(key=lambda hit: hit.start)
        return hits

    def _in(self, text: str) -> Iterator[Hit]:
        lower = _lower(text)
        end = 0
        for at in range(len(text) - SHORTEST + 1):
            if at < end:
                continue
            for sought in self._by_start.get(lower[at : at + SHORTEST], ()):
                if _stands(sought, text, lower, at):
                    start, end = _extent(sought, text, at, end)
                    yield Hit(start, end, "encoded" if sought.packed else sought.kind)
                    break


def _lower(text: str) -> str:
    """Return a text in lower case, each character in its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(each.lower()[:1] for each in text)


def _stands(sought: _Sought, text: str, lower: str, at: int) -> bool:
    if sought.any_case:
        if not lower.startswith(sought.text, at):
            return False
    elif not text.startswith(sought.text, at):
        return False
    after = at + len(sought.text)
    return not sought.alone or not (
        (at > 0 and text[at - 1].isalnum()) or (after < len(text) and text[after].isalnum())
    )


def _extent(sought: _Sought, text: str, at: int, floor: int) -> tuple[int, int]:
    start, end = at, at + len(sought.text)
    if sought.packed:
        while start > floor and text[start - 1] in _BASE64:
            start -= 1
        while end < len(text) and text[end] in _BASE64:
            end += 1
    return start, end


def _sought(value: str, kind: str) -> Iterator[_Sought]:
    is_name = kind in NAMES
    if len(value) < SHORTEST or value.lower() in COMMON:
        return
    if is_name:
        yield _Sought(_lower(value), kind, alone=True, any_case=True)
        return
    yield _Sought(value, kind, alone=len(value) < ANYWHERE)
    if len(value.encode("utf-8", "surrogatepass")) >= ANYWHERE:
        for core in _cores(value.encode("utf-8", "surrogatepass")):
            yield _Sought(core, kind, packed=True)
    elif len(value) >= SHORTEST:
        packed = base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()
        yield _Sought(packed, kind, alone=True, packed=True)


def _cores(value: bytes) -> Iterable[str]:
    """Return what the base64 of any text that holds a value has in it, in both alphabets."""
    found: dict[str, None] = {}
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + value + b"\0\0").decode()
        core = packed[-(-before * 8 // 6) : (before + len(value)) * 8 // 6]
        found[core] = None
        found[core.replace("+", "-").replace("/", "_")] = None
    return found
