"""What statements came to, by query id, as far as it is kept: the newest so many.

A result is asked for again by `RESULT_SCAN`, and by clients that started it without waiting.
"""

from __future__ import annotations

import threading
from typing import TypeAlias

from .values import SqlFailure, SqlResult

__all__ = ["Outcome", "Results"]

Outcome: TypeAlias = "SqlResult | SqlFailure"


class Results:
    """The newest outcomes; threads may share it.

    Args:
        kept: how many.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._by_id: dict[str, Outcome] = {}
        self._last: str | None = None

    def keep(self, outcome: Outcome) -> None:
        """Keep one; the oldest is dropped when there are too many."""
        with self._lock:
            self._by_id[outcome.query_id] = outcome
            self._last = outcome.query_id
            if len(self._by_id) > self._kept:
                del self._by_id[next(iter(self._by_id))]

    def get(self, query_id: str) -> Outcome | None:
        """Return what came of a query, `None` when it is not, or no longer, known."""
        return self._by_id.get(query_id)

    def last(self) -> str | None:
        """Return the id of the newest, `None` when there was none."""
        return self._last
