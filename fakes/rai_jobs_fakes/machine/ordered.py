"""A set of numbers in order, of which each can be put in and taken out in the same little time.

The numbers count executions, so they lie close: a set is bits in words, found by hash. To find a
place in a sorted list of a million takes four times as long as in one of a hundred. Few long words
beat many short ones: what a step costs at a million is what of it is not in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["Ordered"]

_SHIFT = 9
_PLACES = (1 << _SHIFT) - 1


class Ordered:
    """A set of numbers from 0 on, empty at first; walked from the greatest down."""

    __slots__ = ("_count", "_filled", "_words")

    def __init__(self) -> None:
        self._count = 0
        self._filled = 0
        """Which words are not empty, a bit each."""
        self._words: dict[int, int] = {}

    def add(self, number: int) -> None:
        """Put `number` in, which is not in it."""
        at = number >> _SHIFT
        word = self._words.get(at, 0)
        if not word:
            self._filled |= 1 << at
        self._words[at] = word | 1 << (number & _PLACES)
        self._count += 1

    def remove(self, number: int) -> None:
        """Take `number` out, which is in it."""
        at = number >> _SHIFT
        word = self._words[at] ^ 1 << (number & _PLACES)
        if word:
            self._words[at] = word
        else:
            del self._words[at]
            self._filled ^= 1 << at
        self._count -= 1

    def __contains__(self, number: int) -> bool:
        return bool(self._words.get(number >> _SHIFT, 0) >> (number & _PLACES) & 1)

    def __len__(self) -> int:
        return self._count

    def descending(self) -> Iterator[int]:
        """Yield what is in it, the greatest first."""
        filled = self._filled
        while filled:
            at = filled.bit_length() - 1
            filled ^= 1 << at
            word = self._words[at]
            while word:
                place = word.bit_length() - 1
                word ^= 1 << place
                yield at << _SHIFT | place
