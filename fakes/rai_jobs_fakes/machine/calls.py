"""What may be asked of the machine, by whom, and what is answered: one class a call.

A call is a value: a face makes one, the transcript shows it, a test generates it. Who may see and
do what is decided here and nowhere else (spec §3, §4):

- one sees one's own executions, an admin sees everybody's; [choice]
- event streams, artifacts and problems are the owner's alone; [choice: the backend's own names
  for them say `own`]
- one cancels one's own; an admin cancels any transaction by asking for all users.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar

from rai_jobs.errors import JobInvalidRequestError
from rai_jobs.payloads import transaction_database, transaction_query, transaction_read_only
from rai_jobs.reasoners import ReasonerType, refuse_all_users
from rai_jobs.states import State

from ..instants import micros
from ..kinds import is_whole
from ..made import made
from .events import Page, read_page
from .execution import Execution, Fact, Submission, User
from .listing import EVERYTHING, Wanted
from .machine import Machine
from .refusals import NotFound, Refused

__all__ = [
    "Call",
    "Cancel",
    "Create",
    "ExecutionView",
    "Get",
    "List",
    "ReadArtifacts",
    "ReadEvents",
    "ReadProblems",
]

_A = TypeVar("_A")
_MOST_MINUTES = 1_000_000
_LONGEST = 80
_JSON = json.JSONEncoder(allow_nan=False)


@dataclass(frozen=True)
class ExecutionView:
    """One execution as it was at one instant. Instants are microseconds since 1970 UTC."""

    id: str
    submission: Submission
    """What was asked for when it was created."""
    state: State
    created_at: int
    finished_at: int | None
    """`None` until it has ended."""
    abort_reason: str | None
    """Why it did not complete; `None` when it did, or has not ended."""
    seen_at: int
    """The instant of the view."""
    history: tuple[Fact, ...] = ()
    """What happened to it so far, in order."""

    @staticmethod
    def of(execution: Execution, now: int) -> ExecutionView:
        """Return `execution` as it is `now`."""
        return made(
            ExecutionView,
            {
                "id": execution.id,
                "submission": execution.submission,
                "state": execution.state,
                "created_at": execution.created_at,
                "finished_at": execution.ended_at,
                "abort_reason": execution.abort_reason,
                "seen_at": now,
                "history": execution.history,
            },
        )

    @staticmethod
    def at(execution: Execution, instant: int) -> ExecutionView:
        """Return `execution` as it was at `instant`, which is not before its creation."""
        view = ExecutionView.of(execution, instant)
        if not execution.history or execution.history[-1].at <= instant:
            return view
        history = tuple(fact for fact in execution.history if fact.at <= instant)
        # Something has happened since, so that it had not ended then.
        state = history[-1].after
        return replace(view, state=state, finished_at=None, abort_reason=None, history=history)

    @property
    def reasoner_type(self) -> ReasonerType:
        """Its reasoner's type."""
        return self.submission.reasoner_type

    @property
    def reasoner_name(self) -> str:
        """Its reasoner's name."""
        return self.submission.reasoner_name

    @property
    def created_by(self) -> str:
        """The user who created it."""
        return self.submission.owner

    @property
    def payload(self) -> dict[str, Any] | None:
        """A copy of a job's payload; `None` for a transaction, whose view hides it (spec §5)."""
        held, text = self.submission.payload, self.submission.payload_text
        if held is None or text is None:
            return None
        # Not `deepcopy`, which is slower, and cannot follow what is nested deeply.
        return dict(held) if self.submission.payload_is_flat else json.loads(text)

    @property
    def duration_ms(self) -> int:
        """Milliseconds since creation: fixed once it has ended (spec §2)."""
        end = self.seen_at if self.finished_at is None else self.finished_at
        return (end - self.created_at) // 1000

    @property
    def timeout_ms(self) -> int | None:
        """Its timeout from creation; `None` for a transaction, whose view hides it (spec §5)."""
        asked = self.submission
        return None if asked.reasoner_type.is_logic else asked.timeout_us // 1000

    def __repr__(self) -> str:
        # What a failing `assert` cuts short begins with what matters.
        asked = self.submission
        whose = f"{asked.reasoner_type.label} {asked.reasoner_name!r} of {asked.owner}"
        why = "" if self.abort_reason is None else f" ({self.abort_reason})"
        text = asked.payload_text or ""
        payload = f", {text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'}" if text else ""
        return f"<{self.state.value}{why} {whose}, {self.id}{payload}>"


class Call(ABC, Generic[_A]):
    """Something asked of the backend, answered with an `_A`."""

    operation: ClassVar[str]
    """The client's word for it: get, create, list, events, cancel, artifacts, problems."""

    @abstractmethod
    def answer(self, machine: Machine, caller: User) -> _A:
        """Carry the call out now, as `caller`.

        Raises:
            Refusal: it is not carried out.
        """


@dataclass(frozen=True)
class Create(Call[str]):
    """Start an execution; answered with its id."""

    operation: ClassVar[str] = "create"
    reasoner_type: ReasonerType
    reasoner_name: str
    payload: dict[str, Any]
    timeout_mins: int | None = None
    guard_rails: bool = False

    def answer(self, machine: Machine, caller: User) -> str:
        """Accept the execution; raise `Refused` for what cannot run."""
        submission, payload = self._submission(machine, caller)
        machine.require_ready(submission)
        entry, plan = machine.scripts.find(self.reasoner_type, self.reasoner_name, payload)
        execution = machine.submit(submission, plan)
        # Only an execution that was accepted uses its script up.
        entry.use()
        return execution.id

    def _submission(self, machine: Machine, caller: User) -> tuple[Submission, dict[str, Any]]:
        minutes = _minutes(self.timeout_mins, machine.settings.default_timeout_mins)
        try:
            payload_text = _JSON.encode(self.payload)
            payload: dict[str, Any] = json.loads(payload_text)
        except (TypeError, ValueError, RecursionError):
            raise Refused("payload must be a JSON object") from None
        if not self.reasoner_name:
            raise Refused("a reasoner name is required")
        common: dict[str, Any] = {
            "reasoner_type": self.reasoner_type,
            "reasoner_name": self.reasoner_name,
            "owner": caller.name,
            "timeout_us": micros(minutes * 60),
        }
        if not self.reasoner_type.is_logic:
            flat = not any(isinstance(value, (dict, list)) for value in payload.values())
            job = Submission(
                **common, payload=payload, payload_text=payload_text, payload_is_flat=flat
            )
            return job, payload
        try:
            database = transaction_database(self.payload)
            transaction_query(self.payload)
        except JobInvalidRequestError as error:
            raise Refused(str(error)) from error
        transaction = Submission(
            **common,
            database_name=database,
            read_only=transaction_read_only(self.payload),
            abort_detached=bool(self.payload.get("abort_detached", False)),
            guard_rails=self.guard_rails,
        )
        return transaction, payload


@dataclass(frozen=True)
class Get(Call[ExecutionView]):
    """Look at one execution; `NotFound` when there is none to see."""

    operation: ClassVar[str] = "get"
    reasoner_type: ReasonerType
    job_id: str

    def answer(self, machine: Machine, caller: User) -> ExecutionView:
        """Return the execution as it is now."""
        execution = machine.find(self.reasoner_type, self.job_id)
        if not _sees(caller, execution):
            raise _not_found(execution)
        machine.touch(execution, caller)
        return ExecutionView.of(execution, machine.now)


@dataclass(frozen=True)
class List(Call[tuple[ExecutionView, ...]]):
    """Look at the executions of some types that the caller sees, newest first."""

    operation: ClassVar[str] = "list"
    reasoner_types: tuple[ReasonerType, ...]
    wanted: Wanted = EVERYTHING
    limit: int | None = None
    offset: int = 0

    def answer(self, machine: Machine, caller: User) -> tuple[ExecutionView, ...]:
        """Return what lists show now; looking at a list touches none. [choice]"""
        owner = None if caller.admin else caller.name
        found = machine.newest_first(self.reasoner_types, self.wanted, owner=owner)
        end = None if self.limit is None else self.offset + self.limit
        shown = islice(found, self.offset, end)
        at = machine.listed_at
        return tuple(ExecutionView.at(each, at) for each in shown)


@dataclass(frozen=True)
class ReadEvents(Call[Page]):
    """Read one page of an event stream; `Refused` for a token or stream that is not there."""

    operation: ClassVar[str] = "events"
    reasoner_type: ReasonerType
    job_id: str
    continuation_token: str = ""
    stream_name: str = "progress"

    def answer(self, machine: Machine, caller: User) -> Page:
        """Return the page that the token points at."""
        execution = _own(machine, self.reasoner_type, self.job_id, caller)
        return read_page(
            execution,
            self.stream_name,
            self.continuation_token,
            now=machine.now,
            size=machine.settings.event_page_size,
            seed=machine.settings.seed,
        )


@dataclass(frozen=True)
class Cancel(Call[None]):
    """Request cancellation; what has ended is left alone, and asking twice is asking once."""

    operation: ClassVar[str] = "cancel"
    reasoner_type: ReasonerType
    job_id: str
    all_users: bool = False

    def answer(self, machine: Machine, caller: User) -> None:
        """Request it, where the caller may."""
        if self.all_users:
            try:
                refuse_all_users(self.reasoner_type)
            except JobInvalidRequestError as error:
                raise Refused(str(error)) from error
        execution = machine.find(self.reasoner_type, self.job_id)
        if caller.name != execution.submission.owner and not (self.all_users and caller.admin):
            raise _not_found(execution)
        machine.touch(execution, caller)
        machine.request_cancel(execution)


@dataclass(frozen=True)
class ReadArtifacts(Call[dict[str, dict[str, Any]]]):
    """Read what a transaction wrote; answered by file name."""

    operation: ClassVar[str] = "artifacts"
    reasoner_type: ReasonerType
    job_id: str

    def answer(self, machine: Machine, caller: User) -> dict[str, dict[str, Any]]:
        """Return the artifacts."""
        return _own(machine, self.reasoner_type, self.job_id, caller).artifacts()


@dataclass(frozen=True)
class ReadProblems(Call[list[dict[str, Any]]]):
    """Read what a transaction complains of."""

    operation: ClassVar[str] = "problems"
    reasoner_type: ReasonerType
    job_id: str

    def answer(self, machine: Machine, caller: User) -> list[dict[str, Any]]:
        """Return the problems."""
        return _own(machine, self.reasoner_type, self.job_id, caller).problems()


def _minutes(given: object, default: int) -> int:
    if given is None:
        return default
    if not is_whole(given):
        raise Refused("timeout_mins must be an integer")
    if given < 1:
        raise Refused(f"timeout_mins must be 1 or more; got {given}")
    if given > _MOST_MINUTES:
        raise Refused(f"timeout_mins must be at most {_MOST_MINUTES}")
    return given


def _sees(caller: User, execution: Execution) -> bool:
    return caller.admin or caller.name == execution.submission.owner


def _own(machine: Machine, kind: ReasonerType, job_id: str, caller: User) -> Execution:
    execution = machine.find(kind, job_id)
    if caller.name != execution.submission.owner:
        raise _not_found(execution)
    machine.touch(execution, caller)
    return execution


def _not_found(execution: Execution) -> NotFound:
    return NotFound.of(execution.submission.reasoner_type.label, execution.id)
