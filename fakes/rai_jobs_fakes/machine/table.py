"""Which state follows which: the one table that the machine, its tests and its picture read.

All that affects a transition's target lives here; *when* a trigger fires is `execution`'s business.
A terminal state has no rows: nothing leads out of it (spec §2). The statuses of a reasoner are here
too: what each means for work is stated at its name.
"""

from __future__ import annotations

from enum import Enum

from rai_jobs.states import State

__all__ = ["INITIAL_STATE", "TRANSITIONS", "Kind", "ReasonerStatus", "Trigger", "next_state"]


class Kind(Enum):
    """The two kinds of execution (spec §1)."""

    TRANSACTION = "transaction"
    JOB = "job"


class ReasonerStatus(str, Enum):
    """What a reasoner is doing, by the backend's name (spec §5).

    Whatever it is, work that runs goes on, and work that waits starts only when it is READY.
    [choice]
    """

    READY = "READY"
    """It accepts work and runs it."""
    PENDING = "PENDING"
    """It is being made ready: it accepts work only when work has called for it (resume)."""
    SUSPENDING = "SUSPENDING"
    """It is going to sleep: it accepts nothing."""
    SUSPENDED = "SUSPENDED"
    """It sleeps: work wakes it where it resumes on demand, and is refused where not."""
    UPGRADING = "UPGRADING"
    """It is being replaced: it accepts nothing."""
    DELETING = "DELETING"
    """It is going away: it accepts nothing."""


class Trigger(Enum):
    """What makes an execution move. The order is the order in which simultaneous ones fire.

    Work that ends in the instant of its timeout has ended well: [choice].
    """

    FINISH_WELL = "work completes"
    FINISH_BADLY = "work fails"
    GUARD_RAIL = "guard rail violated"
    CANCEL_TAKES_EFFECT = "cancel latency passed"
    TIMEOUT = "timeout reached"
    DETACH = "owner silent"
    ENQUEUE = "joins the queue"
    READY = "may take a slot"
    START = "slot free"
    CANCEL = "cancel requested"


TRANSITIONS: dict[Kind, dict[State, dict[Trigger, State]]] = {
    Kind.TRANSACTION: {
        State.CREATED: {
            Trigger.ENQUEUE: State.QUEUED,
            Trigger.START: State.RUNNING,
            Trigger.CANCEL: State.CANCELED,
            Trigger.TIMEOUT: State.ABORTED,
            Trigger.DETACH: State.ABORTED,
        },
        State.QUEUED: {
            Trigger.READY: State.QUEUED,
            Trigger.START: State.RUNNING,
            Trigger.CANCEL: State.CANCELED,
            Trigger.TIMEOUT: State.ABORTED,
            Trigger.DETACH: State.ABORTED,
        },
        State.RUNNING: {
            Trigger.FINISH_WELL: State.COMPLETED,
            Trigger.FINISH_BADLY: State.ABORTED,
            Trigger.GUARD_RAIL: State.ABORTED,
            Trigger.CANCEL: State.CANCELING,
            Trigger.TIMEOUT: State.ABORTED,
            Trigger.DETACH: State.ABORTED,
        },
        State.CANCELING: {
            Trigger.FINISH_WELL: State.COMPLETED,
            Trigger.FINISH_BADLY: State.ABORTED,
            Trigger.GUARD_RAIL: State.ABORTED,
            Trigger.CANCEL_TAKES_EFFECT: State.CANCELED,
            Trigger.TIMEOUT: State.ABORTED,
            Trigger.DETACH: State.ABORTED,
        },
    },
    Kind.JOB: {
        State.CREATED: {
            Trigger.ENQUEUE: State.PENDING,
            Trigger.START: State.RUNNING,
            Trigger.CANCEL: State.CANCELED,
            Trigger.TIMEOUT: State.FAILED,
        },
        State.PENDING: {
            Trigger.READY: State.PENDING,
            Trigger.START: State.RUNNING,
            Trigger.CANCEL: State.CANCELED,
            Trigger.TIMEOUT: State.FAILED,
        },
        State.RUNNING: {
            Trigger.FINISH_WELL: State.COMPLETED,
            Trigger.FINISH_BADLY: State.FAILED,
            Trigger.CANCEL: State.RUNNING,
            Trigger.CANCEL_TAKES_EFFECT: State.CANCELED,
            Trigger.TIMEOUT: State.FAILED,
        },
    },
}


INITIAL_STATE = State.CREATED
"""The state in which every execution is accepted."""


def next_state(kind: Kind, state: State, trigger: Trigger) -> State:
    """Return the state after `trigger`; where the table has no row, nothing happens."""
    return TRANSITIONS[kind].get(state, {}).get(trigger, state)
