"""From a document's tree to a header or an interaction, and what must stand in it.

Nothing that stands in a file is passed over: a name that nobody knows is refused, because it would
be lost when the file is written again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import cast

from ..interactions import Header, Interaction, Kind, Tree

__all__ = ["KINDS", "ShapeError", "header_of", "interaction_of"]

KINDS: tuple[Kind, ...] = ("http", "sql")

_HEADER_NAMES = ("format", "recorded_on", "recorded_with", "source", "sanitizers")


class ShapeError(Exception):
    """Something does not stand as it must.

    Args:
        name: of the document's own names, the one where it stands; `None` where it is missing.
        what: what was seen, and what must be.
    """

    def __init__(self, name: str | None, what: str) -> None:
        self.name = name
        self.what = what
        super().__init__(what)


def header_of(tree: Mapping[str, Tree], version: int) -> Header:
    """Return the header that a document is.

    Raises:
        ShapeError: it is none.
    """
    _require_known(tree, _HEADER_NAMES)
    recorded_on = tree.get("recorded_on")
    if not isinstance(recorded_on, str):
        raise ShapeError(
            _if_in("recorded_on", tree), "`recorded_on` must be a text, ISO 8601 in UTC"
        )
    recorded_with = tree.get("recorded_with", {})
    if not isinstance(recorded_with, dict) or not _are_texts(recorded_with.values()):
        raise ShapeError(
            "recorded_with", "`recorded_with` must hold a version, as text, for each name"
        )
    source = tree.get("source")
    if source is not None and not isinstance(source, str):
        raise ShapeError("source", "`source` must be a text, or null")
    sanitizers = tree.get("sanitizers", [])
    if not isinstance(sanitizers, list) or not _are_texts(sanitizers):
        raise ShapeError("sanitizers", "`sanitizers` must be a list of texts")
    return Header(
        recorded_on=recorded_on,
        recorded_with=cast("dict[str, str]", recorded_with),
        source=source,
        sanitizers=tuple(cast("list[str]", sanitizers)),
        version=version,
    )


def interaction_of(tree: Mapping[str, Tree], kind: Kind | None) -> Interaction:
    """Return the interaction that a document is.

    Args:
        tree: the document.
        kind: what its marker says; `None` where it says nothing.

    Raises:
        ShapeError: it is none, or one of another kind.
    """
    found: list[Kind] = [each for each in KINDS if each in tree]
    if len(found) != 1:
        raise ShapeError(None, "an interaction must hold one of `http:` and `sql:`")
    of = found[0]
    if kind is not None and of != kind:
        raise ShapeError(of, f"the marker says {kind}, and here stands `{of}:`")
    _require_known(tree, ("at", of))
    at = tree.get("at")
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not _is_time(at):
        raise ShapeError(
            _if_in("at", tree), "`at` must be a number of seconds from the start, 0 or more"
        )
    exchange = tree[of]
    if not isinstance(exchange, dict) or exchange.keys() != {"request", "response"}:
        raise ShapeError(of, f"`{of}` must hold `request:` and `response:`, and nothing else")
    request, response = exchange["request"], exchange["response"]
    if not isinstance(request, dict) or not isinstance(response, dict):
        raise ShapeError(of, "`request` and `response` must each hold names and values")
    return Interaction(at=float(at), kind=of, request=request, response=response)


def _is_time(at: float) -> bool:
    try:
        return math.isfinite(at) and at >= 0
    except OverflowError:  # a whole number that no float can hold
        return False


def _require_known(tree: Mapping[str, Tree], known: Iterable[str]) -> None:
    for name in tree:
        if name not in known:
            raise ShapeError(
                name, f"nobody knows a name that stands here; known: {', '.join(known)}"
            )


def _are_texts(values: Iterable[Tree]) -> bool:
    return all(isinstance(each, str) for each in values)


def _if_in(name: str, tree: Mapping[str, Tree]) -> str | None:
    return name if name in tree else None
