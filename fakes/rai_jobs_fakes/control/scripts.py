"""Scripts as they are written down: the fields of `JobScript`, and which executions live by it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from ..script import At, JobScript
from .containment import PayloadMatches
from .generated import GeneratedSaid
from .outcomes import OutcomeWritten, outcome_of
from .strict import AnyObject, ReasonerTypeName, Strict

if TYPE_CHECKING:
    from ..backend import FakeBackend

__all__ = ["EventSaid", "ScriptSaid"]

_WHOM = ("reasoner_type", "name", "payload", "payload_contains", "times")
_GENERATED = ("queue_s", "run_s", "events", "outcome")


class EventSaid(Strict):
    """One event of a stream."""

    after_s: float = Field(ge=0)
    """When it comes, in seconds after the execution began to run."""
    event: AnyObject
    """The event: a JSON object, usually with a `type`."""
    stream: Literal["progress", "profiler"] = "progress"
    """The stream that it comes on; `profiler` is for transactions."""

    @model_validator(mode="after")
    def _makes_sense(self) -> EventSaid:
        self.made()
        return self

    def made(self) -> At:
        """Return the event as a script holds it."""
        return At(self.after_s, self.event, self.stream)


class ScriptSaid(Strict):
    """What will happen to executions that are created from now on. Times are in seconds."""

    reasoner_type: ReasonerTypeName | None = None
    """Only to executions of this type: Logic, Prescriptive or Predictive."""
    name: str | None = None
    """Only to executions on this reasoner."""
    payload: AnyObject | None = None
    """Only to executions whose payload is equal to this."""
    payload_contains: AnyObject | None = None
    """Only to executions whose payload has these names with these values, and maybe others."""
    times: int | None = Field(default=None, ge=1)
    """Only to so many; any number when left out."""
    generate: GeneratedSaid | None = None
    """What makes it; then its times in the queue and at work, events and outcome are not said here.
    """
    created_s: float = Field(default=0.0, ge=0)
    """How long it stays CREATED before it joins the queue."""
    queue_s: float = Field(default=0.0, ge=0)
    """How long it waits in the queue, even where the reasoner has room."""
    run_s: Annotated[float, Field(ge=0, allow_inf_nan=True)] | Literal["never"] = 0.0
    """How long it runs; `never` for work that never ends by itself."""
    events: list[EventSaid] = Field(default_factory=list[EventSaid])
    """What it says while it runs."""
    outcome: OutcomeWritten = "completed"
    """How its work ends: `completed`, `{failed: reason}` or `{aborted: reason}`."""
    artifacts: dict[str, AnyObject] = Field(default_factory=dict[str, AnyObject])
    """What a transaction wrote: by file name, columns such as `presigned_url`."""
    problems: list[AnyObject] = Field(default_factory=list[AnyObject])
    """What a transaction complains of, as JSON objects; shown once ended."""
    ignores_cancel: bool = False
    """Whether running work ignores cancellation and ends as scripted."""
    cancel_latency_s: float = Field(default=0.0, ge=0)
    """How long after the request running work is cancelled."""
    guard_rail_after_s: float | None = Field(default=None, ge=0)
    """When, after it began to run, it violates a guard rail."""

    @model_validator(mode="after")
    def _makes_sense(self) -> ScriptSaid:
        twice = [name for name in _GENERATED if name in self.model_fields_set]
        if self.generate is not None and twice:
            raise ValueError(
                f"`{twice[0]}` is what `generate` makes: say it there, or without `generate`"
            )
        self.made()
        return self

    def add_to(self, backend: FakeBackend) -> None:
        """Register the script with `backend`.

        Raises:
            ScriptError: it contradicts itself, or cannot be for its type.
        """
        backend.script(
            self.made(),
            reasoner_type=self.reasoner_type,
            name=self.name,
            where=self.where(),
            times=self.times,
        )

    def made(self) -> JobScript:
        """Return the script.

        Raises:
            ScriptError: it contradicts itself.
        """
        if self.generate is not None:
            own = self.model_fields_set.difference(_WHOM, ("generate",))
            return replace(self.generate.made(), **{name: getattr(self, name) for name in own})
        return JobScript(
            created_s=self.created_s,
            queue_s=self.queue_s,
            run_s=math.inf if self.run_s == "never" else self.run_s,
            events=[each.made() for each in self.events],
            outcome=outcome_of(self.outcome),
            artifacts=self.artifacts,
            problems=self.problems,
            ignores_cancel=self.ignores_cancel,
            cancel_latency_s=self.cancel_latency_s,
            guard_rail_after_s=self.guard_rail_after_s,
        )

    def where(self) -> Callable[[dict[str, Any]], bool] | None:
        """Return what a payload must be, `None` for anything."""
        if self.payload is None and self.payload_contains is None:
            return None
        return PayloadMatches(self.payload, self.payload_contains)
