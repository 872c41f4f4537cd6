"""What a statement calls: a routine of the app with its arguments, or a view. Pure.

As much of SQL as clients send: binds stand for `?` or `%s`, literals are read, the rest is left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..interactions import Tree

__all__ = ["SqlCall", "sql_call"]

_ROUTINE = re.compile(
    r"(?i)\b(GET_JOB|GET_JOB_METADATA|EXEC_JOB_ASYNC|CANCEL_JOB|GET_JOB_EVENTS|EXEC_ASYNC_V2"
    r"|GET_TRANSACTION|CANCEL_OWN_TRANSACTION|CANCEL_TRANSACTION|GET_OWN_TRANSACTION_EVENTS"
    r"|GET_OWN_TRANSACTION_ARTIFACTS|GET_OWN_TRANSACTION_PROBLEMS)\s*\("
)
_VIEW = re.compile(r"(?i)\bfrom\s+[\w.$\"]+\.(jobs|transactions)\b")
_BY_ID = re.compile(r"(?i)\bwhere\b.*?(?<![\w.])id\s*=\s*(\?|%s|'(?:[^']|'')*')", re.DOTALL)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\?|%s|[(),]|[^\s'(),?%]+|%")
_MARKS = ("?", "%s")
_WORDS: dict[str, Tree] = {"null": None, "true": True, "false": False}


@dataclass(frozen=True)
class SqlCall:
    """What a statement is about.

    Args:
        routine: its name in upper case; empty for a view.
        arguments: in order, by position.
        view: `JOBS` or `TRANSACTIONS`; empty for a routine.
        id: of a view, the one execution that is asked for.
    """

    routine: str = ""
    arguments: tuple[Tree, ...] = ()
    view: str = ""
    id: str | None = None

    def argument(self, number: int) -> Tree:
        """Return an argument, from 0; `None` where it is not given."""
        return self.arguments[number] if number < len(self.arguments) else None


def sql_call(statement: str, binds: Tree) -> SqlCall | None:
    """Return what a statement calls; `None` where that is nothing of the app's that is known.

    Args:
        statement: its text.
        binds: by position.
    """
    given = list(binds) if isinstance(binds, list) else []
    routine = _ROUTINE.search(statement)
    if routine is not None:
        given = given[_marks_in(statement[: routine.start()]) :]
        return SqlCall(routine[1].upper(), _arguments(statement[routine.end() :], given))
    view = _VIEW.search(statement)
    if view is None:
        return None
    by_id = _BY_ID.search(statement)
    found: Tree = None
    if by_id is not None:
        before = _marks_in(statement[: by_id.start(1)])
        found = _value(by_id[1], given[before:])
    return SqlCall(view=view[1].upper(), id=None if found is None else str(found))


def _marks_in(text: str) -> int:
    return sum(each in _MARKS for each in _TOKEN.findall(text))


def _arguments(text: str, binds: list[Tree]) -> tuple[Tree, ...]:
    """Return what stands until the parenthesis closes; what wraps one value is looked through."""
    found: list[Tree] = []
    value: Tree = None
    depth, any_seen = 0, False
    for token in _TOKEN.findall(text):
        if token == "(":
            depth += 1
        elif token == ")" and depth == 0:
            break
        elif token == ")":
            depth -= 1
        elif token == "," and depth == 0:
            found.append(value)
            value = None
        elif token != ",":
            any_seen = True
            is_value = token in _MARKS or token[0] in "'-+.0123456789" or token.lower() in _WORDS
            if is_value:
                value = _value(token, binds)
                del binds[: token in _MARKS]
    return (*found, value) if found or any_seen else ()


def _value(token: str, binds: list[Tree]) -> Tree:
    if token in _MARKS:
        return binds[0] if binds else None
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if token.lower() in _WORDS:
        return _WORDS[token.lower()]
    try:
        return int(token)
    except ValueError:
        return token
