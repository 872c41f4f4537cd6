"""One execution: what was asked, what is scripted, and when which trigger is due.

An execution holds a handful of facts (created, started, cancelled when); what will happen next is
always computed from them by `due`, never stored beside them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from rai_jobs.reasoners import ReasonerType
from rai_jobs.states import TERMINAL_STATES, State

from ..instants import NEVER
from .plan import Plan
from .table import INITIAL_STATE, Kind, ReasonerStatus, Trigger, next_state

__all__ = ["Execution", "Fact", "StatusFact", "Submission", "User"]

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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
class StatusFact:
    """One change of a reasoner's status."""

    at: int
    """The instant."""
    reasoner_type: ReasonerType
    reasoner_name: str
    status: ReasonerStatus
    """The status from then on."""


@dataclass(eq=False, slots=True)
class Execution:
    """The life of one execution. Only the machine moves it."""

    id: str
    number: int
    """Counted from 0 in order of creation: who came first."""
    submission: Submission
    plan: Plan
    """What will happen to it."""
    created_at: int
    state: State = INITIAL_STATE
    ready: bool = False
    """Whether it may take a slot as soon as one is free."""
    started_at: int | None = None
    cancel_requested_at: int | None = None
    ended_at: int | None = None
    touched_at: int = 0
    """When its owner last asked for it."""
    abort_reason: str | None = None
    history: tuple[Fact, ...] = ()
    vanished: bool = False
    """Whether it ended so long ago that nobody sees it any more."""

    @property
    def terminal(self) -> bool:
        """Whether it has ended."""
        return self.state in TERMINAL_STATES

    def state_at(self, instant: int) -> State:
        """Return the state that it was in at `instant`, which is not before its creation."""
        if not self.history or self.history[-1].at <= instant:
            return self.state
        return next(fact.after for fact in reversed(self.history) if fact.at <= instant)

    def due(self, detach_grace: int) -> tuple[int, Trigger] | None:
        """Return what happens next by itself, and when; `None` when nothing will."""
        if self.terminal:
            return None
        due = self.pending(detach_grace)[0]
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

    def problems(self) -> list[dict[str, Any]]:
        """Return what it complains of: nothing before it has ended by itself. [choice]"""
        if not self.terminal:
            return []
        outcome = self.plan.script.outcome.problems if self.state is State.ABORTED else ()
        return copy.deepcopy([dict(each) for each in (*self.plan.script.problems, *outcome)])

    def artifacts(self) -> dict[str, dict[str, Any]]:
        """Return what it wrote: nothing before it has completed. [choice]"""
        if self.state is not State.COMPLETED:
            return {}
        artifacts = self.plan.script.artifacts.items()
        return copy.deepcopy({name: dict(columns) for name, columns in artifacts})

    def pending(self, detach_grace: int) -> list[tuple[int, Trigger]]:
        """Return all that will happen by itself unless something else comes first, soonest first.

        One whose time is `NEVER` will not.
        """
        plan, asked = self.plan, self.submission
        pending = [(self.created_at + asked.timeout_us, Trigger.TIMEOUT)]
        if asked.abort_detached:
            pending.append((self.touched_at + detach_grace, Trigger.DETACH))
        if self.state is State.CREATED:
            pending.append((self.created_at + plan.created, Trigger.ENQUEUE))
        elif self.started_at is None and not self.ready:
            pending.append((self.created_at + plan.created + plan.queue, Trigger.READY))
        elif self.started_at is not None:
            finish = Trigger.FINISH_WELL if plan.completes else Trigger.FINISH_BADLY
            pending.append((self.started_at + plan.run, finish))
            if asked.guard_rails and plan.guard_rail_after is not None:
                pending.append((self.started_at + plan.guard_rail_after, Trigger.GUARD_RAIL))
            if self.cancel_requested_at is not None and not plan.script.ignores_cancel:
                effect = self.cancel_requested_at + plan.cancel_latency
                pending.append((effect, Trigger.CANCEL_TAKES_EFFECT))
        pending.sort(key=_by_instant)
        return pending

    def _reason(self, trigger: Trigger) -> str | None:
        if trigger is Trigger.FINISH_BADLY:
            return self.plan.script.outcome.reason
        return _REASONS.get(trigger, {}).get(self.submission.kind)


_ORDER = {trigger: order for order, trigger in enumerate(Trigger)}


def _by_instant(due: tuple[int, Trigger]) -> tuple[int, int]:
    return due[0], _ORDER[due[1]]
