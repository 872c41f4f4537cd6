"""A session: who asks and from where, what `USE …` and `ALTER SESSION …` made of it, its results.

Every connection holds one, over whichever door it came. Nothing of the app depends on it: a role, a
warehouse, a database is only ever named, so any name is accepted. [choice]
"""

from __future__ import annotations

import json
import re
import string
import threading
from collections.abc import Mapping
from typing import Literal, TypeAlias

from ...machine.execution import User
from .failures import unknown_query, unsupported
from .results import Outcome, Results
from .values import SqlFailure, SqlTable, column_of, one_row

__all__ = [
    "ACCOUNT",
    "ASYNCHRONOUS_KEPT",
    "CONTEXT_FUNCTIONS",
    "VERSION",
    "WAREHOUSE",
    "Place",
    "SessionValue",
    "SqlSession",
    "role_of",
    "session_values",
    "true_name",
]

ACCOUNT = "FAKE_ACCOUNT"
WAREHOUSE = "FAKE_WAREHOUSE"
VERSION = "9.0.0"
"""What `CURRENT_VERSION()` answers. [choice]"""
ASYNCHRONOUS_KEPT = 1000
_RECENT_KEPT = 100

Place: TypeAlias = Literal["role", "warehouse", "database", "schema"]
SessionValue: TypeAlias = "bool | int | str"

_PARAMETER_COLUMNS = ("key", "value", "default", "level", "description", "type")
# What clients look at, and a few that people set; anything else may be set too. [choice]
_DEFAULTS: Mapping[str, SessionValue] = {
    "AUTOCOMMIT": True,
    "BINARY_OUTPUT_FORMAT": "HEX",
    "CLIENT_PREFETCH_THREADS": 4,
    "CLIENT_SESSION_KEEP_ALIVE": False,
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": 3600,
    "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": 0,
    "CLIENT_TELEMETRY_ENABLED": False,
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "JSON",
    "QUERY_TAG": "",
    "STATEMENT_TIMEOUT_IN_SECONDS": 172_800,
    "TIMEZONE": "UTC",
}
_TYPES: Mapping[type, str] = {bool: "BOOLEAN", int: "NUMBER", str: "STRING"}
_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_USE = re.compile(
    rf"USE\s+(?!(?:ROLE|WAREHOUSE|DATABASE|SCHEMA)\s*;?\s*$)(?:(?P<kind>ROLE|WAREHOUSE|DATABASE|SCHEMA)\s+)?(?P<first>{_NAME})"
    rf"(?:\s*\.\s*(?P<second>{_NAME}))?\s*;?\s*",
    re.IGNORECASE,
)
_ENDS = f"{string.whitespace};"
_SECONDARY = re.compile(r"USE\s+SECONDARY\s+ROLES?\s+.*", re.IGNORECASE | re.DOTALL)
_ALTER = re.compile(
    r"ALTER\s+SESSION\s+(?P<verb>SET|UNSET)\s+(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_ASSIGNED = re.compile(r"(\w+)\s*=\s*('(?:[^']|'')*'|[^\s,;']+)\s*,?\s*")
_LIKE = re.compile(r"\bLIKE\s+'((?:[^']|'')*)'", re.IGNORECASE)


class SqlSession:
    """One session; threads may share it.

    Args:
        user: who it is of.
        id: its number.
        shared: where results of asynchronous statements are kept, for all sessions of the user.
    """

    def __init__(self, user: User, id: int = 1, shared: Results | None = None) -> None:
        self.user = user
        self.id = id
        self.account = ACCOUNT
        self.endpoint: str | None = None
        """The host of Direct Access for whoever came in by another name; else the backend's."""
        self.role: str | None = role_of(user)
        self.warehouse: str | None = WAREHOUSE
        self.database: str | None = None
        self.schema: str | None = None
        self.changes = 0
        """How often a parameter was changed: whoever tells a client of them sees when to."""
        self._changed: dict[str, SessionValue] = {}
        self._lock = threading.Lock()
        self._recent = Results(_RECENT_KEPT)
        self._shared = Results(ASYNCHRONOUS_KEPT) if shared is None else shared

    def use(self, place: Place, name: str) -> None:
        """Be somewhere else from now on; another database has no current schema but PUBLIC.

        Args:
            place: what changes.
            name: its name as SQL writes it: upper case unless it is quoted.
        """
        setattr(self, place, true_name(name))
        if place == "database":
            self.schema = "PUBLIC"

    @property
    def parameters(self) -> Mapping[str, SessionValue]:
        """All parameters by name in upper case."""
        with self._lock:
            return {**_DEFAULTS, **self._changed}

    def set_parameter(self, name: str, value: SessionValue) -> None:
        """Set a parameter, known or not."""
        with self._lock:
            self._changed[name.upper()] = value
            self.changes += 1

    def keep(self, outcome: Outcome, *, asynchronous: bool = False) -> None:
        """Keep what a statement came to: asynchronous ones for all sessions of the user."""
        (self._shared if asynchronous else self._recent).keep(outcome)

    def outcome(self, query_id: str) -> Outcome | None:
        """Return what came of a query, `None` when it is not, or no longer, known here."""
        return self._shared.get(query_id) or self._recent.get(query_id)

    def last_query_id(self) -> str | None:
        """Return the id of the last statement that was not asynchronous."""
        return self._recent.last()

    def scanned(self, query_id: str) -> SqlTable:
        """Return the rows of an earlier statement: what `RESULT_SCAN` is for.

        Raises:
            SqlFailure: it failed, or there is none.
        """
        outcome = self.outcome(query_id)
        if outcome is None:
            raise unknown_query(query_id)
        if isinstance(outcome, SqlFailure):
            raise outcome.anew("")
        return SqlTable(outcome.columns, outcome.rows)

    def command(self, text: str) -> SqlTable:
        """Carry out `USE …`, `ALTER SESSION …`, `SHOW PARAMETERS …` or a word of a transaction.

        Args:
            text: the statement from its first word on.

        Raises:
            SqlFailure: it is one of these in a form that is not understood.
        """
        word = text.split(None, 1)[0].upper()
        if word == "SHOW":
            return self._shown(text)
        if word == "USE":
            self._use(text)
        elif word == "ALTER":
            self._alter(text)
        return one_row({"status": ("text", "Statement executed successfully.")})

    def _use(self, text: str) -> None:
        if _SECONDARY.fullmatch(text):
            return
        found = _USE.fullmatch(text)
        if found is None:
            raise unsupported(text[:80])
        kind, first, second = found["kind"], found["first"], found["second"]
        if second is None:
            place: Mapping[str, Place] = {
                "ROLE": "role",
                "WAREHOUSE": "warehouse",
                "SCHEMA": "schema",
            }
            self.use(place.get((kind or "").upper(), "database"), first)
            return
        if kind is not None and kind.upper() != "SCHEMA":
            raise unsupported(text[:80])
        self.use("database", first)
        self.use("schema", second)

    def _alter(self, text: str) -> None:
        found = _ALTER.fullmatch(text)
        if found is None:
            raise unsupported(text[:80])
        rest = found["rest"].rstrip(_ENDS)
        if found["verb"].upper() == "UNSET":
            with self._lock:
                for name in rest.split(","):
                    self._changed.pop(name.strip().upper(), None)
                self.changes += 1
            return
        end, assigned = 0, list[tuple[str, str]]()
        # One after the other: to look for them anywhere takes for ever where there are none.
        while (each := _ASSIGNED.match(rest, end)) is not None:
            assigned.append((each[1], each[2]))
            end = each.end()
        if not assigned or end < len(rest):
            raise unsupported(text[:80])
        for name, value in assigned:
            self.set_parameter(name, _value(value))

    def _shown(self, text: str) -> SqlTable:
        like = _LIKE.search(text)
        pattern = like[1].upper() if like else "%"
        rows: list[tuple[object, ...]] = []
        for key, value in sorted(self.parameters.items()):
            if _is_like(key, pattern):
                usual = _DEFAULTS.get(key, "")
                level = "SESSION" if value != usual else ""
                rows.append((key, _text(value), _text(usual), level, "", _TYPES[type(value)]))
        return SqlTable(tuple(column_of(name, "text") for name in _PARAMETER_COLUMNS), tuple(rows))


def role_of(user: User) -> str:
    """Return the name of the role that `user` acts in. [choice]"""
    return "ACCOUNTADMIN" if user.admin else "PUBLIC"


def true_name(name: str) -> str:
    """Return what a name in SQL stands for: upper case unless it is quoted."""
    quoted = len(name) > 1 and name[0] == name[-1] == '"'
    return name[1:-1].replace('""', '"') if quoted else name.upper()


def session_values(session: SqlSession, statement: str) -> Mapping[str, str | None]:
    """Return what the context functions answer, by name in upper case.

    Args:
        session: the session.
        statement: the statement that asks.
    """
    schemas = [] if session.schema is None else [f"{session.database}.{session.schema}"]
    return {
        "CURRENT_ACCOUNT": session.account,
        "CURRENT_ACCOUNT_NAME": session.account,
        "CURRENT_AVAILABLE_ROLES": json.dumps(sorted({session.role or "", "PUBLIC"} - {""})),
        "CURRENT_CLIENT": None,
        "CURRENT_DATABASE": session.database,
        "CURRENT_ORGANIZATION_NAME": "FAKE",
        "CURRENT_REGION": "FAKE_REGION",
        "CURRENT_ROLE": session.role,
        "CURRENT_ROLE_TYPE": "ROLE",
        "CURRENT_SCHEMA": session.schema,
        "CURRENT_SCHEMAS": json.dumps(schemas),
        "CURRENT_SECONDARY_ROLES": json.dumps({"roles": "", "value": ""}),
        "CURRENT_SESSION": str(session.id),
        "CURRENT_STATEMENT": statement,
        "CURRENT_TRANSACTION": None,
        "CURRENT_USER": session.user.name,
        "CURRENT_VERSION": VERSION,
        "CURRENT_WAREHOUSE": session.warehouse,
        "LAST_QUERY_ID": session.last_query_id(),
        "SYSTEM$CANCEL_ALL_QUERIES": "query [all] terminated.",
        "SYSTEM$CANCEL_QUERY": "Identified SQL statement is not currently executing.",
    }


CONTEXT_FUNCTIONS = frozenset(session_values(SqlSession(User("")), ""))


def _value(text: str) -> SessionValue:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        return text


def _text(value: SessionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_like(text: str, pattern: str) -> bool:
    """Tell whether `text` is LIKE `pattern`, in a time that no pattern makes grow beyond bounds."""
    at = fixed = tried = 0
    percent = -1
    while at < len(text):
        if fixed < len(pattern) and pattern[fixed] == "%":
            percent, tried = fixed, at
            fixed += 1
        elif fixed < len(pattern) and pattern[fixed] in {"_", text[at]}:
            at, fixed = at + 1, fixed + 1
        elif percent >= 0:
            # What the last % stands for is one character longer than was thought.
            tried += 1
            at, fixed = tried, percent + 1
        else:
            return False
    return not pattern[fixed:].strip("%")
