"""Errors leave us without what could show a secret.

An error that is shown with local variables (as many loggers and test runners do) would show answers
with presigned URLs and requests with tokens, so the frames inside go: what happened is in the
message; where, in the frame that called. What a library under us says may quote such things too, so
the texts of causes are redacted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from .causes import being_handled, chain_of
from .errors import JobError
from .redact import redacted

__all__ = ["sealed", "without_secrets"]

_P = ParamSpec("_P")
_R = TypeVar("_R")
_E = TypeVar("_E", bound=BaseException)

# Where the errors of Snowflake's libraries keep their text beside `args`.
_TEXTS = ("msg", "raw_msg", "message")


def sealed(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return `function` such that its errors, and their causes, are `without_secrets`."""

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        outer = being_handled()
        try:
            return function(*args, **kwargs)
        except JobError as error:
            # The arguments may be secret, and this frame stays.
            del args, kwargs
            raise without_secrets(error, beyond=outer)  # noqa: B904 - its own cause stays

    return call


def without_secrets(error: _E, *, beyond: BaseException | None) -> _E:
    """Return `error`: it and what is behind it without frames, their texts redacted.

    Args:
        error: the error.
        beyond: where our part of the chain ends: what the caller was handling.
    """
    for each in chain_of(error, beyond=beyond):
        each.__traceback__ = None
        each.args = tuple(redacted(arg) if isinstance(arg, str) else arg for arg in each.args)
        for name in _TEXTS:
            text = vars(each).get(name)
            if isinstance(text, str):
                setattr(each, name, redacted(text))
    return error
