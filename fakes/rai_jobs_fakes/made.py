"""Making a frozen value at once.

A frozen dataclass sets its fields one by one, which is most of the cost of a poll; a virtual
quarter of an hour has 1,800 polls.
"""

from __future__ import annotations

from typing import Any, TypeVar

__all__ = ["made"]

_T = TypeVar("_T")


def made(kind: type[_T], fields: dict[str, Any]) -> _T:
    """Return a `kind`, a frozen dataclass without slots, with all of its `fields` as given.

    Args:
        kind: the dataclass.
        fields: every field by name; it belongs to the value from now on.
    """
    value = object.__new__(kind)
    object.__setattr__(value, "__dict__", fields)
    return value
