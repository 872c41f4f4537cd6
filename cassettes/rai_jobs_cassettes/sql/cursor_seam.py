"""The seam of SQL: while `patched` lasts, every connection and cursor of the connector asks a tape.

The connector's own classes are patched, not its functions: so it does not matter how somebody came
by `connect`, nor what stands on a cursor, nor whether a class of somebody's own is derived from it
(`connections`, `cursors` make what stands in their place). What the tape knows is answered without
a server; all else is carried out and kept. Rows are read whole as soon as a statement has run, and
served from memory: by the same code when they are recorded and when they are replayed. [choice]

Not recorded, and so refused: results as Arrow or pandas, and files that go to or come from a stage
by other means than a `PUT`. The asynchronous classes (`snowflake.connector.aio`) are not patched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from ..tape import Tape
from .asking import Asking
from .connections import CONNECTION_METHODS
from .cursors import CURSOR_METHODS
from .driver import Driver
from .installed import driver_of_installed
from .on_import import OnImport

__all__ = ["patched"]

_CONNECTOR = "snowflake.connector"


@contextmanager
def patched(tape: Tape) -> Generator[None]:
    """Have the connector ask `tape` while the block lasts; afterwards it is as it was.

    Where the connector is not loaded yet, that is done when it is; where it is not installed,
    nothing is. Connections that were recorded are good for afterwards; replayed ones are closed.

    Args:
        tape: what is asked, and told.

    Raises:
        CassetteError: the connector is of a version that is not known.
    """
    with ExitStack() as stack:
        lock = threading.Lock()

        def begin() -> None:
            with lock:
                stack.enter_context(_patched_by(Asking(tape, driver_of_installed())))

        waiting = OnImport(_CONNECTOR, begin)
        stack.callback(waiting.call_off)
        waiting.begin()
        yield


@contextmanager
def _patched_by(asking: Asking) -> Generator[None]:
    driver: Driver = asking.driver
    with ExitStack() as stack:
        stack.enter_context(driver.passing_in_threads())

        def put(classes: tuple[type[Any], ...], methods: Mapping[str, Callable[..., Any]]) -> None:
            for name, make in methods.items():
                for owner in _owners(classes, name):
                    original = vars(owner)[name]
                    stack.callback(setattr, owner, name, original)
                    setattr(owner, name, make(asking, original))

        put((driver.connection,), CONNECTION_METHODS)
        put(driver.cursors, CURSOR_METHODS)
        yield


def _owners(classes: tuple[type[Any], ...], name: str) -> list[type[Any]]:
    """Return the classes in which `classes` have their `name`, each once."""
    found: list[type[Any]] = []
    for each in classes:
        owner = next((base for base in each.__mro__ if name in vars(base)), None)
        if owner is not None and owner not in found:
            found.append(owner)
    return found
