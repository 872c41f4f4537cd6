"""One execution: what was asked, what is scripted, and when which trigger is due.

An execution holds a handful of facts (created, started, cancelled when); what will happen next is
always computed from them by `due`, never stored beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rai_jobs.reasoners import ReasonerType
from rai_jobs.states import TERMINAL_STATES, State

from ..instants import NEVER, micros
from ..script import End, JobScript
from .table import Kind, Trigger, initial_state, next_state

__all__ = ["Execution", "Fact", "Stream", "Submission", "User"]

_REASONS = {
    Trigger.GUARD_RAIL: {Kind.TRANSACTION: "guard rail violation"},
    Trigger.TIMEOUT: {Kind.TRANSACTION: "transaction timeout", Kind.JOB: "job timeout"},
    Trigger.DETACH: {Kind.TRANSACTION: "client disconnected"},
}


@dataclass(frozen=True)
class User:
    """Somebody who calls the backend."""

    name: str
    """The name, as `created_by` shows it."""
    admin: bool = False
    """Whether they hold the admin application role."""


@dataclass(frozen=True)
class Submission:
    """What was asked for when an execution was created."""

    reasoner_type: ReasonerType
    reasoner_name: str
    owner: str
    """The name of the user who created it."""
    timeout_us: int
    payload: dict[str, Any] | None = None
    """A job's payload, never handed out; `None` for a transaction, which shows none (spec §5)."""
    payload_text: str | None = None
    """The same as JSON."""
    payload_is_flat: bool = False
    """Whether it holds no other container, so that a copy of it is cheap."""
    database_name: str | None = None
    read_only: bool | None = None
    abort_detached: bool = False
    guard_rails: bool = False

    @property
    def kind(self) -> Kind:
        """Transaction for Logic, job for all others."""
        return Kind.TRANSACTION if self.reasoner_type.is_logic else Kind.JOB


@dataclass(frozen=True)
class Fact:
    """One thing that happened to one execution."""

    at: int
    """The instant."""
    execution_id: str
    trigger: Trigger | None
    """What made it happen; `None` for being accepted."""
    before: State | None
    """The state before; `None` for being accepted."""
    after: State
    """The state after; a job whose cancellation is requested stays what it was."""


@dataclass(frozen=True)
class Stream:
    """The events that a script has for one stream, in order."""

    after: tuple[int, ...]
    """When each comes, in microseconds after the start."""
    events: tuple[Mapping[str, Any], ...]

    @staticmethod
    def of(script: JobScript, name: str) -> Stream:
        """Lay out the events of stream `name`; those of one instant stay in the script's order."""
        lines = [(micros(at.after_s), at.event) for at in script.events if at.stream == name]
        lines.sort(key=lambda line: line[0])
        return Stream(tuple(line[0] for line in lines), tuple(line[1] for line in lines))


@dataclass(eq=False)
class Execution:
    """The life of one execution. Only the machine moves it."""

    id: str
    number: int
    """Counted from 0 in order of creation: who came first."""
    submission: Submission
    script: JobScript
    created_at: int
    state: State = field(default_factory=initial_state)
    ready: bool = False
    """Whether it may take a slot as soon as one is free."""
    started_at: int | None = None
    cancel_requested_at: int | None = None
    ended_at: int | None = None
    touched_at: int = 0
    """When its owner last asked for it."""
    abort_reason: str | None = None
    history: tuple[Fact, ...] = ()
    streams: dict[str, Stream] = field(default_factory=dict[str, "Stream"])
    """The script's events by stream, laid out when first read."""

    @property
    def terminal(self) -> bool:
        """Whether it has ended."""
        return self.state in TERMINAL_STATES

    def due(self, detach_grace: int) -> tuple[int, Trigger] | None:
        """Return what happens next by itself, and when; `None` when nothing will."""
        if self.terminal:
            return None
        due = min(self._pending(detach_grace), key=_by_instant)
        return due if due[0] < NEVER else None

    def apply(self, at: int, trigger: Trigger) -> Fact | None:
        """Let `trigger` happen; return the fact, or `None` where it changes nothing (spec §2)."""
        before = self.state
        repeated = trigger is Trigger.CANCEL and self.cancel_requested_at is not None
        if self.terminal or repeated:
            return None
        self.state = next_state(self.submission.kind, before, trigger)
        if trigger is Trigger.READY:
            self.ready = True
        elif trigger is Trigger.START:
            self.started_at = at
        elif trigger is Trigger.CANCEL:
            self.cancel_requested_at = at
        if self.terminal:
            self.ended_at = at
            self.abort_reason = self._reason(trigger)
        return Fact(at, self.id, trigger, before, self.state)

    def stream(self, name: str) -> Stream:
        """Return the events that its script has for stream `name`."""
        if name not in self.streams:
            self.streams[name] = Stream.of(self.script, name)
        return self.streams[name]

    def problems(self) -> list[dict[str, Any]]:
        """Return what it complains of: nothing before it has ended by itself. [choice]"""
        if not self.terminal:
            return []
        outcome = self.script.outcome.problems if self.state is State.ABORTED else ()
        return [dict(problem) for problem in (*self.script.problems, *outcome)]

    def artifacts(self) -> dict[str, dict[str, Any]]:
        """Return what it wrote: nothing before it has completed. [choice]"""
        if self.state is not State.COMPLETED:
            return {}
        return {name: dict(columns) for name, columns in self.script.artifacts.items()}

    def _pending(self, detach_grace: int) -> list[tuple[int, Trigger]]:
        script, asked = self.script, self.submission
        pending = [(self.created_at + asked.timeout_us, Trigger.TIMEOUT)]
        if asked.abort_detached:
            pending.append((self.touched_at + detach_grace, Trigger.DETACH))
        queued_at = self.created_at + micros(script.created_s)
        if self.state is State.CREATED:
            pending.append((queued_at, Trigger.ENQUEUE))
        elif self.started_at is None and not self.ready:
            pending.append((queued_at + micros(script.queue_s), Trigger.READY))
        elif self.started_at is not None:
            well = script.outcome.end is End.COMPLETED
            finish = Trigger.FINISH_WELL if well else Trigger.FINISH_BADLY
            pending.append((self.started_at + micros(script.run_s), finish))
            if asked.guard_rails and script.guard_rail_after_s is not None:
                violation = self.started_at + micros(script.guard_rail_after_s)
                pending.append((violation, Trigger.GUARD_RAIL))
            if self.cancel_requested_at is not None and not script.ignores_cancel:
                effect = self.cancel_requested_at + micros(script.cancel_latency_s)
                pending.append((effect, Trigger.CANCEL_TAKES_EFFECT))
        return pending

    def _reason(self, trigger: Trigger) -> str | None:
        if trigger is Trigger.FINISH_BADLY:
            return self.script.outcome.reason
        return _REASONS.get(trigger, {}).get(self.submission.kind)


_ORDER = {trigger: order for order, trigger in enumerate(Trigger)}


def _by_instant(due: tuple[int, Trigger]) -> tuple[int, int]:
    return due[0], _ORDER[due[1]]
