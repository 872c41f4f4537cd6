"""The JSON of a request of the control API: what any body must be, whatever it says.

JSON's grammar lets more through than anybody can mean: a name that stands twice, a number that no
float holds, half a character. Each is refused with its place; what a body says is the models'.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import count, islice
from typing import cast

from .strict import Problem

__all__ = ["DEEPEST", "MOST_PROBLEMS", "MOST_VALUES", "NotJsonError", "json_in", "problems_in"]

DEEPEST = 100
"""How many levels a body may have, as a file of scripts. [choice]"""

MOST_VALUES = 200_000
"""How many values a body may hold, as a file of scripts: each may be wrong. [choice]"""

MOST_PROBLEMS = 20
"""How many problems are told of one body."""

_SHOWN_OF_DEEP = 3
_HALF = "half of a surrogate pair, which is no character"


class NotJsonError(ValueError):
    """A body is not JSON; says why."""


def json_in(body: bytes) -> object:
    """Return the value of a body; numbers in it may be infinite, or none.

    Raises:
        NotJsonError: it is not JSON, or a name stands twice in one object.
    """
    try:
        return json.loads(body, object_pairs_hook=_object_of)
    except NotJsonError:
        raise
    except RecursionError:
        raise NotJsonError(f"it is nested deeper than {DEEPEST} levels") from None
    except UnicodeDecodeError as error:
        raise NotJsonError(f"it is no text in {error.encoding.upper()}") from None
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} (line {error.lineno}:{error.colno})") from None
    except ValueError as error:
        # Python reads no number of more than some thousand digits.
        raise NotJsonError(str(error).partition(";")[0]) from None


def problems_in(data: object) -> list[Problem]:
    """Return what no body may hold, whatever it says: the first of them, with their places.

    Args:
        data: what `json_in` returned.
    """
    return list(islice(_problems_in(data, (), count(1)), MOST_PROBLEMS))


def _problems_in(
    data: object, way: tuple[str | int, ...], counted: Iterator[int]
) -> Iterator[Problem]:
    # One that is too much is told of once, and not where it stands, which says nothing.
    if next(counted) == MOST_VALUES + 1:
        yield Problem((), f"it holds more than {MOST_VALUES} values")
    if len(way) > DEEPEST:
        yield Problem(way[:_SHOWN_OF_DEEP], f"it is nested deeper than {DEEPEST} levels")
    elif isinstance(data, float) and not math.isfinite(data):
        yield Problem(way, f"it must be a finite number; got {data}")
    elif isinstance(data, str) and not _is_text(data):
        yield Problem(way, f"it holds {_HALF}")
    elif isinstance(data, dict):
        for name, each in cast("dict[str, object]", data).items():
            if not _is_text(name):
                shown = name.encode("ascii", "backslashreplace").decode()
                yield Problem(way, f"the name {shown[:80]} holds {_HALF}")
            else:
                yield from _problems_in(each, (*way, name), counted)
    elif isinstance(data, list):
        for place, each in enumerate(cast("list[object]", data)):
            yield from _problems_in(each, (*way, place), counted)


def _object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    held = dict(pairs)
    if len(held) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))
        raise NotJsonError(f"{twice[:80]!r} stands twice in one object")
    return held


def _is_text(text: str) -> bool:
    # Most is plain, and that is told at once.
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)
