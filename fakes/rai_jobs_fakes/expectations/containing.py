"""`containing`: equal to whatever holds at least this, and able to say what is missing.

It may stand wherever a value is compared, in a plain `assert` too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

__all__ = ["Containing", "containing", "missing_from"]

_LONGEST = 100


@dataclass(frozen=True, eq=False)
class Containing:
    """What must be there; see `containing`."""

    wanted: Any

    def __eq__(self, other: object) -> bool:
        return next(missing_from(self.wanted, other, ""), None) is None

    __hash__ = None  # type: ignore[assignment] - equal to many values of many hashes

    def __repr__(self) -> str:
        return f"containing({self.wanted!r})"


def containing(wanted: Any) -> Containing:
    """Return what equals every value that holds at least `wanted`.

    Mappings may have more keys, at any depth. Sequences must be as long, and hold the like at each
    place. Anything else must be equal; what is equal to everything, e.g. `unittest.mock.ANY`, may
    stand in it.

    Args:
        wanted: what must be there.
    """
    return Containing(wanted)


def missing_from(wanted: Any, value: Any, place: str) -> Iterator[str]:
    """Yield what of `wanted` is not in `value`, in words, place by place.

    Args:
        wanted: what must be there, `Containing` at any place.
        value: what is there.
        place: what the places begin with.
    """
    if isinstance(wanted, Containing):
        wanted = wanted.wanted
    if isinstance(wanted, Mapping) and isinstance(value, Mapping):
        held = cast("Mapping[Any, Any]", value)
        for name, each in cast("Mapping[Any, Any]", wanted).items():
            here = f"{place}.{name}" if place else str(name)
            if name in held:
                yield from missing_from(each, held[name], here)
            else:
                yield f"{here}: expected {_shown(each)}, is not there"
    elif _is_list(wanted) and _is_list(value) and len(wanted) == len(value):
        for number, (each, there) in enumerate(zip(wanted, value, strict=True)):
            yield from missing_from(each, there, f"{place}[{number}]")
    elif not _is_same(wanted, value):
        yield f"{place or 'it'}: expected {_shown(wanted)}, was {_shown(value)}"


def _is_same(wanted: Any, value: Any) -> bool:
    # `True == 1`, and in a payload they are not the same.
    numbers = isinstance(wanted, (int, float)) and isinstance(value, (int, float))
    if numbers and isinstance(wanted, bool) is not isinstance(value, bool):
        return False
    return bool(wanted == value)


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
