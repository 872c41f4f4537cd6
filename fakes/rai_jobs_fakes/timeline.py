"""The lives of all executions as a text chart: one line each, time from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from rai_jobs.states import State

from .instants import datetime_of, seconds_of
from .machine.calls import ExecutionView

__all__ = ["render_timeline"]

_WIDTH = 60
_MARKS = {
    State.CREATED: ".",
    State.QUEUED: "-",
    State.PENDING: "-",
    State.RUNNING: "=",
    State.CANCELING: "~",
}


def render_timeline(views: Sequence[ExecutionView], now: int) -> str:
    """Return the chart of `views` from the first creation until `now` (an instant)."""
    if not views:
        return "(no executions)"
    start = min(view.created_at for view in views)
    end = max(now, *(view.finished_at or now for view in views), start + 1)
    legend = "".join(f"  {mark} {state.value}" for state, mark in _MARKS.items())
    began = datetime_of(start).isoformat(timespec="seconds")
    head = f"{began} + {seconds_of(end - start):g} s{legend}"
    return "\n".join([head, *(_line(view, start, end) for view in views)])


def _line(view: ExecutionView, start: int, end: int) -> str:
    def column(instant: int) -> int:
        return (instant - start) * (_WIDTH - 1) // (end - start)

    cells = [" "] * _WIDTH
    until = end if view.finished_at is None else view.finished_at
    for fact, nxt in zip(view.history, (*view.history[1:], None), strict=True):
        mark = _MARKS.get(fact.after)
        if mark is not None:
            last = column(until if nxt is None else nxt.at)
            cells[column(fact.at) : last + 1] = mark * (last + 1 - column(fact.at))
    if view.finished_at is not None:
        cells[column(view.finished_at)] = "|"
    name = f"{view.reasoner_type.label} {view.reasoner_name}"
    return f"{view.id[:8]} {name[:24]:24} {''.join(cells)} {view.state.value}"
