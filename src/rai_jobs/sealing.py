"""Errors leave a gateway without what could show a secret.

An error that is shown with local variables (as many loggers and test runners do) would show answers
with presigned URLs and requests with tokens, so the frames inside the gateway go: what happened is
in the message; where, in the frame that called. What a library under it says may quote such things
too, so the texts of causes are redacted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from .errors import JobError
from .redact import redacted

__all__ = ["sealed", "without_secrets"]

_P = ParamSpec("_P")
_R = TypeVar("_R")
_E = TypeVar("_E", bound=BaseException)


def sealed(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return `method` such that its errors, and their causes, are `without_secrets`."""

    @functools.wraps(method)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except JobError as error:
            raise without_secrets(error)  # noqa: B904 - its own cause stays what it was

    return call


def without_secrets(error: _E) -> _E:
    """Return `error`, itself and the whole chain of its causes without frames, texts redacted."""
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = None
        each.args = tuple(redacted(arg) if isinstance(arg, str) else arg for arg in each.args)
        # Where the errors of Snowflake's libraries keep their text beside `args`.
        for name in ("msg", "raw_msg", "message"):
            text = vars(each).get(name)
            if isinstance(text, str):
                setattr(each, name, redacted(text))
        pending += [linked for linked in (each.__cause__, each.__context__) if linked is not None]
    return error
