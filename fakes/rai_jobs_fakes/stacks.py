"""Where a thread stands, for what is told of it. What it does there is told elsewhere."""

from __future__ import annotations

import sys
import threading
import traceback
from pathlib import Path
from types import FrameType

from .whence import line_outside

__all__ = ["line_of_asker", "place_of", "stack_of"]

_LIBRARY = Path(threading.__file__).parent
_OURS = (
    str(Path(__file__).parent),
    threading.__file__,
    str(_LIBRARY / "contextlib.py"),
    str(_LIBRARY / "concurrent"),
)


def place_of(ident: int) -> str:
    """Return the innermost line of a thread that is not of a clock, as the end of a sentence."""
    frame = _frame(ident)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return "" if frame is None else f", at {frame.f_code.co_filename}:{frame.f_lineno}"


def line_of_asker() -> str:
    """Return `folder/file:line` of who asked for what is done now, outside of us and libraries.

    A server's thread has no such line: whoever asked it waits in the main thread, more often than
    not.
    """
    main = threading.main_thread().ident
    found = line_outside(_frame(threading.get_ident()))
    if found is None and main is not None:
        found = line_outside(_frame(main))
    return found or "an unknown place"


def stack_of(ident: int) -> str:
    """Return the stack of a thread, as a traceback shows it."""
    frame = _frame(ident)
    return "".join(traceback.format_stack(frame)) if frame is not None else "  (it has ended)\n"


def _frame(ident: int) -> FrameType | None:
    frames = sys._current_frames()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - no other way
    return frames.get(ident)
