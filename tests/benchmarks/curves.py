"""What something costs by how much there is: a table with slopes, and the curves as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Curve", "svg", "table"]

_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 900, 480, 70, 280, 40, 50


@dataclass(frozen=True)
class Curve:
    """The cost of one operation at each size, in microseconds."""

    name: str
    costs_us: Mapping[int, float]
    goal: str = ""

    @property
    def ratio(self) -> float:
        """What it costs at the largest size, by what it costs at the smallest."""
        return self.costs_us[max(self.costs_us)] / self.costs_us[min(self.costs_us)]

    @property
    def slope(self) -> float:
        """The exponent of the cost in the size, fitted: 0 is flat, 1 proportional."""
        xs = [math.log(size) for size in self.costs_us]
        ys = [math.log(cost) for cost in self.costs_us.values()]
        x0, y0 = sum(xs) / len(xs), sum(ys) / len(ys)
        along = sum((x - x0) * (y - y0) for x, y in zip(xs, ys, strict=True))
        return along / sum((x - x0) ** 2 for x in xs)


def table(curves: Sequence[Curve], of: str = "executions") -> str:
    """Return the costs as a table of Markdown: a line an operation, a column a size of what."""
    sizes = list(curves[0].costs_us)
    lines = [
        f"| µs a call, with so many {of} | {' | '.join(f'{size:,}' for size in sizes)}"
        " | last by first | slope | goal |",
        f"|---|{'---:|' * len(sizes)}---:|---:|---|",
    ]
    for curve in curves:
        costs = " | ".join(f"{cost:.1f}" for cost in curve.costs_us.values())
        lines.append(
            f"| {curve.name} | {costs} | {curve.ratio:.2f}x | {curve.slope:+.3f} | {curve.goal} |"
        )
    return "\n".join(lines)


def svg(title: str, curves: Sequence[Curve]) -> str:
    """Return the curves as a picture; both axes are logarithmic."""
    sizes = list(curves[0].costs_us)
    costs = [cost for curve in curves for cost in curve.costs_us.values()]
    decades = range(math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs))) + 1)

    def x(size: float) -> float:
        share = math.log(size / sizes[0]) / math.log(sizes[-1] / sizes[0])
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(cost: float) -> float:
        share = (math.log10(cost) - decades[0]) / (decades[-1] - decades[0])
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">{escape(title)}</text>',
    ]
    for decade in decades:
        parts += [
            f'<path d="M{_LEFT} {y(10**decade):.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>',
            f'<text x="{_LEFT - 8}" y="{y(10**decade) + 4:.1f}" text-anchor="end">'
            f"{10.0**decade:g} µs</text>",
        ]
    for size in sizes:
        parts += [
            f'<path d="M{x(size):.1f} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="#ddd"/>',
            f'<text x="{x(size):.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">'
            f"{size:,}</text>",
        ]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{_HEIGHT - 10}" text-anchor="middle">executions that exist</text>'
    )
    for number, curve in enumerate(curves):
        colour, at = _COLOURS[number % len(_COLOURS)], _TOP + 10 + 22 * number
        dash = "" if number < len(_COLOURS) else ' stroke-dasharray="5 3"'
        line = " ".join(f"{x(size):.1f},{y(cost):.1f}" for size, cost in curve.costs_us.items())
        key = _WIDTH - _RIGHT + 20
        parts += [
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>',
            f'<path d="M{key} {at}h24" stroke="{colour}" stroke-width="2"{dash}/>',
            f'<text x="{key + 30}" y="{at + 4}">{escape(curve.name)} ({curve.slope:+.3f})</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
