"""What a session answers about itself: who, where, and words that change nothing (wire §6).

No state: `USE …` and `ALTER SESSION …` are accepted and forgotten, because nothing here depends on
a current role, database or warehouse. [choice]
"""

from __future__ import annotations

from collections.abc import Mapping

from ...machine.execution import User
from .values import SqlTable, column_of, one_row

__all__ = ["ACCOUNT", "WAREHOUSE", "command_answer", "role_of", "session_values"]

ACCOUNT = "FAKE_ACCOUNT"
WAREHOUSE = "FAKE_WAREHOUSE"

_PARAMETER_COLUMNS = ("key", "value", "default", "level", "description", "type")


def role_of(user: User) -> str:
    """Return the name of the role that `user` acts in. [choice]"""
    return "ACCOUNTADMIN" if user.admin else "PUBLIC"


def session_values(user: User) -> Mapping[str, str | None]:
    """Return what the context functions answer to `user`, by name in upper case."""
    return {
        "CURRENT_ACCOUNT": ACCOUNT,
        "CURRENT_DATABASE": None,
        "CURRENT_ROLE": role_of(user),
        "CURRENT_SCHEMA": None,
        "CURRENT_SESSION": "1",
        "CURRENT_USER": user.name,
        "CURRENT_WAREHOUSE": WAREHOUSE,
        "SYSTEM$CANCEL_ALL_QUERIES": "query [all] terminated.",
    }


def command_answer(word: str) -> SqlTable:
    """Return the answer to `USE …`, `ALTER SESSION …` (done) or `SHOW …` (there is nothing)."""
    if word == "SHOW":
        return SqlTable(tuple(column_of(name, "text") for name in _PARAMETER_COLUMNS))
    return one_row({"status": ("text", "Statement executed successfully.")})
