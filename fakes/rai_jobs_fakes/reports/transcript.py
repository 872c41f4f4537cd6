"""`Transcript`: who asked what, when, on which face; what was answered; what had happened.

Plain values, filters that keep entries whole, and two stable forms: text and JSON. Nothing here
asks or changes the backend.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, cast, overload

from rai_jobs.reasoners import ReasonerType

from ..faults.plan import InjectedFault
from ..faults.which import FACES, OPERATIONS
from ..instants import instant_of, time_of_day
from ..machine.calls import Call, Create, ExecutionView, List
from ..machine.events import Page
from ..machine.execution import Fact, StatusFact
from ..machine.refusals import Refusal
from .as_json import arguments_as_json, fact_as_json, instant_as_json, outcome_as_json

__all__ = ["Entry", "Transcript"]

_LONGEST = 72
_MOST_NAMED = 5
_FOLDED_FROM = 4


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
    """What was answered; a `Refusal` when the call was not carried out, an `InjectedFault` when a
    fault struck it."""
    facts: tuple[Fact | StatusFact, ...]
    """What happened before this call since the one before, and by this call."""

    @property
    def asked(self) -> str:
        """Who asked what, as text."""
        return f"{self.face} {self.user}: {_called(self.call)}"

    def __str__(self) -> str:
        happened = [f"    {_fact_line(fact)}" for fact in self.facts]
        line = f"{time_of_day(self.at)} {self.asked} -> {_answered(self.answer)}"
        return "\n".join([*happened, line])

    def repeats(self, before: Entry) -> bool:
        """Tell whether it is the call before once more: answered alike, and nothing happened."""
        alike = (self.face, self.user, self.call) == (before.face, before.user, before.call)
        return alike and not self.facts and _answered(self.answer) == _answered(before.answer)

    @property
    def executions(self) -> frozenset[str]:
        """The ids it is of: asked for, created by it, or told of by its facts."""
        ids = {fact.execution_id for fact in self.facts if isinstance(fact, Fact)}
        asked = getattr(self.call, "job_id", None)
        if isinstance(asked, str):
            ids.add(asked)
        if isinstance(self.call, Create) and isinstance(self.answer, str):
            ids.add(self.answer)
        return frozenset(ids)


class Transcript(Sequence[Entry]):
    """The entries that are kept, oldest first; `str()` of it is the whole story."""

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

    def only(
        self,
        *,
        operation: str | Iterable[str] | None = None,
        user: str | None = None,
        face: str | None = None,
        execution: str | None = None,
        reasoner_type: str | None = None,
        where: Callable[[Entry], bool] | None = None,
    ) -> Transcript:
        """Return the entries that fit all that is given, whole and in order.

        An execution's entries are those that asked for it, that created it, and those with a fact
        of it: what happens by itself is told by whichever call comes next.

        Args:
            operation: what was asked: a word such as `get`, or several.
            user: the name of who asked.
            face: where it came in: `gateway`, `http` or `sql`.
            execution: an id, or the start of one that no other execution here shares.
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            where: whatever else an entry must be.

        Returns:
            A transcript; an empty one when nothing fits.

        Raises:
            ValueError: `operation` or `face` is no such word, or `execution` is empty or starts
                several ids.
            JobInvalidRequestError: `reasoner_type` names no type.
        """
        kept = self._entries
        if operation is not None:
            known = (*OPERATIONS, *(entry.call.operation for entry in kept))
            words = _words("operation", operation, known)
            kept = tuple(entry for entry in kept if entry.call.operation in words)
        if face is not None:
            words = _words("face", face, (*FACES, *(entry.face for entry in self._entries)))
            kept = tuple(entry for entry in kept if entry.face in words)
        if user is not None:
            kept = tuple(entry for entry in kept if entry.user == user)
        if reasoner_type is not None:
            kind = ReasonerType.parse(reasoner_type)
            kept = tuple(entry for entry in kept if kind in _types_of(entry.call))
        if execution is not None:
            found = self._execution(execution)
            kept = tuple(entry for entry in kept if found in entry.executions)
        if where is not None:
            kept = tuple(entry for entry in kept if where(entry))
        return Transcript(kept)

    def between(self, start: datetime | None = None, end: datetime | None = None) -> Transcript:
        """Return the entries from `start` until `end`, both included.

        Both are instants, as `clock.now()` gives them, and not seconds since the first entry: those
        would mean something else after every filter. Both ends belong: virtual time stands still
        between two sleeps, so the last call before a look at the clock is in that very instant.

        Args:
            start: the first instant, aware; the beginning when not given.
            end: the last instant, aware; the end when not given.

        Raises:
            ValueError: an instant bears no time zone, or `end` is before `start`.
        """
        for name, moment in (("start", start), ("end", end)):
            is_moment = moment is None or isinstance(cast("object", moment), datetime)
            if not is_moment or (moment is not None and moment.tzinfo is None):
                raise ValueError(
                    f"`{name}` must be a datetime with a time zone; got {moment!r:.200}."
                )
        if start is not None and end is not None and end < start:
            raise ValueError(f"`end` must not be before `start`; got {start!r} and {end!r}.")
        kept = self._entries
        if start is not None:
            first = instant_of(start)
            kept = tuple(entry for entry in kept if entry.at >= first)
        if end is not None:
            last = instant_of(end)
            kept = tuple(entry for entry in kept if entry.at <= last)
        return Transcript(kept)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return it as JSON, in ASCII: the same seed and calls give the same bytes.

        `{"version": 1, "entries": [...]}`, where an entry has `at`, `face`, `user`, `operation`,
        `arguments` by name, an `answer` or a `refusal` (`kind`, `message`), and `facts` (`at`,
        `execution`, `trigger`, `before`, `after`). Instants are in ISO 8601. Payloads and events
        are whole; an execution that was looked at is told without its payload, which its create
        tells. What has no form in JSON is named by its type.

        Args:
            indent: how many spaces a level is indented by; `None` for one line.
        """
        entries = [_entry_as_json(entry) for entry in self._entries]
        return json.dumps({"version": 1, "entries": entries}, indent=indent, allow_nan=False)

    def folded(self) -> str:
        """Return the text of it without the middle of each run of equal calls.

        Of four calls or more that asked the same and were answered the same, with nothing happening
        between, the first and the last are told, and how many there were between: polls are many.
        """
        lines: list[str] = []
        run: list[Entry] = []
        for entry in self._entries:
            if run and not entry.repeats(run[-1]):
                lines += _folded(run)
                run = []
            run.append(entry)
        return "\n".join([*lines, *_folded(run)])

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __str__(self) -> str:
        return "\n".join(str(entry) for entry in self._entries)

    def __repr__(self) -> str:
        return f"<Transcript of {len(self)} calls>\n{self}"

    def _execution(self, start: str) -> str | None:
        ids = {each for entry in self._entries for each in entry.executions}
        if start in ids:
            return start
        found = sorted(each for each in ids if start and each.startswith(start))
        if len(found) > 1 or not start:
            named = ", ".join(found[:_MOST_NAMED]) + (", …" if len(found) > _MOST_NAMED else "")
            raise ValueError(
                f"`execution` must be an id, or the start of one alone; got {start!r}"
                + (f", which starts {len(found)}: {named}." if found else ".")
            )
        return found[0] if found else None


def _folded(run: Sequence[Entry]) -> list[str]:
    """Return the lines of a run of equal calls."""
    if len(run) < _FOLDED_FROM:
        return [str(entry) for entry in run]
    return [str(run[0]), f"    ({len(run) - 2} more like it)", str(run[-1])]


def _words(name: str, given: str | Iterable[str], known: Iterable[str]) -> frozenset[str]:
    if not isinstance(cast("object", given), Iterable):
        raise ValueError(f"`{name}` must be a word, or several; got {given!r:.200}.")
    words = frozenset((given,) if isinstance(given, str) else given)
    valid = tuple(dict.fromkeys(known))
    unknown = sorted(words.difference(valid))
    if unknown:
        raise ValueError(
            f"`{name}` {', '.join(map(repr, unknown))} is not known: use one of {', '.join(valid)}."
        )
    return words


def _entry_as_json(entry: Entry) -> dict[str, Any]:
    return {
        "at": instant_as_json(entry.at),
        "face": entry.face,
        "user": entry.user,
        "operation": entry.call.operation,
        "arguments": arguments_as_json(entry.call),
        **outcome_as_json(entry.answer),
        "facts": [fact_as_json(fact) for fact in entry.facts],
    }


def _fact_line(fact: Fact | StatusFact) -> str:
    if isinstance(fact, StatusFact):
        kind, name = fact.reasoner_type.label, fact.reasoner_name
        return f"{time_of_day(fact.at)} reasoner {kind} {name!r} is {fact.status.value}"
    cause = fact.trigger.value if fact.trigger else "accepted"
    move = f"{fact.before.value} -> " if fact.before and fact.before != fact.after else ""
    return f"{time_of_day(fact.at)} {fact.execution_id[:8]} {move}{fact.after.value} ({cause})"


def _called(call: Call[Any]) -> str:
    if not is_dataclass(call):
        return call.operation
    if isinstance(call, List):
        return f"list({', '.join(_listed(call))})"
    shown = [_shown(getattr(call, field.name)) for field in fields(call) if field.repr]
    return f"{call.operation}({', '.join(shown)})"


def _types_of(call: Call[Any]) -> tuple[ReasonerType, ...]:
    if isinstance(call, List):
        return call.reasoner_types
    kind = getattr(call, "reasoner_type", None)
    return (kind,) if isinstance(kind, ReasonerType) else ()


def _listed(call: List) -> Iterator[str]:
    yield " and ".join(kind.label for kind in call.reasoner_types)
    asked = {**vars(call.wanted), "limit": call.limit, "offset": call.offset or None}
    yield from (
        f"{name}={_shown(value)}"
        for name, value in asked.items()
        if value is not None and value is not False
    )


def _answered(answer: object) -> str:
    if isinstance(answer, InjectedFault):
        acted = f"acted: {_answered(answer.answer)}" if answer.acted else "did not act"
        return f"{answer.fault!r}, {acted}"
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
