"""What a call of the fake costs by how many executions exist, from 10² to 10⁶.

`python -m tests.benchmarks.scale 100000` stops at that size: a million take two gigabytes.
"""

from __future__ import annotations

import gc
import math
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from rai_jobs_fakes import At, FakeBackend, JobScript

from .curves import Curve, svg, table

_SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
_ROUNDS = 20
_REBUILT_UP_TO = 1_000
"""What is smaller is made anew for each round, so that it does not grow from round to round."""
_FEW, _POLLED = 10, 40
_PICTURE = Path("build/benchmarks/scale.svg")
_FLAT, _TOUCHES = "1.3x or less", "by what it touches"
_FLAT_NAMES = ("get", "create", "events", "cancel")


class _Subject:
    """A backend with `size` executions: half run for ever, half have completed."""

    def __init__(self, size: int) -> None:
        self.backend = FakeBackend()
        self.backend.add_user("root", admin=True)
        events = [At(number / 10, {"type": "progress", "n": number}) for number in range(10)]
        self.backend.script(JobScript(run_s=math.inf, events=events), name="busy")
        self.backend.script(JobScript(run_s=1), name="short")
        self.mine, self.root = self.backend.gateway(), self.backend.gateway("root")
        self.busy: list[str] = []
        for number in range(size // 2):
            self.busy.append(self.mine.create("ML", "busy", {"n": number}))
            self.mine.create("ML", "quick", {"n": number})
        self.backend.clock.sleep(2)
        self._random = random.Random(size)  # noqa: S311 - which are asked for, the same each time
        self.polled = self._random.sample(self.busy, _POLLED)

    def times(self) -> dict[str, float]:
        """Return what each operation costs now, in seconds a call."""
        mine, root, clock = self.mine, self.root, self.backend.clock
        victims = [self._one_less() for _ in range(_FEW)]

        for job_id in victims:
            mine.get("ML", job_id)  # who cancels has asked before

        def create(name: str) -> list[str]:
            return [mine.create("ML", name, {"n": number}) for number in range(_FEW)]

        def create_busy() -> None:
            self.busy += create("busy")

        def get() -> None:
            for job_id in self.polled:
                mine.get("ML", job_id)

        def events() -> None:
            for job_id in self.polled:
                mine.events("ML", job_id)

        def cancel() -> None:
            for job_id in victims:
                mine.cancel("ML", job_id)

        def advance(seconds: float) -> None:
            clock.sleep(seconds)
            mine.list("ML", limit=0)

        costs = {
            "get": _polled(get, _POLLED),
            "events, a page of 10": _polled(events, _POLLED),
            "list(limit=50)": _polled(lambda: mine.list("ML", limit=50)),
            "… state": _polled(lambda: mine.list("ML", state="COMPLETED", limit=50)),
            "… name": _polled(lambda: mine.list("ML", name="busy", limit=50)),
            "… created_by": _polled(lambda: root.list("ML", created_by="fake_user", limit=50)),
            "… only_active": _polled(lambda: mine.list("ML", only_active=True, limit=50)),
            "… job_id": _polled(lambda: mine.list("ML", job_id=self.polled[0], limit=50)),
            "cancel": _timed(cancel, len(victims)),
            "create": _timed(create_busy, _FEW),
            "advance, nothing due": _timed(lambda: advance(0.001)),
        }
        create("short")
        return {**costs, "advance, 10 end": _timed(lambda: advance(1))}

    def _one_less(self) -> str:
        # The last takes its place: to look through all would empty the processor's caches.
        place = self._random.randrange(len(self.busy))
        self.busy[place], self.busy[-1] = self.busy[-1], self.busy[place]
        return self.busy.pop()


def measure(most: int = _SIZES[-1]) -> list[Curve]:
    """Return the least cost of each operation at each size up to `most`, measured in turns."""
    sizes = [size for size in _SIZES if size <= most]
    costs: dict[str, dict[int, float]] = {}
    gc.disable()  # what exists is looked through now and then: that is no call's own cost
    try:
        kept = {size: _Subject(size) for size in sizes if size > _REBUILT_UP_TO}
        for _ in range(_ROUNDS):
            for size in sizes:
                subject = kept.get(size) or _Subject(size)
                for name, seconds in subject.times().items():
                    at = costs.setdefault(name, {})
                    at[size] = min(at.get(size, math.inf), seconds * 1e6)
    finally:
        gc.enable()
    by_what = {name: _TOUCHES for name in costs if not name.startswith(_FLAT_NAMES)}
    goals = {**{name: _FLAT for name in costs if name not in by_what}, **by_what}
    return [Curve(name, costs[name], goal) for name, goal in goals.items()]


def bytes_per_idle_execution(count: int = 20_000) -> float:
    """Return what one more execution that runs for ever costs, its create in the transcript too."""
    subject = _Subject(1_000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(count):
        subject.mine.create("ML", "busy", {"n": number})
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / count


def report(most: int = _SIZES[-1]) -> str:
    """Measure, draw `build/benchmarks/scale.svg`, and return the tables."""
    start = time.perf_counter()
    memory = bytes_per_idle_execution()
    curves = measure(most)
    _PICTURE.parent.mkdir(parents=True, exist_ok=True)
    picture = svg("What a call of the fake costs by how many executions exist (slopes)", curves)
    _PICTURE.write_text(picture, encoding="utf-8")
    return "\n".join(
        [
            table(curves),
            "",
            f"An idle execution takes {memory:,.0f} bytes. The curves are in {_PICTURE}."
            f" Measured in {time.perf_counter() - start:.0f} s.",
        ]
    )


def _polled(measured: Callable[[], object], calls: int = 1) -> float:
    # What is polled is asked for again and again: the first time is not what counts.
    return min(_timed(measured, calls) for _ in range(3))


def _timed(measured: Callable[[], object], calls: int = 1) -> float:
    # The processor's time, not the clock's: another process may have been on the core.
    start = time.process_time_ns()
    measured()
    return (time.process_time_ns() - start) / calls / 1e9


if __name__ == "__main__":
    print(report(*map(int, sys.argv[1:2])))
