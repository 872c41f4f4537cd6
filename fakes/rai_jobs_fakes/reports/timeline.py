"""`Timeline`: the lives of all executions, one row each, time from left to right.

A value made from views of the executions, in two forms: `str()` is a text chart, `svg()` a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rai_jobs.states import State

from ..instants import datetime_of, seconds_of
from ..machine.calls import ExecutionView
from .chart import Chart, Life, Span, draw

__all__ = ["Timeline"]

MOST_ROWS = 500
"""The most executions that a chart shows: the newest, and how many are left out. [choice]"""

_WIDTH = 60
_NAME = 24
_MARKS = {
    State.CREATED: ".",
    State.QUEUED: "-",
    State.PENDING: "-",
    State.RUNNING: "=",
    State.CANCELING: "~",
}


@dataclass(frozen=True, repr=False)
class Timeline:
    """The lives of executions as they were at one instant."""

    views: tuple[ExecutionView, ...]
    """All executions, in the order of their creation."""
    now: int
    """The instant of the look: microseconds since 1970 UTC."""

    def __str__(self) -> str:
        chart = self._chart
        if chart is None:
            return "(no executions)"
        legend = "".join(f"  {mark} {state.value}" for state, mark in _MARKS.items())
        began = datetime_of(chart.start).isoformat(timespec="seconds")
        head = f"{began} + {seconds_of(chart.end - chart.start):g} s{legend}"
        lines = [head, *(_line(life, chart.start, chart.end) for life in chart.lives)]
        if chart.left_out:
            lines.append(f"({chart.left_out} older executions are left out)")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Timeline of {len(self.views)} executions>\n{self}"

    def svg(self) -> str:
        """Return the chart as a picture that stands alone: SVG, without scripts or fonts.

        A row is an execution, a rectangle a state that lasted; states differ by pattern and height
        beside colour. It is readable on light and on dark pages, and the same for the same lives.
        """
        return draw(self._chart)

    def save(self, path: str | Path) -> None:
        """Write the picture to a file: SVG in UTF-8, whatever the file is called.

        Args:
            path: the file; one that is there is replaced.

        Raises:
            OSError: the file cannot be written.
        """
        Path(path).write_bytes(self.svg().encode())

    def _repr_svg_(self) -> str:
        return self.svg()

    @cached_property
    def _chart(self) -> Chart | None:
        shown = self.views[-MOST_ROWS:]
        if not shown:
            return None
        start = min(view.created_at for view in shown)
        end = max(self.now, *(view.finished_at or self.now for view in shown), start + 1)
        lives = tuple(_life(view, end) for view in shown)
        return Chart(lives, start, end, len(self.views) - len(shown))


def _life(view: ExecutionView, end: int) -> Life:
    return Life(
        view.id,
        f"{view.reasoner_type.label} {view.reasoner_name}",
        tuple(_spans(view, end if view.finished_at is None else view.finished_at)),
        view.finished_at,
        view.state,
    )


def _spans(view: ExecutionView, until: int) -> Iterator[Span]:
    state, since = State.CREATED, view.created_at
    for fact in view.history:
        if fact.after is not state:
            yield Span(state, since, fact.at)
            state, since = fact.after, fact.at
    if view.finished_at is None:
        yield Span(state, since, until)


def _line(life: Life, start: int, end: int) -> str:
    def column(instant: int) -> int:
        return (instant - start) * (_WIDTH - 1) // (end - start)

    cells = [" "] * _WIDTH
    for span in life.spans:
        first, last = column(span.start), column(span.end)
        cells[first : last + 1] = _MARKS[span.state] * (last + 1 - first)
    if life.finished_at is not None:
        cells[column(life.finished_at)] = "|"
    return f"{life.id[:8]} {life.name[:_NAME]:{_NAME}} {''.join(cells)} {life.state.value}"
