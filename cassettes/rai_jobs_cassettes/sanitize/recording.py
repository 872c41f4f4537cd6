"""A whole recording sanitised: each rule over each interaction, what they learned over all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import cast

from ..arguments import texts_of
from ..errors import CassetteError
from ..interactions import Interaction, Leaf
from .defaults import DEFAULT
from .knowledge import KnownRule
from .marks import Marks, checked_kind
from .rewriting import rewritten
from .rules import Rule, Sanitizer, TextRule, in_leaf, name_of
from .spreading import Spread
from .walking import retexted

__all__ = ["KNOWN", "Sanitized", "each_text", "sanitize"]

KNOWN = "known-secrets"
"""The name of the sanitiser of what is known to be secret."""


@dataclass(frozen=True)
class Sanitized:
    """A recording that may be written.

    Args:
        interactions: in their order.
        names: of the sanitisers that were applied, in theirs.
    """

    interactions: tuple[Interaction, ...] = field(repr=False)
    names: tuple[str, ...]


def sanitize(
    interactions: Sequence[Interaction],
    *,
    secrets: Iterable[str | bytes] = (),
    extra: Sequence[Sanitizer] = (),
    defaults: Sequence[Sanitizer] = DEFAULT,
    names: Mapping[str, Iterable[str]] | None = None,
    bound: Mapping[str, str] | None = None,
) -> Sanitized:
    """Return a recording with stand-ins for all that must not be written.

    Equal values have equal stand-ins, numbered in the order of the recording. What is one already
    stays; what is new then has the next number.

    Args:
        interactions: the recording.
        secrets: values that are known to be secret.
        extra: sanitisers of the user; they look before the others.
        defaults: the others.
        names: values that are known to be names, by kind: `user`, `account`, `host`, `email`.
        bound: stand-ins that were given before, by the value that they stand for.

    Raises:
        CassetteError: a sanitiser failed, or `secrets` are none; names it, and no value.
    """
    rules = [*extra, *defaults]
    recording = list(interactions)
    for function in rules:
        if not isinstance(function, Rule):
            recording = [_called(function, each) for each in recording]
    marks = Marks(bound or {})
    recording = each_text(recording, marks.given)
    learned = [KnownRule(KNOWN, texts_of("secrets", secrets), "secret")]
    learned += [
        KnownRule(f"names of {kind}", tuple(values), checked_kind(kind))
        for kind, values in sorted((names or {}).items())
    ]
    ours = [each for each in rules if isinstance(each, Rule)]
    for of_texts, group in groupby(ours, key=lambda rule: isinstance(rule, TextRule)):
        if of_texts:
            look = _together([each for each in group if isinstance(each, TextRule)], marks)
            recording = each_text(recording, look)
        else:
            for rule in group:
                recording = [rule.apply(each, marks) for each in recording]
    for rule in learned:
        rule.learn(marks)
    spread = Spread(marks)
    recording = [retexted(each, spread.leaf) for each in recording]
    recording = each_text(recording, marks.resolved)
    applied = [name_of(each) for each in rules] + [each.name for each in learned if each.values]
    return Sanitized(tuple(recording), tuple(applied))


def _together(rules: Sequence[TextRule], marks: Marks) -> Callable[[str], str]:
    """Return what has several rules look at a text, in one way through a recording."""

    def look(text: str) -> str:
        for rule in rules:
            text = rewritten(text, rule.find, marks)
        return text

    return look


def each_text(
    interactions: Iterable[Interaction], rewrite: Callable[[str], str]
) -> list[Interaction]:
    """Return interactions with each of their texts rewritten, keys too; equal ones once."""
    known: dict[str, str] = {}

    def text(leaf: Leaf) -> Leaf:
        if not isinstance(leaf, str):
            return in_leaf(leaf, rewrite)
        made = known.get(leaf)
        if made is None:
            made = rewrite(leaf)
            # What does not change stays the very same object.
            made = known[leaf] = leaf if made == leaf else made
        return leaf if made == leaf else made

    return [retexted(each, text) for each in interactions]


def _called(
    function: Callable[[Interaction], Interaction], interaction: Interaction
) -> Interaction:
    try:
        made = cast("object", function(interaction))
    except Exception as error:  # noqa: BLE001 - its text may hold what it was to hide
        raise CassetteError(
            f"The sanitiser {name_of(function)!r} failed on an interaction over"
            f" {interaction.kind}: {type(error).__name__}. Nothing was written; mend it."
        ) from None
    if not isinstance(made, Interaction):
        raise CassetteError(
            f"The sanitiser {name_of(function)!r} returned a {type(made).__name__}: it is to return"
            " the interaction that may be written."
        )
    return made
