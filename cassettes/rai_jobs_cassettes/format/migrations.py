"""Old versions of the format, and the step from each to the next.

A step takes all documents of a file, the header first, as trees, and returns those of the next
version. Whoever raises `FORMAT_VERSION` adds one, and a file of the old version to the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from ..interactions import FORMAT_VERSION, Tree
from .shapes import KINDS, ShapeError

__all__ = ["KNOWN_VERSIONS", "migrated"]

Documents: TypeAlias = "Sequence[Mapping[str, Tree]]"


def migrated(documents: Documents, version: int) -> Documents:
    """Return documents as the present version has them.

    Args:
        documents: the header, and the interactions.
        version: which they are of; one that is known.

    Raises:
        ShapeError: they are not as that version has them.
    """
    for step in range(version, FORMAT_VERSION):
        documents = _STEPS[step](documents)
    return documents


def _from_0(documents: Documents) -> Documents:
    """The first draft was one document, its interactions a list with their kinds [choice]."""
    if len(documents) != 1:
        raise ShapeError(None, "a cassette of version 0 is one document: remove the markers")
    header = {name: value for name, value in documents[0].items() if name != "interactions"}
    header["format"] = 1
    listed = documents[0].get("interactions")
    if not isinstance(listed, list):
        raise ShapeError("interactions", "`interactions` must be a list")
    return [header, *(_interaction_from_0(place, each) for place, each in enumerate(listed, 1))]


def _interaction_from_0(place: int, tree: Tree) -> Mapping[str, Tree]:
    if not isinstance(tree, dict) or tree.keys() != {"at", "kind", "request", "response"}:
        raise ShapeError(
            "interactions", f"interaction {place} must hold `at`, `kind`, `request` and `response`"
        )
    kind = tree["kind"]
    if kind not in KINDS:
        raise ShapeError(
            "interactions", f"interaction {place}: `kind` must be one of {', '.join(KINDS)}"
        )
    return {
        "at": tree["at"],
        str(kind): {"request": tree["request"], "response": tree["response"]},
    }


_STEPS: Mapping[int, Callable[[Documents], Documents]] = {0: _from_0}

KNOWN_VERSIONS: tuple[int, ...] = (*_STEPS, FORMAT_VERSION)
