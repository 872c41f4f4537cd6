"""The chain behind an exception, as far as it is ours.

Whoever calls us may be handling an exception of their own: Python links ours to it as its context.
That one, and what is behind it, is neither read nor changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

__all__ = ["being_handled", "chain_of"]

_LONGEST = 50


def being_handled() -> BaseException | None:
    """Return the exception that the caller is handling now, if any."""
    return sys.exc_info()[1]


def chain_of(error: BaseException, *, beyond: BaseException | None) -> Iterator[BaseException]:
    """Yield `error` and what is behind it, each once, without `beyond` and what is behind that."""
    seen: set[int] = set() if beyond is None else {id(beyond)}
    pending: list[BaseException | None] = [error]
    while pending and len(seen) < _LONGEST:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        pending += [each.__context__, each.__cause__]
