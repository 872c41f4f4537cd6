"""How long an execution was in which state, as far as a recording tells. Pure.

Seconds since its create was answered, which is taken for the instant of its creation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rai_jobs.states import State

from .lives import Life, Look

__all__ = ["UNTOLD_S", "Spans", "spans_of"]

UNTOLD_S = 366 * 86_400.0
"""How long work waits that was cancelled while it waited: longer than any timeout. [choice]"""
_INSTANT_S = 1e-6
"""The shortest time that a fake knows."""
_WAITING = (State.CREATED, State.QUEUED, State.PENDING)


@dataclass(frozen=True)
class Spans:
    """How long each part of a life lasted.

    Args:
        created_s: CREATED.
        queue_s: in the queue.
        life_s: all of it; infinity where its end was not seen.
        has_started: whether it ever ran.
    """

    created_s: float
    queue_s: float
    life_s: float
    has_started: bool

    @property
    def started_s(self) -> float:
        """When it began to run."""
        return self.created_s + self.queue_s


def spans_of(life: Life) -> Spans:
    """Return how long each part of a life lasted."""
    life_s = math.inf if life.end is None else _as_seen(life, life.end, _lived(life.end))
    created = _left(life, (State.CREATED,), life_s)
    waited = max(created, _left(life, _WAITING, life_s))
    ended_waiting = (
        life.end is not None
        and life.end.state == State.CANCELED
        and bool(life.active)
        and all(each.state in _WAITING for each in life.active)
        and not any(life.streams.values())
    )
    if ended_waiting or (life.end is None and _is_waiting(life)):
        return Spans(created, UNTOLD_S, life_s, has_started=False)
    return Spans(created, round(waited - created, 6), life_s, has_started=True)


def _lived(end: Look) -> float:
    record = end.record
    if record.created_on is not None and record.finished_at is not None:
        return max(0.0, (record.finished_at - record.created_on).total_seconds())
    if record.duration is not None:
        return max(0.0, record.duration / 1000)
    return end.at


def _as_seen(life: Life, end: Look, lived_s: float) -> float:
    """Return when it ended so that no answer contradicts it.

    Answers take their time, now more, now less: one that still showed it at work may have come
    later than its end.
    """
    last = max((each.at for each in life.active if each.at <= end.at), default=-_INSTANT_S)
    return round(min(max(lived_s, last + _INSTANT_S), end.at), 6)


def _left(life: Life, states: tuple[State, ...], life_s: float) -> float:
    """Return when something first showed that it was in none of some states; 0 if it never was."""
    last = max((each.at for each in life.looks if each.state in states), default=None)
    if last is None:
        return 0.0
    shown = [each.at for each in life.looks if each.state not in states and each.at >= last]
    # Work says nothing before it runs.
    shown += [seen.at for stream in life.streams for seen in life.events(stream) if seen.at >= last]
    return round(min([*shown, life_s] if shown or life_s < math.inf else [last]), 6)


def _is_waiting(life: Life) -> bool:
    return bool(life.looks) and life.looks[-1].state in _WAITING and not any(life.streams.values())
