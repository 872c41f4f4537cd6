"""Where two trees differ, by place. Pure; whoever shows it sees to it that no secret is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..interactions import Tree

__all__ = ["ABSENT", "Difference", "differences"]

_LONGEST = 120


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()
"""What stands on the side where a place is missing."""


@dataclass(frozen=True)
class Difference:
    """One place where two trees differ.

    Args:
        place: the way to it, e.g. `body.query[2]`.
        left, right: what stands there in either; `ABSENT` where there is no such place.
    """

    place: str
    left: Any
    right: Any

    def told(self, left: str, right: str) -> str:
        """Return it in words; `left` and `right` name the two sides."""
        return f"{self.place}: {left} {_shown(self.left)}, {right} {_shown(self.right)}"

    def __str__(self) -> str:
        return self.told("was", "is")


def differences(left: Tree, right: Tree, place: str = "") -> Iterator[Difference]:
    """Yield every place where two trees differ, in the order of the left one.

    Args:
        left, right: the trees.
        place: what the places begin with.
    """
    if isinstance(left, dict) and isinstance(right, dict):
        for name in [*left, *(each for each in right if each not in left)]:
            here = f"{place}.{name}" if place else name
            yield from _at(left.get(name, ABSENT), right.get(name, ABSENT), here)  # pyright: ignore[reportArgumentType]
    elif isinstance(left, list) and isinstance(right, list):
        for number in range(max(len(left), len(right))):
            here = f"{place}[{number}]"
            yield from _at(
                left[number] if number < len(left) else ABSENT,
                right[number] if number < len(right) else ABSENT,
                here,
            )
    elif type(left) is not type(right) or left != right:
        yield Difference(place, left, right)


def _at(left: Tree | _Absent, right: Tree | _Absent, place: str) -> Iterator[Difference]:
    if isinstance(left, _Absent) or isinstance(right, _Absent):
        yield Difference(place, left, right)
    else:
        yield from differences(left, right, place)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
