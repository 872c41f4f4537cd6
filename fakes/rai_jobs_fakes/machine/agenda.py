"""When to look again at what: a page a minute, of which only the one at hand is kept in order.

One heap of everything would make each entry as dear as all the timeouts a day ahead are many.
"""

from __future__ import annotations

import heapq

__all__ = ["Agenda"]

_SHIFT = 26
"""A page is so many bits of an instant in microseconds: 67 seconds."""

_Entry = tuple[int, int]


class Agenda:
    """Instants with a number each, taken the soonest first, of one instant the least number."""

    __slots__ = ("_at_hand", "_coming", "_open", "_pages")

    def __init__(self) -> None:
        self._at_hand: list[_Entry] = []
        """A heap of what is on pages up to `_open`."""
        self._open = -1
        self._coming: list[int] = []
        """A heap of the pages after that."""
        self._pages: dict[int, list[_Entry]] = {}

    def note(self, instant: int, number: int) -> None:
        """Put `number` down for `instant`."""
        page = instant >> _SHIFT
        if page <= self._open:
            heapq.heappush(self._at_hand, (instant, number))
        elif page in self._pages:
            self._pages[page].append((instant, number))
        else:
            self._pages[page] = [(instant, number)]
            heapq.heappush(self._coming, page)

    def take(self, now: int) -> _Entry | None:
        """Take out the first entry until `now`; `None` when none is left."""
        if not self._at_hand and self._coming and self._coming[0] <= now >> _SHIFT:
            self._open = heapq.heappop(self._coming)
            self._at_hand = self._pages.pop(self._open)
            heapq.heapify(self._at_hand)
        if self._at_hand and self._at_hand[0][0] <= now:
            return heapq.heappop(self._at_hand)
        return None

    def first(self) -> int | None:
        """Return the first instant put down, `None` when there is none."""
        if self._at_hand:
            return self._at_hand[0][0]
        return min(self._pages[self._coming[0]])[0] if self._coming else None
