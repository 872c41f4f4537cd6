"""What a test says will happen to an execution: `JobScript` and its parts, frozen values.

A script knows no state and no clock: it is read by the machine. One that contradicts itself is
refused when it is made, with the argument at fault.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from .kinds import is_span, is_text

__all__ = [
    "At",
    "End",
    "JobScript",
    "Outcome",
    "ScriptError",
    "UnusedScriptWarning",
    "aborted",
    "completed",
    "failed",
]

STREAMS = ("progress", "profiler")
"""The streams that the backend keeps: the second one for transactions only (spec §4)."""


class ScriptError(ValueError):
    """A script contradicts itself, or cannot be what it is meant for; names the argument."""


class UnusedScriptWarning(UserWarning):
    """A script was registered and no execution lived by it: is a filter of it wrong?"""


class End(Enum):
    """How work ends by itself (spec §2)."""

    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"


@dataclass(frozen=True, repr=False)
class Outcome:
    """The end of the work; made by `completed`, `failed` or `aborted`."""

    end: End
    """Which end it is."""
    reason: str | None = None
    """The abort reason; `None` when the work completes."""
    problems: Sequence[Mapping[str, Any]] = ()
    """What an aborted transaction complains of, beside the script's own problems."""

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.end), End):
            raise ScriptError(
                "An outcome is made by completed(), failed(reason) or aborted(reason); got"
                f" {self.end!r:.200}."
            )
        problems = _own_objects("aborted(problems)", self.problems)
        object.__setattr__(self, "problems", tuple(problems))

    def __repr__(self) -> str:
        told = [] if self.reason is None else [repr(self.reason)]
        told += [repr([dict(problem) for problem in self.problems])] if self.problems else []
        return f"{self.end.value}({', '.join(told)})"


def completed() -> Outcome:
    """The work ends well: COMPLETED."""
    return Outcome(End.COMPLETED)


def failed(reason: str) -> Outcome:
    """A job's work ends badly: FAILED. A script with this outcome is for jobs only (spec §2).

    Args:
        reason: the abort reason that the record shows.
    """
    return Outcome(End.FAILED, _required_reason("failed", reason))


def aborted(reason: str, problems: Sequence[Mapping[str, Any]] = ()) -> Outcome:
    """A transaction's work ends badly: ABORTED. A script with it is for Logic only (spec §2).

    Args:
        reason: the abort reason that the record shows.
        problems: what the transaction complains of, as JSON objects.
    """
    return Outcome(End.ABORTED, _required_reason("aborted", reason), problems)


@dataclass(frozen=True)
class At:
    """One event of a stream."""

    after_s: float
    """When it comes, in seconds after the execution began to run."""
    event: Mapping[str, Any]
    """The event: a JSON object, usually with a `type`."""
    stream: str = "progress"
    """The stream that it comes on: `progress`, or `profiler` (transactions)."""

    def __post_init__(self) -> None:
        _require_seconds("At.after_s", self.after_s, finite=True)
        object.__setattr__(self, "event", _own_object("At.event", self.event))
        if self.stream not in STREAMS:
            raise ScriptError(
                f"`At.stream` must be one of {', '.join(STREAMS)}; got {self.stream!r}."
            )


@dataclass(frozen=True)
class JobScript:
    """The life of one execution, as a test wants it. All times are in seconds.

    Raises:
        ScriptError: the script contradicts itself.
    """

    created_s: float = 0.0
    """How long it stays CREATED before it joins the queue. [choice]"""
    queue_s: float = 0.0
    """How long it waits in the queue, even where the reasoner has room. [choice]"""
    run_s: float = 0.0
    """How long it runs; infinity for work that never ends by itself."""
    events: Sequence[At] = ()
    """What it says while it runs."""
    outcome: Outcome = field(default_factory=completed)
    """How its work ends."""
    artifacts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What a transaction wrote: by file name, columns such as `presigned_url`; shown once it has
    completed. [choice]"""
    problems: Sequence[Mapping[str, Any]] = ()
    """What a transaction complains of, as JSON objects; shown once ended."""
    ignores_cancel: bool = False
    """Whether running work ignores cancellation and ends as scripted. [choice]"""
    cancel_latency_s: float = 0.0
    """How long after the request running work is cancelled. [choice: 0]"""
    guard_rail_after_s: float | None = None
    """When, after it began to run, it violates a guard rail; `None` for never."""

    def __post_init__(self) -> None:
        for name in ("created_s", "queue_s", "cancel_latency_s"):
            _require_seconds(f"JobScript.{name}", getattr(self, name), finite=True)
        _require_seconds("JobScript.run_s", self.run_s, finite=False)
        if self.guard_rail_after_s is not None:
            _require_seconds("JobScript.guard_rail_after_s", self.guard_rail_after_s, finite=True)
        if not isinstance(cast("object", self.outcome), Outcome):
            raise ScriptError(
                "`JobScript.outcome` must be completed(), failed(reason) or aborted(reason); got"
                f" {self.outcome!r:.200}."
            )
        if not isinstance(cast("object", self.ignores_cancel), bool):
            raise ScriptError(
                f"`JobScript.ignores_cancel` must be True or False; got {self.ignores_cancel!r}."
            )
        events = tuple(_events(self.events))
        if not isinstance(cast("object", self.events), Sequence):
            object.__setattr__(self, "events", events)  # it may be one that is read but once
        for at in events:
            if at.after_s > self.run_s:
                raise ScriptError(
                    f"`JobScript.events` has an event {at.after_s:g} s after the start, but the"
                    f" work ends after {self.run_s:g} s (`run_s`): it would never be seen."
                )
        if self.guard_rail_after_s is not None and self.guard_rail_after_s > self.run_s:
            raise ScriptError(
                f"`JobScript.guard_rail_after_s` is {self.guard_rail_after_s:g} s after the start,"
                f" but the work ends after {self.run_s:g} s (`run_s`): it would never be violated."
            )
        if not isinstance(cast("object", self.artifacts), Mapping):
            raise ScriptError(
                "`JobScript.artifacts` must map file names to columns; got"
                f" {self.artifacts!r:.200}."
            )
        artifacts = {
            name: _own_object(f"JobScript.artifacts[{name!r}]", columns)
            for name, columns in self.artifacts.items()
        }
        problems = _own_objects("JobScript.problems", self.problems)
        object.__setattr__(self, "artifacts", artifacts)
        object.__setattr__(self, "problems", problems)
        if self._for_logic() and self.outcome.end is End.FAILED:
            raise ScriptError(
                "`JobScript.outcome` is failed(), which only jobs can end with, but its artifacts,"
                " problems, profiler events or guard rail are of transactions: use aborted()."
            )

    def fits(self, *, logic: bool) -> bool:
        """Tell whether a transaction (`logic`) or a job can live by this script (spec §2)."""
        if logic:
            return self.outcome.end is not End.FAILED
        return self.outcome.end is not End.ABORTED and not self._for_logic()

    def _for_logic(self) -> bool:
        return bool(
            self.artifacts
            or self.problems
            or self.outcome.problems
            or self.guard_rail_after_s is not None
            or any(at.stream != "progress" for at in self.events)
        )


def _required_reason(where: str, reason: object) -> str:
    if not is_text(reason):
        raise ScriptError(f"`{where}(reason)` must say why, in words; got {reason!r}.")
    return reason


def _require_seconds(argument: str, value: object, *, finite: bool) -> None:
    if not (is_span(value) or (value == math.inf and not finite)):
        kind = "a finite number of seconds" if finite else "a number of seconds"
        raise ScriptError(f"`{argument}` must be {kind}, 0 or more; got {value!r}.")


def _parts(argument: str, given: object, what: str) -> Iterable[object]:
    if not isinstance(given, Iterable) or isinstance(given, (str, bytes, Mapping)):
        raise ScriptError(f"`{argument}` must be a sequence of {what}; got {given!r:.200}.")
    return cast("Iterable[object]", given)


def _events(given: object) -> Iterator[At]:
    for each in _parts("JobScript.events", given, "At"):
        if not isinstance(each, At):
            raise ScriptError(
                f"`JobScript.events` must be a sequence of At(after_s, event); got {each!r:.200}."
            )
        yield each


def _own_objects(argument: str, given: object) -> list[dict[str, Any]]:
    """Return copies of JSON objects, which nobody else can change."""
    return [_own_object(argument, each) for each in _parts(argument, given, "JSON objects")]


def _own_object(argument: str, value: object) -> dict[str, Any]:
    """Return a copy of a JSON object, which nobody else can change."""
    if not isinstance(value, Mapping):
        raise ScriptError(f"`{argument}` must be a JSON object; got {value!r:.200}.")
    mapping = cast("Mapping[str, Any]", value)
    try:
        copied: dict[str, Any] = json.loads(json.dumps(dict(mapping), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ScriptError(f"`{argument}` must be a JSON object: {error}.") from error
    return copied
