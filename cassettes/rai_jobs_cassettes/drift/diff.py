"""`diff`: what changed between two recordings of one story."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import cast

from ..arguments import held_of
from ..interactions import Interaction
from ..lives.readings import interactions_in
from ..replay.differences import Difference
from ..replay.nearest import named
from .aligning import paired
from .canonical import canonical
from .changes import Change, ChangeKind, Changes
from .comparing import Comparison
from .volatile import DEFAULT_VOLATILE, Rules, Volatile

__all__ = ["diff"]

_GAP = "seconds since the one before"


def diff(
    old: str | PathLike[str] | Iterable[Interaction],
    new: str | PathLike[str] | Iterable[Interaction],
    *,
    ignore: Iterable[Volatile] = DEFAULT_VOLATILE,
    tolerance_s: float = 1.0,
) -> Changes:
    """Return what changed between two recordings: what is asked, in what order, what is answered.

    An id, a token, or what else each run makes anew is no change while it is another everywhere.

    Args:
        old, new: paths of files, or interactions.
        ignore: what differs by nature.
        tolerance_s: by how much times may differ, in seconds.

    Raises:
        CassetteError: a file cannot be read, or is no cassette.
    """
    ignore = cast("tuple[Volatile, ...]", held_of("ignore", ignore, "Volatile"))
    rules = Rules(ignore)
    befores, afters = interactions_in(old), interactions_in(new)
    left, right = canonical(befores, rules), canonical(afters, rules)
    pairs = paired(left, right, rules)
    comparison = Comparison(ignore, tolerance_s=tolerance_s)
    found: list[Change] = []

    def told(kind: ChangeKind, i: int, j: int, differences: tuple[Difference, ...]) -> None:
        found.append(Change(kind, _told(befores[i]), i + 1, j + 1, differences))

    def compare(i: int, j: int) -> tuple[Difference, ...]:
        one, other = left[i].interaction.response, right[j].interaction.response
        return comparison.differences(one, other, shift_s=afters[j].at - befores[i].at)

    before = (0.0, 0.0)
    for i, j in pairs.in_order:
        differences = compare(i, j)
        if differences:
            told("answer", i, j, differences)
        gaps = befores[i].at - before[0], afters[j].at - before[1]
        before = befores[i].at, afters[j].at
        if abs(gaps[0] - gaps[1]) > tolerance_s:
            told("timing", i, j, (Difference(_GAP, round(gaps[0], 3), round(gaps[1], 3)),))
    for i, j in pairs.moved:
        told("moved", i, j, compare(i, j))
    found += [Change("removed", _told(befores[i]), i + 1, None) for i in pairs.removed]
    found.sort(key=lambda change: change.old or 0)
    found += [Change("added", _told(afters[j]), None, j + 1) for j in pairs.added]
    return Changes(tuple(found), len(pairs.in_order) + len(pairs.moved))


def _told(interaction: Interaction) -> str:
    return named(interaction.kind, interaction.request)
