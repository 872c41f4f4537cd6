"""An answer in the form in which two are compared: what matters of it, by name. Pure."""

from __future__ import annotations

import json

from ..interactions import Tree

__all__ = ["shaped"]

_HEADERS_THAT_MATTER = ("content-type", "location", "retry-after")
_DROPPED = frozenset({"reason", "rowcount", "query", "session"})
"""What is told elsewhere in the answer or the request, or is of the connection alone."""
_COLUMN = ("name", "type")


def shaped(response: dict[str, Tree]) -> dict[str, Tree]:
    """Return an answer as it is compared.

    Rows are by column; of columns, name and type are left; texts that are JSON are read; of
    headers, those are left that a client acts on.

    Args:
        response: of HTTP or SQL.
    """
    found: dict[str, Tree] = {}
    columns = response.get("columns")
    if str(response.get("raised", "")).startswith("httpx."):
        # How a system says that it could not connect is its own affair. [choice]
        return {"raised": response["raised"]}
    for name, value in response.items():
        if name in _DROPPED:
            continue
        if name == "headers" and isinstance(value, dict):
            found[name] = _headers(value)
        elif name == "columns" and isinstance(value, list):
            found[name] = [_column(each) for each in value]
        elif name == "rows" and isinstance(value, list) and isinstance(columns, list):
            found[name] = [_row(columns, each) for each in value]
        else:
            found[name] = _read(value)
    return found


def _headers(headers: dict[str, Tree]) -> Tree:
    left = {name: headers[name] for name in _HEADERS_THAT_MATTER if name in headers}
    kind = left.get("content-type")
    if isinstance(kind, str):
        left["content-type"] = kind.partition(";")[0].strip().lower()
    return left


def _column(column: Tree) -> Tree:
    if not isinstance(column, dict):
        return column
    return {
        name: value.upper() if isinstance(value, str) else value
        for name, value in column.items()
        if name in _COLUMN
    }


def _row(columns: list[Tree], row: Tree) -> Tree:
    if not isinstance(row, list) or len(row) != len(columns):
        return _read(row)
    found: dict[str, Tree] = {}
    for column, value in zip(columns, row, strict=True):
        name = str(column.get("name")) if isinstance(column, dict) else str(column)
        while name in found:
            name += "'"
        found[name] = _read(value)
    return found


def _read(value: Tree) -> Tree:
    if isinstance(value, list):
        return [_read(each) for each in value]
    if isinstance(value, dict):
        return {name: _read(each) for name, each in value.items()}
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
