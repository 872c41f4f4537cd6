"""What a method of a cursor is called with, by names, whichever major and however it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["Arguments", "Given"]

# The first name is that of the connector 4, the others are of the connector 5.
_STATEMENT = ("command", "operation")
_BINDS = ("params", "parameters", "seqparams", "seq_of_parameters")
_BLANKS = " \t\n\r"


class Given:
    """What a method was called with.

    Args:
        bound: all of it.
    """

    def __init__(self, bound: inspect.BoundArguments) -> None:
        self._bound = bound
        self.all: dict[str, Any] = dict(bound.arguments)
        self.all.update(self.all.pop("kwargs", {}))

    @property
    def statement(self) -> str:
        """The statement, without the blanks around it, as the connector sends it."""
        return str(self.all.get(_named(self.all, _STATEMENT)) or "").strip(_BLANKS)

    @property
    def binds(self) -> Any:
        """What is bound; `None` for nothing."""
        return self.all.get(_named(self.all, _BINDS))

    def has_rows(self) -> bool:
        """Tell whether there are rows of binds; they are read twice, and so put into a list."""
        name = _named(self._bound.arguments, _BINDS)
        rows = self._bound.arguments.get(name)
        if rows is not None and not isinstance(rows, (list, tuple, dict)):
            self._bound.arguments[name] = self.all[name] = list(rows)
        return bool(self.binds)

    def call(self, method: Callable[..., Any]) -> Any:
        """Call a method with it."""
        return method(*self._bound.args, **self._bound.kwargs)


class Arguments:
    """Tells what a method is called with.

    Args:
        method: the method.
        other: whose arguments it hands on, where it names none itself, as the connector 4 does.
    """

    def __init__(self, method: Callable[..., Any], other: Callable[..., Any]) -> None:
        self._signature = inspect.signature(method)
        if not {*_STATEMENT} & set(self._signature.parameters):
            self._signature = inspect.signature(other)

    def __call__(self, cursor: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Given | None:
        """Return the arguments; `None` where they do not fit, which the method tells best."""
        try:
            return Given(self._signature.bind(cursor, *args, **kwargs))
        except TypeError:
            return None


def _named(given: Any, names: tuple[str, ...]) -> str:
    return next((name for name in names if given.get(name) is not None), names[0])
