"""Time that moves only when it is told to."""

from __future__ import annotations

import importlib.util
import math
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType

import pytest

from rai_jobs_fakes import VirtualClock

START = datetime(2026, 1, 1, tzinfo=timezone.utc)

SOURCE = """
import time
import time as watch
from time import monotonic, monotonic_ns, perf_counter, perf_counter_ns, sleep, time_ns
from time import sleep as nap
from time import strftime, time as wall

LIMIT = 3


def nine_hundred_seconds():
    began = time.monotonic()
    for _ in range(100):
        time.sleep(1)
        watch.sleep(2)
        sleep(LIMIT)
        nap(3.0)
    return time.monotonic() - began
"""


def module_of(tmp_path: Path, source: str, name: str = "code_under_test") -> ModuleType:
    """A module of its own with this source."""
    path = tmp_path / f"{name}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    """A module that uses `time` in every way."""
    return module_of(tmp_path, SOURCE)


class TestMoving:
    """`advance` and `sleep`."""

    @pytest.mark.parametrize(
        ("steps", "seconds", "total"),
        [(10, 0.1, 1.0), (3, 0.1, 0.3), (1000, 0.001, 1.0), (100_000, 1e-5, 1.0), (7, 0, 0.0)],
    )
    def test_no_sum_ever_drifts(self, steps: int, seconds: float, total: float) -> None:
        clock = VirtualClock()
        for _ in range(steps):
            clock.advance(seconds)
        assert clock.monotonic() == total
        assert clock.now() == START + timedelta(seconds=total)

    def test_sleeping_is_advancing(self) -> None:
        clock = VirtualClock()
        clock.sleep(900)
        clock.advance(0.5)
        assert (clock.monotonic(), clock.now()) == (900.5, START + timedelta(seconds=900.5))

    @pytest.mark.parametrize("tiny", [1e-7, 1e-300, math.ulp(0.0)])
    def test_the_shortest_sleep_still_moves_time(self, tiny: float) -> None:
        clock = VirtualClock()
        clock.sleep(tiny)
        assert clock.monotonic() == 1e-6

    @pytest.mark.parametrize("seconds", [-1, -1e-9, math.inf, -math.inf, math.nan])
    @pytest.mark.parametrize("method", ["advance", "sleep"])
    def test_time_moves_forward_by_a_finite_number(self, method: str, seconds: float) -> None:
        clock = VirtualClock()
        move: Callable[[float], None] = getattr(clock, method)
        with pytest.raises(ValueError, match="finite number of seconds, 0 or more"):
            move(seconds)
        assert clock.monotonic() == 0

    @pytest.mark.parametrize("seconds", [1e12, 1e308, 10**400])
    @pytest.mark.parametrize("method", ["advance", "sleep"])
    def test_time_ends_with_the_year_9999(self, method: str, seconds: float) -> None:
        clock = VirtualClock()
        move: Callable[[float], None] = getattr(clock, method)
        with pytest.raises(ValueError, match="ends with the year 9999"):
            move(seconds)
        assert clock.monotonic() == 0

    def test_time_stands_still_by_itself(self) -> None:
        clock = VirtualClock()
        assert clock.now() == clock.now() == START

    def test_no_step_of_any_thread_is_lost(self) -> None:
        clock = VirtualClock()
        ready = threading.Barrier(8)

        def step() -> None:
            ready.wait()
            for _ in range(2_000):
                clock.advance(0.001)

        threads = [threading.Thread(target=step) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert clock.monotonic() == 16.0


class TestStarting:
    """Where time begins."""

    def test_a_start_bears_a_time_zone(self) -> None:
        with pytest.raises(ValueError, match="`start` must be a datetime with a time zone"):
            VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused

    def test_a_start_in_another_zone_is_shown_in_utc(self) -> None:
        east = timezone(timedelta(hours=5, minutes=30))
        clock = VirtualClock(datetime(2026, 6, 1, 5, 30, 0, 123_456, tzinfo=east))
        assert clock.now().isoformat() == "2026-06-01T00:00:00.123456+00:00"
        assert clock.monotonic() == 0

    def test_a_clock_shows_its_instant(self) -> None:
        clock = VirtualClock()
        clock.advance(1.5)
        assert repr(clock) == "VirtualClock(2026-01-01T00:00:01.500000+00:00)"
        assert clock.instant() == 1_767_225_601_500_000


class TestPatching:
    """A module that uses `time` itself, on virtual time."""

    def test_a_modules_sleeps_cost_virtual_time_only(self, module: ModuleType) -> None:
        clock = VirtualClock()
        with clock.patch(module) as patched:
            assert patched is clock
            assert module.nine_hundred_seconds() == 900.0
        assert clock.monotonic() == 900.0

    def test_every_way_to_read_the_time_reads_the_clock(self, module: ModuleType) -> None:
        clock = VirtualClock()
        clock.advance(2.5)
        epoch = START.timestamp() + 2.5
        with clock.patch(module):
            assert module.monotonic() == module.time.monotonic() == 2.5
            assert module.perf_counter() == module.watch.perf_counter() == 2.5
            assert module.monotonic_ns() == module.perf_counter_ns() == 2_500_000_000
            assert module.wall() == module.time.time() == epoch
            assert module.time_ns() == module.watch.time_ns() == int(epoch * 1e9)

    def test_the_rest_of_time_stays_what_it_was(self, module: ModuleType) -> None:
        with VirtualClock().patch(module):
            assert module.strftime is module.time.strftime is time.strftime
            assert module.time.struct_time is time.struct_time
            assert module.LIMIT == 3
            with pytest.raises(AttributeError, match="no_such_name"):
                _ = module.time.no_such_name

    @pytest.mark.parametrize("fails", [False, True])
    def test_everything_is_as_before_once_the_block_is_left(
        self, module: ModuleType, fails: bool
    ) -> None:
        before = dict(vars(module))
        inside: dict[str, object] = {}
        try:
            with VirtualClock().patch(module):
                inside = dict(vars(module))
                if fails:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            assert fails
        assert vars(module) == before
        assert {name for name, value in inside.items() if value is not before[name]} == {
            "time",
            "watch",
            "monotonic",
            "monotonic_ns",
            "perf_counter",
            "perf_counter_ns",
            "sleep",
            "time_ns",
            "nap",
            "wall",
        }

    @pytest.mark.parametrize(
        "source",
        ["", "from time import strftime", "from datetime import time", "sleep = monotonic = print"],
    )
    def test_a_module_without_time_is_refused(self, tmp_path: Path, source: str) -> None:
        module = module_of(tmp_path, source, "timeless")
        with (
            pytest.raises(ValueError, match="Nothing to patch: timeless imports neither"),
            VirtualClock().patch(module),
        ):
            pytest.fail("the block was entered")

    def test_other_modules_keep_the_real_time(self, tmp_path: Path, module: ModuleType) -> None:
        other = module_of(tmp_path, "import time", "another")
        with VirtualClock().patch(module):
            assert other.time is time
            assert module.time is not time

    def test_two_modules_may_share_one_clock(self, tmp_path: Path, module: ModuleType) -> None:
        other = module_of(tmp_path, "from time import sleep", "another")
        clock = VirtualClock()
        with clock.patch(module), clock.patch(other):
            other.sleep(5)
            module.sleep(6)
        assert clock.monotonic() == 11
