"""The values that the client gives and takes: frozen, typed, without behaviour (spec §8).

All instants are aware `datetime`s in UTC. Field order is part of the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

__all__ = [
    "Job",
    "JobEvents",
    "JobExpanded",
    "JobIncludeDict",
    "JobRecord",
    "Operation",
]


class JobIncludeDict(TypedDict, total=False):
    """What `include=` may ask for: a name and whether it is wanted (seed)."""

    details: bool
    """The parts of the record that a plain `Job` leaves out; costs no request."""
    events: bool
    """The first page of the `progress` stream; one request."""
    artifacts: bool
    """What the transaction wrote; Logic only; one request."""
    problems: bool
    """What the transaction complained of; Logic only; one request."""
    raw: bool
    """The whole record as a dict; costs no request."""


@dataclass(frozen=True)
class JobRecord:
    """One execution as a gateway reports it: every column that any backend has (spec §8)."""

    id: str
    """The execution's id, as the backend spells it."""
    reasoner_type: str
    """The public label (`Logic`, `Prescriptive`, `Predictive`); an unknown type as it came."""
    database_name: str | None = None
    """The database that a transaction works on; `None` for jobs."""
    read_only: bool | None = None
    """Whether a transaction may only read; `None` for jobs, or when not told."""
    state: str = ""
    """The state in upper case; see `rai_jobs.states`."""
    created_by: str | None = None
    """The user who created it; `None` when not told."""
    created_on: datetime | None = None
    """When it was accepted, UTC; `None` when not told."""
    finished_at: datetime | None = None
    """When it reached a terminal state, UTC; `None` until then."""
    duration: int | None = None
    """Milliseconds since creation: running while active, fixed at the end; `None` when not told."""
    payload: dict[str, Any] | str | None = None
    """A job's payload: a dict where it is a JSON object, else the text; `None` for transactions."""
    reasoner_name: str | None = None
    """The reasoner, engine or worker that it runs on; `None` when not told."""
    abort_reason: str | None = None
    """Why it did not complete; `None` when it did, or has not ended."""
    timeout_ms: int | None = None
    """The execution's own timeout in milliseconds from creation; `None` when not told."""


@dataclass(frozen=True)
class Job:
    """A job or transaction in the stable common form (seed, spec §8)."""

    id: str
    """The execution's id."""
    reasoner_type: str
    """The public label of its type."""
    state: str
    """The state in upper case; see `rai_jobs.states`."""
    name: str | None = None
    """The reasoner, engine or worker that it runs on; `None` when not told."""
    model: str | None = None
    """The database that a transaction works on; `None` for jobs."""
    created_by: str | None = None
    """The user who created it; `None` when not told."""
    created_on: datetime | None = None
    """When it was accepted, UTC; `None` when not told."""
    finished_at: datetime | None = None
    """When it reached a terminal state, UTC; `None` until then."""
    duration: int | None = None
    """Milliseconds since creation: running while active, fixed at the end; `None` when not told."""
    abort_reason: str | None = None
    """Why it did not complete; `None` when it did, or has not ended."""


@dataclass(frozen=True)
class JobEvents:
    """One page of an execution's event stream (spec §4)."""

    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The events, oldest first; empty when nothing new has come."""
    continuation_token: str | None = None
    """Where to read on; `None` when the execution has ended and everything was read."""


@dataclass(frozen=True)
class JobExpanded(Job):
    """A `Job` with what `include=` asked for; what was not asked for is `None` (spec §8)."""

    details: dict[str, Any] | None = None
    """`model`, `read_only`, `payload` and `timeout_ms` of the record."""
    events: JobEvents | None = None
    """The first page of the `progress` stream; an empty page when it could not be fetched."""
    artifacts: dict[str, Any] | None = None
    """By file name, its columns in upper case; `{}` when there are none or they failed to come."""
    problems: dict[str, Any] | None = None
    """`{"problems": [...]}`; `{}` when there are none or they failed to come."""
    raw: dict[str, Any] | None = None
    """All thirteen fields of the record."""


@dataclass(frozen=True)
class Operation:
    """An execution seen as a long-running operation (spec §7, §8)."""

    id: str
    """The execution's id."""
    status: str
    """`PENDING` (not found yet), `RUNNING`, `SUCCEEDED`, `FAILED` or `CANCELLED`."""
    error: str | None = None
    """Why it failed: the abort reason, or a text that names the state; else `None`."""
    raw: dict[str, Any] = field(default_factory=dict[str, Any])
    """`state`, `reasoner_type` (discriminator) and `name`; a `note` when it was not found yet."""
