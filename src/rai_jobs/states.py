"""The states that an execution passes through, by name (spec §2).

How an execution moves from one to another is the backend's business, not the client's. The client
only needs to know which are the end. A state that is not listed here passes through as it came
and counts as not terminal.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["TERMINAL_STATES", "State", "is_terminal"]


class State(str, Enum):
    """A state by its backend spelling."""

    CREATED = "CREATED"
    """Accepted, not yet queued."""
    QUEUED = "QUEUED"
    """In the reasoner's queue (transactions)."""
    PENDING = "PENDING"
    """Accepted and waiting (jobs)."""
    RUNNING = "RUNNING"
    """At work."""
    CANCELING = "CANCELING"
    """Cancellation was requested and has not taken effect yet (transactions)."""
    COMPLETED = "COMPLETED"
    """Ended well."""
    FAILED = "FAILED"
    """Ended badly (jobs)."""
    CANCELED = "CANCELED"
    """Ended by a cancel request."""
    ABORTED = "ABORTED"
    """Ended by an error, a timeout or a guard rail (transactions); see the abort reason."""


TERMINAL_STATES: frozenset[State] = frozenset(
    {State.COMPLETED, State.FAILED, State.CANCELED, State.ABORTED}
)

_TERMINAL_NAMES = frozenset(state.value for state in TERMINAL_STATES)


def is_terminal(state: str) -> bool:
    """Tell whether `state` (any case) is an end; an unknown state is not (spec §2)."""
    return state.upper() in _TERMINAL_NAMES
