"""What changed between two recordings: which requests, and what they are answered. Values alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..errors import DriftError
from ..replay.differences import Difference

__all__ = ["Change", "ChangeKind", "Changes"]

ChangeKind: TypeAlias = Literal["removed", "added", "moved", "answer", "timing"]

_MOST_SHOWN = 40
_WORDS: dict[ChangeKind, str] = {
    "removed": "no longer asked",
    "added": "newly asked",
    "moved": "asked elsewhere in the order",
    "answer": "answered differently",
    "timing": "answered sooner or later",
}


@dataclass(frozen=True)
class Change:
    """One request that is asked, answered, or placed otherwise than it was.

    Args:
        kind: what changed.
        request: in a line, as it was recorded.
        old, new: the interaction's number in either recording, from 1; `None` where it is not.
        differences: of an answer, or in time.
    """

    kind: ChangeKind
    request: str
    old: int | None
    new: int | None
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        here = "-" if self.old is None else str(self.old)
        there = "-" if self.new is None else str(self.new)
        lines = [f"{here} → {there} {self.request}: {_WORDS[self.kind]}"]
        lines += [f"  {each}" for each in self.differences]
        return "\n".join(lines)


@dataclass(frozen=True)
class Changes:
    """What changed between two recordings; true when nothing did.

    Args:
        changes: in the order of the old recording, then of the new one.
        compared: how many interactions are in both.
    """

    changes: tuple[Change, ...]
    compared: int

    @property
    def ok(self) -> bool:
        """Whether both recordings say the same."""
        return not self.changes

    def __bool__(self) -> bool:
        return self.ok

    def of(self, kind: ChangeKind) -> Sequence[Change]:
        """Return the changes of one kind."""
        return [each for each in self.changes if each.kind == kind]

    def raise_on_drift(self) -> None:
        """Do nothing when both recordings say the same.

        Raises:
            DriftError: they do not; says where.
        """
        if not self.ok:
            raise DriftError(str(self))

    def __str__(self) -> str:
        if not self.changes:
            return f"No change: {self.compared} interactions say the same in both."
        counts = [
            f"{len(found)} {words}" for kind, words in _WORDS.items() if (found := self.of(kind))
        ]
        lines = [f"{', '.join(counts)}; {self.compared} interactions are in both."]
        lines += [str(each) for each in self.changes[:_MOST_SHOWN]]
        left = len(self.changes) - _MOST_SHOWN
        return "\n".join([*lines, *([f"and {left} more"] if left > 0 else [])])
