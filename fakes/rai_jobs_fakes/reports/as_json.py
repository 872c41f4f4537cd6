"""Calls, answers and facts as plain JSON values, for a transcript that is kept or compared.

The same value always gives the same form: no addresses, no order of a set. What has no form in
JSON is named by its type. Nothing here asks or changes the backend.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, cast

from rai_jobs.reasoners import ReasonerType

from ..faults.plan import InjectedFault
from ..instants import datetime_of
from ..machine.calls import Call, ExecutionView
from ..machine.execution import Fact, StatusFact
from ..machine.refusals import Refusal

__all__ = [
    "arguments_as_json",
    "fact_as_json",
    "instant_as_json",
    "outcome_as_json",
    "value_as_json",
]

DEEPEST = 200
"""How many levels of a value are told; a payload that is nested deeper is a hostile one."""

_MOST_BITS = 10_000
"""Python writes no number that is much longer."""


def arguments_as_json(call: Call[Any]) -> dict[str, Any]:
    """Return what `call` was asked with, by name; payloads whole."""
    return _by_field(call, 0) if is_dataclass(call) else {}


def outcome_as_json(answer: object) -> dict[str, Any]:
    """Return what came of a call: an `answer`, a `refusal` by kind and message, or a `fault`."""
    if isinstance(answer, InjectedFault):
        true = {"answer": _plain(answer.answer, 0)} if answer.acted else {}
        return {"fault": {"is": repr(answer.fault), "acted": answer.acted}, **true}
    if isinstance(answer, Refusal):
        return {"refusal": {"kind": type(answer).__name__, "message": str(answer)}}
    return {"answer": _plain(answer, 0)}


def value_as_json(value: object) -> Any:
    """Return what a test or a client gave, whatever it is; payloads, events, columns."""
    return _plain(value, 0)


def fact_as_json(fact: Fact | StatusFact) -> dict[str, Any]:
    """Return one thing that happened; an accepted execution has neither trigger nor `before`."""
    if isinstance(fact, StatusFact):
        return {
            "at": instant_as_json(fact.at),
            "reasoner_type": fact.reasoner_type.label,
            "reasoner_name": fact.reasoner_name,
            "status": fact.status.value,
        }
    return {
        "at": instant_as_json(fact.at),
        "execution": fact.execution_id,
        "trigger": fact.trigger and fact.trigger.value,
        "before": fact.before and fact.before.value,
        "after": fact.after.value,
    }


def instant_as_json(instant: int) -> str:
    """Return an instant in ISO 8601: UTC, always to the microsecond."""
    return datetime_of(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _view(view: ExecutionView) -> dict[str, Any]:
    # Without the payload: the create tells it, and a poll each would tell it again.
    asked = view.submission
    return {
        "id": view.id,
        "reasoner_type": view.reasoner_type.label,
        "reasoner_name": view.reasoner_name,
        "state": view.state.value,
        "created_by": view.created_by,
        "created_at": instant_as_json(view.created_at),
        "finished_at": None if view.finished_at is None else instant_as_json(view.finished_at),
        "duration_ms": view.duration_ms,
        "timeout_ms": view.timeout_ms,
        "abort_reason": view.abort_reason,
        "database_name": asked.database_name,
        "read_only": asked.read_only,
    }


def _plain(value: object, depth: int) -> Any:
    if depth > DEEPEST:
        return _named(value)
    if isinstance(value, ExecutionView):
        return _view(value)
    if isinstance(value, ReasonerType):
        return value.label
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _MOST_BITS else _named(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _named(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_key(key): _plain(each, depth + 1) for key, each in items}
    if isinstance(value, (list, tuple)):
        return [_plain(each, depth + 1) for each in cast("list[object]", value)]
    if is_dataclass(value) and not isinstance(value, type):
        return _by_field(value, depth)
    return _named(value)


def _by_field(value: Any, depth: int) -> dict[str, Any]:
    shown = (field.name for field in fields(value) if field.repr)
    return {name: _plain(getattr(value, name), depth + 1) for name in shown}


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    # As JSON writes what a payload may have for keys.
    plain = key is None or isinstance(key, (bool, int, float))
    return json.dumps(key) if plain else f"({type(key).__name__})"


def _named(value: object) -> dict[str, str]:
    shown = str(value) if isinstance(value, float) else type(value).__name__
    return {"no JSON": shown}
