"""What kind of value something is: to Python `True` is a number, and nobody means that."""

from __future__ import annotations

from typing import TypeGuard

__all__ = ["is_count", "is_number", "is_text", "is_whole"]


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether `value` is an `int`, and no `bool`."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_count(value: object) -> TypeGuard[int]:
    """Tell whether `value` is a whole number, 1 or more."""
    return is_whole(value) and value >= 1


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether `value` is an `int` or a `float`, and no `bool`; infinities and NaN are."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_text(value: object) -> TypeGuard[str]:
    """Tell whether `value` is text that is not blank."""
    return isinstance(value, str) and bool(value.strip())
