"""Plain queries, read without an engine: the lists and looks that clients poll with.

A query that fits is `SELECT columns FROM view [WHERE conditions joined by AND] [ORDER BY created_on
DESC] [LIMIT n [OFFSET m]]`. What does not fit is for the engine, which answers the same on what
does; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sqlglot import exp

from rai_jobs.reasoners import ReasonerType

from ...machine.listing import EVERYTHING, Wanted
from .arguments import value_of
from .parsing import Node, identifier_name
from .values import SqlTable, SqlType
from .views import JOB_TYPES, REASONERS, Item, View, ViewColumn, table_of_items

__all__ = ["Condition", "Plain", "Source", "plain_of", "source_of"]

_TEXT_FUNCTIONS: Mapping[type, Callable[[str], str]] = {
    exp.Upper: str.upper,
    exp.Lower: str.lower,
    exp.Trim: lambda text: text.strip(" "),
}
_COMPARED: Mapping[SqlType, type] = {"text": str, "fixed": int, "boolean": bool}
"""Types of columns that are compared here, and the type that a value must have for it."""
_CONSTANTS = (exp.Placeholder, exp.Literal, exp.Null, exp.Boolean)


@dataclass(frozen=True)
class Condition:
    """`f(column) IN (values)`, or its negation; equality is a list of one."""

    column: ViewColumn
    functions: tuple[Callable[[str], str], ...]
    """From the inside out."""
    values: tuple[Node, ...]
    negated: bool

    def test(self, binds: Sequence[object]) -> Callable[[object], bool] | None:
        """Return what tells whether a value of the column passes.

        `None` when the values are not of the column's type: SQL would cast one of the two.
        """
        values = [value_of(node, binds) for node in self.values]
        kind, given = (
            _COMPARED[self.column.column.type],
            [each for each in values if each is not None],
        )
        if any(type(value) is not kind for value in given):
            return None
        wanted = frozenset(given)
        if self.negated and len(given) < len(values):
            return lambda value: False  # noqa: ARG005

        def passes(value: object) -> bool:
            if value is None:
                return False
            for function in self.functions:
                value = function(str(value))
            return (value in wanted) is not self.negated

        return passes

    def asked(self, binds: Sequence[object]) -> tuple[str, str] | None:
        """Return the column and the text by which a list can be asked for this.

        `None` when it cannot; an empty text where the types that are looked in say it all.
        """
        if self.column.name == _TYPE:
            return _TYPE, ""
        values = [value_of(node, binds) for node in self.values]
        text = values[0] if len(values) == 1 and not self.negated else None
        # A list compares names in lower case, and states in upper case.
        spelled = _SPELLED.get(self.column.name)
        if not isinstance(text, str) or spelled is None or text != spelled[1](text):
            return None
        return (self.column.name, text) if self.functions in spelled[0] else None


_SPELLED: Mapping[str, tuple[Sequence[tuple[Callable[[str], str], ...]], Callable[[str], str]]] = {
    "ID": (((),), str),
    "STATE": (((), (str.upper,)), str.upper),
    "CREATED_BY": (((str.lower,),), str.lower),
    "REASONER_NAME": (((str.lower,),), str.lower),
    "ENGINE_NAME": (((str.lower,),), str.lower),
}
"""By column: the functions under which a list compares it, and the case that its text must have."""


@dataclass(frozen=True)
class Source:
    """The one view that a query reads, and what its WHERE surely demands of each row."""

    view: View
    conditions: tuple[Condition, ...]
    complete: bool
    """Whether the conditions are the whole WHERE."""
    ordered: bool

    def only_id(self, binds: Sequence[object]) -> str | None:
        """Return the id that every row must have. An ordered query is a list, and has none."""
        for each in () if self.ordered else self.conditions:
            if each.column.name == "ID" and not each.functions and not each.negated:
                values = [value_of(node, binds) for node in each.values]
                if len(values) == 1 and isinstance(values[0], str):
                    return values[0]
        return None

    def kinds(self, binds: Sequence[object]) -> tuple[ReasonerType, ...]:
        """Return the types of jobs that may pass."""
        named = [each.test(binds) for each in self.conditions if each.column.name == _TYPE]
        tests = [test for test in named if test is not None]
        return tuple(kind for kind in JOB_TYPES if all(test(kind.discriminator) for test in tests))


_TYPE = "REASONER_TYPE"


@dataclass(frozen=True)
class Plain:
    """A plain query."""

    source: Source
    columns: tuple[ViewColumn, ...]
    limit: Node | None
    offset: Node | None

    def narrowed(self, binds: Sequence[object]) -> tuple[Wanted, int | None]:
        """Return what a list can be asked for in place of everything, and how many rows of it.

        It may show more than the query selects, never less; `None` rows is all of them.
        """
        limit, offset = _count(self.limit, binds, None), _count(self.offset, binds, 0)
        tests = [each.test(binds) for each in self.source.conditions]
        if None in tests or isinstance(limit, str) or isinstance(offset, str):
            return EVERYTHING, None
        asked = [each.asked(binds) for each in self.source.conditions]
        known = dict(pair for pair in asked if pair is not None and pair[0] != _TYPE)
        whole = None not in asked and len(known) == sum(pair[0] != _TYPE for pair in asked if pair)
        rows = None if limit is None or not whole else limit + (offset or 0)
        wanted = Wanted(
            job_id=known.get("ID"),
            state=known.get("STATE"),
            name=known.get("REASONER_NAME") or known.get("ENGINE_NAME"),
            created_by=known.get("CREATED_BY"),
        )
        return wanted, rows

    def run(self, items: Sequence[Item], binds: Sequence[object]) -> SqlTable | None:
        """Return what the query selects of `items`, which are newest first.

        `None` when a value is not of the type that it is used as: that is for the engine.
        """
        limit, offset = _count(self.limit, binds, None), _count(self.offset, binds, 0)
        tests = [(each.column.read, each.test(binds)) for each in self.source.conditions]
        checks = [(read, test) for read, test in tests if test is not None]
        if len(checks) < len(tests) or isinstance(limit, str) or isinstance(offset, str):
            return None
        chosen = (item for item in items if all(test(read(item)) for read, test in checks))
        start = offset or 0
        end = None if limit is None else start + limit
        return table_of_items(list(islice(chosen, start, end)), self.columns)


def source_of(tree: Node, view: View | None) -> Source | None:
    """Return what `tree` reads, `None` when it may read more than `view`.

    Args:
        tree: the query.
        view: the view that its FROM names.
    """
    if view is None or not isinstance(tree, exp.Select) or len(list(tree.find_all(exp.Table))) > 1:
        return None
    where = tree.args.get("where")
    demanded = (
        [] if where is None else list(where.this.flatten()) if _is_and(where) else [where.this]
    )
    names = _names(tree, view)
    conditions = [_condition(node, view, names) for node in demanded]
    known = tuple(each for each in conditions if each is not None)
    ordered = bool(tree.args.get("order"))
    return Source(view, known, len(known) == len(conditions), ordered)


def plain_of(tree: Node, source: Source | None) -> Plain | None:
    """Return the plain query that `tree` is, `None` when it is more than that."""
    if source is None or source.view is REASONERS or not source.complete:
        return None
    clauses = {name for name, value in tree.args.items() if value}
    if not clauses <= {"expressions", "from_", "from", "where", "order", "limit", "offset"}:
        return None
    names = _names(tree, source.view)
    columns = _columns(tree.expressions, source.view, names)
    order, limit, offset = (tree.args.get(name) for name in ("order", "limit", "offset"))
    if columns is None or not _is_newest_first(order, source.view, names):
        return None
    counts = [None if each is None else each.args.get("expression") for each in (limit, offset)]
    # FETCH and LIMIT … PERCENT have no such expression.
    for clause, count in zip((limit, offset), counts, strict=True):
        if clause is not None and not isinstance(count, _CONSTANTS):
            return None
    return Plain(source, columns, counts[0], counts[1])


def _is_and(where: Node) -> bool:
    return isinstance(where.this, exp.And)


def _names(tree: Node, view: View) -> frozenset[str]:
    """Return the names by which a column may be qualified; "" for not at all."""
    table = tree.find(exp.Table)
    return frozenset({"", table.alias or view.name})


def _columns(
    projections: Sequence[Node], view: View, names: frozenset[str]
) -> tuple[ViewColumn, ...] | None:
    found: list[ViewColumn | None] = []
    for node in projections:
        if isinstance(node, exp.Star) and not any(node.args.values()):
            found += view.columns
        elif isinstance(node, exp.Alias):
            column = _column(node.this, view, names)
            renamed = None if column is None else replace(column.column, name=node.alias)
            found.append(
                None if column is None or renamed is None else replace(column, column=renamed)
            )
        else:
            found.append(_column(node, view, names))
    columns = tuple(each for each in found if each is not None)
    return columns if len(columns) == len(found) else None


def _column(node: Node, view: View, names: frozenset[str]) -> ViewColumn | None:
    if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
        return None
    return view.find(identifier_name(node.this)) if node.table in names else None


def _condition(node: Node, view: View, names: frozenset[str]) -> Condition | None:
    negated = isinstance(node, (exp.Not, exp.NEQ))
    inner = node.this if isinstance(node, exp.Not) else node
    if isinstance(inner, exp.In):
        values = list(inner.expressions)
    elif isinstance(inner, (exp.EQ, exp.NEQ)) and not isinstance(node, exp.Not):
        values = [inner.expression]
    else:
        return None
    left, functions = inner.this, list[Callable[[str], str]]()
    while type(left) in _TEXT_FUNCTIONS and _is_unary(left):
        functions.insert(0, _TEXT_FUNCTIONS[type(left)])
        left = left.this
    column = _column(left, view, names)
    if column is None or column.column.type not in _COMPARED or not values:
        return None
    if not all(isinstance(value, _CONSTANTS) for value in values):
        return None
    if functions and column.column.type != "text":
        return None
    return Condition(column, tuple(functions), tuple(values), negated)


def _is_unary(node: Node) -> bool:
    return {name for name, value in node.args.items() if value} == {"this"}


def _is_newest_first(order: Node | None, view: View, names: frozenset[str]) -> bool:
    if order is None:
        return True
    if len(order.expressions) != 1 or not order.expressions[0].args.get("desc"):
        return False
    column = _column(order.expressions[0].this, view, names)
    return column is not None and column.name == "CREATED_ON"


def _count(node: Node | None, binds: Sequence[object], default: int | None) -> int | str | None:
    """Return a LIMIT or OFFSET; a text when it is none that is understood here."""
    value = default if node is None else value_of(node, binds)
    if value is None or (type(value) is int and value >= 0):
        return value
    return "not a count"
