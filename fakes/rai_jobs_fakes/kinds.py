"""What kind of value something is: to Python `True` is a number, and nobody means that."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TypeGuard

__all__ = ["is_count", "is_number", "is_span", "is_text", "is_whole"]


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether `value` is a whole number, of whatever library, and no `bool`."""
    return not isinstance(value, bool) and isinstance(value, Integral)


def is_count(value: object) -> TypeGuard[int]:
    """Tell whether `value` is a whole number, 1 or more."""
    return is_whole(value) and value >= 1


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether `value` is a real number, and no `bool`; infinities and NaN are."""
    return not isinstance(value, bool) and isinstance(value, Real)


def is_span(value: object) -> TypeGuard[float]:
    """Tell whether `value` can be so many seconds: a finite number, 0 or more."""
    return is_number(value) and 0 <= value < math.inf


def is_text(value: object) -> TypeGuard[str]:
    """Tell whether `value` is text that is not blank."""
    return isinstance(value, str) and bool(value.strip())
