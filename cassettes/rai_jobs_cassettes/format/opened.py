"""A file that is open: scanned for its markers, each interaction parsed when it is asked for.

The file is one string of bytes, and an array of where its markers stand; what an interaction is
exists only while somebody holds it.
"""

from __future__ import annotations

import re
import stat
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast, overload

from ..errors import CassetteFileError, CassetteFormatError
from ..interactions import FORMAT_VERSION, Header, Interaction, Kind, Tree
from .loading import load
from .migrations import KNOWN_VERSIONS, migrated
from .reading import read
from .shapes import ShapeError, header_of, interaction_of
from .writing import COMMENT, END, unkeyed

__all__ = ["MOST_BYTES", "Opened", "Stored", "open_cassette"]

MOST_BYTES = 1 << 30
"""How large a file may be, unless told otherwise."""

_MARKER = re.compile(
    rb"\n---(?: # ([0-9]{1,18}) (?:http|sql) [0-9a-f]{16}(?=\r?\n)|(?=[ \t\r\n]|\Z))"
)
# A marker that somebody changed may say less, or something else.
_ANY_MARKER = re.compile(
    rb"---[ \t]*(?:#[ \t]*(?:([0-9]{1,18})(?:[ \t]+(http|sql)(?:[ \t]+([0-9a-f]{16}))?)?"
    rb"(?=[ \t\r\n]|\Z))?[^\n]*)?\r?(?:\n|\Z)"
)
_END = re.compile(rb"\.\.\.[ \t]*\r?(?:\n|\Z)")
# No two ways to match one line: what fails must fail at once.
_NOTHING = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?(?:\n|\Z))*")
_FORMAT = re.compile(
    rb"""^(?:format|"format"|'format')[ \t]*:[ \t]*([^\s#]*)[ \t]*(?:#[^\n]*)?\r?$""", re.MULTILINE
)
_DIGITS = re.compile(rb"[0-9]{1,9}")
_THEIRS = re.compile(rb"^interactions[ \t]*:", re.MULTILINE)
_BOM = b"\xef\xbb\xbf"
_AGAIN = "Mend it, or record the cassette again."


@dataclass(frozen=True)
class _Text:
    """The bytes of a file, and where its markers begin."""

    path: Path
    data: bytes
    starts: array[int]
    end: int
    """Where its last line begins."""
    lines_given: Sequence[int] | None = None
    """Where the interactions stand in the file, if this is not its own text."""

    def span(self, index: int) -> tuple[int, int]:
        starts = self.starts
        last = index + 1 == len(starts)
        return starts[index], self.end if last else starts[index + 1]

    @cached_property
    def lines(self) -> Sequence[int]:
        if self.lines_given is not None:
            return self.lines_given
        found = array("q")
        line, before = 1, 0
        for start in self.starts:
            line += self.data.count(b"\n", before, start)
            found.append(line)
            before = start
        return found


class Stored:
    """One interaction as it stands in a file, parsed when it is asked for, and then only.

    Args:
        text: of the file.
        index: which, from 0.
    """

    __slots__ = ("_index", "_text")

    def __init__(self, text: _Text, index: int) -> None:
        self._text = text
        self._index = index

    def __repr__(self) -> str:
        return f"<Stored {self.number} of {self._text.path}>"

    @property
    def number(self) -> int:
        """Which it is in the file, from 1."""
        return self._index + 1

    @property
    def kind(self) -> Kind:
        """By which seam it went; parsed for, where the marker does not say.

        Raises:
            CassetteFormatError: the marker does not say, and it cannot be parsed.
        """
        return self._marked_kind() or self.interaction().kind

    @property
    def key(self) -> str:
        """The key of its request, as the marker says it; `""` where it does not."""
        found = self._marker()
        return found[3].decode("ascii") if found[3] else ""

    @property
    def raw(self) -> bytes:
        """Its text, with the line of its marker."""
        start, end = self._text.span(self._index)
        return self._text.data[start:end]

    @property
    def body(self) -> bytes:
        """Its text, without the line of its marker."""
        _, end = self._text.span(self._index)
        return self._text.data[self._marker().end() : end]

    @property
    def line(self) -> int:
        """Where its marker stands in the file, from 1."""
        return self._text.lines[self._index]

    def interaction(self) -> Interaction:
        """Return what it says.

        Raises:
            CassetteFormatError: it cannot be read; names file, line and remedy.
        """
        text = _decoded(self._text.path, self.body, self)
        tree = read(text)
        if tree is None:
            tree = load(text, self._text.path, self.line + 1)
        try:
            return interaction_of(tree, self._marked_kind())
        except ShapeError as error:
            line = self.line + _place_of(text, error.name)
            raise CassetteFormatError(self._text.path, line, f"{error.what}. {_AGAIN}") from error

    def _marker(self) -> re.Match[bytes]:
        start, _ = self._text.span(self._index)
        found = _ANY_MARKER.match(self._text.data, start)
        if found is None:  # `open_cassette` refuses such a file
            raise AssertionError(f"{self!r} has no marker")
        return found

    def _marked_kind(self) -> Kind | None:
        found = self._marker()[2]
        return cast("Kind", found.decode("ascii")) if found else None


class _AllStored(Sequence[Stored]):
    def __init__(self, text: _Text) -> None:
        self._text = text

    def __len__(self) -> int:
        return len(self._text.starts)

    @overload
    def __getitem__(self, index: int) -> Stored: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Stored]: ...
    def __getitem__(self, index: int | slice) -> Stored | Sequence[Stored]:
        if isinstance(index, slice):
            return [Stored(self._text, each) for each in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(f"there are {len(self)} interactions, and none at {index}")
        return Stored(self._text, at)

    def keys(self) -> Iterator[tuple[Kind | None, str]]:
        return _marked(self._text)

    def __iter__(self) -> Iterator[Stored]:
        text = self._text
        return (Stored(text, each) for each in range(len(text.starts)))


@dataclass(frozen=True)
class Opened:
    """A file, scanned for its markers and not parsed.

    Args:
        header: what it says of itself; `version` is that of the file.
        path: of the file.
        stored: its interactions, in their order.
    """

    header: Header
    path: Path
    stored: Sequence[Stored]

    def keys(self) -> Iterator[tuple[Kind | None, str]]:
        """Yield what each marker says, in order: the kind and the key; `None` and `""` for nothing.

        Nothing is parsed for it.
        """
        return cast("_AllStored", self.stored).keys()


def open_cassette(path: Path, *, most_bytes: int = MOST_BYTES) -> Opened:
    """Return a file, scanned for its markers.

    Args:
        path: of the file.
        most_bytes: a larger file is refused.

    Raises:
        CassetteFormatError: it is no cassette, or one of a version that nobody knows here, or cut
            off, or its interactions are out of order; names file, line and remedy.
        CassetteFileError: there is no such file, or it cannot be read.
    """
    path = Path(path)
    return _scanned(path, _read(path, most_bytes))


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise CassetteFileError(
                f"{path} is a directory: name a file, such as {path / 'cassette.yaml'}."
            )
        if not stat.S_ISREG(found.st_mode):
            raise CassetteFileError(f"{path} is no plain file: name the file of a cassette.")
        if found.st_size > most_bytes:
            raise CassetteFormatError(
                path,
                None,
                f"it has {found.st_size} bytes, more than {most_bytes}. Record less into one file,"
                " or allow more by `most_bytes=`.",
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CassetteFileError(
            f"{path} cannot be read: {why}. Check that it is there, and that you may read it."
        ) from error


def _scanned(path: Path, data: bytes) -> Opened:
    data = data.removeprefix(_BOM)
    _require_text(path, data)
    first, starts, astray = _starts(data)
    end = _end(data, starts)
    until = starts[0] if starts else (len(data) if end is None else end)
    version = _version(path, data, first, until)
    if end is None and version:
        raise CassetteFormatError(
            path,
            _line_at(data, len(data.rstrip())),
            f"the file is cut off: its last line is not `{END}`. Take it from where it is whole, or"
            f" record it again; after a change by hand, write `{END}` at its end.",
        )
    text = _Text(path, data, starts, len(data) if end is None else end)
    for index in astray:
        _require_numbered(text, index)
    header_text = _decoded(path, data[first:until], None)
    header_line = _line_at(data, first)
    header = read(header_text.removeprefix(f"{COMMENT}\n")) or load(header_text, path, header_line)
    try:
        if header.get("format") != version:
            raise ShapeError("format", f"`format:` must be {FORMAT_VERSION}")
        if version != FORMAT_VERSION:
            return _migrated(text, header, version)
        return Opened(header_of(header, version), path, _AllStored(text))
    except ShapeError as error:
        line = header_line + max(0, _place_of(header_text, error.name) - 1)
        raise CassetteFormatError(path, line, f"{error.what}. {_AGAIN}") from error


def _migrated(text: _Text, header: Mapping[str, Tree], version: int) -> Opened:
    """Return a file of an old version as the present one has it; its own text stays as it is."""
    documents = [header]
    for stored in _AllStored(text):
        body = _decoded(text.path, stored.body, stored)
        documents.append(load(body, text.path, stored.line + 1))
    head, *rest = migrated(documents, version)
    present = header_of(head, FORMAT_VERSION)
    data = unkeyed(present, [interaction_of(each, None) for each in rest])
    _, starts, _ = _starts(data)
    lines = [each.line for each in _AllStored(text)]
    if len(lines) != len(starts):
        lines = [1 + text.data.count(b"\n", 0, _interactions_at(text.data))] * len(starts)
    end = len(data) - len(END) - 1
    return Opened(present, text.path, _AllStored(_Text(text.path, data, starts, end, lines)))


def _interactions_at(data: bytes) -> int:
    found = _THEIRS.search(data)
    return found.start() if found else 0


def _require_text(path: Path, data: bytes) -> None:
    if not data or data.isspace():
        raise CassetteFormatError(path, 1, "the file is empty. Record the cassette again.")
    nul = data.find(b"\0")
    if nul >= 0:
        raise CassetteFormatError(
            path,
            _line_at(data, nul),
            "the file is no text: a byte 0 stands here. Name a cassette, or record it again.",
        )


def _starts(data: bytes) -> tuple[int, array[int], list[int]]:
    """Return where the header begins, where the markers do, and which are not as we write them."""
    first, scan_from = 0, 0
    found = _MARKER.search(data)
    if found is not None and _NOTHING.fullmatch(data, 0, found.start() + 1):
        # Somebody began the header with a marker too.
        first, scan_from = found.start() + 1, found.start() + 4
    starts = array("Q")
    astray: list[int] = []
    for index, found in enumerate(_MARKER.finditer(data, scan_from)):
        starts.append(found.start() + 1)
        if found[1] is None or int(found[1]) != index + 1:
            astray.append(index)
    return first, starts, astray


def _end(data: bytes, starts: array[int]) -> int | None:
    """Return where the last line begins; `None` where it is not what a last line must be."""
    at = data.rfind(b"\n...") + 1
    found = _END.match(data, at) if at else None
    whole = found is not None and _NOTHING.fullmatch(data, found.end()) is not None
    return at if whole and (not starts or starts[-1] < at) else None


def _version(path: Path, data: bytes, first: int, until: int) -> int:
    found = _FORMAT.search(data, first, until)
    if found is None:
        theirs = _THEIRS.search(data, first, until)
        raise CassetteFormatError(
            path,
            1,
            "this is no cassette of rai-jobs: its header has no `format:`. "
            + (
                "If it is one of vcrpy, make one of ours by `convert(source, target)`."
                if theirs
                else "Name a cassette, or record it again."
            ),
        )
    word = found[1]
    version = int(word) if _DIGITS.fullmatch(word) else -1
    if version not in KNOWN_VERSIONS:
        known = ", ".join(map(str, KNOWN_VERSIONS))
        shown = word[:20].decode("utf-8", "replace")
        raise CassetteFormatError(
            path,
            _line_at(data, found.start()),
            f"its format is {shown!r}, and this version of rai-jobs knows {known}. If a newer one"
            " wrote it, upgrade rai-jobs; else record the cassette again.",
        )
    return version


def _require_numbered(text: _Text, index: int) -> None:
    found = _ANY_MARKER.match(text.data, text.starts[index])
    if found is None:
        raise CassetteFormatError(
            text.path,
            text.lines[index],
            "something stands behind the marker that is no comment: give it a line of its own.",
        )
    if found[1] and int(found[1]) != index + 1:
        raise CassetteFormatError(
            text.path,
            text.lines[index],
            f"the marker says that this is interaction {int(found[1])}, and it is number"
            f" {index + 1} of the file: one is missing, stands twice, or is out of order. Mend the"
            " order, write `---` alone, or record the cassette again.",
        )


def _marked(text: _Text) -> Iterator[tuple[Kind | None, str]]:
    for start in text.starts:
        found = _ANY_MARKER.match(text.data, start)
        if found is None or found[3] is None:
            kind = found[2] if found else None
            yield cast("Kind | None", kind.decode("ascii") if kind else None), ""
        else:
            yield cast("Kind", found[2].decode("ascii")), found[3].decode("ascii")


def _decoded(path: Path, data: bytes, stored: Stored | None) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = 1 if stored is None else stored.line + 1
        raise CassetteFormatError(
            path,
            before + data.count(b"\n", 0, error.start),
            f"the text is no UTF-8. {_AGAIN}",
        ) from error


def _place_of(text: str, name: str | None) -> int:
    """Return on which line of a document one of its own names stands; 0 where it does not."""
    if name is None:
        return 0
    found = re.search(rf"""^["']?{re.escape(name)}["']?[ \t]*:""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _line_at(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1
