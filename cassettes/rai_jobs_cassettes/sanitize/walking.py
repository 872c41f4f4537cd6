"""The way through an interaction: every leaf of it with the place where it stands."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from operator import is_
from typing import TypeAlias, cast

from ..interactions import Interaction, Leaf, Tree

__all__ = ["KEY", "Place", "is_told", "leaves", "named", "retexted", "rewalked"]

Place: TypeAlias = "tuple[str | int, ...]"

KEY = "(key)"
"""The last step of the place of a key itself."""

# What the seams and the protocol themselves say, so it is nobody's secret.
_TOLD = {
    ("request", "method"),
    ("request", "call"),
    ("response", "status"),
    ("response", "raised"),
    ("response", "errno"),
    ("response", "sqlstate"),
    ("response", "rowcount"),
}
_OF_COLUMNS = {
    "type", "type_code", "precision", "scale", "display_size", "internal_size", "null_ok",
    "is_nullable",
}  # fmt: skip


def is_told(place: Place) -> bool:
    """Tell whether a leaf is the recorder's own word, and stays as it is."""
    return place in _TOLD or (
        len(place) == 4 and place[:2] == ("response", "columns") and place[3] in _OF_COLUMNS
    )


def named(place: Place) -> str:
    """Return a place as it is shown, e.g. `response.json.items.0.url`."""
    return ".".join(str(each) for each in place)


def rewalked(
    interaction: Interaction,
    leaf: Callable[[Place, Leaf], Tree],
    key: Callable[[Place, str], str] | None = None,
) -> Interaction:
    """Return an interaction with each leaf, and each key below the recorder's own, made anew."""

    def walk(place: Place, tree: Tree) -> Tree:
        # What stays is the same object: most does, and copying it would be most of the work.
        if isinstance(tree, dict):
            renamed = key if len(place) > 1 else None
            made: dict[str, Tree] = {}
            same = True
            for name, below in tree.items():
                new_name = renamed(place, name) if renamed else name
                new = made[new_name] = walk((*place, name), below)
                same = same and new is below and new_name == name
            return tree if same else made
        if isinstance(tree, list):
            items = [walk((*place, index), below) for index, below in enumerate(tree)]
            return tree if all(map(is_, items, tree)) else items
        return tree if is_told(place) else leaf(place, tree)

    request = walk(("request",), interaction.request)
    response = walk(("response",), interaction.response)
    if request is interaction.request and response is interaction.response:
        return interaction
    return replace(
        interaction,
        request=cast("dict[str, Tree]", request),
        response=cast("dict[str, Tree]", response),
    )


def retexted(interaction: Interaction, text: Callable[[Leaf], Leaf]) -> Interaction:
    """Return an interaction with each leaf, and each key below the recorder's own, made anew.

    It is what `rewalked` does where places do not matter, in less time.
    """

    def walk(tree: Tree) -> Tree:
        if isinstance(tree, dict):
            made = {str(text(name)): walk(below) for name, below in tree.items()}
            return (
                tree
                if all(map(is_, made.values(), tree.values())) and made.keys() == tree.keys()
                else made
            )
        if isinstance(tree, list):
            items = [walk(below) for below in tree]
            return tree if all(map(is_, items, tree)) else items
        return text(tree)

    def column(tree: Tree) -> Tree:
        if not isinstance(tree, dict):
            return walk(tree)
        return {name: below if name in _OF_COLUMNS else walk(below) for name, below in tree.items()}

    def side(name: str, tree: dict[str, Tree]) -> dict[str, Tree]:
        made: dict[str, Tree] = {}
        for key, below in tree.items():
            if (name, key) in _TOLD:
                made[key] = below
            elif key == "columns" and name == "response" and isinstance(below, list):
                made[key] = [column(each) for each in below]
            else:
                made[key] = walk(below)
        return tree if all(map(is_, made.values(), tree.values())) else made

    request = side("request", interaction.request)
    response = side("response", interaction.response)
    if request is interaction.request and response is interaction.response:
        return interaction
    return replace(interaction, request=request, response=response)


def leaves(interaction: Interaction) -> Generator[tuple[Place, Leaf]]:
    """Yield every leaf and its place, and every key as a leaf at its own; not what is told."""

    def walk(place: Place, tree: Tree) -> Generator[tuple[Place, Leaf]]:
        if isinstance(tree, dict):
            for name, below in tree.items():
                if len(place) > 1:
                    yield (*place, KEY), name
                yield from walk((*place, name), below)
        elif isinstance(tree, list):
            for index, below in enumerate(tree):
                yield from walk((*place, index), below)
        elif not is_told(place):
            yield place, tree

    yield from walk(("request",), interaction.request)
    yield from walk(("response",), interaction.response)
