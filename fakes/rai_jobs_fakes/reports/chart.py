"""Drawing a chart of lives as SVG: plain values in, text out. Nothing here knows the machine.

The picture stands alone: no script, no font and no address but the name of the format. It paints
its own ground, so that its words are readable on any page, and turns dark where the reader's
system is. States differ by pattern and height, not by colour alone.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from rai_jobs.states import State

from ..instants import datetime_of, seconds_of

__all__ = ["Chart", "Life", "Span", "draw"]


@dataclass(frozen=True)
class Span:
    """One state of one execution, from when until when. Instants are microseconds since 1970."""

    state: State
    start: int
    end: int


@dataclass(frozen=True)
class Life:
    """One execution: a row of the chart."""

    id: str
    name: str
    """Its reasoner's type and name."""
    spans: tuple[Span, ...]
    """The states before its end, in order, without gaps; some may have lasted no time."""
    finished_at: int | None
    state: State
    """The state at the end of the chart."""


@dataclass(frozen=True)
class Chart:
    """Rows and the time that they share."""

    lives: tuple[Life, ...]
    start: int
    end: int
    left_out: int
    """How many older executions have no row."""


WIDTH = 960
PLOT_LEFT, PLOT_WIDTH = 264, 580
ROW, TOP = 22, 76
MOST_TICKS = 6
BARS = {
    State.CREATED: 4,
    State.QUEUED: 10,
    State.PENDING: 10,
    State.RUNNING: 16,
    State.CANCELING: 16,
}
"""How high a state's rectangle is; beside it, each has a pattern of its own."""

_SECOND, _MINUTE, _HOUR, _DAY = 10**6, 60 * 10**6, 3600 * 10**6, 86_400 * 10**6
_STEPS = (
    *(digit * 10**power for power in range(7) for digit in (1, 2, 5)),
    *(n * _SECOND for n in (10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(digit * 10**power * _DAY for power in range(8) for digit in (1, 2, 5)),
)
_UNITS = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (_SECOND, "s"), (1000, "ms"), (1, "µs"))

# What XML cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_STYLE = """\
.rai-timeline{font:12px ui-monospace,monospace}
.rai-timeline .ground{fill:#ffffff}
.rai-timeline text{fill:#1f2328}
.rai-timeline .grid{stroke:#d1d9e0}
.rai-timeline .end{stroke:#1f2328;stroke-width:2}
.rai-timeline .state,.rai-timeline .key{stroke:#0550ae;stroke-width:1}
.rai-timeline .fill{fill:#0969da}
.rai-timeline .paper{fill:#ffffff}
.rai-timeline .line{stroke:#0550ae;stroke-width:1.5;fill:none}
@media (prefers-color-scheme:dark){
.rai-timeline .ground,.rai-timeline .paper{fill:#0d1117}
.rai-timeline text{fill:#f0f6fc}
.rai-timeline .grid{stroke:#3d444d}
.rai-timeline .end{stroke:#f0f6fc}
.rai-timeline .state,.rai-timeline .key{stroke:#79c0ff}
.rai-timeline .fill{fill:#388bfd}
.rai-timeline .line{stroke:#79c0ff}
}"""

_PATTERNS = {
    State.CREATED: "",
    State.QUEUED: '<path class="line" d="M-3 3L3 -3M0 12L12 0M9 15L15 9"/>',
    State.PENDING: '<path class="line" d="M3 0V12M9 0V12"/>',
    State.RUNNING: '<rect class="fill" width="12" height="12"/>',
    State.CANCELING: '<path class="line" d="M0 0L12 12M0 12L12 0"/>',
}


def draw(chart: Chart | None) -> str:
    """Return the picture of `chart`; `None` for no executions."""
    if chart is None:
        return _page(64, "No executions", "Nothing was created yet.", [])
    total = _words(chart.end - chart.start, _unit(chart.end - chart.start))
    count = len(chart.lives)
    title = f"The lives of {count} execution{'' if count == 1 else 's'} over {total}"
    began = datetime_of(chart.start).isoformat(timespec="seconds")
    about = f"From {began}. A row is an execution, a rectangle a state, a bar its end."
    bottom = TOP + ROW * count
    parts = [*_legend(), *_axis(chart, bottom)]
    for number, life in enumerate(chart.lives):
        parts += _row(life, chart, TOP + ROW * number)
    height = bottom + 32
    if chart.left_out:
        parts.append(_text(12, height, f"{chart.left_out} older executions are left out"))
        height += 20
    return _page(height, title, about, parts)


def _page(height: int, title: str, about: str, parts: list[str]) -> str:
    patterns = [
        f'<pattern id="{_pattern(state)}" width="12" height="12" patternUnits="userSpaceOnUse">'
        f'<rect class="paper" width="12" height="12"/>{drawn}</pattern>'
        for state, drawn in _PATTERNS.items()
    ]
    clip = f'<clipPath id="rai-names"><rect width="{PLOT_LEFT - 8}" height="{height}"/></clipPath>'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rai-timeline" role="img"'
        f' aria-label="{_safe(title)}" width="{WIDTH}" height="{height}"'
        f' viewBox="0 0 {WIDTH} {height}">',
        f"<title>{_safe(title)}</title>",
        f"<desc>{_safe(about)}</desc>",
        f"<style>{_STYLE}</style>",
        f"<defs>{''.join(patterns)}{clip}</defs>",
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        _text(12, 24, title),
        *parts,
        "</svg>\n",
    ]
    return "\n".join(lines)


def _legend() -> list[str]:
    parts: list[str] = []
    for number, (state, height) in enumerate(BARS.items()):
        left, top = 12 + 128 * number, 52 - height / 2
        parts.append(
            f'<rect class="key" x="{left}" y="{top:g}" width="24" height="{height}"'
            f' fill="url(#{_pattern(state)})"/>'
        )
        parts.append(_text(left + 30, 56, state.value))
    left = 12 + 128 * len(BARS)
    parts.append(f'<path class="end" d="M{left + 12} 43V61"/>')
    parts.append(_text(left + 24, 56, "ended"))
    return parts


def _axis(chart: Chart, bottom: int) -> list[str]:
    span = chart.end - chart.start
    step = next((each for each in _STEPS if each * MOST_TICKS >= span), _STEPS[-1])
    parts: list[str] = []
    for after in range(0, span + 1, step):
        x = _px(chart.start + after, chart)
        parts.append(f'<path class="grid" d="M{x} {TOP - 4}V{bottom + 4}"/>')
        words = _words(after, _unit(step))
        parts.append(_text(x, bottom + 20, words, 'class="tick" text-anchor="middle"'))
    return parts


def _row(life: Life, chart: Chart, top: int) -> list[str]:
    middle = top + ROW // 2
    parts = [
        f'<g class="life"><title>{_safe(f"{life.id} {life.name}: {life.state.value}")}</title>',
        _text(12, middle + 4, f"{life.id[:8]} {life.name}", 'clip-path="url(#rai-names)"'),
    ]
    parts += [_bar(span, chart, middle) for span in life.spans if span.end > span.start]
    if life.finished_at is not None:
        x = _px(life.finished_at, chart)
        parts.append(f'<path class="end" d="M{x} {middle - 9}V{middle + 9}"/>')
    right = PLOT_LEFT + PLOT_WIDTH + 12
    parts.append(_text(right, middle + 4, life.state.value, 'class="outcome"'))
    parts.append("</g>")
    return parts


def _bar(span: Span, chart: Chart, middle: int) -> str:
    height = BARS[span.state]
    left, right = _hundredths(span.start, chart), _hundredths(span.end, chart)
    began = seconds_of(span.start - chart.start)
    ended = seconds_of(span.end - chart.start)
    return (
        f'<rect class="state {span.state.value.lower()}" x="{_px(span.start, chart)}"'
        f' y="{middle - height // 2}" width="{_decimal(max(right - left, 50))}"'
        f' height="{height}" fill="url(#{_pattern(span.state)})">'
        f"<title>{span.state.value}, {began:.10g} s to {ended:.10g} s</title></rect>"
    )


def _hundredths(instant: int, chart: Chart) -> int:
    return (instant - chart.start) * PLOT_WIDTH * 100 // (chart.end - chart.start)


def _px(instant: int, chart: Chart) -> str:
    return _decimal(_hundredths(instant, chart) + PLOT_LEFT * 100)


def _decimal(hundredths: int) -> str:
    return f"{hundredths / 100:.10g}"


def _unit(duration: int) -> tuple[int, str]:
    return next(unit for unit in _UNITS if duration >= unit[0])


def _words(duration: int, unit: tuple[int, str]) -> str:
    return f"{duration / unit[0]:.6g} {unit[1]}" if duration else "0"


def _pattern(state: State) -> str:
    return f"rai-{state.value.lower()}"


def _text(x: object, y: int, words: str, more: str = "") -> str:
    attributes = f"{more} " if more else ""
    return f'<text {attributes}x="{x}" y="{y}">{_safe(words)}</text>'


def _safe(text: str) -> str:
    return html.escape(_NO_XML.sub("\ufffd", " ".join(text.split("\n"))))
