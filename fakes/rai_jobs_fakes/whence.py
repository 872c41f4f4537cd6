"""Where in a test something was said: what an error or a warning points at."""

from __future__ import annotations

import inspect
import os
import sysconfig
from functools import lru_cache
from pathlib import Path
from types import FrameType

__all__ = ["INSIDE", "caller_line", "is_library", "line_outside"]

INSIDE = frozenset(
    {
        "contextlib",
        "functools",
        "httpcore",
        "httpx",
        "rai_jobs",
        "rai_jobs_cassettes",
        "rai_jobs_fakes",
        "relationalai",
        "respx",
        "snowflake",
        "tenacity",
        "threading",
    }
)
"""Packages whose lines tell a user nothing."""
_LIBRARIES = tuple(
    f"{Path(sysconfig.get_path(each)).resolve()}{os.sep}"
    for each in ("stdlib", "platstdlib", "purelib", "platlib")
)

_INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of installed packages, also of a user's own and of the system's."""


def caller_line(depth: int = 1) -> str:
    """Return `folder/file:line` of the caller's caller, `depth` calls further out than this.

    Args:
        depth: 1 for the caller of the function that asks, 2 for that one's caller, and so on.
    """
    frame = inspect.currentframe()
    for _ in range(depth + 1):
        frame = frame and frame.f_back
    if frame is None:
        return "an unknown place"
    return _line_of(frame)


def line_outside(frame: FrameType | None) -> str | None:
    """Return `folder/file:line` of the nearest caller that is neither ours nor a library's.

    Args:
        frame: the first that may be it.

    Returns:
        `None` where there is none, e.g. in a thread of a server.
    """
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in INSIDE and not is_library(frame.f_code.co_filename):
            return _line_of(frame)
        frame = frame.f_back
    return None


@lru_cache(maxsize=1024)
def is_library(file: str) -> bool:
    """Tell whether a source file is Python's own, or of an installed package."""
    if file.startswith("<"):
        return True
    path = Path(file).resolve()
    return str(path).startswith(_LIBRARIES) or not _INSTALLED.isdisjoint(path.parts)


def _line_of(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    return f"{path.parent.name}/{path.name}:{frame.f_lineno}"
