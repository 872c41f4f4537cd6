"""A fast reader of what `writing` writes, and of nothing else: line by line, in one pass.

Where a text is anything else it says so, and `loading` reads it: the two never differ on what both
read. A recording is replayed by asking for one document at a time, so this is what a request costs.
"""

from __future__ import annotations

import re
from typing import cast

from ..interactions import Tree
from .words import (
    BARE_TAGGED,
    BINARY,
    DEEPEST,
    FIXED,
    FLOAT,
    INTEGER,
    KEY,
    MEANING,
    PLAIN,
    RESERVED,
    UNSEEN,
)

__all__ = ["read"]

_QUOTED = r'"(?:[^"\\\n]|\\.)*"'
# Blanks, dashes, a key and what follows it: one match a line, whatever the line is.
_LINE = re.compile(rf"( *)((?:- )*)(?:({KEY.pattern}|{_QUOTED}):(?: |$))?(.*)\n", re.MULTILINE)
_WHOLE_QUOTED = re.compile(_QUOTED)
_ESCAPE = re.compile(r'\\(?:(["\\tnr ])|u([0-9a-f]{4})|U(00[01][0-9a-f]{5}))|\\')
_SHORT = {'"': '"', "\\": "\\", "t": "\t", "n": "\n", "r": "\r", " ": " "}
_LITERAL = re.compile(r"\|(2?)([-+]?)")
_MOST_DIGITS = 4_000


class _UnlikeError(Exception):
    """The text is not as `writing` writes it."""


def read(text: str) -> dict[str, Tree] | None:
    """Return the mapping that a document is; `None` where it is not written as we write.

    Args:
        text: of one document, without its marker.
    """
    if not text.endswith("\n") or UNSEEN.search(text):
        return None
    try:
        return _Reader(text).document()
    except (_UnlikeError, ValueError):
        return None


class _Reader:
    """Reads one document; `_at` is the line that comes next."""

    def __init__(self, text: str) -> None:
        self._rows: list[tuple[str, str, str, str]] = _LINE.findall(text)
        self._text = text
        self._lines: list[str] | None = None
        self._at = 0

    def document(self) -> dict[str, Tree]:
        # A line that begins with nothing ends every level at once.
        self._rows.append(("", "", "", ""))
        blanks, dashes, _, _ = self._rows[0]
        if blanks or dashes:
            raise _UnlikeError
        tree = self._mapping(0)
        if self._at != len(self._rows) - 1:
            raise _UnlikeError
        return tree

    def _mapping(self, column: int) -> dict[str, Tree]:
        if column >= 2 * DEEPEST:
            raise _UnlikeError
        rows = self._rows
        tree: dict[str, Tree] = {}
        _, _, key, word = rows[self._at]
        while True:
            if not key:
                raise _UnlikeError
            if key[0] == '"':
                key = _unquoted(key)
            if key in tree:
                raise _UnlikeError
            self._at += 1
            if word:
                tree[key] = self._leaf(word, column)
            else:
                tree[key] = self._below(column + 2)
            blanks, dashes, key, word = rows[self._at]
            if len(blanks) != column or dashes or not key:
                return tree

    def _below(self, column: int) -> Tree:
        """Return what stands under a key without a word."""
        blanks, dashes, _, _ = self._rows[self._at]
        if len(blanks) != column:
            raise _UnlikeError
        return self._sequence(column, len(dashes)) if dashes else self._mapping(column)

    def _sequence(self, column: int, dashes: int) -> list[Tree]:
        """Return a list.

        Args:
            column: where its dashes stand.
            dashes: how much of its first line is dashes from there on, their blanks included.
        """
        if column >= 2 * DEEPEST:
            raise _UnlikeError
        rows = self._rows
        tree: list[Tree] = []
        while True:
            _, _, key, word = rows[self._at]
            if dashes > 2:
                tree.append(self._sequence(column + 2, dashes - 2))
            elif key:
                tree.append(self._mapping(column + 2))
            else:
                self._at += 1
                tree.append(self._leaf(word, column))
            blanks, found, _, _ = rows[self._at]
            if len(blanks) != column or not found:
                return tree
            dashes = len(found)

    def _leaf(self, word: str, column: int) -> Tree:
        """Return what a word means, and the lines that belong to it.

        Args:
            word: what stands after a colon or a dash.
            column: where the mapping or list begins that it stands in.
        """
        first = word[:1]
        if first == '"':
            return self._quoted(word, column)
        if first == "|":
            return self._literal(word, column)
        if first == "!":
            return self._tagged(word, column)
        if word in FIXED:
            return FIXED[word]
        if PLAIN.fullmatch(word):
            if word.lower() in RESERVED:
                raise _UnlikeError
            return word
        if INTEGER.fullmatch(word) and len(word) < _MOST_DIGITS:
            return int(word)
        if FLOAT.fullmatch(word):
            return float(word)
        if word == "[]":
            return []
        if word == "{}":
            return {}
        raise _UnlikeError

    def _tagged(self, word: str, column: int) -> Tree:
        tag, _, rest = word.partition(" ")
        meaning = MEANING.get(tag)
        if meaning is None:
            raise _UnlikeError
        if tag == BINARY:
            text = self._literal(rest, column) if rest[:1] == "|" else _unquoted(rest)
            return cast("Tree", meaning(text))
        if not BARE_TAGGED.fullmatch(rest):
            raise _UnlikeError
        return cast("Tree", meaning(rest))

    def _quoted(self, word: str, column: int) -> str:
        if word[-1] != "\\":
            return _unquoted(word)
        # The backslash at the end stands alone: before it stands the letter of `\\n`.
        pad = " " * (column + 2)
        parts: list[str] = []
        while word[-1:] == "\\":
            if word[-3:] != "\\n\\":
                raise _UnlikeError
            parts.append(word[:-1])
            line = self._line(self._at)
            self._at += 1
            word = line[len(pad) :]
            if not line.startswith(pad) or word[:1] in {" ", "\t", ""}:
                raise _UnlikeError
        parts.append(word)
        return _unquoted("".join(parts))

    def _literal(self, word: str, column: int) -> str:
        hints = _LITERAL.fullmatch(word)
        if hints is None:
            raise _UnlikeError
        pad = " " * (column + 2)
        lines: list[str] = []
        last = len(self._rows) - 1
        while self._at < last:
            line = self._line(self._at)
            if line:
                if not line.startswith(pad):
                    break
                line = line[len(pad) :]
                if not line.strip(" \t"):
                    raise _UnlikeError
            lines.append(line)
            self._at += 1
        bare = "\n".join(lines).rstrip("\n")
        ends = len(lines) - bare.count("\n")
        if not bare or (not hints[1] and bare[0] in " \t\n"):
            raise _UnlikeError
        if hints[2] == "+":
            return bare + "\n" * ends
        if ends > 1:
            raise _UnlikeError
        return bare if hints[2] else bare + "\n"

    def _line(self, at: int) -> str:
        if self._lines is None:
            self._lines = self._text.split("\n")
        return self._lines[at]


def _unquoted(word: str) -> str:
    if "\\" not in word:
        if len(word) < 2 or word[0] != '"' or word[-1] != '"' or word.count('"') != 2:
            raise _UnlikeError
        return word[1:-1]
    if not _WHOLE_QUOTED.fullmatch(word):
        raise _UnlikeError
    return _ESCAPE.sub(_unescape, word[1:-1])


def _unescape(found: re.Match[str]) -> str:
    short, four, eight = found.groups()
    if short is not None:
        return _SHORT[short]
    if four is None and eight is None:
        raise _UnlikeError
    code = int(four or eight, 16)
    if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        raise _UnlikeError
    return chr(code)
