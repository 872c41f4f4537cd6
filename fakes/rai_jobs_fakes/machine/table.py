"""Which state follows which: the one table that the machine, its tests and its picture read.

All that affects a transition's target lives here; *when* a trigger fires is `execution`'s business.
A terminal state has no rows: nothing leads out of it (spec §2).
"""

from __future__ import annotations

from enum import Enum

from rai_jobs.states import State

__all__ = ["TRANSITIONS", "Kind", "Trigger", "initial_state", "next_state"]


class Kind(Enum):
    """The two kinds of execution (spec §1)."""

    TRANSACTION = "transaction"
    JOB = "job"


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


def initial_state() -> State:
    """Return the state in which every execution is accepted."""
    return State.CREATED


def next_state(kind: Kind, state: State, trigger: Trigger) -> State:
    """Return the state after `trigger`; where the table has no row, nothing happens."""
    return TRANSITIONS[kind].get(state, {}).get(trigger, state)
