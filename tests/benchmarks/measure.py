"""Measuring two things in turns in one process, and their ratio: machines are noisy."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Result", "in_turns"]


@dataclass(frozen=True)
class Result:
    """One measurement beside its baseline."""

    name: str
    ours_s: list[float]
    baseline: str
    baseline_s: list[float]
    goal: str = ""

    def line(self) -> str:
        """Return a table's line: medians, and the ratios of the pairs with their spread."""
        ratios = sorted(
            ours / base for ours, base in zip(self.ours_s, self.baseline_s, strict=True)
        )
        least, middle, most = map(_shown, (ratios[0], statistics.median(ratios), ratios[-1]))
        spread = f"{middle} ({least} to {most})"
        ours = statistics.median(self.ours_s) * 1000
        base = statistics.median(self.baseline_s) * 1000
        return (
            f"| {self.name} | {ours:.3f} ms | {self.baseline} | {base:.3f} ms | {spread}x"
            f" | {self.goal} |"
        )


def _shown(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.5f}"


def in_turns(
    name: str,
    ours: Callable[[], object],
    baseline_name: str,
    baseline: Callable[[], object],
    *,
    rounds: int = 15,
    goal: str = "",
) -> Result:
    """Run `ours` and `baseline` in turns, after one of each that does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for measured, into in zip((ours, baseline), times, strict=True):
            gc.collect()
            start = time.perf_counter()
            measured()
            if number:
                into.append(time.perf_counter() - start)
    return Result(name, times[0], baseline_name, times[1], goal)
