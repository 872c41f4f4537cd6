"""A recording with names in place of what each run makes anew: so two can lie side by side.

A name says what told it first: the how-manieth id that which request was answered with. So it is
the same in two recordings of one story, also where something else was asked in between. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..interactions import Interaction, Tree
from ..replay.views import key_of
from .shaping import shaped
from .ties import Ties
from .volatile import How, Rules

__all__ = ["Named", "canonical"]


@dataclass(frozen=True)
class Named:
    """An interaction under names.

    Args:
        number: its place in the recording, from 1.
        interaction: with names.
        key: of its request.
    """

    number: int
    interaction: Interaction
    key: str


def canonical(interactions: Iterable[Interaction], rules: Rules) -> list[Named]:
    """Return a recording's interactions with names in place of what its run made anew.

    Args:
        interactions: in recorded order.
        rules: which values those are.
    """
    ties = Ties()
    counts: dict[str, int] = {}
    found: list[Named] = []
    for number, each in enumerate(interactions, start=1):
        request = ties.asked(each.request)
        key = key_of(each.kind, request)
        for field, value in _made(shaped(each.response), (), rules):
            if not ties.knows(value):
                told = f"{field}-{key}"
                counts[told] = counts.get(told, 0) + 1
                ties.tie(value, f"<{told}-{counts[told]}>")
        response = {name: ties.told(value) for name, value in each.response.items()}
        found.append(Named(number, replace(each, request=request, response=response), key))
    return found


def _made(tree: Tree, way: tuple[str, ...], rules: Rules) -> Iterator[tuple[str, str]]:
    how = rules.at(way)
    if how in (How.NAMED, How.OPAQUE):
        if isinstance(tree, str) and tree:
            yield way[-1], tree
    elif how is not None:
        return
    elif isinstance(tree, dict):
        for name, value in tree.items():
            yield from _made(value, (*way, name.lower()), rules)
    elif isinstance(tree, list):
        for value in tree:
            yield from _made(value, way, rules)
