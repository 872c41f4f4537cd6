"""Event streams and their continuation tokens (spec §4).

What a stream holds at an instant follows from the script and from when the execution ran, so
nothing is stored and nothing has to be emitted. A token is a place in one stream of one execution,
sealed: a token of another stream, or one that was made up, is refused.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ..script import STREAMS
from .execution import Execution
from .plan import Stream
from .refusals import Refused
from .table import Kind

__all__ = ["Page", "read_page"]

_LONGEST_TOKEN = 64


@dataclass(frozen=True)
class Page:
    """One page of a stream, as the backend answers it."""

    events: tuple[dict[str, Any], ...]
    continuation_token: str
    """Where to read on; `""` once the execution has ended and everything was read."""


def read_page(
    execution: Execution, stream: str, token: str, *, now: int, size: int, seed: int
) -> Page:
    """Return the page of `stream` that `token` points at, of at most `size` events.

    Raises:
        Refused: there is no such stream, or the token is malformed or another stream's.
    """
    _require_stream(execution, stream)
    start = _place(execution, stream, token, seed)
    lines = execution.plan.streams[stream]
    visible = _visible_count(execution, lines, now)
    end = max(start, min(start + size, visible))
    events = tuple(map(json.loads, lines.events[start:end]))
    drained = execution.terminal and end >= visible
    return Page(events, "" if drained else _sealed(execution, stream, end, seed))


def _require_stream(execution: Execution, stream: str) -> None:
    offered = STREAMS if execution.submission.kind is Kind.TRANSACTION else STREAMS[:1]
    if stream not in offered:
        raise Refused(f"no event stream {stream[:80]!r} here: there is {', '.join(offered)}")


def _visible_count(execution: Execution, lines: Stream, now: int) -> int:
    if execution.started_at is None:
        return 0
    until = now if execution.ended_at is None else execution.ended_at
    return bisect_right(lines.after, until - execution.started_at)


def _place(execution: Execution, stream: str, token: str, seed: int) -> int:
    if token == "" or (token == "0" and execution.submission.kind is Kind.TRANSACTION):
        return 0
    if len(token) > _LONGEST_TOKEN:
        raise Refused("continuation token is malformed or belongs to another stream")
    place = token.partition(".")[0]
    # The seal is compared as a whole, so a place in another spelling (`+1`, `01`) is refused too.
    if (
        place.isascii()
        and place.isdigit()
        and token == _sealed(execution, stream, int(place), seed)
    ):
        return int(place)
    raise Refused("continuation token is malformed or belongs to another stream")


def _sealed(execution: Execution, stream: str, place: int, seed: int) -> str:
    text = f"{seed}\n{execution.id}\n{stream}\n{place}"
    return f"{place}.{blake2b(text.encode(), digest_size=8).hexdigest()}"
