"""What the stand-ins of a recording stand for while it is replayed.

The first request in which a stand-in meets a live value binds the two, for the whole replay: later
requests must send the same value there, and responses hold it in the stand-in's place. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote

from ..interactions import Tree
from ..placeholders import STAND_IN

__all__ = ["Bindings", "stands_in"]


class Bindings:
    """Stand-ins and the live values that they stand for, one to one."""

    def __init__(self) -> None:
        self._live: dict[str, str] = {}
        self._stand_ins: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._live)

    @property
    def stand_ins(self) -> dict[str, str]:
        """Which stand-in each live value has."""
        return dict(self._stand_ins)

    def unified(self, recorded: Tree, live: Tree) -> dict[str, str] | None:
        """Return what would be bound anew were these the same; `None` when they cannot be.

        Args:
            recorded: a tree that may hold stand-ins.
            live: what a client sends.
        """
        if recorded == live:
            return {}
        found: dict[str, str] = {}
        return found if self._unify(recorded, live, found) else None

    def bind(self, found: dict[str, str]) -> None:
        """Keep what `unified` returned."""
        for name, value in found.items():
            self._live[name] = value
            self._stand_ins[value] = name

    def written(self, live: Tree) -> Tree:
        """Return `live` with stand-ins where whole texts are values that are bound."""
        if isinstance(live, str):
            return self._stand_ins.get(live, live)
        if isinstance(live, list):
            return [self.written(each) for each in live]
        if isinstance(live, dict):
            return {name: self.written(value) for name, value in live.items()}
        return live

    def told(self, recorded: Tree) -> Tree:
        """Return `recorded` with the live values in place of the stand-ins that are bound."""
        if isinstance(recorded, str):
            return STAND_IN.sub(self._told, recorded) if _may_stand_in(recorded) else recorded
        if isinstance(recorded, list):
            return [self.told(each) for each in recorded]
        if isinstance(recorded, dict):
            return {str(self.told(name)): self.told(value) for name, value in recorded.items()}
        return recorded

    def _told(self, match: re.Match[str]) -> str:
        return self._live.get(match[0], match[0])

    def _unify(self, recorded: Tree, live: Tree, found: dict[str, str]) -> bool:
        if isinstance(recorded, str):
            return isinstance(live, str) and self._unify_text(recorded, live, found)
        if isinstance(recorded, bytes) and isinstance(live, bytes):
            return self._unify_text(_decoded(recorded), _decoded(live), found)
        if isinstance(recorded, dict):
            return isinstance(live, dict) and self._unify_mapping(recorded, live, found)
        if isinstance(recorded, list):
            return (
                isinstance(live, list)
                and len(recorded) == len(live)
                and all(map(self._unify, recorded, live, (found for _ in live)))
            )
        return type(recorded) is type(live) and recorded == live

    def _unify_mapping(
        self, recorded: dict[str, Tree], live: dict[str, Tree], found: dict[str, str]
    ) -> bool:
        if len(recorded) != len(live):
            return False
        if recorded.keys() == live.keys():
            return all(self._unify(value, live[name], found) for name, value in recorded.items())
        # A stand-in may be in a name.
        others = [name for name in live if name not in recorded]
        for name, value in recorded.items():
            if name in live:
                meant: str | None = name if self._unify(value, live[name], found) else None
            else:
                meant = next(
                    (o for o in others if self._is_at(name, value, o, live[o], found)), None
                )
                others = [each for each in others if each != meant]
            if meant is None:
                return False
        return True

    def _is_at(
        self, name: str, value: Tree, other: str, there: Tree, found: dict[str, str]
    ) -> bool:
        tried = dict(found)
        if self._unify_text(name, other, tried) and self._unify(value, there, tried):
            found.update(tried)
            return True
        return False

    def _unify_text(self, recorded: str, live: str, found: dict[str, str]) -> bool:
        if recorded == live:
            return True
        if not _may_stand_in(recorded):
            return False
        names = STAND_IN.findall(recorded)
        match = _pattern(recorded).fullmatch(live) if names else None
        return match is not None and all(
            self._may_bind(name, value, found)
            for name, value in zip(names, match.groups(), strict=True)
        )

    def _may_bind(self, name: str, value: str, found: dict[str, str]) -> bool:
        bound = self._live.get(name, found.get(name))
        if bound is not None:
            return bound == value or _plain(bound) == _plain(value)
        # One to one: a value that has a stand-in already has no other.
        if self._stand_ins.get(value, name) != name or value in found.values():
            return False
        found[name] = value
        return True


def stands_in(tree: Tree) -> bool:
    """Tell whether a stand-in is anywhere in `tree`."""
    return any(_may_stand_in(each) and STAND_IN.search(each) for each in _texts(tree))


def _texts(tree: Tree) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, bytes):
        yield _decoded(tree)
    elif isinstance(tree, list):
        for each in tree:
            yield from _texts(each)
    elif isinstance(tree, dict):
        for name, each in tree.items():
            yield name
            yield from _texts(each)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _plain(text: str) -> str:
    """Return what `text` spells, in a URL or in JSON within JSON: a stand-in stands for that."""
    text = unquote(text) if "%" in text else text
    if "\\" in text:
        with suppress(ValueError):
            return str(json.loads(f'"{text}"'))
    return text


def _may_stand_in(text: str) -> bool:
    return "<" in text or ".invalid" in text


@lru_cache(maxsize=1024)
def _pattern(recorded: str) -> re.Pattern[str]:
    texts = STAND_IN.split(recorded)
    return re.compile("(.+?)".join(map(re.escape, texts)), re.DOTALL)
