"""Whether a value is a whole number: to Python `True` is one, and nobody means that."""

from __future__ import annotations

from typing import TypeGuard

__all__ = ["is_whole"]


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether `value` is an `int`, and no `bool`."""
    return isinstance(value, int) and not isinstance(value, bool)
