"""Instants and durations of the fake: whole microseconds, so that no sum ever drifts.

An instant is an `int` of microseconds since 1970 UTC; a duration is an `int` of microseconds, or
`NEVER` for one that does not end. Seconds and `datetime`s exist only at the edges.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from functools import lru_cache

__all__ = ["LAST", "NEVER", "datetime_of", "instant_of", "micros", "seconds_of", "time_of_day"]

NEVER = 1 << 62
"""Later than every instant."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def micros(seconds: float) -> int:
    """Return `seconds` (0 or more, or infinity) in microseconds; what is not 0 is at least 1.

    What is longer than the virtual clock runs is `NEVER`.
    """
    if seconds * 1_000_000 > LAST:
        return NEVER
    return round(seconds * 1_000_000) or (1 if seconds > 0 else 0)


def seconds_of(duration: int) -> float:
    """Return a duration in seconds."""
    return math.inf if duration >= NEVER else duration / 1_000_000


def instant_of(moment: datetime) -> int:
    """Return an aware `datetime` as an instant."""
    return (moment - _EPOCH) // _MICROSECOND


def time_of_day(instant: int) -> str:
    """Return the time of day of an instant, in UTC, to the millisecond: `HH:MM:SS.mmm`."""
    return datetime_of(instant).strftime("%H:%M:%S.%f")[:-3]


@lru_cache(maxsize=4096)
def datetime_of(instant: int) -> datetime:
    """Return an instant as an aware `datetime` in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


LAST = instant_of(datetime(9999, 12, 31, tzinfo=timezone.utc))
"""The end of the virtual clock: what comes later has no `datetime`."""
