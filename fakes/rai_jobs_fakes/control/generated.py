"""Scripts that are made, as they are written down: `generate: {solver_run: {seed: 7}}`.

A generator is named by its function, and every field is an argument of it, by its own name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ..generators import query_run, solver_run, training_run
from ..script import JobScript
from .outcomes import OutcomeWritten, outcome_of
from .strict import Strict

__all__ = ["GENERATORS", "GeneratedSaid"]


class _Run(Strict):
    """What all of them take; what is left out is as the function has it."""

    makes: ClassVar[Callable[..., JobScript]]

    run_s: float
    """How long it runs, in seconds."""
    seed: int = 0
    """What the numbers are made from."""
    outcome: OutcomeWritten = "completed"
    """How it ends."""
    queue_s: float = Field(default=0.0, ge=0)
    """How long it waits in the queue, in seconds."""

    @model_validator(mode="after")
    def _makes_sense(self) -> _Run:
        self.made()
        return self

    def made(self) -> JobScript:
        """Return the script.

        Raises:
            ScriptError: an argument is not as described.
        """
        told: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if "outcome" in told:
            told["outcome"] = outcome_of(self.outcome)
        return type(self).makes(**told)


class SolverRunSaid(_Run):
    """A solve by branch and bound, with its log, for Prescriptive."""

    makes = staticmethod(solver_run)

    run_s: float = Field(default=60.0, ge=0)
    start_gap: float = Field(default=0.3, ge=0, le=1)
    """The gap of the first row."""
    end_gap: float = Field(default=0.0001, ge=0, le=1)
    """The gap of the last row: no more than `start_gap`."""
    every_s: float = Field(default=5.0, gt=0)
    """The seconds from row to row."""
    sense: Literal["minimize", "maximize"] = "minimize"
    """Whether the incumbent falls or rises."""


class QueryRunSaid(_Run):
    """A query with a profile of its operators, for Logic."""

    makes = staticmethod(query_run)

    run_s: float = Field(default=10.0, ge=0)
    operators: int = Field(default=12, ge=1)
    """How many operators its plan has."""
    every_s: float = Field(default=1.0, gt=0)
    """The seconds from one look at the operators to the next."""


class TrainingRunSaid(_Run):
    """A training with a line an epoch, for Predictive."""

    makes = staticmethod(training_run)

    run_s: float = Field(default=60.0, ge=0)
    epochs: int = Field(default=10, ge=1)
    """How many epochs it has, evenly over `run_s`."""
    start_loss: float = Field(default=2.0, ge=0)
    """The loss of the first epoch."""
    end_loss: float = Field(default=0.1, ge=0)
    """The loss of the last epoch: no more than `start_loss`."""


class GeneratedSaid(Strict):
    """Which generator makes the script, one of them; `{}` for all as the function has it."""

    solver_run: SolverRunSaid | None = None
    """A solve by branch and bound."""
    query_run: QueryRunSaid | None = None
    """A query."""
    training_run: TrainingRunSaid | None = None
    """A training."""

    @model_validator(mode="after")
    def _is_one(self) -> GeneratedSaid:
        named = [name for name in GENERATORS if getattr(self, name) is not None]
        if len(named) != 1:
            known = ", ".join(GENERATORS)
            raise ValueError(
                f"`generate` must name one of {known}, with its arguments, as in"
                f" {{{GENERATORS[0]}: {{seed: 7}}}}; got {' and '.join(named) or 'none'}"
            )
        return self

    def made(self) -> JobScript:
        """Return the script."""
        runs = (self.solver_run, self.query_run, self.training_run)
        [run] = [each for each in runs if each is not None]
        return run.made()


GENERATORS = tuple(GeneratedSaid.model_fields)
"""The names of all generators."""
