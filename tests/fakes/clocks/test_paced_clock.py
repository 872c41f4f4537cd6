"""`PacedClock`: real time, faster, that may be moved ahead."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest

from rai_jobs import SystemClock
from rai_jobs_fakes import VirtualClock
from rai_jobs_fakes.clocks.paced_clock import PacedClock, anew
from rai_jobs_fakes.instants import instant_of

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def test_it_begins_at_the_real_time_and_runs_so_many_times_as_fast() -> None:
    real = VirtualClock()
    real.advance(5)
    clock = PacedClock(10, clock=real)
    assert clock.now() == START + timedelta(seconds=5)
    assert clock.monotonic() == 0
    real.advance(3)
    assert clock.now() == START + timedelta(seconds=35)
    assert clock.monotonic() == 30
    assert repr(clock) == "PacedClock(10)"


def test_it_is_moved_ahead_and_never_back() -> None:
    clock = PacedClock(2, clock=VirtualClock())
    clock.advance(60)
    assert clock.now() == START + timedelta(seconds=60)
    clock.move_to(instant_of(START + timedelta(seconds=90)))
    assert clock.monotonic() == 90
    clock.move_to(instant_of(START))
    assert clock.monotonic() == 90


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan"), 1e15])
def test_it_moves_by_no_other_number(seconds: float) -> None:
    clock = PacedClock(clock=VirtualClock())
    with pytest.raises(ValueError, match=r"finite number|year 9999"):
        clock.advance(seconds)
    assert clock.monotonic() == 0


@pytest.mark.parametrize("factor", [0, -1, float("inf"), float("nan")])
def test_it_runs_at_no_other_pace(factor: float) -> None:
    with pytest.raises(ValueError, match="`factor` must be"):
        PacedClock(factor)


def test_a_sleep_is_as_much_shorter_as_the_clock_is_faster() -> None:
    clock = PacedClock(1e6)
    before = clock.monotonic()
    clock.sleep(1_000)  # a millisecond
    assert clock.monotonic() - before >= 1_000
    clock.sleep(0)


@pytest.mark.parametrize("how", ["advance", "release"])
def test_who_sleeps_wakes_when_time_is_let_pass_and_when_released(how: str) -> None:
    clock = PacedClock(clock=VirtualClock())
    entered, woken = threading.Event(), threading.Event()

    def sleep() -> None:
        entered.set()
        clock.sleep(3_600)
        woken.set()

    sleeper = threading.Thread(target=sleep, daemon=True)
    sleeper.start()
    assert entered.wait(5)
    clock.advance(3_599)
    assert not woken.wait(0.02)
    for _ in range(500):
        # It may not have begun to sleep before the first time.
        clock.advance(3_600) if how == "advance" else clock.release()
        if woken.wait(0.01):
            break
    assert woken.is_set()


def test_a_clock_of_the_same_kind_begins_anew() -> None:
    virtual = VirtualClock(START + timedelta(days=1))
    virtual.advance(50)
    again = anew(virtual)
    assert isinstance(again, VirtualClock)
    assert again.now() == START + timedelta(days=1)
    paced = PacedClock(7)
    paced.advance(1e6)
    other = anew(paced)
    assert isinstance(other, PacedClock)
    assert (other.factor, other.monotonic() < 1e5) == (7, True)
    system = SystemClock()
    assert anew(system) is system
