"""A query over the app's views, ready to be run: plain where it can be, else by the engine.

Here Snowflake's SQL is said in the engine's: names of views and of result columns, semi-structured
values, the time, who is asking. That is done once a statement, when it first needs the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from sqlglot import ErrorLevel, exp

from ...machine.listing import EVERYTHING
from ..seam import CallHandler
from .engine import Engine
from .failures import invalid_identifier, unsupported
from .names import Names
from .parsing import DIALECT, PARSER_ERRORS, Node, Query, heading_of, identifier_name
from .plain import Plain, plain_of, source_of
from .session import CONTEXT_FUNCTIONS, SqlSession, session_values
from .values import SqlTable
from .views import Rows, View

__all__ = ["QueryPlan"]

_NOW = {
    "CURRENT_TIMESTAMP": "TIMESTAMP",
    "LOCALTIMESTAMP": "TIMESTAMP",
    "SYSDATE": "TIMESTAMP",
    "CURRENT_DATE": "DATE",
    "CURRENT_TIME": "TIME",
}
"""Functions that ask for the time, and the type of what they answer."""
_SCALAR_PARENTS = (exp.Cast, exp.Predicate, exp.Upper, exp.Lower, exp.Trim)


class QueryPlan:
    """One query.

    Args:
        query: what was parsed.
        names: what its names mean.
        rows: where rows come from.
        engine: what runs it when it is not plain.
        now: the backend's time; `None` when nobody tells.
        statement: its text, for `CURRENT_STATEMENT()`.

    Raises:
        SqlFailure: it names a view that is not there.
    """

    def __init__(
        self,
        query: Query,
        names: Names,
        rows: Rows,
        engine: Engine,
        now: Callable[[], datetime] | None,
        statement: str = "",
    ) -> None:
        self._statement = statement
        self._query = query
        self._rows = rows
        self._engine = engine
        self._now = now
        self._tree: Node = query.tree.copy()
        self._views = _resolved(self._tree, names)
        only = self._views[0] if len(self._views) == 1 else None
        self._source = source_of(self._tree, only)
        self._plain: Plain | None = plain_of(self._tree, self._source)

    def run(self, binds: Sequence[object], session: SqlSession, backend: CallHandler) -> SqlTable:
        """Return what the query selects of what the session's user sees in `backend` now."""
        caller = session.user
        if self._source is None:
            items = [self._rows.of(view, caller, backend) for view in self._views]
        else:
            kinds, only_id = self._source.kinds(binds), self._source.only_id(binds)
            wanted, limit = EVERYTHING, None
            if self._plain is not None and only_id is None:
                wanted, limit = self._plain.narrowed(binds)
            items = [
                self._rows.of(
                    self._source.view,
                    caller,
                    backend,
                    kinds=kinds,
                    only_id=only_id,
                    wanted=wanted,
                    limit=limit,
                )
            ]
        table = self._plain.run(items[0], binds) if self._plain else None
        if table is not None:
            return table
        sql, asked = self._translated
        values = [*binds, *(self._context(name, session) for name in asked)]
        return self._engine.run(sql, values, list(zip(self._views, items, strict=True)))

    @cached_property
    def _translated(self) -> tuple[str, list[str]]:
        """The query in the engine's dialect, and the context values to bind after its own."""
        # A copy: two threads may be here at once.
        tree = self._tree.copy()
        _refuse_app_functions(tree)
        _refuse_quoted_misspellings(tree, self._views)
        _name_columns(tree)
        _break_ties(tree)
        for node in list(tree.find_all(exp.JSONExtract)):
            if isinstance(node.parent, _SCALAR_PARENTS):
                scalar = exp.JSONExtractScalar(this=node.this, expression=node.expression)
                node.replace(scalar)
        for kind in tree.find_all(exp.DataType):
            if kind.this.value in {"TIMESTAMPTZ", "TIMESTAMPLTZ"}:
                kind.set("this", exp.DataType.Type.TIMESTAMP)
        asked = _bind_context(tree, self._query.binds)
        try:
            sql = tree.sql(dialect="duckdb", identify=True, unsupported_level=ErrorLevel.RAISE)
        except PARSER_ERRORS as error:
            raise unsupported(str(error)) from error
        return sql, asked

    def _context(self, name: str, session: SqlSession) -> object:
        if name not in _NOW:
            return session_values(session, self._statement)[name]
        if self._now is None:
            raise unsupported(name)
        return self._now()


def _resolved(tree: Node, names: Names) -> list[View]:
    """Return the views that `tree` names, each once, and name them in it as the engine does."""
    common = {identifier_name(each.args["alias"].this) for each in tree.find_all(exp.CTE)}
    views: dict[str, View] = {}
    for table in tree.find_all(exp.Table):
        parts = [identifier_name(part) for part in table.parts]
        if not isinstance(table.this, exp.Identifier) or (len(parts) == 1 and parts[0] in common):
            continue
        view = names.view(parts)
        views[view.name] = view
        table.set("this", exp.to_identifier(view.name))
        table.set("db", None)
        table.set("catalog", None)
    for column in tree.find_all(exp.Column):
        # Views of different schemas never share a name here.
        column.set("db", None)
        column.set("catalog", None)
    return list(views.values())


def _refuse_app_functions(tree: Node) -> None:
    for node in tree.find_all(exp.Dot):
        if isinstance(node.expression, exp.Func):
            name = node.sql(dialect=DIALECT)
            raise unsupported(f"{name[:80]} within a larger query")


def _refuse_quoted_misspellings(tree: Node, views: Sequence[View]) -> None:
    """Refuse `"id"`, which is no column: the engine would take it for ID."""
    known = {each.name for view in views for each in view.columns}
    given = {identifier_name(each.args["alias"]) for each in tree.find_all(exp.Alias)}
    for column in tree.find_all(exp.Column):
        name = identifier_name(column.this)
        if name not in known | given and name.upper() in known:
            raise invalid_identifier(f'"{name}"')


def _name_columns(tree: Node) -> None:
    """Give every column of the result the name that Snowflake gives it."""
    while isinstance(tree, (exp.SetOperation, exp.Subquery)):
        tree = tree.this
    if not isinstance(tree, exp.Select):
        return
    named: list[Node] = []
    for node in tree.expressions:
        named_already = isinstance(node, (exp.Alias, exp.Star, exp.Column))
        named.append(node if named_already else exp.alias_(node, heading_of(node), quoted=True))
    tree.set("expressions", named)


def _break_ties(tree: Node) -> None:
    """Keep the views' own order, newest first, where the query's leaves one open."""
    order, source = tree.args.get("order"), tree.args.get("from_") or tree.args.get("from")
    if order is None or source is None or not isinstance(tree, exp.Select):
        return
    grouped = tree.args.get("group") or tree.args.get("distinct")
    if grouped or not isinstance(source.this, exp.Table) or source.this.args.get("db"):
        return
    if any(True for each in tree.expressions for _ in each.find_all(exp.AggFunc)):
        return
    if tree.args.get("with_") or tree.args.get("with"):
        return
    place = exp.column("rowid", table=source.this.alias_or_name, quoted=True)
    order.append("expressions", exp.Ordered(this=place, desc=False))


def _bind_context(tree: Node, binds: int) -> list[str]:
    """Put a bind for each question about the session or the time; return their names, in order."""
    asked: list[str] = []
    for node in list(tree.find_all(exp.Func)):
        anonymous = isinstance(node, exp.Anonymous)
        name = identifier_name(node.this) if anonymous else str(node.sql_name()).upper()
        if name not in _CONTEXT:
            continue
        asked.append(name)
        place = exp.Placeholder(this=str(binds + len(asked)))
        node.replace(exp.cast(place, _NOW.get(name, "TEXT")))
    return asked


_CONTEXT = frozenset(_NOW) | CONTEXT_FUNCTIONS
