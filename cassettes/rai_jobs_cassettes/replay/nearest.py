"""Why a request was not answered: the nearest recording, and where the two differ. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import islice

from ..interactions import Interaction, Kind, Tree
from .differences import differences
from .views import view_of

__all__ = ["named", "nearest_told"]

_MOST_COMPARED = 500
"""More distinct requests than that are not looked at: a message must not take seconds."""
_MOST_SHOWN = 12
_LONGEST_NAME = 160


def named(kind: Kind, request: dict[str, Tree]) -> str:
    """Return a request in a line: method and address, or call and statement."""
    if kind == "http":
        text = f"{request.get('method')} {request.get('url')}"
    else:
        statement = " ".join(str(request.get("statement") or "").split())
        text = f"{request.get('call')} {statement}".rstrip()
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"


def nearest_told(
    kind: Kind, request: dict[str, Tree], recorded: Iterable[tuple[int, Interaction]]
) -> str:
    """Return in words which recording is nearest to a request, and where they differ.

    Args:
        kind: by which seam it goes.
        request: what was asked; nothing secret in it.
        recorded: the distinct recordings, with their numbers.
    """
    view = view_of(kind, request)
    best: tuple[float, int, Interaction] | None = None
    for number, each in islice(recorded, _MOST_COMPARED):
        if each.kind != kind:
            continue
        score = _likeness(kind, view, view_of(kind, each.request))
        if best is None or score > best[0]:
            best = score, number, each
    if best is None:
        return f"Nothing was recorded over {kind}."
    _, number, nearest = best
    lines = [f"The nearest recording is number {number}, {named(kind, nearest.request)}:"]
    found = list(differences(view_of(kind, nearest.request), view))
    lines += [f"  {each.told('recorded', 'asked')}" for each in found[:_MOST_SHOWN]]
    if len(found) > _MOST_SHOWN:
        lines.append(f"  and {len(found) - _MOST_SHOWN} more differences")
    if not found:
        lines.append("  (the same, but for its host)")
    return "\n".join(lines)


def _likeness(kind: Kind, asked: dict[str, Tree], recorded: dict[str, Tree]) -> float:
    names = ("method", "path") if kind == "http" else ("call", "statement")
    alike = 0.0
    for name in names:
        left, right = _joined(asked.get(name)), _joined(recorded.get(name))
        alike += SequenceMatcher(None, left, right, autojunk=False).ratio()
    wrong = sum(1 for _ in islice(differences(recorded, asked), _MOST_SHOWN))
    return alike - wrong / 100


def _joined(value: Tree) -> str:
    text = "/".join(map(str, value)) if isinstance(value, list) else str(value)
    return text[:_LONGEST_NAME]
