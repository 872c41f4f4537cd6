"""Which interaction of a recording is which of another: the same question at the same point. Pure.

First those are paired that are asked and answered alike; what is between them then by the question
alone; what is left over is paired out of order.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from ..interactions import Tree
from .canonical import Named
from .shaping import shaped
from .volatile import How, Rules

__all__ = ["Pairs", "paired"]

_Opcode: TypeAlias = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class Pairs:
    """How two recordings lie side by side; positions, from 0.

    Args:
        in_order: what is in both, at the same point.
        moved: what is in both, at another point.
        removed: what is in the old one alone.
        added: what is in the new one alone.
    """

    in_order: tuple[tuple[int, int], ...]
    moved: tuple[tuple[int, int], ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]


def paired(old: Sequence[Named], new: Sequence[Named], rules: Rules) -> Pairs:
    """Return how two recordings lie side by side.

    Args:
        old, new: under names.
        rules: what of an answer differs by nature.
    """
    whole_old = [(each.key, _said(each, rules)) for each in old]
    whole_new = [(each.key, _said(each, rules)) for each in new]
    in_order: list[tuple[int, int]] = []
    for tag, start, end, new_start, new_end in _opcodes(whole_old, whole_new):
        if tag == "equal":
            in_order += zip(range(start, end), range(new_start, new_end), strict=True)
            continue
        keys, new_keys = [e.key for e in old[start:end]], [e.key for e in new[new_start:new_end]]
        for inner, i1, i2, j1, j2 in _opcodes(keys, new_keys):
            if inner == "equal":
                left, right = range(start + i1, start + i2), range(new_start + j1, new_start + j2)
                in_order += zip(left, right, strict=True)
    left_of_old = _without(range(len(old)), {pair[0] for pair in in_order})
    left_of_new = _without(range(len(new)), {pair[1] for pair in in_order})
    by_key: dict[str, deque[int]] = {}
    for position in left_of_new:
        by_key.setdefault(new[position].key, deque()).append(position)
    moved = [
        (position, by_key[old[position].key].popleft())
        for position in left_of_old
        if by_key.get(old[position].key)
    ]
    return Pairs(
        tuple(in_order),
        tuple(moved),
        tuple(_without(left_of_old, {pair[0] for pair in moved})),
        tuple(_without(left_of_new, {pair[1] for pair in moved})),
    )


def _opcodes(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[_Opcode]:
    """Yield what `difflib` does, with what is the same at either end told apart first.

    Polls are many and alike, and `difflib` compares each with each.
    """
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    most = shorter - head
    tail = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
    end, new_end = len(old) - tail, len(new) - tail
    if head:
        yield "equal", 0, head, 0, head
    matcher = SequenceMatcher(None, old[head:end], new[head:new_end], autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        yield tag, i + head, j + head, k + head, m + head
    if tail:
        yield "equal", end, len(old), new_end, len(new)


def _without(positions: Iterable[int], taken: set[int]) -> list[int]:
    return [each for each in positions if each not in taken]


def _said(named: Named, rules: Rules) -> str:
    plain = _plain(shaped(named.interaction.response), (), rules)
    return json.dumps(plain, sort_keys=True, default=repr)


def _plain(tree: Tree, way: tuple[str, ...], rules: Rules) -> Tree:
    how = rules.at(way)
    if how is How.IGNORED:
        return None
    if how is not None and not isinstance(tree, (dict, list)):
        return tree not in (None, "")
    if isinstance(tree, dict):
        return {name: _plain(each, (*way, name.lower()), rules) for name, each in tree.items()}
    if isinstance(tree, list):
        return [_plain(each, way, rules) for each in tree]
    return tree
