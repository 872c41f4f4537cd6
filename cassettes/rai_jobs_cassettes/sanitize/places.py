"""Values at places: of a header, a key of a query or body, a bind, a column."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, cast

from ..interactions import Interaction, Leaf, Tree
from .keys import SECRET_HEADER, any_of, folded, kind_of_key
from .marks import Marks, is_marked
from .patterns import in_query, query_regex
from .rewriting import Finder, Hit, rewritten
from .rules import Rule, in_leaf
from .walking import Place, rewalked

__all__ = [
    "BindRule",
    "BodyPathRule",
    "ColumnRule",
    "HeaderRule",
    "KeyRule",
    "bind_names",
    "is_secret_header",
    "marked_leaf",
]

_COOKIES = {"cookie", "set-cookie"}
_SCHEME = re.compile(r"""(?i)([a-z][\w-]*\s+)(?:(token\s*=\s*"?))?(.+?)("?)\s*$""", re.DOTALL)
_COOKIE = re.compile(r"([^=;\s]+=)([^;]+)")


@lru_cache(maxsize=1024)
def _folded(key: str) -> str:
    return folded(key)


def marked_leaf(leaf: Leaf, kind: str, marks: Marks) -> Leaf:
    """Return the mark of a whole leaf; what cannot be a secret stays."""
    if isinstance(leaf, bytes):
        leaf = leaf.decode("utf-8", "backslashreplace")
    if isinstance(leaf, (int, float, Decimal)) and not isinstance(leaf, bool):
        leaf = str(leaf)
    if not isinstance(leaf, str) or is_marked(leaf):
        return leaf
    return marks.mark(leaf, kind, value=leaf)


@dataclass(frozen=True)
class HeaderRule(Rule):
    """Values of headers, of requests and of responses.

    Args:
        name: of the rule.
        header: whether a header, by its name in lower case, is meant.
        kind: what its value is; by its name when not given.
        parts: whether the words of credentials and cookies stay: scheme, names, attributes.
    """

    name: str
    header: Callable[[str], bool]
    kind: str | None = None
    parts: bool = False

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction with marks for the values of the headers that are meant."""
        if not any(map(self._is_in, (interaction.request, interaction.response))):
            return interaction

        def leaf(place: Place, value: Leaf) -> Tree:
            if len(place) < 3 or place[1] != "headers" or not isinstance(value, str):
                return value
            header = str(place[2]).lower()
            if not self.header(header):
                return value
            kind = self.kind or kind_of_key(header)
            if self.parts and header in _COOKIES:
                return _cookies(value, marks, only_first=header == "set-cookie")
            if self.parts and header.endswith("authorization"):
                return _credentials(value, marks)
            return marked_leaf(value, kind, marks)

        return rewalked(interaction, leaf)

    def _is_in(self, side: Mapping[str, Tree]) -> bool:
        headers = side.get("headers")
        return isinstance(headers, dict) and any(self.header(each.lower()) for each in headers)


def is_secret_header(name: str) -> bool:
    """Tell whether a header of this name bears a secret."""
    return name in _COOKIES or SECRET_HEADER.fullmatch(name) is not None


def _cookies(text: str, marks: Marks, *, only_first: bool) -> str:
    def crumb(found: re.Match[str]) -> str:
        value = found[2]
        return found[1] + (value if is_marked(value) else marks.mark(value, "cookie", value=value))

    return _COOKIE.sub(crumb, text, count=1 if only_first else 0)


def _credentials(text: str, marks: Marks) -> str:
    match = _SCHEME.fullmatch(text)
    if match is None:
        return str(marked_leaf(text, "token", marks))
    scheme, opening, value, closing = match[1], match[2] or "", match[3], match[4]
    if is_marked(value):
        return text
    if scheme.strip().lower() == "basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user = password = ""
        marks.learn(password, "password")
        marks.learn(user, "user")
    return f"{scheme}{opening}{marks.mark(value, 'token', value=value)}{closing}"


@dataclass(frozen=True)
class KeyRule(Rule):
    """Values under keys: in JSON, also in a text; in forms, binds, columns; assigned in SQL.

    Args:
        name: of the rule.
        keys: the keys' words; case and what joins words do not matter.
        kind: what the values are; by their key when not given.
        in_queries: whether keys of a URL's query are meant too.
        fits: whether a text can be such a value; every one when not given.
        beside: another finder, for texts.
    """

    name: str
    keys: tuple[str, ...]
    kind: str | None = None
    in_queries: bool = False
    fits: Callable[[str], bool] | None = None
    beside: Finder | None = None

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction with marks for the values under the keys."""
        columns = _column_names(interaction.response)
        binds = bind_names(interaction.request.get("statement"))

        def leaf(place: Place, value: Leaf) -> Tree:
            key = _key_at(place, columns, binds)
            if key is not None and _folded(key) in self._wanted and self._fits(value):
                marked = marked_leaf(value, self.kind or kind_of_key(key), marks)
                if marked is not value:
                    return marked
            return in_leaf(value, lambda text: rewritten(text, self.find, marks))

        return rewalked(interaction, leaf)

    @cached_property
    def _wanted(self) -> frozenset[str]:
        return frozenset(map(folded, self.keys))

    @cached_property
    def find(self) -> Finder:
        """What finds values under the keys in a text."""
        regex = any_of(self.keys)
        finders = [in_json_text(regex, self.kind), _assigned(regex, self.kind)]
        if self.in_queries:
            finders.append(in_query(query_regex(regex), self.kind))

        def find(text: str) -> Iterable[Hit]:
            hits = [hit for finder in finders for hit in finder(text)]
            if self.fits is not None:
                hits = [hit for hit in hits if self.fits(text[hit.start : hit.end])]
            if self.beside is not None:
                hits += self.beside(text)
            return sorted(hits, key=lambda hit: (hit.start, -hit.end))

        return find

    def _fits(self, value: Leaf) -> bool:
        return self.fits is None or (isinstance(value, str) and self.fits(value))


def in_json_text(keys: str, kind: str | None) -> Finder:
    """Return what finds values under keys in a text that is JSON, or holds some."""
    regex = re.compile(
        rf"""(?i)"(?P<key>{keys})(?P<quote>")\s*:\s*"""
        r"""(?:"(?P<text>(?:[^"\\]|\\.)+)"|(?P<number>-?\d[\d.eE+-]*))""",
        re.DOTALL,
    )

    def find(text: str) -> Iterable[Hit]:
        if '"' not in text:
            return
        for match in regex.finditer(text):
            named = kind or kind_of_key(match["key"])
            if match["number"] is None:
                yield Hit(*match.span("text"), named)
            else:
                yield Hit(*match.span("number"), named, quote=match.start("quote"))

    return find


def _assigned(keys: str, kind: str | None) -> Finder:
    """Return what finds values that are assigned to keys, as SQL and connection strings do."""
    regex = re.compile(
        rf"""(?i)(?<![\w?&#-])(?P<key>{keys})"""
        r"""(?:\s*=>?\s*(?:'(?P<single>(?:[^']|'')+)'|"(?P<double>[^"\\]+)")"""
        r"""|=(?P<bare>[^\s&;,'"<>()\\?]+))"""
    )

    def find(text: str) -> Iterable[Hit]:
        if "=" not in text:
            return
        for match in regex.finditer(text):
            for group in ("single", "double", "bare"):
                if match[group]:
                    yield Hit(*match.span(group), kind or kind_of_key(match["key"]))

    return find


def _column_names(response: Mapping[str, Tree]) -> list[str]:
    columns = response.get("columns")
    if not isinstance(columns, list):
        return []
    return [str(each.get("name")) if isinstance(each, dict) else str(each) for each in columns]


def _key_at(place: Place, columns: list[str], binds: Mapping[int | str, str]) -> str | None:
    """Return the key of the value at a place: the nearest name above it."""
    if place[:2] == ("response", "rows") and len(place) == 4:
        index = place[3]
        return columns[index] if isinstance(index, int) and index < len(columns) else None
    if place[:2] == ("request", "binds"):
        last = place[-1]
        return binds.get(last) or (last if isinstance(last, str) else None)
    if place[1] == "headers":
        return None
    names = [each for each in place[1:] if isinstance(each, str)]
    return names[-1] if names else None


_PLACEHOLDER = re.compile(
    r"""'(?:[^']|'')*'|--[^\n]*|(?P<mark>\?|%s|%\((?P<name>\w+)\)s|:(?P<number>\d+)\b)"""
)
_COLUMN = re.compile(
    r"""(?i)([a-z_][\w$]*)["'\s)]*(?:=>|=|<>|!=|\bilike\b|\blike\b)\s*(?:\w+\s*\(\s*)*$"""
)
_FAR = 120


def bind_names(statement: object) -> dict[int | str, str]:
    """Return, by index or name of a bind, what it is compared with or assigned to."""
    found: dict[int | str, str] = {}
    if not isinstance(statement, str):
        return found
    index = 0
    for match in _PLACEHOLDER.finditer(statement):
        if match["mark"] is None:
            continue
        before = _COLUMN.search(statement[max(0, match.start() - _FAR) : match.start()])
        key: int | str = match["name"] or (int(match["number"]) - 1 if match["number"] else index)
        index += 1
        if before is not None:
            found[key] = before[1]
    return found


@dataclass(frozen=True)
class BindRule(Rule):
    """Binds of statements.

    Args:
        name: of the rule.
        which: the bind's place from 0, its name, or an expression for what it is compared with.
        kind: what it is.
        statement: an expression that the statement must hold.
    """

    name: str
    which: int | str
    kind: str
    statement: str | None = None

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction with marks for the binds that are meant."""
        statement = interaction.request.get("statement")
        if self.statement is not None and not (
            isinstance(statement, str) and re.search(self.statement, statement, re.IGNORECASE)
        ):
            return interaction
        names = bind_names(statement)

        def leaf(place: Place, value: Leaf) -> Tree:
            if place[:2] != ("request", "binds") or len(place) < 3:
                return value
            last = place[-1]
            if isinstance(self.which, int):
                meant = last == self.which
            else:
                known = [names.get(last, ""), last if isinstance(last, str) else ""]
                meant = any(re.fullmatch(self.which, each, re.IGNORECASE) for each in known if each)
            return marked_leaf(value, self.kind, marks) if meant else value

        return rewalked(interaction, leaf)


@dataclass(frozen=True)
class ColumnRule(Rule):
    """Values of a column of rows.

    Args:
        name: of the rule.
        column: the column's name, folded.
        kind: what the values are.
    """

    name: str
    column: str
    kind: str

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction with marks for the values of the column."""
        columns = _column_names(interaction.response)

        def leaf(place: Place, value: Leaf) -> Tree:
            if place[:2] != ("response", "rows") or len(place) != 4:
                return value
            key = _key_at(place, columns, {})
            meant = key is not None and folded(key) == self.column
            return marked_leaf(value, self.kind, marks) if meant else value

        return rewalked(interaction, leaf)


@dataclass(frozen=True)
class BodyPathRule(Rule):
    """The value at a path in a body, or in a text that is JSON.

    Args:
        name: of the rule.
        path: the keys from the root, joined by dots; `*` is any key or place in a list.
        kind: what it is.
    """

    name: str
    path: str
    kind: str

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction with marks for the values at the path."""
        wanted = self.path.split(".")

        def leaf(place: Place, value: Leaf) -> Tree:
            if place[1] in ("json", "form") and _leads(wanted, place[2:]):
                return marked_leaf(value, self.kind, marks)
            if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
                return self._in_text(value, wanted, marks)
            return value

        return rewalked(interaction, leaf)

    def _in_text(self, text: str, wanted: list[str], marks: Marks) -> str:
        try:
            body: object = json.loads(text)
        except (ValueError, RecursionError):
            return text
        values = [each for each in _at(body, wanted) if isinstance(each, (str, int, float))]
        key = re.escape(wanted[-1]) if wanted[-1] != "*" else r'[^"\\]*'
        meant = {json.dumps(value).strip('"') for value in values if not isinstance(value, bool)}
        meant |= {value for value in values if isinstance(value, str)}
        find = in_json_text(key, self.kind)
        return rewritten(
            text, lambda seen: [h for h in find(seen) if seen[h.start : h.end] in meant], marks
        )


def _leads(wanted: list[str], place: tuple[str | int, ...]) -> bool:
    return len(wanted) == len(place) and all(
        want in ("*", str(step)) for want, step in zip(wanted, place, strict=True)
    )


def _at(body: object, wanted: list[str]) -> Iterator[object]:
    if not wanted:
        yield body
        return
    below: Iterable[tuple[str, Any]] = ()
    if isinstance(body, dict):
        below = cast("dict[str, Any]", body).items()
    elif isinstance(body, list):
        below = ((str(index), each) for index, each in enumerate(cast("list[Any]", body)))
    for key, value in below:
        if wanted[0] in ("*", key):
            yield from _at(value, wanted[1:])
