"""What an error of the connector is as a recording: its class by name, and what it says.

A class that a replay cannot raise (one of somebody's own, or of a library inside the connector) is
recorded as the nearest one that it can.
"""

from __future__ import annotations

import builtins

from .codec import Raised

__all__ = ["pythons_own", "raised_by"]

_OWN = "builtins."
_MODULES = frozenset({"snowflake.connector.errors", "snowflake.connector.network"})
_UNKNOWN_STATE = "n/a"  # the connector 4 says so where it knows none
_UNKNOWN_NUMBER = -1


def raised_by(error: Exception, statement: str | None) -> Raised:
    """Return what an error says, as it is recorded.

    Args:
        error: the error.
        statement: what was run, which the error may repeat.
    """
    name = _name_of(type(error))
    if name.startswith(_OWN):
        return Raised(name, str(error))
    errno, sqlstate = getattr(error, "errno", None), getattr(error, "sqlstate", None)
    query = getattr(error, "query", None)
    return Raised(
        name,
        str(getattr(error, "raw_msg", None) or getattr(error, "msg", None) or error),
        errno=errno if isinstance(errno, int) and errno != _UNKNOWN_NUMBER else None,
        sqlstate=sqlstate if sqlstate != _UNKNOWN_STATE else None,
        query_id=getattr(error, "sfqid", None),
        query=query if query != statement else None,
    )


def pythons_own(name: str) -> type[Exception] | None:
    """Return a class of Python's own by its recorded name; `None` for the connector's."""
    if not name.startswith(_OWN):
        return None
    kind = getattr(builtins, name.removeprefix(_OWN), Exception)
    return kind if isinstance(kind, type) and issubclass(kind, Exception) else Exception


def _name_of(kind: type[BaseException]) -> str:
    for each in kind.__mro__:
        if each.__module__ == "builtins":
            return f"{_OWN}{each.__name__}"
        if each.__module__ in _MODULES:
            return each.__name__
    return f"{_OWN}Exception"
