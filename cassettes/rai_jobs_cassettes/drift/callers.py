"""Who asked in a recording, and as whom that is asked of a fake. Pure.

Stand-ins are names as good as any: `<user-1>` is the name of a user of the fake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..lives.readings import Caller, Reading
from ..lives.tellings import created_in, records_in

__all__ = ["Role", "roles_of"]

_UNNAMED = "recorded-{}"
_UNAUTHORIZED = 401


@dataclass(frozen=True)
class Role:
    """A user of the fake.

    Args:
        name: theirs.
        is_admin: whether they saw, or cancelled, what is somebody else's.
        is_refused: whether they were never let in: then there is no such user.
    """

    name: str
    is_admin: bool = False
    is_refused: bool = False


def roles_of(readings: Iterable[Reading]) -> dict[Caller, Role]:
    """Return as whom each caller of a recording is asked for.

    A caller is the creator that the records of their executions name, or the user of their
    connection. Where one alone is without a name, they are the one that is left. [choice]
    """
    readings = list(readings)
    callers = list(dict.fromkeys(each.caller for each in readings))
    creators = _creators(readings)
    names = {caller: name for caller in callers if (name := _name(caller, readings, creators))}
    told = list(dict.fromkeys([*names.values(), *creators.values()]))
    refused = {caller for caller in callers if _is_refused(caller, readings)}
    unnamed = [each for each in callers if each not in names and each not in refused]
    for number, caller in enumerate(unnamed, start=1):
        names[caller] = told[0] if len(told) == 1 else _UNNAMED.format(number)
    return {
        caller: Role(
            names.get(caller, ""),
            _is_admin(caller, names.get(caller, ""), readings),
            caller in refused,
        )
        for caller in callers
    }


def _creators(readings: Sequence[Reading]) -> Mapping[str, str]:
    return {
        record.id: record.created_by
        for each in readings
        for record in records_in(each)
        if record.created_by
    }


def _name(caller: Caller, readings: Sequence[Reading], creators: Mapping[str, str]) -> str | None:
    for each in readings:
        if each.caller == caller and (made := created_in(each)) in creators:
            return creators[made or ""]
    mark = caller.mark if caller.kind == "sql" else None
    # One logs in in any case; records have the true name.
    same = (each for each in creators.values() if mark and each.lower() == mark.lower())
    return next(same, mark)


def _is_refused(caller: Caller, readings: Sequence[Reading]) -> bool:
    own = [each for each in readings if each.caller == caller]
    return caller.kind == "http" and all(
        each.interaction.response.get("status") == _UNAUTHORIZED for each in own
    )


def _is_admin(caller: Caller, name: str, readings: Sequence[Reading]) -> bool:
    return any(
        (each.asked.operation == "cancel" and each.asked.for_all_users and each.succeeded)
        or any(record.created_by not in (None, name) for record in records_in(each))
        for each in readings
        if each.caller == caller
    )
