"""Assertions over a backend that explain themselves: `expect` and `containing`.

They read the transcript and the executions, and need no pytest.
"""

from __future__ import annotations

from .containing import Containing, containing
from .expectation import Expectation, expect

__all__ = ["Containing", "Expectation", "containing", "expect"]
