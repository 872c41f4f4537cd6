"""What a rule is: something with a name that marks, in one interaction, what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ..interactions import Interaction, Leaf, Tree
from .marks import Marks
from .rewriting import Finder, inside_bytes, rewritten
from .walking import Place, rewalked

__all__ = ["Rule", "Sanitizer", "TextRule", "in_leaf", "name_of"]


class Rule:
    """One family of what must not be written.

    `name` stands in a file's header. `apply` marks what is found where it stands; whatever is
    learned is replaced in the whole recording afterwards.
    """

    name: str

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction with marks in it."""
        raise NotImplementedError


Sanitizer: TypeAlias = "Rule | Callable[[Interaction], Interaction]"
"""A rule, or a function of one's own that returns what may be written of an interaction."""


def name_of(sanitizer: Sanitizer) -> str:
    """Return the name by which a file's header tells a sanitiser."""
    if isinstance(sanitizer, Rule):
        return sanitizer.name
    return str(getattr(sanitizer, "__name__", type(sanitizer).__name__))


def in_leaf(leaf: Leaf, rewrite: Callable[[str], str]) -> Leaf:
    """Return a leaf with its text rewritten: of a text, or of bytes."""
    if isinstance(leaf, str):
        changed = rewrite(leaf)
        return leaf if changed == leaf else changed
    if isinstance(leaf, bytes):
        packed = inside_bytes(leaf, rewrite)
        return leaf if packed == leaf else packed
    return leaf


@dataclass(frozen=True)
class TextRule(Rule):
    """A rule that looks at texts alone, wherever they stand; keys too.

    Args:
        name: of the rule.
        find: what finds in a text.
    """

    name: str
    find: Finder

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction with marks for what is found in any of its texts."""

        def rewrite(text: str) -> str:
            return rewritten(text, self.find, marks)

        def leaf(_: Place, value: Leaf) -> Tree:
            return in_leaf(value, rewrite)

        return rewalked(interaction, leaf, lambda _, key: rewrite(key))
