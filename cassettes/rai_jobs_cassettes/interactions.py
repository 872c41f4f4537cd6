"""What is recorded, as values: trees of plain things, as the file shows them.

Everything between the two seams and the file works on these trees: sanitisers, the index, the
difference. What a request of HTTP or SQL is as a tree is said in `http/codec.py` and
`sql/codec.py` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

__all__ = ["FORMAT_VERSION", "Header", "Interaction", "Kind", "Leaf", "Tree"]

FORMAT_VERSION = 1

Kind: TypeAlias = Literal["http", "sql"]

Leaf: TypeAlias = (
    "bool | int | float | Decimal | str | bytes | datetime | date | time | timedelta | None"
)
"""What a tree ends in. All of it comes back from a file as it was: types, zones and digits."""

Tree: TypeAlias = "Leaf | list[Tree] | dict[str, Tree]"


@dataclass(frozen=True)
class Interaction:
    """One request and what came of it.

    Args:
        at: when it was answered, in seconds from the start of the recording.
        kind: by which seam it went.
        request: what was asked.
        response: what was answered, or raised.
    """

    at: float
    kind: Kind
    request: dict[str, Tree]
    response: dict[str, Tree]

    def __repr__(self) -> str:
        # What was not yet sanitised must not show in a log.
        return f"<Interaction at {self.at:g} s over {self.kind}>"


@dataclass(frozen=True)
class Header:
    """What a cassette says of itself.

    Args:
        recorded_on: when its recording began, ISO 8601 in UTC.
        recorded_with: names and versions of what recorded it.
        source: what it was recorded from, in words; `None` where nobody said.
        sanitizers: the names of the sanitisers that were applied.
        version: of the format.
    """

    recorded_on: str
    recorded_with: Mapping[str, str] = field(default_factory=dict[str, str])
    source: str | None = None
    sanitizers: tuple[str, ...] = ()
    version: int = FORMAT_VERSION
