"""The system's time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from rai_jobs import Clock, SystemClock
from rai_jobs import clock as module


def test_now_is_aware_and_in_utc() -> None:
    before = datetime.now(timezone.utc)  # noqa: TID251 - what it is compared with
    now = SystemClock().now()
    assert now.tzinfo is timezone.utc
    assert timedelta() <= now - before < timedelta(minutes=1)


def test_the_monotonic_time_never_goes_back() -> None:
    clock = SystemClock()
    seen = [clock.monotonic() for _ in range(1_000)]
    assert seen == sorted(seen)


def test_sleeping_is_left_to_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    clock: Clock = SystemClock()
    clock.sleep(0)
    clock.sleep(1.5)
    assert slept == [0, 1.5]


def test_a_repr_has_no_secrets_to_keep() -> None:
    assert repr(SystemClock()) == "SystemClock()"
