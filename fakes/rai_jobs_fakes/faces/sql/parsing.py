"""From a statement's text to what it is: an invocation, a query, or a word to the session.

Knows SQL (through sqlglot), nothing of the app: which functions and views there are is elsewhere.
Texts come thousands of times, so callers keep what is made of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from .failures import (
    empty_statement,
    nested_too_deeply,
    syntax_error,
    unsupported,
    wrong_statement_count,
)
from .values import SqlFailure

__all__ = [
    "DIALECT",
    "PARSER_ERRORS",
    "Argument",
    "Form",
    "Invocation",
    "Node",
    "Parsed",
    "Query",
    "SessionCommand",
    "heading_of",
    "identifier_name",
    "is_function",
    "name_as_written",
    "parse",
]

DIALECT = "snowflake"
Node: TypeAlias = Any
"""Any node of a tree: the base class has another name in each major version of sqlglot."""
Form: TypeAlias = Literal["call", "select", "table"]

_SPACE = r"(?:\s|--[^\n]*(?:\n|$)|//[^\n]*(?:\n|$)|/\*.*?\*/)*"
_FIRST_WORD = re.compile(rf"{_SPACE}([A-Za-z_]\w*)", re.DOTALL)
_CALL_LENGTH = len("CALL")
_BIND = re.compile(r":\d+")
_VERBS = re.compile(
    "ALTER|COMMENT|COPY|CREATE|DELETE|DESC|DESCRIBE|DROP|EXECUTE|EXPLAIN|GET|GRANT|INSERT|LIST|MERGE"
    "|PUT|REMOVE|REVOKE|SET|SHOW|TRUNCATE|UNDROP|UNSET|UPDATE"
)
"""Statements of Snowflake that there is nothing for here."""
_SESSION = re.compile(
    r"(USE|ALTER\s+SESSION|SHOW\s+PARAMETERS|BEGIN|COMMIT|ROLLBACK)\b", re.IGNORECASE
)
PARSER_ERRORS = (SqlglotError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What sqlglot raises for what is no SQL: not its own errors alone."""
_LONGEST_KEPT = 10_000
_QUERY_WORDS = frozenset({"SELECT", "WITH", "VALUES", ""})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


@dataclass(frozen=True)
class Argument:
    """One argument of an invocation."""

    name: str | None
    """The name in upper case, for `name => value`."""
    value: Node


@dataclass(frozen=True)
class Invocation:
    """One function or procedure, and nothing around it."""

    form: Form
    path: tuple[str, ...]
    """Database, schema and name, as far as they were written, in their true case."""
    arguments: tuple[Argument, ...]
    heading: str
    """The name that Snowflake gives to the column, where the function itself names none."""
    binds: int
    """How many bind variables the statement has."""


@dataclass(frozen=True)
class Query:
    """A SELECT, with its identifiers in their true case and `?` replaced by `:1`, `:2`, …"""

    tree: exp.Query
    binds: int


@dataclass(frozen=True)
class SessionCommand:
    """`USE …`, `ALTER SESSION …`, `COMMIT` and others that are for the session."""

    text: str
    """From its first word on."""


Parsed: TypeAlias = Invocation | Query | SessionCommand


def parse(statement: str) -> Parsed:
    """Return what `statement` is.

    Raises:
        SqlFailure: it is not one statement, or none that is understood.
    """
    # Long ones would fill the memory, and do not come again.
    try:
        return (_parsed if len(statement) <= _LONGEST_KEPT else _parsed.__wrapped__)(statement)
    except RecursionError:
        raise nested_too_deeply() from None


@lru_cache(maxsize=1024)
def _parsed(statement: str) -> Parsed:
    first = _FIRST_WORD.match(statement)
    word = first.group(1).upper() if first else ""
    if first is not None and word == "CALL":
        # sqlglot does not parse CALL; the rest of it is the expression of a SELECT.
        start = first.start(1)
        text = f"{statement[:start]}SELECT{statement[start + _CALL_LENGTH :]}"
        return _called(_tree(text, shift=len("SELECT") - _CALL_LENGTH))
    if first is not None and _SESSION.match(statement, first.start(1)):
        return SessionCommand(statement[first.start(1) :])
    if _VERBS.fullmatch(word):
        raise unsupported(word)
    if first is not None and word not in _QUERY_WORDS:
        raise _unexpected(statement, first.start(1), first.group(1))
    tree, binds = _tree(statement)
    if not isinstance(tree, exp.Query):
        raise syntax_error(1, 0, statement.strip()[:20])
    return _invoked(tree, binds) or Query(tree, binds)


def heading_of(node: Node) -> str:
    """Return the name that Snowflake gives to the column of an expression: its text."""
    return _BIND.sub("?", str(node.sql(dialect=DIALECT)).upper())


def identifier_name(node: object) -> str:
    """Return the true name that an identifier stands for: upper case unless it is quoted."""
    if isinstance(node, exp.Identifier):
        name = str(node.this)
        return name if node.args.get("quoted") else name.upper()
    return str(node).upper()


def is_function(node: Node, name: str) -> bool:
    """Tell whether `node` calls the function `name`, given in upper case, without arguments."""
    if isinstance(node, exp.Anonymous):
        return not node.expressions and identifier_name(node.this) == name
    return isinstance(node, exp.Func) and node.sql_name() == name


def name_as_written(name: str) -> str:
    """Return the true name of an object that is set up as `name`, quoted only where need be."""
    return name.upper() if _PLAIN.fullmatch(name) else name


def _tree(text: str, *, shift: int = 0) -> tuple[Node, int]:
    """Return the tree of one statement, and how many bind variables it has.

    Args:
        text: the statement.
        shift: by how much the text grew before this, in the line of its first word.
    """
    try:
        numbered, binds = _numbered(text)
        trees = sqlglot.parse(numbered, dialect=DIALECT)
    except PARSER_ERRORS:
        raise _located(text, shift) from None
    found: list[Node] = [tree for tree in trees if tree is not None]
    if not found:
        raise empty_statement()
    if len(found) > 1:
        raise wrong_statement_count(len(found))
    tree = normalize_identifiers(found[0], dialect=DIALECT)
    return tree, max(binds, _highest_bind(tree))


def _located(text: str, shift: int) -> SqlFailure:
    """Return where `text`, which does not parse, goes wrong."""
    try:
        sqlglot.parse(text, dialect=DIALECT)
    except ParseError as error:
        found: dict[str, Any] = error.errors[0] if error.errors else {}
        token, line, end = str(found.get("highlight")), found.get("line"), found.get("col")
        description = str(found.get("description"))
        if line and end and not description.startswith(("Expecting", "Required keyword")):
            return syntax_error(line, max(end - len(token) - (shift if line == 1 else 0), 0), token)
    except PARSER_ERRORS:
        pass
    # Something is missing, and nothing comes.
    return _unexpected(text, len(text), "<EOF>", shift)


def _unexpected(text: str, offset: int, token: str, shift: int = 0) -> SqlFailure:
    before = text[:offset].split("\n")
    moved = shift if len(before) == 1 else 0
    return syntax_error(len(before), len(before[-1]) - moved, token)


def _numbered(text: str) -> tuple[str, int]:
    """Return `text` with `:1`, `:2`, … for its question marks: trees do not keep their order."""
    parts: list[str] = []
    end = 0
    for token in sqlglot.tokenize(text, read=DIALECT):
        # `?::` is one token there, of a cast in another dialect.
        if token.token_type.name == "PLACEHOLDER" or token.text == "?::":
            parts += [text[end : token.start], f":{len(parts) // 2 + 1}"]
            end = token.start + 1
    return "".join([*parts, text[end:]]), len(parts) // 2


def _highest_bind(tree: Node) -> int:
    numbers = [str(each.this) for each in tree.find_all(exp.Placeholder)]
    return max((int(number) for number in numbers if number.isdigit()), default=0)


def _called(parsed: tuple[Node, int]) -> Invocation:
    tree, binds = parsed
    projection = _only_projection(tree)
    invoked = None if projection is None else _function(projection)
    if invoked is None:
        raise syntax_error(1, len("CALL "), "CALL")
    path, arguments = invoked
    return Invocation("call", path, arguments, path[-1], binds)


def _invoked(tree: exp.Query, binds: int) -> Invocation | None:
    """Return the invocation that a SELECT is, if it is nothing else."""
    projection = _only_projection(tree)
    if projection is not None:
        value = projection.this if isinstance(projection, exp.Alias) else projection
        invoked = _function(value) if isinstance(value, exp.Dot) else None
        if invoked is not None:
            heading = projection.alias if isinstance(projection, exp.Alias) else heading_of(value)
            return Invocation("select", *invoked, heading, binds)
    source = _only_source(tree)
    if isinstance(source, exp.TableFromRows):
        invoked = _function(source.this)
        if invoked is not None:
            return Invocation("table", *invoked, invoked[0][-1], binds)
    return None


def _only_projection(tree: Node) -> Node | None:
    if not isinstance(tree, exp.Select) or _clauses(tree) != {"expressions"}:
        return None
    projections = tree.expressions
    return projections[0] if len(projections) == 1 else None


def _only_source(tree: Node) -> object:
    """Return what a bare `SELECT * FROM …` selects from."""
    if not isinstance(tree, exp.Select) or not tree.is_star or len(tree.expressions) != 1:
        return None
    clauses = _clauses(tree) - {"expressions"}
    # sqlglot before 28 calls the clause `from`.
    if len(clauses) != 1 or not clauses <= {"from_", "from"}:
        return None
    return tree.args[clauses.pop()].this


def _clauses(tree: Node) -> set[str]:
    return {name for name, value in tree.args.items() if value}


def _function(node: Node) -> tuple[tuple[str, ...], tuple[Argument, ...]] | None:
    parts = list(node.flatten()) if isinstance(node, exp.Dot) else [node]
    function = parts[-1]
    if not isinstance(function, exp.Func):
        return None
    names = [identifier_name(part) for part in parts[:-1]]
    if isinstance(function, exp.Anonymous):
        given = function.expressions
        name = identifier_name(function.this)
    else:
        # A function of SQL itself: the app has none of these, whatever the arguments.
        given, name = [], function.sql_name()
    return (*names, name), tuple(_argument(each) for each in given)


def _argument(node: Node) -> Argument:
    if isinstance(node, (exp.Kwarg, exp.PropertyEQ)):
        return Argument(identifier_name(node.this), node.expression)
    return Argument(None, node)
