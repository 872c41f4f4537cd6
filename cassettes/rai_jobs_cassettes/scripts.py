"""`scripts_from`: a real run becomes a fake, which can then fail, time out, or be cancelled.

The one module of this package that knows the fake.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike

from rai_jobs.reasoners import ReasonerType
from rai_jobs.states import State
from rai_jobs_fakes import (
    ActiveScript,
    At,
    FakeBackend,
    JobScript,
    Outcome,
    aborted,
    completed,
    failed,
)

from .interactions import Interaction
from .lives.lives import Life, lives_of
from .lives.readings import interactions_in, readings_of
from .lives.spans import Spans, spans_of
from .lives.tellings import created_in, refusal_in

__all__ = ["RecordedReasoner", "RecordedScript", "reasoners_from", "scripts_from"]

_TIMEOUTS = ("transaction timeout", "job timeout")
_DETACHED = "client disconnected"
_GUARD_RAIL = "guard rail violation"
_NO_REASON = "no reason was recorded"


@dataclass(frozen=True)
class RecordedScript:
    """What a recording saw of one execution, as a script, and for whom it is.

    Args:
        script: what will happen; `dataclasses.replace` it to have it fail, or last.
        reasoner_type: the type of its reasoner, by its public label.
        name: the name of its reasoner; `None` where its create named none.
        unknown: what the recording could not tell, in words.
    """

    script: JobScript
    reasoner_type: str
    name: str | None
    unknown: tuple[str, ...] = field(default=())

    def register(self, backend: FakeBackend) -> ActiveScript:
        """Have the next execution on that reasoner live by it, after those registered before.

        Returns:
            What tells whether one did, and withdraws it.
        """
        return backend.script(
            self.script, reasoner_type=self.reasoner_type, name=self.name, times=1
        )


@dataclass(frozen=True)
class RecordedReasoner:
    """A reasoner that a recording met before it was ready.

    Args:
        name: its name.
        reasoner_type: by its public label.
        status: as it was told.
        ready_after_s: when it first accepted an execution, in seconds from the start of the
            recording; `None` where it never did.
    """

    name: str
    reasoner_type: str
    status: str
    ready_after_s: float | None

    def register(self, backend: FakeBackend) -> None:
        """Have the reasoner exist, counting from now."""
        backend.add_reasoner(
            self.name, self.reasoner_type, status=self.status, ready_after_s=self.ready_after_s
        )


def scripts_from(
    cassette: str | PathLike[str] | Iterable[Interaction],
) -> list[RecordedScript]:
    """Return a script for each execution that a recording created, in order of creation.

        for each in scripts_from("story.yaml"):
            each.register(backend)

    How long it lived is exact where its record told `finished_at` or its `duration`, unless an
    answer that took its time contradicts it: then it ends right after that. Everything else is
    known by the answers alone, and happens in the instant of the answer that first showed
    it: that it left a state, that an event was there. What was first seen after the end happened at
    the end. One that was never seen waiting did not wait. [choice]

    How it would have ended had nobody cancelled it, had it not timed out, or had its owner kept
    asking, no recording tells: such work never ends by itself, so that the fake's own cancel,
    timeout and grace end it. [choice]

    Args:
        cassette: the path of a file, or interactions.

    Raises:
        CassetteError: the file cannot be read, or is no cassette.
    """
    return [_of(life) for life in lives_of(readings_of(interactions_in(cassette)))]


def reasoners_from(
    cassette: str | PathLike[str] | Iterable[Interaction],
) -> list[RecordedReasoner]:
    """Return the reasoners that refused the first execution, as they were not ready.

    They are ready in the instant in which they first accepted one. [choice]

    Args:
        cassette: the path of a file, or interactions.

    Raises:
        CassetteError: the file cannot be read, or is no cassette.
    """
    met: dict[tuple[str, str], tuple[str | None, float | None]] = {}
    for each in readings_of(interactions_in(cassette)):
        if each.asked.operation != "create" or each.asked.kind is None:
            continue
        which = each.asked.name, each.asked.kind.label
        status, ready_at = met.get(which, (None, None))
        if which not in met:
            met[which] = refusal_in(each), None
        elif status is not None and ready_at is None and created_in(each) is not None:
            met[which] = status, each.at
    return [
        RecordedReasoner(name, label, status, ready_at)
        for (name, label), (status, ready_at) in met.items()
        if status is not None
    ]


@dataclass(frozen=True)
class _Ending:
    """How work ends.

    Args:
        outcome: by itself.
        run_s: when, after it began to run.
        guard_rail_after_s: when it violates one.
        ignores_cancel: whether it ended as if nobody had cancelled it.
        cancel_latency_s: how long after it was cancelled it ended.
        unknown: what was not told.
    """

    outcome: Outcome = field(default_factory=completed)
    run_s: float = math.inf
    guard_rail_after_s: float | None = None
    ignores_cancel: bool = False
    cancel_latency_s: float = 0.0
    unknown: str | None = None


def _of(life: Life) -> RecordedScript:
    spans = spans_of(life)
    ending = _ending(life, spans)
    unknown = [ending.unknown] if ending.unknown else []
    if life.unplaced:
        unknown.append(f"where in their stream {life.unplaced} pages of events stand")
    is_logic = life.kind.is_logic
    script = JobScript(
        created_s=spans.created_s,
        queue_s=spans.queue_s,
        run_s=ending.run_s,
        events=_events(life, spans, ending.run_s),
        outcome=ending.outcome,
        artifacts=life.artifacts if is_logic else {},
        problems=life.problems if is_logic else (),
        ignores_cancel=ending.ignores_cancel,
        cancel_latency_s=ending.cancel_latency_s,
        guard_rail_after_s=ending.guard_rail_after_s,
    )
    return RecordedScript(script, life.kind.label, life.order.name or None, tuple(unknown))


def _events(life: Life, spans: Spans, run_s: float) -> list[At]:
    latest = min(run_s, spans.life_s - spans.started_s)
    found: list[At] = []
    for stream in life.streams:
        for seen in life.events(stream):
            after = min(max(0.0, seen.at - spans.started_s), max(0.0, latest))
            found.append(At(round(after, 6), seen.event, stream))
    return found


def _ending(life: Life, spans: Spans) -> _Ending:
    end = life.end
    if end is None:
        return _Ending(unknown="how it ends: nobody saw it")
    run_s = round(max(0.0, spans.life_s - spans.started_s), 6)
    is_canceled = end.state == State.CANCELED
    cancelled = next((at for at in life.cancels if is_canceled or at < spans.life_s), None)
    if is_canceled:
        if cancelled is None:
            return _Ending(unknown="who cancelled it: the recording does not hold the request")
        waited = spans.life_s - max(cancelled, spans.started_s)
        latency = round(max(0.0, waited), 6) if spans.has_started else 0.0
        return _Ending(cancel_latency_s=latency, unknown="how it ends when nobody cancels it")
    reason = end.record.abort_reason
    if end.state == State.COMPLETED:
        return _Ending(run_s=run_s, ignores_cancel=cancelled is not None)
    if reason in _TIMEOUTS and _timed_out(life, spans):
        return _Ending(unknown="how it ends when it does not time out")
    if reason == _DETACHED and life.order.abort_detached:
        return _Ending(unknown="how it ends when its owner keeps asking")
    if reason == _GUARD_RAIL and life.order.guard_rails and life.kind.is_logic:
        return _Ending(guard_rail_after_s=run_s, unknown="how it ends without guard rails")
    return _Ending(
        _failure(life.kind, reason),
        run_s,
        ignores_cancel=cancelled is not None,
        unknown=None if reason else "why it failed",
    )


def _failure(kind: ReasonerType, reason: str | None) -> Outcome:
    told = (reason or "").strip() or _NO_REASON
    return aborted(told) if kind.is_logic else failed(told)


def _timed_out(life: Life, spans: Spans) -> bool:
    """Tell whether it lived as long as it was allowed to, so that the fake ends it as well."""
    told_ms = next((each.record.timeout_ms for each in life.looks if each.record.timeout_ms), None)
    allowed = told_ms / 1000 if told_ms else life.order.timeout_s
    return allowed is not None and abs(spans.life_s - allowed) <= max(1.0, allowed / 100)
