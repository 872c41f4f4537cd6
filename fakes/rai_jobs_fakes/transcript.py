"""`Transcript`: who asked what, when, on which face; what was answered; what had happened.

Plain values and a stable text form. Nothing here asks or changes the backend.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast, overload

from rai_jobs.reasoners import ReasonerType

from .instants import datetime_of
from .machine.calls import Call, ExecutionView
from .machine.events import Page
from .machine.execution import Fact
from .machine.refusals import Refusal

__all__ = ["Entry", "Transcript"]

_LONGEST = 72


@dataclass(frozen=True)
class Entry:
    """One call, its answer, and what had happened since the call before."""

    at: int
    """The instant of the call: microseconds since 1970 UTC."""
    face: str
    """Where it came in: gateway, http, …"""
    user: str
    call: Call[Any]
    answer: object
    """What was answered; a `Refusal` when the call was not carried out."""
    facts: tuple[Fact, ...]
    """What happened before this call since the one before, and by this call."""

    def __str__(self) -> str:
        happened = [f"    {_fact_line(fact)}" for fact in self.facts]
        asked = f"{_clock_time(self.at)} {self.face} {self.user}: {_called(self.call)}"
        return "\n".join([*happened, f"{asked} -> {_answered(self.answer)}"])


class Transcript(Sequence[Entry]):
    """All entries so far, oldest first; `str()` of it is the whole story."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = tuple(entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Transcript: ...
    def __getitem__(self, index: int | slice) -> Entry | Transcript:
        """Return one entry, or a transcript of some."""
        if isinstance(index, slice):
            return Transcript(self._entries[index])
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __str__(self) -> str:
        return "\n".join(str(entry) for entry in self._entries)

    def __repr__(self) -> str:
        return f"<Transcript of {len(self)} calls>\n{self}"


def _fact_line(fact: Fact) -> str:
    cause = fact.trigger.value if fact.trigger else "accepted"
    move = f"{fact.before.value} -> " if fact.before and fact.before != fact.after else ""
    return f"{_clock_time(fact.at)} {fact.execution_id[:8]} {move}{fact.after.value} ({cause})"


def _clock_time(instant: int) -> str:
    return datetime_of(instant).strftime("%H:%M:%S.%f")[:-3]


def _called(call: Call[Any]) -> str:
    if not is_dataclass(call):
        return call.operation
    shown = [_shown(getattr(call, field.name)) for field in fields(call) if field.repr]
    return f"{call.operation}({', '.join(shown)})"


def _answered(answer: object) -> str:
    if isinstance(answer, Refusal):
        return f"{type(answer).__name__}: {_cut(str(answer))}"
    if isinstance(answer, ExecutionView):
        return answer.state.value
    if isinstance(answer, Page):
        token = answer.continuation_token or "drained"
        return f"{len(answer.events)} events, {token}"
    if isinstance(answer, tuple):
        return f"{len(cast('tuple[object, ...]', answer))} executions"
    return "ok" if answer is None else _shown(answer)


def _shown(value: object) -> str:
    if isinstance(value, ReasonerType):
        return value.label
    if isinstance(value, (dict, list)):
        try:
            return _cut(json.dumps(value, default=str))
        except (TypeError, ValueError, RecursionError):
            return "(no JSON)"
    return _cut(str(value)) if value != "" else "''"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
