"""Which value of one run stands for which of another: bound when told, put into what is asked next.

Pure.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, unquote_plus, urlsplit, urlunsplit

from ..interactions import Tree

__all__ = ["Ties"]

_SHORTEST_WITHIN = 6
"""Shorter values are known by themselves alone: inside of texts they may be anything."""
_WORD = re.compile(r"<[a-z]+(?:-[a-z]+)*-\d+>|[\w.-]*\w")
_PAIR = re.compile(r"(?<==)[^&]*")


class Ties:
    """Values of a recording and those that stand for them elsewhere."""

    def __init__(self) -> None:
        self._there: dict[str, str] = {}
        self._here: dict[str, str] = {}

    def tie(self, recorded: str, there: str) -> bool:
        """Bind two values one to one; tell whether that agrees with what was bound before."""
        known, taken = self._there.get(recorded), self._here.get(there)
        if known is None and taken is None:
            self._there[recorded], self._here[there] = there, recorded
            return True
        return known == there and taken == recorded

    def retie(self, recorded: str, there: str) -> None:
        """Let a value stand for another from now on, whatever it stood for."""
        self._there[recorded] = there

    def knows(self, recorded: str) -> bool:
        """Tell whether something stands for a value of the recording."""
        return recorded in self._there

    def is_tied(self, there: str) -> bool:
        """Tell whether a value stands for one of the recording, one to one."""
        return there in self._here

    def told(self, tree: Tree) -> Tree:
        """Return `tree` with what stands for its values."""
        if isinstance(tree, str):
            return self._text(tree)
        if isinstance(tree, list):
            return [self.told(each) for each in tree]
        if isinstance(tree, dict):
            return {name: self.told(value) for name, value in tree.items()}
        return tree

    def asked(self, request: dict[str, Tree]) -> dict[str, Tree]:
        """Return a request with what stands for its values, in its URL too."""
        made = {name: self.told(value) for name, value in request.items()}
        url = request.get("url")
        if isinstance(url, str):
            made["url"] = self._url(url)
        return made

    def _text(self, text: str) -> str:
        whole = self._there.get(text)
        if whole is not None:
            return whole
        return _WORD.sub(self._word, text) if self._there else text

    def _word(self, match: re.Match[str]) -> str:
        word = match[0]
        return self._there.get(word, word) if len(word) >= _SHORTEST_WITHIN else word

    def _url(self, url: str) -> str:
        parts = urlsplit(url)
        segments = [self._segment(each, unquote(each)) for each in parts.path.split("/")]
        query = _PAIR.sub(
            lambda found: self._segment(found[0], unquote_plus(found[0])), parts.query
        )
        return urlunsplit(parts._replace(path="/".join(segments), query=query))

    def _segment(self, written: str, meant: str) -> str:
        told = self._text(meant)
        return written if told == meant else quote(told, safe="")
