"""From interactions to text: block style, two blanks a level, the same bytes for the same input.

Texts of several lines stand as literal blocks, and in quotes, a line each, where something in them
would not show. Nothing but markers and the names of the header and of an interaction ever stands at
the start of a line, so that a scan for markers finds markers alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol, cast

from ..errors import CassetteError
from ..interactions import FORMAT_VERSION, Header, Interaction, Kind, Tree
from .words import (
    BINARY,
    DEEPEST,
    ESCAPED,
    KEY,
    PLAIN,
    RESERVED,
    UNSEEN,
    tagged,
    word_of_float,
    word_of_integer,
)

__all__ = ["COMMENT", "END", "KEY_DIGITS", "dumps", "unkeyed"]

COMMENT = "# A cassette of rai-jobs: what was asked, and what was answered, in recorded order."
END = "..."
"""The last line: a file without it was cut off."""

KEY_DIGITS = re.compile(r"[0-9a-f]{16}")

# A longer name stands on a line of its own: readers look no further than 1024 for its colon.
_LONGEST_KEY = 256
_BINARY_WIDTH = 76
_ENDS_IN_BLANK = re.compile(r"[ \t](?:\n|\Z)")
_TO_ESCAPE = re.compile(rf'["\\\t\n]|{UNSEEN.pattern}')
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


class _Copied(Protocol):
    """An interaction as it stands in another file."""

    @property
    def kind(self) -> Kind: ...

    @property
    def body(self) -> bytes: ...


def dumps(header: Header, entries: Iterable[tuple[Interaction | _Copied, str]]) -> bytes:
    """Return the text of a cassette.

    Args:
        header: what it says of itself.
        entries: the interactions in the order of their times, each with the key of its request: 16
            hexadecimal digits. One that was read from a file (`Stored`) is copied as it stands.

    Raises:
        CassetteError: a key is none, a time goes back, or a tree holds what no file can.
    """
    return _joined(header, _texts(entries))


def unkeyed(header: Header, interactions: Iterable[Interaction]) -> bytes:
    """Return the text of a cassette whose markers bear no keys: whoever reads it computes them.

    Args:
        header: what it says of itself.
        interactions: in any order of their times.

    Raises:
        CassetteError: a tree holds what no file can.
    """
    return _joined(
        header,
        (
            f"--- # {number} {each.kind}\n{_interaction(each, number)}".encode()
            for number, each in enumerate(interactions, 1)
        ),
    )


def _texts(entries: Iterable[tuple[Interaction | _Copied, str]]) -> Iterator[bytes]:
    before = 0.0
    for number, (entry, key) in enumerate(entries, 1):
        if not KEY_DIGITS.fullmatch(key):
            raise CassetteError(
                f"interaction {number}: its key is not 16 digits of lower-case hexadecimal."
            )
        marker = f"--- # {number} {entry.kind} {key}\n"
        if not isinstance(entry, Interaction):
            yield marker.encode() + entry.body
            continue
        if not before <= entry.at < float("inf"):
            raise CassetteError(
                f"interaction {number}: its time, {entry.at!r} s, does not follow {before!r} s:"
                " give interactions in the order of their times."
            )
        before = entry.at
        yield (marker + _interaction(entry, number)).encode()


def _joined(header: Header, texts: Iterable[bytes]) -> bytes:
    return b"".join((_header(header), *texts, f"{END}\n".encode()))


def _interaction(interaction: Interaction, number: int) -> str:
    tree: dict[str, Tree] = {
        "at": float(interaction.at),
        interaction.kind: {"request": interaction.request, "response": interaction.response},
    }
    return _document(tree, f"interaction {number}")


def _header(header: Header) -> bytes:
    if header.version != FORMAT_VERSION:
        raise CassetteError(
            f"a cassette is written in version {FORMAT_VERSION}, not {header.version!r}."
        )
    tree: dict[str, Tree] = {
        "format": header.version,
        "recorded_on": header.recorded_on,
        "recorded_with": dict(header.recorded_with),
        "source": header.source,
        "sanitizers": list(header.sanitizers),
    }
    return f"{COMMENT}\n{_document(tree, 'header')}".encode()


def _document(tree: dict[str, Tree], name: str) -> str:
    out: list[str] = []
    writer = _Writer(out, name)
    writer.block(tree, 0, "")
    out.append("")
    return "\n".join(out)


class _Writer:
    """Writes one tree, line by line."""

    def __init__(self, out: list[str], name: str) -> None:
        self._out = out
        self._name = name
        self._way: list[str] = []

    def block(self, tree: dict[str, Tree] | list[Tree], column: int, first: str) -> None:
        """Write what is not empty.

        Args:
            tree: what to write.
            column: where its lines begin.
            first: what its first line begins with, in place of blanks.
        """
        if column >= 2 * DEEPEST:
            raise self._wrong(f"is nested deeper than {DEEPEST} levels")
        if isinstance(tree, dict):
            self._mapping(tree, column, first)
        else:
            self._sequence(tree, column, first)

    def _mapping(self, tree: dict[str, Tree], column: int, first: str) -> None:
        pad = " " * column
        for key, value in tree.items():
            head = f"{first}{self._key(key, pad)}:"
            first = pad
            if value.__class__ is str or not _is_nested(value):
                try:
                    self._out.append(f"{head} {_leaf(value, column)}")
                except TypeError as error:
                    self._way.append(key)
                    raise self._wrong(str(error)) from None
            else:
                self._out.append(head)
                self._way.append(key)
                self.block(cast("dict[str, Tree] | list[Tree]", value), column + 2, pad + "  ")
                self._way.pop()

    def _sequence(self, tree: list[Tree], column: int, first: str) -> None:
        pad = " " * column
        for place, value in enumerate(tree):
            self._way.append(f"[{place}]")
            if _is_nested(value):
                self.block(cast("dict[str, Tree] | list[Tree]", value), column + 2, f"{first}- ")
            else:
                try:
                    self._out.append(f"{first}- {_leaf(value, column)}")
                except TypeError as error:
                    raise self._wrong(str(error)) from None
            self._way.pop()
            first = pad

    def _key(self, key: object, pad: str) -> str:
        if not isinstance(key, str):
            raise self._wrong(f"has a key of type {type(key).__name__}: keys are text")
        word = key if KEY.fullmatch(key) and key.lower() not in RESERVED else _quoted(key)
        return word if len(word) <= _LONGEST_KEY else f"? {word}\n{pad}"

    def _wrong(self, what: str) -> CassetteError:
        way = ".".join(self._way[:12]).replace(".[", "[")
        more = "…" if len(self._way) > 12 else ""
        return CassetteError(f"{self._name}, {way}{more} {what}.")


def _is_nested(value: object) -> bool:
    return isinstance(value, (dict, list)) and bool(cast("list[object]", value))


def _leaf(value: Tree, column: int) -> str:
    """Return what stands after a colon or a dash.

    Raises:
        TypeError: no file can hold it; the message says of what type it is.
    """
    if isinstance(value, str):
        return _text(value, column)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return word_of_integer(value)
    if isinstance(value, float):
        return word_of_float(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    spelled = tagged(value)
    if spelled is None:
        raise TypeError(
            f"is of type {type(value).__name__}, which no cassette can hold: a codec must turn it"
            " into plain values"
        )
    tag, word = spelled
    if tag != BINARY:
        return f"{tag} {word}"
    if len(word) <= _BINARY_WIDTH:
        return f'{tag} "{word}"'
    pad = "\n" + " " * (column + 2)
    lines = [word[at : at + _BINARY_WIDTH] for at in range(0, len(word), _BINARY_WIDTH)]
    return f"{tag} |-{pad}{pad.join(lines)}"


def _text(text: str, column: int) -> str:
    if PLAIN.fullmatch(text):
        # Its letters alone are looked at: no other case folds into a reserved word.
        return text if text.lower() not in RESERVED else f'"{text}"'
    if "\n" not in text:
        return _quoted(text)
    if UNSEEN.search(text) or _ENDS_IN_BLANK.search(text) or not text.strip("\n"):
        return _quoted(text, column + 2)
    pad = " " * (column + 2)
    bare = text.rstrip("\n")
    ends = len(text) - len(bare)
    # Where the first line begins with a blank, a reader cannot tell what of it is indentation.
    hint = "2" if text[0] in " \t\n" else ""
    chomp = ("-", "")[ends] if ends < 2 else "+"
    lines = "\n".join(pad + line if line else "" for line in bare.split("\n"))
    kept = "\n" * (ends - 1)
    return f"|{hint}{chomp}\n{lines}{kept}"


def _quoted(text: str, column: int | None = None) -> str:
    if _SURROGATE.search(text):
        escaped = text.encode("unicode_escape").decode("ascii").replace("'", "''")
        return f"{ESCAPED} '{escaped}'"
    if column is None:
        return f'"{_TO_ESCAPE.sub(_escape, text)}"'
    # A line each: a reader drops the break after a backslash, and the blanks that follow it.
    last = "\\n" if text.endswith("\n") else ""
    lines = [_TO_ESCAPE.sub(_escape, line) for line in text.removesuffix("\n").split("\n")]
    held = [f"\\{line}" if line.startswith(" ") else line for line in lines[1:]]
    joint = "\\n\\\n" + " " * column
    return f'"{joint.join([lines[0], *held])}{last}"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    code = ord(char)
    return _SHORT_ESCAPES.get(char) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
