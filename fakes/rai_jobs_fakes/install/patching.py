"""What replaces an attribute and puts it back; how to find a name that was imported before.

What was imported meanwhile is not found: so a stand-in asks whether it is still installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Protocol

__all__ = ["Installed", "Patching", "installed", "replace_everywhere"]


class Patching(Protocol):
    """What `pytest.MonkeyPatch` does of it: what was set is put back at the end."""

    def setattr(self, target: Any, name: str, value: object, /) -> None:
        """Set an attribute until the end."""
        ...


class Installed:
    """Whether what was installed still is; made by `installed`."""

    now = False


def installed(patching: Patching) -> Installed:
    """Return what tells, until everything is put back, that it is not yet.

    Whoever keeps a stand-in beyond that, e.g. a module that was first imported meanwhile, must come
    through it to what it stands for.
    """
    here = Installed()
    patching.setattr(here, "now", True)
    return here


def replace_everywhere(
    patching: Patching, original: Callable[..., Any], stand_in: Callable[..., Any]
) -> None:
    """Replace `original` in every module that is loaded, by whatever name it has there."""
    meanwhile = _while_installed(installed(patching), original, stand_in)
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is original:
                patching.setattr(module, name, meanwhile)


def _while_installed(
    here: Installed, original: Callable[..., Any], stand_in: Callable[..., Any]
) -> Callable[..., Any]:
    def now() -> Callable[..., Any]:
        return stand_in if here.now else original

    if iscoroutinefunction(stand_in):

        @wraps(stand_in)
        async def awaited(*args: Any, **settings: Any) -> Any:
            return await now()(*args, **settings)

        return awaited

    @wraps(stand_in)
    def called(*args: Any, **settings: Any) -> Any:
        return now()(*args, **settings)

    return called
