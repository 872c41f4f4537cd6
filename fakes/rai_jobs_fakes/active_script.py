"""`ActiveScript`: a script that was registered, and what may be given to register one.

What it is for and what it has come to is the entry's in the machine's book; here is the handle that
the test holds. Nothing here knows which script an execution lives by.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from .kinds import is_count, is_text
from .machine.scripts import ScriptBook, ScriptEntry
from .script import JobScript, ScriptError

__all__ = ["ActiveScript", "require_callback", "require_script", "require_whom"]


class ActiveScript:
    """A script that was registered: what became of it.

    Args:
        entry: the script, and for whom it is.
        book: where it is registered; it is entered there now.
        lock: the backend's, which may be entered again.
    """

    def __init__(
        self, entry: ScriptEntry, book: ScriptBook, lock: AbstractContextManager[Any]
    ) -> None:
        self._entry = entry
        self._book = book
        self._lock = lock
        with lock:
            book.add(entry)

    @property
    def registered_at(self) -> str:
        """Where the test registered it, as `folder/file:line`."""
        return self._entry.registered_at

    @registered_at.setter
    def registered_at(self, line: str) -> None:
        self._entry.registered_at = line

    @property
    def used(self) -> int:
        """How many executions live by it, or have."""
        return self._entry.used

    def remove(self) -> None:
        """Withdraw it: nothing created later lives by it, and nobody asks whether it was used.

        What lives by it goes on. A second time does nothing.
        """
        with self._lock:
            self._book.forget([self._entry])

    def __repr__(self) -> str:
        return f"<script of {self._entry}: used {self.used} times>"


def require_script(given: object) -> None:
    """Check that what shall be a script is one.

    Raises:
        ScriptError: it is not.
    """
    if not isinstance(given, JobScript):
        makes = callable(given)
        instead = " What makes one for each execution goes to `on_create`." if makes else ""
        raise ScriptError(f"`script` must be a JobScript; got {given!r:.200}.{instead}")


def require_callback(given: object) -> None:
    """Check that what shall make scripts can be called.

    Raises:
        ScriptError: it cannot.
    """
    if not callable(given):
        instead = " A script itself goes to `script`." if isinstance(given, JobScript) else ""
        raise ScriptError(
            f"`callback` must be a function of a payload; got {given!r:.200}.{instead}"
        )


def require_whom(times: object, where: object, name: object) -> None:
    """Check for how many, for which payloads and on which reasoner a script is registered.

    Raises:
        ScriptError: there cannot be so many, no payload can be asked about, or none is named so.
    """
    if times is not None and not is_count(times):
        raise ScriptError(
            f"`times` must be 1 or more, whole, or None for any number; got {times!r:.200}."
        )
    if where is not None and not callable(where):
        raise ScriptError(f"`where` must be a function of a payload; got {where!r:.200}.")
    if name is not None and not is_text(name):
        raise ScriptError(f"`name` must be the name of a reasoner, or None; got {name!r:.200}.")
