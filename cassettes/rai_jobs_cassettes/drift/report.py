"""What a comparison found: where, and in words. Values, nothing more."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import DriftError
from ..replay.differences import Difference

__all__ = ["Drift", "Report", "Skipped"]

_MOST_SHOWN = 40


@dataclass(frozen=True)
class Drift:
    """One field in which an answer differs.

    Args:
        number: of the interaction, from 1.
        request: what was asked, in a line.
        difference: the field, and what stands there in either.
    """

    number: int
    request: str
    difference: Difference

    def __str__(self) -> str:
        return f"{self.number} {self.request}: {self.difference.told('recorded', 'the fake')}"


@dataclass(frozen=True)
class Skipped:
    """One interaction that was not compared.

    Args:
        number: of the interaction, from 1.
        request: what was asked, in a line.
        why: the reason.
    """

    number: int
    request: str
    why: str

    def __str__(self) -> str:
        return f"{self.number} {self.request}: {self.why}"


@dataclass(frozen=True)
class Report:
    """Where a recording and a fake differ; true when they do not.

    Args:
        differences: field by field, in recorded order.
        compared: how many answers were compared.
        skipped: what could not be.
    """

    differences: tuple[Drift, ...]
    compared: int
    skipped: tuple[Skipped, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether something was compared, and no field differs. [choice: nothing proves nothing]"""
        return self.compared > 0 and not self.differences

    def __bool__(self) -> bool:
        return self.ok

    def raise_on_drift(self) -> None:
        """Do nothing when all is as recorded.

        Raises:
            DriftError: a field differs, or nothing was compared; says which.
        """
        if not self.ok:
            raise DriftError(str(self))

    def __str__(self) -> str:
        if not self.differences:
            told = f"No drift: {self.compared} answers are as recorded."
            lines = [told if self.compared else "Nothing was compared."]
        else:
            numbers = {each.number for each in self.differences}
            lines = [
                f"Drift: {len(self.differences)} fields differ, in {len(numbers)} of"
                f" {self.compared} answers."
            ]
            previous = 0
            for each in self.differences[:_MOST_SHOWN]:
                if each.number != previous:
                    lines.append(f"{each.number} {each.request}")
                    previous = each.number
                lines.append(f"  {each.difference.told('recorded', 'the fake')}")
            left = len(self.differences) - _MOST_SHOWN
            lines += [f"and {left} more fields"] if left > 0 else []
        if self.skipped:
            lines.append(f"Not compared: {len(self.skipped)}.")
            lines += [f"  {each}" for each in self.skipped[:_MOST_SHOWN]]
        return "\n".join(lines)
