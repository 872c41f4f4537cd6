"""The three reasoner types and their spellings (spec §1).

One value, three names for it: the public label that users see, the discriminator that gateways
and the backend speak, and the spellings that users may write.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import JobCapabilityError, JobInvalidRequestError
from .validation import shown

__all__ = [
    "LOGIC",
    "PREDICTIVE",
    "PRESCRIPTIVE",
    "REASONER_TYPES",
    "ReasonerType",
    "refuse_all_users",
    "require_logic",
]


@dataclass(frozen=True)
class ReasonerType:
    """One kind of reasoner."""

    label: str
    """The public name: `Logic`, `Prescriptive`, `Predictive`."""
    discriminator: str
    """The name on the wire: `LOGIC`, `SOLVER`, `ML`."""

    @property
    def is_logic(self) -> bool:
        """Whether its executions are transactions; all others are jobs."""
        return self.discriminator == "LOGIC"

    @property
    def spellings(self) -> tuple[str, ...]:
        """The accepted spellings in lower case, without repetition."""
        return tuple(dict.fromkeys((self.label.lower(), self.discriminator.lower())))

    @staticmethod
    def find(text: str) -> ReasonerType | None:
        """Return the type that `text` (any case, trimmed) names, or `None`."""
        return _BY_SPELLING.get(text) or _BY_SPELLING.get(text.strip().lower())

    @staticmethod
    def parse(value: object) -> ReasonerType:
        """Return the type that `value` names.

        Raises:
            JobInvalidRequestError: `value` is no text, or names no type; the three are named.
        """
        found = ReasonerType.find(value) if isinstance(value, str) else None
        if found is None:
            raise JobInvalidRequestError(
                f"Unknown `reasoner_type` {shown(value)}: use one of "
                + ", ".join(kind.label for kind in REASONER_TYPES)
                + "."
            )
        return found


LOGIC = ReasonerType("Logic", "LOGIC")
PRESCRIPTIVE = ReasonerType("Prescriptive", "SOLVER")
PREDICTIVE = ReasonerType("Predictive", "ML")

REASONER_TYPES: tuple[ReasonerType, ...] = (LOGIC, PRESCRIPTIVE, PREDICTIVE)

_BY_SPELLING = {
    text: kind
    for kind in REASONER_TYPES
    for text in (kind.label, kind.discriminator, *kind.spellings)
}


def refuse_all_users(kind: ReasonerType) -> None:
    """Refuse to cancel for all users outside Logic (spec §3): the client and every gateway do.

    Raises:
        JobInvalidRequestError: `kind` is not Logic.
    """
    if not kind.is_logic:
        raise JobInvalidRequestError(
            f"cancel(all_users=True) is only for Logic transactions; a {kind.label} job can only"
            " be cancelled by its creator, with `all_users=False`."
        )


def require_logic(operation: str, reasoner_type: str) -> ReasonerType:
    """Return the type, for what only transactions have: artifacts and problems (spec §7).

    Raises:
        JobCapabilityError: `reasoner_type` is not Logic.
    """
    kind = ReasonerType.parse(reasoner_type)
    if not kind.is_logic:
        raise JobCapabilityError(f"{operation}: only Logic transactions have {operation}.")
    return kind
