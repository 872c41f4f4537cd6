"""How work ends, as it is written down: `completed`, `{failed: reason}` or `{aborted: reason}`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from ..script import Outcome, aborted, completed, failed
from .strict import AnyObject, Strict

__all__ = ["OutcomeSaid", "OutcomeWritten", "outcome_of"]


class AbortSaid(Strict):
    """How a transaction is aborted."""

    reason: str
    """The abort reason that the record shows."""
    problems: list[AnyObject] = Field(default_factory=list[AnyObject])
    """What the transaction complains of, as JSON objects."""


class OutcomeSaid(Strict):
    """The end of the work, one of the two."""

    failed: str | None = None
    """A job fails: the abort reason that the record shows."""
    aborted: (
        Annotated[
            Annotated[str, Tag("reason")] | Annotated[AbortSaid, Tag("whole")],
            Discriminator(lambda value: "reason" if isinstance(value, str) else "whole"),
        ]
        | None
    ) = None
    """A transaction is aborted: the abort reason, or that and its problems."""

    @model_validator(mode="after")
    def _is_one(self) -> OutcomeSaid:
        if (self.failed is None) is (self.aborted is None):
            raise ValueError("`outcome` must be completed, or one of `failed` and `aborted`")
        return self

    def made(self) -> Outcome:
        """Return the outcome as a script holds it."""
        if self.failed is not None:
            return failed(self.failed)
        if isinstance(self.aborted, AbortSaid):
            return aborted(self.aborted.reason, self.aborted.problems)
        return aborted(self.aborted or "")


OutcomeWritten = Annotated[
    Annotated[Literal["completed"], Tag("word")] | Annotated[OutcomeSaid, Tag("ending")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "ending"),
]
"""The word `completed`, or one of the two others."""


def outcome_of(written: OutcomeWritten) -> Outcome:
    """Return the outcome as a script holds it."""
    return written.made() if isinstance(written, OutcomeSaid) else completed()
