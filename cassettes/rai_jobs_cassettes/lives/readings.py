"""What a recording's requests ask of the backend, in one form whether they went over HTTP or SQL.

What an answer tells is read by `tellings`. Pure; nothing here knows the fake.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Literal, TypeAlias, cast
from urllib.parse import parse_qs, unquote, urlsplit

from rai_jobs.reasoners import LOGIC, ReasonerType

from ..errors import CassetteError
from ..format import open_cassette
from ..interactions import Interaction, Kind, Tree
from .sql_calls import SqlCall, sql_call

__all__ = ["Asked", "Caller", "Operation", "Reading", "interactions_in", "readings_of"]

Operation: TypeAlias = Literal[
    "create", "get", "list", "events", "cancel", "artifacts", "problems", "other"
]

_ROOT = "v1alpha1"
_PARTS: dict[str, Operation] = {
    "events": "events",
    "cancel": "cancel",
    "cancel_async": "cancel",
    "artifacts": "artifacts",
    "problems": "problems",
}
_ROUTINES: dict[str, Operation] = {
    "GET_JOB": "get",
    "GET_JOB_METADATA": "other",
    "EXEC_JOB_ASYNC": "create",
    "CANCEL_JOB": "cancel",
    "GET_JOB_EVENTS": "events",
    "EXEC_ASYNC_V2": "create",
    "GET_TRANSACTION": "get",
    "CANCEL_OWN_TRANSACTION": "cancel",
    "CANCEL_TRANSACTION": "cancel",
    "GET_OWN_TRANSACTION_EVENTS": "events",
    "GET_OWN_TRANSACTION_ARTIFACTS": "artifacts",
    "GET_OWN_TRANSACTION_PROBLEMS": "problems",
}
_GUARD_RAILS = "x-enable-guard-rails"


@dataclass(frozen=True)
class Caller:
    """Who asks: as whom over HTTP or SQL, as far as the recording tells.

    Args:
        kind: by which seam.
        mark: the header that authorises, or the user of the connection; `None` where none is told.
    """

    kind: Kind
    mark: str | None = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """What one request asks.

    Args:
        operation: of the client; `other` for what is none of them.
        kind: the type of reasoner, where the request says it.
        id: the execution that it is about; `None` where it is about none.
        name: of a create, the reasoner.
        timeout_s: of a create, in seconds; `None` where none is given.
        abort_detached: of a create, whether the work ends when its owner is silent.
        guard_rails: of a create, whether guard rails are asked for.
        stream: of events.
        token: of events, from where.
        for_all_users: of a cancel, whether it is to reach anybody's.
    """

    operation: Operation = "other"
    kind: ReasonerType | None = None
    id: str | None = None
    name: str = ""
    timeout_s: float | None = None
    abort_detached: bool = False
    guard_rails: bool = False
    stream: str = "progress"
    token: str = ""
    for_all_users: bool = False


@dataclass(frozen=True)
class Reading:
    """One interaction, read.

    Args:
        number: its place in the recording, from 1.
        interaction: as it was recorded.
        asked: what its request asks.
        caller: who asks.
    """

    number: int
    interaction: Interaction
    asked: Asked
    caller: Caller

    @property
    def at(self) -> float:
        """When it was answered, in seconds from the start of the recording."""
        return self.interaction.at

    @property
    def succeeded(self) -> bool:
        """Whether it was answered, and not with an error."""
        response = self.interaction.response
        status = response.get("status")
        if self.interaction.kind == "http":
            return isinstance(status, int) and 200 <= status < 300
        return "raised" not in response


def interactions_in(
    cassette: str | PathLike[str] | Iterable[Interaction],
) -> tuple[Interaction, ...]:
    """Return the interactions of a recording, in order.

    Args:
        cassette: the path of a file, or the interactions themselves.

    Raises:
        CassetteError: the file cannot be read, or is no cassette.
    """
    if isinstance(cassette, (str, PathLike)):
        opened = open_cassette(Path(cassette))
        return tuple(each.interaction() for each in opened.stored)
    given = cast("object", cassette)
    is_several = isinstance(given, Iterable)
    held: tuple[object, ...] = tuple(cast("Iterable[object]", given)) if is_several else (given,)
    others = [each for each in held if not isinstance(each, Interaction)]
    if others or not is_several:
        kind = type(others[0] if others else given).__name__
        raise CassetteError(f"A recording is the path of a file, or interactions; got {kind}.")
    return cast("tuple[Interaction, ...]", held)


def readings_of(interactions: Iterable[Interaction]) -> list[Reading]:
    """Return each interaction, read, in order."""
    found: list[Reading] = []
    for number, each in enumerate(interactions, start=1):
        request = each.request
        if each.kind == "http":
            caller = Caller("http", _header(request, "authorization"))
            found.append(Reading(number, each, _http_asked(request), caller))
        else:
            user = request.get("user")
            caller = Caller("sql", user if isinstance(user, str) else None)
            found.append(Reading(number, each, _sql_asked(request), caller))
    return found


def _header(request: dict[str, Tree], name: str) -> str | None:
    headers = request.get("headers")
    value = headers.get(name) if isinstance(headers, dict) else None
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) else None


def _http_asked(request: dict[str, Tree]) -> Asked:
    parts = urlsplit(str(request.get("url", "")))
    path = [unquote(each) for each in parts.path.split("/") if each]
    if _ROOT not in path:
        return Asked()
    method, path = str(request.get("method", "")).upper(), path[path.index(_ROOT) + 1 :]
    collection, rest = (path[0], path[1:]) if path else ("", [])
    if collection not in ("jobs", "transactions"):
        return Asked()
    kind = LOGIC if collection == "transactions" else None
    if not rest:
        return _http_create(request, kind) if method == "POST" else Asked("list", kind)
    if kind is None:
        kind, rest = ReasonerType.find(rest[0]), rest[1:]
    if not rest:
        return Asked(kind=kind)
    if len(rest) == 1:
        return Asked("get", kind, rest[0])
    query = parse_qs(parts.query, keep_blank_values=True)
    return Asked(
        _PARTS.get(rest[1], "other"),
        kind,
        rest[0],
        stream=rest[2] if len(rest) > 2 else "progress",
        token=query.get("continuation_token", [""])[-1],
    )


def _http_create(request: dict[str, Tree], kind: ReasonerType | None) -> Asked:
    body = request.get("json")
    held = body if isinstance(body, dict) else {}
    guard_rails = (_header(request, _GUARD_RAILS) or "").strip().lower() == "true"
    name = "engine_name" if kind else "worker_name"
    return Asked(
        "create",
        kind or ReasonerType.find(str(held.get("job_type", ""))),
        name=str(held.get(name) or ""),
        timeout_s=_minutes(held.get("timeout_mins")),
        abort_detached=held.get("abort_detached") is True,
        guard_rails=guard_rails,
    )


def _sql_asked(request: dict[str, Tree]) -> Asked:
    statement = request.get("statement")
    call = sql_call(statement, request.get("binds")) if isinstance(statement, str) else None
    if call is None:
        return Asked()
    if call.view:
        kind = LOGIC if call.view == "TRANSACTIONS" else None
        return Asked("list" if call.id is None else "get", kind, call.id)
    operation = _ROUTINES.get(call.routine, "other")
    logic = "TRANSACTION" in call.routine or call.routine == "EXEC_ASYNC_V2"
    if operation == "create":
        return _sql_transaction(call) if logic else _sql_job(call)
    arguments = call.arguments if logic else call.arguments[1:]
    texts = ["" if each is None else str(each) for each in arguments]
    return Asked(
        operation,
        LOGIC if logic else ReasonerType.find(str(call.argument(0))),
        texts[0] if texts else None,
        token=texts[1] if operation == "events" and len(texts) > 1 else "",
        for_all_users=call.routine == "CANCEL_TRANSACTION",
    )


def _sql_job(call: SqlCall) -> Asked:
    return Asked(
        "create",
        ReasonerType.find(str(call.argument(0))),
        name=str(call.argument(1) or ""),
        timeout_s=_minutes(call.argument(4)),
        abort_detached=call.argument(5) is True,
    )


def _sql_transaction(call: SqlCall) -> Asked:
    # Behind the seven that there always are: minutes or not, headers, and in newer apps the flag.
    rest = list(call.arguments[7:])
    minutes = rest.pop(0) if rest and _minutes(rest[0]) is not None else None
    headers = rest[0] if rest else None
    return Asked(
        "create",
        LOGIC,
        name=str(call.argument(1) or ""),
        timeout_s=_minutes(minutes),
        abort_detached=len(rest) > 1 and rest[1] is True,
        guard_rails=_guarded(headers),
    )


def _guarded(headers: Tree) -> bool:
    try:
        found: object = json.loads(headers) if isinstance(headers, str) else headers
    except ValueError:
        return False
    return isinstance(found, dict) and any(
        str(name).lower() == _GUARD_RAILS and str(value).lower() == "true"
        for name, value in cast("dict[object, object]", found).items()
    )


def _minutes(value: Tree) -> float | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) * 60 if number else None  # pyright: ignore[reportArgumentType]
