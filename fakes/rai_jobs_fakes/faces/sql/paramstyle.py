"""From the ways in which a caller may write values into a statement to the one: `?` and binds.

The connector's default style puts literals into the text itself; here they become binds, so that no
value is ever read as SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

__all__ = ["Parameters", "as_qmark"]

Parameters: TypeAlias = "Sequence[object] | Mapping[str, object]"

_TOKEN = re.compile(
    r"(?P<quoted>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/)"
    r"|(?P<mark>\?)|(?P<percent>%%)|%\((?P<name>\w+)\)s|(?P<next>%s)",
    re.DOTALL,
)


def as_qmark(
    statement: str, parameters: Parameters | None, *, pyformat: bool = True
) -> tuple[str, list[object]]:
    """Return `statement` with a `?` for each value, and the values in their order.

    Args:
        statement: the text. With a `?` outside quotes, it is in that style already.
        parameters: the values, by position or by name; `None` leaves the text alone.
        pyformat: whether `%s` and `%(name)s` may stand for values.

    Raises:
        TypeError: there are fewer or more values than places for them.
        KeyError: a name has no value.
    """
    if parameters is None:
        return statement, []
    marked = any(match["mark"] for match in _TOKEN.finditer(statement))
    by_name = parameters if isinstance(parameters, Mapping) else None
    given = list(parameters.values() if isinstance(parameters, Mapping) else parameters)
    if not pyformat or marked or not given:
        return statement, given
    binds: list[object] = []
    rest = iter(given)

    def replaced(match: re.Match[str]) -> str:
        if match["quoted"] is not None:
            return match["quoted"].replace("%%", "%")
        if match["percent"] is not None:
            return "%"
        if match["name"] is not None:
            return _placed(binds, (by_name or {})[match["name"]])
        try:
            return _placed(binds, next(rest))
        except StopIteration:
            raise TypeError("not enough arguments for format string") from None

    text = _TOKEN.sub(replaced, statement)
    if by_name is None and next(rest, _NOTHING) is not _NOTHING:
        raise TypeError("not all arguments converted during string formatting")
    return text, binds


_NOTHING = object()


def _placed(binds: list[object], value: object) -> str:
    """Add `value` to `binds`; return what stands for it: for a sequence, what an IN takes."""
    if isinstance(value, (list, tuple)):
        members = cast("Sequence[object]", value)
        binds += members
        return f"({', '.join('?' for _ in members)})"
    binds.append(value)
    return "?"
