"""For the reader of docstrings: arguments that are documented together, told one by one.

`timeout_s, poll_interval_s: as in wait` is one line for people, and two arguments with types of
their own on the site. So what a docstring names is also held to the signature.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Class, Docstring, Extension, Function

__all__ = ["ArgumentsOneByOne", "one_by_one"]

_SECTION = re.compile(r"^(\s*)Args:\n((?:\1[ ]+.*\n?|\n)+)", re.MULTILINE)
_TOGETHER = re.compile(
    r"^(?P<indent>[ ]+)(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)+)"
    r"(?P<says>: .*(?:\n(?P=indent)[ ]+.*)*)",
    re.MULTILINE,
)


def one_by_one(docstring: str) -> str:
    """Return a docstring in which each argument has an entry of its own.

    Args:
        docstring: in the style of Google.
    """

    def told(together: re.Match[str]) -> str:
        names = together["names"].split(", ")
        return "\n".join(f"{together['indent']}{name}{together['says']}" for name in names)

    return _SECTION.sub(lambda section: _TOGETHER.sub(told, section[0]), docstring)


class ArgumentsOneByOne(Extension):
    """Does it to all that takes arguments."""

    def on_function(self, *, func: Function, **_: Any) -> None:
        """Rewrite the docstring of a function."""
        _rewrite(func.docstring)

    def on_class(self, *, cls: Class, **_: Any) -> None:
        """Rewrite the docstring of a class, which has the arguments of its constructor."""
        _rewrite(cls.docstring)


def _rewrite(docstring: Docstring | None) -> None:
    if docstring is not None:
        docstring.value = one_by_one(docstring.value)
