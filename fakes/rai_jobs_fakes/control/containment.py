"""Predicates that can be written down: equal to a JSON value, or containing one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..machine.calls import Call
from ..reports.as_json import arguments_as_json

__all__ = ["CallContains", "PayloadMatches", "contains"]


def contains(value: object, wanted: object) -> bool:
    """Tell whether `value` holds all that `wanted` names; what is not an object must be equal."""
    if isinstance(wanted, Mapping):
        names = cast("Mapping[object, object]", wanted)
        return isinstance(value, Mapping) and all(
            name in value and contains(cast("Mapping[object, object]", value)[name], each)
            for name, each in names.items()
        )
    # `True == 1`, but no JSON says so.
    return isinstance(value, bool) is isinstance(wanted, bool) and value == wanted


class PayloadMatches:
    """Whether a payload is equal to one object and contains another; either may be `None`."""

    def __init__(self, equal: Mapping[str, Any] | None, part: Mapping[str, Any] | None) -> None:
        self._equal = equal
        self._part = part
        told = {"payload": equal, "payload_contains": part}
        self.__name__ = ", ".join(f"{name}={of!r}" for name, of in told.items() if of is not None)

    def __call__(self, payload: Mapping[str, Any]) -> bool:
        """Tell whether it does."""
        equal = self._equal is None or (
            contains(payload, self._equal) and contains(self._equal, payload)
        )
        return equal and (self._part is None or contains(payload, self._part))


class CallContains:
    """Whether the arguments of a call, as the transcript tells them in JSON, contain an object."""

    def __init__(self, part: Mapping[str, Any]) -> None:
        self._part = part
        self.__name__ = repr(dict(part))

    def __call__(self, call: Call[Any]) -> bool:
        """Tell whether they do."""
        return contains(arguments_as_json(call), self._part)
