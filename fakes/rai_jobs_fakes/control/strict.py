"""What all models of the control API share: nothing unknown is let pass, and errors say the names.

`problems_of` turns what pydantic complains of into places in what was sent, as its sender knows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from rai_jobs.reasoners import REASONER_TYPES, ReasonerType

__all__ = ["AnyObject", "Problem", "ReasonerTypeName", "Strict", "problems_of", "refused_name"]

AnyObject = dict[str, Any]
"""A JSON object, whose names are its sender's own."""

_QUOTED = re.compile(r"'([^']*)'")
_SECRET = (("password",), ("token",), ("public_key",))


class Strict(BaseModel):
    """A value that is said or told: its fields and no others, each of exactly its type."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _names_are_known(cls, data: object) -> object:
        if isinstance(data, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for name in cast("dict[object, object]", data):
                if name not in known:
                    raise refused_name(str(name), known, is_field=True)
        return cast("object", data)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what was sent."""

    where: tuple[str | int, ...]
    """The way to it: names of fields, and places in lists."""
    wrong: str
    valid: tuple[str, ...] = ()
    """What it may be instead, where that is a choice."""

    @property
    def place(self) -> str:
        """The way as text, e.g. `scripts[0].outcome`; empty for the whole."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.where)
        return "".join(steps).removeprefix(".")

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong}" if self.where else self.wrong


def refused_name(name: str, known: Sequence[str], *, is_field: bool = False) -> PydanticCustomError:
    """Return the error of a name that is not one of those that are known.

    Args:
        name: the name.
        known: those that are.
        is_field: whether it names a field, and not a value.
    """
    return PydanticCustomError(
        "unknown_name",
        "{shown} is not known; use one of {known}",
        {
            "shown": repr(name[:80]),
            "known": ", ".join(known),
            "valid": list(known),
            "named": name[:80],
            "is_field": is_field,
        },
    )


def problems_of(error: ValidationError, data: object) -> list[Problem]:
    """Return what is wrong with `data`.

    Args:
        error: what a model said of it.
        data: what was given to the model.
    """
    found: dict[tuple[str | int, ...], Problem] = {}
    for each in error.errors(include_url=False):
        problem = _problem_of(each, data)
        other = found.get(problem.where)
        if other is not None:
            # One place, and several forms that it might have had.
            wrong = f"{other.wrong}, or: {problem.wrong}"
            problem = Problem(problem.where, wrong, (*other.valid, *problem.valid))
        found[problem.where] = problem
    return list(found.values())


def _problem_of(error: ErrorDetails, data: object) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    where = _way(error["loc"], data, missing=kind == "missing")
    if kind == "unknown_name":
        known = cast("list[str]", context["valid"])
        name = context["named"]
        # That of a field is a step of the way; that of a value is there already.
        return Problem((*where, name) if context["is_field"] else where, error["msg"], tuple(known))
    if kind == "union_tag_invalid":
        known = _QUOTED.findall(context["expected_tags"])
        wrong = f"{context['tag']!r:.80} is not known; use one of {', '.join(known)}"
        return Problem((*where, context["discriminator"].strip("'")), wrong, tuple(known))
    if kind == "union_tag_not_found":
        return Problem((*where, context["discriminator"].strip("'")), "it is missing")
    if kind == "missing":
        return Problem(where, "it is missing")
    if kind == "value_error":
        return Problem(where, error["msg"].removeprefix("Value error, ").removesuffix("."))
    told: object = error["input"]
    seen = isinstance(told, (str, int, float, bool, type(None))) and where[-1:] not in _SECRET
    wrong = error["msg"].replace("Input should", "it should", 1)
    valid = _QUOTED.findall(str(context.get("expected", "")))
    return Problem(where, f"{wrong}; got {told!r:.80}" if seen else wrong, tuple(valid))


def _way(location: tuple[str | int, ...], data: object, *, missing: bool) -> tuple[str | int, ...]:
    """Return the steps of a location that are its sender's, not the name of a model between."""
    way: list[str | int] = []
    for number, step in enumerate(location, start=1):
        if isinstance(data, Mapping) and step in data:
            data = cast("Mapping[object, object]", data)[step]
        elif isinstance(data, list) and isinstance(step, int):
            data = cast("list[object]", data)[step]
        elif not (missing and number == len(location)):
            continue
        way.append(step)
    return tuple(way)


def _known_type(name: str) -> str:
    if ReasonerType.find(name) is None:
        raise refused_name(name, [kind.label for kind in REASONER_TYPES])
    return name


ReasonerTypeName = Annotated[
    str,
    AfterValidator(_known_type),
    Field(json_schema_extra={"examples": [kind.label for kind in REASONER_TYPES]}),
]
"""`Logic`, `Prescriptive` or `Predictive`, in any accepted spelling."""
