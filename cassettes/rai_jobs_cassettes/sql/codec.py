"""What is asked of a connector and what comes of it, as trees; the only place that knows the names.

A request:

    {"call": "connect", "account", "user", "role"}            each name only where it is given
    {"call": "execute", "statement", "binds", "user"}         also `executemany`, `execute_async`,
                                                              `describe`; `statements`: how many
    {"call": "results", "query_id", "user"}                   also `status`, `status_or_error`,
                                                              `abort`

`user` is whom the connection says that it is: who asks decides what is answered. How a statement's
binds are written into it is its own text's affair; a statement's parameters (`_statement_params`),
timeouts and request ids are not recorded, since clients make them anew each time. [choice]

A response holds what there is of:

    {"query_id", "sqlstate", "rowcount", "columns", "rows", "query", "stats", "sets", "transfer",
     "session"}
    {"status": "RUNNING"}, {"aborted": true}
    {"raised": "ProgrammingError", "message", "errno", "sqlstate", "query_id", "query"}

`columns` are `{"name", "type", "size", "display_size", "precision", "scale", "nullable",
"dimension", "fields", "zone", "bytearray"}` without what says nothing (`nullable` is there where it
is not true). `query` is what was sent where that is not the statement itself, `sets` are the ids of
further results, `session` what the connection says of itself from then on: to `connect` all of it,
later what is new: `{"account", "user", "role", "database", "schema", "warehouse", "host",
"session_id", "parameters"}`. Of parameters those are recorded that a client reads, and no others:
the connector 5 keeps its password among them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..interactions import Tree
from .values import Cells, bind_tree

__all__ = [
    "ABORT",
    "CONNECT",
    "DESCRIBE",
    "EXECUTE",
    "EXECUTE_ASYNC",
    "EXECUTE_MANY",
    "RESULTS",
    "SESSION_NAMES",
    "STATUS",
    "STATUS_OR_ERROR",
    "Answer",
    "Column",
    "Raised",
    "answer_of",
    "connect_request",
    "parameters_to_keep",
    "query_request",
    "raised_of",
    "statement_request",
]

CONNECT = "connect"
EXECUTE = "execute"
EXECUTE_MANY = "executemany"
EXECUTE_ASYNC = "execute_async"
DESCRIBE = "describe"
RESULTS = "results"
STATUS = "status"
STATUS_OR_ERROR = "status_or_error"
ABORT = "abort"

SESSION_NAMES = ("account", "user", "role", "database", "schema", "warehouse", "host", "session_id")
"""What a connection says of itself, beside its parameters."""

_WHO = ("account", "user", "role")
_PARAMETERS = re.compile(
    r"AUTOCOMMIT|TIMEZONE|QUERY_TAG|[A-Z_]+_OUTPUT_FORMAT|PYTHON_[A-Z0-9_]+"
    r"|VARCHAR_AND_BINARY_MAX_SIZE_IN_RESULT|CLIENT_STAGE_ARRAY_BINDING_THRESHOLD"
)
# The numbers are the connector's own, and the same in both majors. [docs]
_TYPES = (
    "FIXED",
    "REAL",
    "TEXT",
    "DATE",
    "TIMESTAMP",
    "VARIANT",
    "TIMESTAMP_LTZ",
    "TIMESTAMP_TZ",
    "TIMESTAMP_NTZ",
    "OBJECT",
    "ARRAY",
    "BINARY",
    "TIME",
    "BOOLEAN",
    "GEOGRAPHY",
    "GEOMETRY",
    "VECTOR",
    "MAP",
    "FILE",
    "INTERVAL_YEAR_MONTH",
    "INTERVAL_DAY_TIME",
)
_CODES = {name: code for code, name in enumerate(_TYPES)}
_SIZES = {
    "size": "internal_size",
    "display_size": "display_size",
    "precision": "precision",
    "scale": "scale",
    "dimension": "dimension",
}


# Requests --------------------------------------------------------------------------------------


def connect_request(given: Mapping[str, object]) -> dict[str, Tree]:
    """Return the request to connect.

    Args:
        given: the parameters; a password, a token or a key among them is left alone.
    """
    who: dict[str, Tree] = {
        name: value for name in _WHO if isinstance(value := given.get(name), str) and value
    }
    return {"call": CONNECT, **who}


def statement_request(
    call: str, statement: str, binds: object, user: str | None, statements: object = None
) -> dict[str, Tree]:
    """Return the request to run or describe a statement.

    Args:
        call: `EXECUTE`, `EXECUTE_MANY`, `EXECUTE_ASYNC` or `DESCRIBE`.
        statement: its text.
        binds: a sequence, a mapping, a single value, or nothing; a sequence of them for
            `EXECUTE_MANY`.
        user: whose connection it is.
        statements: how many statements the text holds, where it was said.

    Raises:
        CassetteError: a bind cannot be recorded.
    """
    request: dict[str, Tree] = {"call": call, "statement": statement}
    tree = bind_tree(binds)
    if tree is not None and tree not in ([], {}):
        request["binds"] = tree if isinstance(tree, (list, dict)) else [tree]
    if statements is not None:
        request["statements"] = bind_tree(statements)
    return _asked_by(request, user)


def query_request(call: str, query_id: str, user: str | None) -> dict[str, Tree]:
    """Return the request for something of an earlier query.

    Args:
        call: `RESULTS`, `STATUS`, `STATUS_OR_ERROR` or `ABORT`.
        query_id: which query.
        user: whose connection it is.
    """
    return _asked_by({"call": call, "query_id": query_id}, user)


def _asked_by(request: dict[str, Tree], user: str | None) -> dict[str, Tree]:
    return request if user is None else {**request, "user": user}


# Responses -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """One column, as a description tells it: names are the connector's own."""

    name: str | None
    type_code: int
    is_nullable: bool | None = True
    display_size: int | None = None
    internal_size: int | None = None
    precision: int | None = None
    scale: int | None = None
    dimension: int | None = None
    fields: tuple[Column, ...] | None = None
    cells: Cells = field(default_factory=Cells)

    def tree(self) -> dict[str, Tree]:
        """Return it as a tree."""
        known = 0 <= self.type_code < len(_TYPES)
        tree: dict[str, Tree] = {
            "name": self.name,
            "type": _TYPES[self.type_code] if known else self.type_code,
        }
        for name, attribute in _SIZES.items():
            if (size := getattr(self, attribute)) is not None:
                tree[name] = size
        if self.is_nullable is not True:
            tree["nullable"] = self.is_nullable
        if self.fields is not None:
            tree["fields"] = [each.tree() for each in self.fields]
        if self.cells.zone is not None:
            tree["zone"] = self.cells.zone
        if self.cells.bytearrays:
            tree["bytearray"] = True
        return tree


def _column_of(tree: Mapping[str, Any]) -> Column:
    fields = tree.get("fields")
    kind = tree["type"]
    return Column(
        name=tree["name"],
        type_code=kind if isinstance(kind, int) else _CODES[kind],
        is_nullable=tree.get("nullable", True),
        fields=None if fields is None else tuple(_column_of(each) for each in fields),
        cells=Cells(tree.get("zone"), tree.get("bytearray", False)),
        **{attribute: tree.get(name) for name, attribute in _SIZES.items()},
    )


@dataclass(frozen=True)
class Answer:
    """What a cursor holds once something was run.

    Args:
        query_id: the query's id.
        sqlstate: its state, where there is one.
        rowcount: how many rows, where that is known.
        columns: its columns; `None` where nothing is described.
        rows: its rows; `None` where none were asked for.
        query: the text that was sent, where it is not the statement's own.
        stats: what a change changed, by the connector's names.
        sets: the ids of further results, in order.
        transfer: whether files were moved.
    """

    query_id: str | None = None
    sqlstate: str | None = None
    rowcount: int | None = None
    columns: tuple[Column, ...] | None = None
    rows: Sequence[Sequence[Tree]] | None = None
    query: str | None = None
    stats: Mapping[str, int] = field(default_factory=dict[str, int])
    sets: tuple[str, ...] = ()
    transfer: bool = False

    def tree(self) -> dict[str, Tree]:
        """Return it as a tree, without what says nothing."""
        tree: dict[str, Tree] = {}
        for name in ("query_id", "sqlstate", "rowcount", "query"):
            if (value := getattr(self, name)) is not None:
                tree[name] = value
        if self.columns is not None:
            tree["columns"] = [each.tree() for each in self.columns]
        if self.rows is not None:
            tree["rows"] = [list(row) for row in self.rows]
        if self.stats:
            tree["stats"] = dict(self.stats)
        if self.sets:
            tree["sets"] = list(self.sets)
        if self.transfer:
            tree["transfer"] = True
        return tree


def answer_of(tree: Mapping[str, Any]) -> Answer:
    """Return what a response that is no error holds."""
    columns = tree.get("columns")
    return Answer(
        query_id=tree.get("query_id"),
        sqlstate=tree.get("sqlstate"),
        rowcount=tree.get("rowcount"),
        columns=None if columns is None else tuple(_column_of(each) for each in columns),
        rows=tree.get("rows"),
        query=tree.get("query"),
        stats=tree.get("stats", {}),
        sets=tuple(tree.get("sets", ())),
        transfer=tree.get("transfer", False),
    )


@dataclass(frozen=True)
class Raised:
    """What the connector raised.

    Args:
        raised: the name of its class; one of Python's own after `builtins.`.
        message: without the numbers that the connector puts before it.
        errno, sqlstate, query_id, query: as the error has them.
    """

    raised: str
    message: str
    errno: int | None = None
    sqlstate: str | None = None
    query_id: str | None = None
    query: str | None = None

    def tree(self) -> dict[str, Tree]:
        """Return it as a tree, without what says nothing."""
        tree: dict[str, Tree] = {"raised": self.raised, "message": self.message}
        for name in ("errno", "sqlstate", "query_id", "query"):
            if (value := getattr(self, name)) is not None:
                tree[name] = value
        return tree


def raised_of(tree: Mapping[str, Any]) -> Raised | None:
    """Return what a response raises; `None` for an answer."""
    if "raised" not in tree:
        return None
    names = ("raised", "message", "errno", "sqlstate", "query_id", "query")
    return Raised(**{name: tree[name] for name in names if name in tree})


def parameters_to_keep(parameters: Mapping[str, object]) -> dict[str, Tree]:
    """Return those of a session's parameters that a client reads, by name."""
    return {
        name: cast("Tree", value)
        for name, value in sorted(parameters.items())
        if _PARAMETERS.fullmatch(name) and isinstance(value, (bool, int, float, str))
    }
