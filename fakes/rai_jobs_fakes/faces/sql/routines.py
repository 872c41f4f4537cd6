"""The app's functions and procedures: which there are, their forms, and what each does (spec §5).

`routines` is the whole list. Each turns its arguments into a call of the machine, and the answer
into a table. How a statement is read is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from rai_jobs.reasoners import LOGIC, ReasonerType

from ...machine.calls import (
    Call,
    Cancel,
    Create,
    Get,
    ReadArtifacts,
    ReadEvents,
    ReadProblems,
)
from ...machine.execution import User
from ...machine.refusals import NotFound, Refused
from ..seam import CallHandler
from .arguments import Form, Json, Kind, Parameter
from .parsing import Form as Invoked
from .values import SqlTable, one_row, table_of
from .views import FACE, JOBS, TRANSACTION_DETAILS, table_of_items

__all__ = ["Asked", "Routine", "routines"]


@dataclass(frozen=True)
class Asked:
    """One invocation on its way."""

    backend: CallHandler
    caller: User
    values: Mapping[str, Any]
    """The arguments by parameter; `None` for NULL and for what was left out."""
    heading: str
    """What the column is called, where the routine itself does not say."""
    endpoint: Callable[[], str]
    """Gives the host of Direct Access."""

    def handle(self, call: Call[Any]) -> Any:
        """Have the backend answer `call`."""
        return self.backend.handle(call, user=self.caller, face=FACE)

    def text(self, name: str) -> str:
        """Return an argument that may not be NULL."""
        value = self.values[name]
        if value is None:
            raise Refused(f"{name} is required")
        return str(value)

    def job_type(self) -> ReasonerType:
        """Return the argument `reasoner_type`, which names a type of jobs."""
        text = self.text("reasoner_type")
        kind = ReasonerType.find(text)
        if kind is None or kind.is_logic:
            raise Refused(f"no job type {text[:80]!r}")
        return kind

    def objects(self, name: str) -> dict[str, Any] | None:
        """Return an argument that is a JSON object, as a value or as text; `None` for NULL."""
        value = self.values[name]
        if value is None:
            return None
        try:
            found: object = value.value if isinstance(value, Json) else json.loads(value)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Refused(f"{name} must be a JSON object")
        return cast("dict[str, Any]", found)


@dataclass(frozen=True)
class Routine:
    """A function or procedure of the app."""

    name: str
    """Its name, in upper case."""
    form: Invoked
    """How it is invoked: `CALL f()`, `SELECT f()` or `SELECT * FROM TABLE(f())`."""
    forms: tuple[Form, ...]
    run: Callable[[Asked], SqlTable]
    home: Literal["api", "app"] = "api"
    """The schema that it is in: the API's or the app's own."""


def _required(kind: Kind, names: str) -> Form:
    return tuple(Parameter(name, kind) for name in names.split())


_TYPE_AND_ID = _required(Kind.VARCHAR, "reasoner_type id")
_ID = _required(Kind.VARCHAR, "id")
_MINUTES = Parameter("timeout_mins", Kind.NUMBER)
_DETACHED = Parameter("abort_detached", Kind.BOOLEAN)
_HEADERS = Parameter("headers", Kind.VARIANT)
_JOB: Form = (
    *_required(Kind.VARCHAR, "reasoner_type reasoner_name payload"),
    Parameter("object_reference_obj_array", Kind.VARIANT, optional=True),
    Parameter("timeout_mins", Kind.NUMBER, optional=True),
    Parameter("abort_detached", Kind.BOOLEAN, optional=True),
)
_TRANSACTION: Form = (
    *_required(Kind.VARCHAR, "database engine query"),
    Parameter("inputs", Kind.VARIANT),
    *_required(Kind.BOOLEAN, "readonly nowait_durable"),
    Parameter("language", Kind.VARCHAR),
)
_OLDER_FORMS: tuple[Form, ...] = (
    (*_TRANSACTION, _HEADERS),
    (*_TRANSACTION, _MINUTES, _HEADERS),
)


def routines(*, older_app: bool) -> tuple[Routine, ...]:
    """Return all functions and procedures of the app.

    Args:
        older_app: whether the app is of a version whose `exec_async_v2` does not know
            `abort_detached` (spec §5).
    """
    newer = tuple((*form, _DETACHED) for form in _OLDER_FORMS)
    transaction = _OLDER_FORMS if older_app else (*_OLDER_FORMS, *newer)
    events = _required(Kind.VARCHAR, "reasoner_type id continuation_token")
    own_events = _required(Kind.VARCHAR, "id continuation_token")
    return (
        Routine("GET_JOB", "call", (_TYPE_AND_ID,), _get_job),
        Routine("GET_JOB_METADATA", "call", (_TYPE_AND_ID,), _get_job_metadata),
        Routine("EXEC_JOB_ASYNC", "call", (_JOB,), _exec_job),
        Routine("CANCEL_JOB", "call", (_TYPE_AND_ID,), _cancel_job),
        Routine("GET_JOB_EVENTS", "select", (events,), _job_events),
        Routine("EXEC_ASYNC_V2", "call", transaction, _exec_transaction),
        Routine("GET_TRANSACTION", "call", (_ID,), _get_transaction),
        Routine("CANCEL_OWN_TRANSACTION", "call", (_ID,), _cancel_own),
        Routine("CANCEL_TRANSACTION", "call", (_ID,), _cancel_any),
        Routine("GET_OWN_TRANSACTION_EVENTS", "select", (own_events,), _own_events),
        Routine("GET_OWN_TRANSACTION_ARTIFACTS", "call", (_ID,), _artifacts),
        Routine("GET_OWN_TRANSACTION_PROBLEMS", "table", (_ID,), _problems),
        Routine(
            "SERVICE_ENDPOINT",
            "call",
            ((), (Parameter("public", Kind.BOOLEAN),)),
            lambda asked: one_row({"SERVICE_ENDPOINT": ("text", asked.endpoint())}),
            home="app",
        ),
        Routine("ACTIVATE", "call", ((),), _activate, home="app"),
    )


def _get_job(asked: Asked) -> SqlTable:
    try:
        items = [asked.handle(Get(asked.job_type(), asked.text("id")))]
    except NotFound:
        items = []
    return table_of_items(items, JOBS.columns)


def _get_job_metadata(asked: Asked) -> SqlTable:
    view = asked.handle(Get(asked.job_type(), asked.text("id")))
    return one_row(
        {
            "JOB_ID": ("text", view.id),
            "STATE": ("text", view.state.value),
            "ERROR_MESSAGE": ("text", view.abort_reason),
            "RESULT_METADATA": ("variant", None),
        }
    )


def _exec_job(asked: Asked) -> SqlTable:
    payload = asked.objects("payload")
    if payload is None:
        raise Refused("payload is required")
    call = Create(
        asked.job_type(), asked.text("reasoner_name"), payload, asked.values["timeout_mins"]
    )
    return _created(asked, call)


def _exec_transaction(asked: Asked) -> SqlTable:
    values = asked.values
    headers = asked.objects("headers")
    payload: dict[str, Any] = {
        "dbname": values["database"],
        "query": values["query"],
        "v1_inputs": asked.objects("inputs"),
        "readonly": values["readonly"],
        "nowait_durable": values["nowait_durable"],
        "language": values["language"],
        "headers": headers,
        "abort_detached": values.get("abort_detached"),
    }
    given = {name: value for name, value in payload.items() if value is not None}
    minutes = values.get("timeout_mins")
    return _created(
        asked, Create(LOGIC, asked.text("engine"), given, minutes, _guarded(headers or {}))
    )


def _guarded(headers: Mapping[str, Any]) -> bool:
    # SQL has no header of its own for guard rails, so the one of HTTP counts here. [choice]
    lowered = {name.lower(): str(value).strip().lower() for name, value in headers.items()}
    return lowered.get("x-enable-guard-rails") == "true"


def _created(asked: Asked, call: Create) -> SqlTable:
    # What it is when it was just accepted; nobody outside knows what DATA holds. [choice]
    created = asked.handle(call)
    return one_row(
        {"ID": ("text", created), "STATE": ("text", "CREATED"), "DATA": ("variant", None)}
    )


def _get_transaction(asked: Asked) -> SqlTable:
    view = asked.handle(Get(LOGIC, asked.text("id")))
    return table_of_items([view], TRANSACTION_DETAILS.columns)


def _cancel_job(asked: Asked) -> SqlTable:
    asked.handle(Cancel(asked.job_type(), asked.text("id")))
    return one_row({asked.heading: ("text", "Cancelling job")})


def _cancel_own(asked: Asked) -> SqlTable:
    return _cancel_transaction(asked, all_users=False)


def _cancel_any(asked: Asked) -> SqlTable:
    return _cancel_transaction(asked, all_users=True)


def _cancel_transaction(asked: Asked, *, all_users: bool) -> SqlTable:
    asked.handle(Cancel(LOGIC, asked.text("id"), all_users))
    return one_row({asked.heading: ("text", "Cancelling transaction")})


def _job_events(asked: Asked) -> SqlTable:
    return _events(asked, asked.job_type())


def _own_events(asked: Asked) -> SqlTable:
    return _events(asked, LOGIC)


def _events(asked: Asked, kind: ReasonerType) -> SqlTable:
    token = asked.values["continuation_token"] or ""
    page = asked.handle(ReadEvents(kind, asked.text("id"), token))
    body = {"events": list(page.events), "continuation_token": page.continuation_token}
    return one_row({asked.heading: ("variant", json.dumps(body))})


def _artifacts(asked: Asked) -> SqlTable:
    found = asked.handle(ReadArtifacts(LOGIC, asked.text("id")))
    rows = [{"filename": name, **columns} for name, columns in found.items()]
    return table_of(rows, ("FILENAME", "PRESIGNED_URL"), all_usual=True)


def _problems(asked: Asked) -> SqlTable:
    found = asked.handle(ReadProblems(LOGIC, asked.text("id")))
    return table_of(found, ("TYPE", "MESSAGE", "REPORT"))


def _activate(asked: Asked) -> SqlTable:
    return one_row({asked.heading: ("text", "RelationalAI service activated successfully.")})
