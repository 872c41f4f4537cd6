"""What a value of a row or a bind is in a tree, and the way back; zones are the only difficulty.

The connector gives an instant the time zone of the session, or an offset, both of `pytz`. A tree
holds the offset, a column the zone's name where there is one, so that both come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from importlib import import_module
from typing import Any, cast

from ..errors import CassetteError
from ..interactions import Tree

__all__ = ["Cells", "bind_tree", "cells_of", "row_tree", "served_rows"]

_EXACT = (bool, int, float, Decimal, str, bytes, date, time, timedelta)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Cells:
    """What the values of a column have in common that no tree holds.

    Args:
        zone: the name of the time zone that all of its instants are in; `None` for offsets.
        bytearrays: whether its bytes are `bytearray`, as the connector 5 has them.
    """

    zone: str | None = None
    bytearrays: bool = False


def row_tree(row: Sequence[object]) -> list[Tree]:
    """Return a row as a tree.

    Raises:
        CassetteError: it holds a value of a type that no tree has.
    """
    return [bytes(each) if isinstance(each, bytearray) else _tree(each) for each in row]


def bind_tree(value: object) -> Tree:
    """Return a bound value as a tree: what the server is sent is the same for both.

    Raises:
        CassetteError: it is of a type that no tree has.
    """
    if isinstance(value, bytearray):
        return bytes(value)
    # A scalar of numpy is sent as the plain value that it holds.
    if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "item"):
        return _tree(cast("Any", value).item())
    return _tree(value)


def _tree(value: object) -> Tree:
    if value is None or type(value) in _EXACT:
        return cast("Tree", value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, Mapping):
        members = cast("Mapping[Any, object]", value)
        if all(isinstance(name, str) for name in members):
            return {str(name): bind_tree(each) for name, each in members.items()}
    elif isinstance(value, (list, tuple)):
        return [bind_tree(each) for each in cast("Sequence[object]", value)]
    elif isinstance(value, (bytes, bytearray)):
        return bytes(value)
    else:
        # What is more than a plain value, e.g. an enumeration's, is sent as the plain one.
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            return int.__int__(value)
        if isinstance(value, float):
            return float.__float__(value)
    kind = type(cast("object", value))
    raise CassetteError(
        f"A value of type {kind.__module__}.{kind.__qualname__} cannot be recorded: bind, or have"
        " returned, numbers, texts, bytes, dates, times, or lists of them."
    )


def _instant(value: datetime) -> datetime:
    offset = value.utcoffset()
    zone = None if offset is None else timezone(offset)
    return datetime(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        tzinfo=zone,
    )


def cells_of(rows: Sequence[Sequence[object]], width: int) -> list[Cells]:
    """Return for each of `width` columns what its values have in common."""
    zones: list[set[str | None]] = [set() for _ in range(width)]
    bytearrays = [False] * width
    for row in rows:
        for place, value in enumerate(row[:width]):
            if isinstance(value, datetime) and value.tzinfo is not None:
                zones[place].add(getattr(value.tzinfo, "zone", None))
            elif isinstance(value, bytearray):
                bytearrays[place] = True
    return [
        Cells(next(iter(names)) if len(names) == 1 else None, mutable)
        for names, mutable in zip(zones, bytearrays, strict=True)
    ]


def served_rows(
    rows: Sequence[Sequence[Tree]], cells: Sequence[Cells]
) -> Iterator[tuple[object, ...]]:
    """Return rows as the connector gives them; each caller gets values of its own."""
    for row in rows:
        yield tuple(_served(value, of) for value, of in zip(row, cells, strict=True))


def _served(value: Tree, cells: Cells) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _zoned(value, cells.zone)
    if isinstance(value, bytes) and cells.bytearrays:
        return bytearray(value)
    if isinstance(value, list):
        return [_served(each, cells) for each in value]
    if isinstance(value, dict):
        return {name: _served(each, cells) for name, each in value.items()}
    return value


def _zoned(value: datetime, zone: str | None) -> datetime:
    pytz: Any = import_module("pytz")
    if zone is not None:
        return value.astimezone(pytz.timezone(zone))
    offset = cast("timedelta", value.utcoffset())
    if offset % _MINUTE:
        return value
    return value.replace(tzinfo=pytz.FixedOffset(offset // _MINUTE))
