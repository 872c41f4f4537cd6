"""Several values under one name, as headers and forms have them: one is itself, more are a list."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["gathered"]


def gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return what stands under each name, in the order of the names' first values.

    Args:
        pairs: name and value, in order.
    """
    found: dict[str, str | list[str]] = {}
    for name, value in pairs:
        before = found.get(name)
        if before is None:
            found[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[name] = [before, value]
    return found
