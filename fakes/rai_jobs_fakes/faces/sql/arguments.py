"""Arguments of a call: from expressions and binds to values, and to the form that they fit.

Knows the forms' shape, not which there are: those stand beside each routine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from sqlglot import exp

from .failures import invalid_json, unfitting_arguments, unsupported
from .parsing import Argument, Node

__all__ = ["Form", "Json", "Kind", "Parameter", "fitted", "value_of"]


@dataclass(frozen=True)
class Json:
    """A semi-structured value: what `PARSE_JSON` makes of text."""

    value: object


class Kind(Enum):
    """What a parameter takes, by Snowflake's name for it; NULL fits each."""

    VARCHAR = "VARCHAR"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    VARIANT = "VARIANT"

    def takes(self, value: object) -> bool:
        """Tell whether `value` fits without a cast."""
        return value is None or _type_name(value) == self.value


@dataclass(frozen=True)
class Parameter:
    """One parameter of a form."""

    name: str
    kind: Kind
    optional: bool = False


Form: TypeAlias = tuple[Parameter, ...]


def fitted(
    name: str, forms: Sequence[Form], arguments: Sequence[Argument], binds: Sequence[object]
) -> Mapping[str, object]:
    """Return the values by parameter of the first of `forms` that `arguments` fit.

    Raises:
        SqlFailure: they fit none, or one of them cannot be evaluated.
    """
    given = [(each.name, value_of(each.value, binds)) for each in arguments]
    for form in forms:
        values = _placed(form, given)
        if values is not None and all(each.kind.takes(values.get(each.name)) for each in form):
            return {each.name: values.get(each.name) for each in form}
    raise unfitting_arguments(
        name,
        [_type_name(value) for _, value in given],
        [f"({', '.join(each.kind.value for each in form)})" for form in forms],
    )


def value_of(node: Node, binds: Sequence[object]) -> object:
    """Return the value of a constant expression.

    Raises:
        SqlFailure: it is not one that is understood, or is no JSON inside `PARSE_JSON`.
    """
    if isinstance(node, exp.Placeholder) and str(node.this).isdigit():
        return binds[int(str(node.this)) - 1]
    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else _number(str(node.this))
    for kind, read in _CONSTANTS.items():
        if isinstance(node, kind):
            return read(node, binds)
    raise unsupported(f"{node.sql(dialect='snowflake')[:80]} as an argument")


def _number(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        return Decimal(text) if "e" not in text.lower() else float(text)


def _negative(node: Node, binds: Sequence[object]) -> object:
    value = value_of(node.this, binds)
    if isinstance(value, (int, float, Decimal)):
        return -value
    raise unsupported(f"minus {_type_name(value)}")


def _parsed_json(node: Node, binds: Sequence[object]) -> object:
    text = value_of(node.this, binds)
    if text is None or isinstance(text, Json):
        return text
    try:
        return Json(json.loads(str(text)))
    except (ValueError, RecursionError):
        raise invalid_json(str(text)) from None


def _cast(node: Node, binds: Sequence[object]) -> object:
    value = value_of(node.this, binds)
    if node.to.this.value not in {"VARIANT", "OBJECT", "ARRAY"} or value is None:
        # Any other cast that a caller writes is to the type that the value has already.
        return value
    return value if isinstance(value, Json) else Json(value)


_CONSTANTS: Mapping[type, Callable[[Node, Sequence[object]], object]] = {
    exp.Null: lambda node, binds: None,  # noqa: ARG005
    exp.Boolean: lambda node, binds: bool(node.this),  # noqa: ARG005
    exp.Neg: _negative,
    exp.Paren: lambda node, binds: value_of(node.this, binds),
    exp.ParseJSON: _parsed_json,
    exp.Cast: _cast,
    exp.Array: lambda node, binds: Json([value_of(each, binds) for each in node.expressions]),
}


def _placed(form: Form, given: Sequence[tuple[str | None, object]]) -> dict[str, object] | None:
    """Return what each parameter got; `None` when the number or a name does not fit."""
    values: dict[str, object] = {}
    for position, (name, value) in enumerate(given):
        if name is None:
            target = form[position].name if position < len(form) else None
        else:
            target = next((each.name for each in form if each.name.upper() == name), None)
        if target is None or target in values:
            return None
        values[target] = value
    if any(each.name not in values and not each.optional for each in form):
        return None
    return values


def _type_name(value: object) -> str:
    if value is None:
        return "NULL"
    for kinds, name in _TYPE_NAMES:
        if isinstance(value, kinds):
            return name
    return type(value).__name__.upper()


_TYPE_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (Json, Kind.VARIANT.value),
    (bool, Kind.BOOLEAN.value),
    (int, Kind.NUMBER.value),
    (str, Kind.VARCHAR.value),
    ((float, Decimal), "FLOAT"),
)
