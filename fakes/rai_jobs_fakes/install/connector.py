"""The fake under `snowflake.connector.connect`: in place of the function, wherever it is named.

The class is left as it is, for `isinstance`: it refuses its arguments for ever once its `__new__`
was replaced and put back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .patching import Patching, replace_everywhere

if TYPE_CHECKING:
    from ..doors.dbapi import FakeConnection
    from ..ways import BackendWays

__all__ = ["install"]


def install(backend: BackendWays, patching: Patching, user: str | None) -> None:
    """Have every connection that is made from now on be one to `backend`.

    Who logs in by the name of a user of the backend is that one; anybody else is `user`. [choice]
    """

    def connect(**settings: Any) -> FakeConnection:
        return backend.connection(backend.user_named(settings.get("user"), user))

    connector: Any = import_module("snowflake.connector")
    replace_everywhere(patching, connector.connect, connect)
