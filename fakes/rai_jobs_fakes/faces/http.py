"""The HTTP face: Direct Access without sockets; a request goes in, a response comes out (spec §6).

`HttpFace.routes` is the whole surface. What nobody outside knows (which wrapper, which form of an
instant, which key for a message) is a `HttpDialect`: a test may choose another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timezone
from typing import Any, Literal, cast
from urllib.parse import parse_qs, unquote

from rai_jobs.reasoners import LOGIC, REASONER_TYPES, ReasonerType

from ..instants import datetime_of
from ..machine.calls import (
    Cancel,
    Create,
    ExecutionView,
    Get,
    ListAll,
    ReadArtifacts,
    ReadEvents,
    ReadProblems,
)
from ..machine.execution import User
from ..machine.refusals import NotFound, NotReady, Refusal, Refused
from .seam import CallHandler

__all__ = ["HttpDialect", "HttpFace", "HttpRequest", "HttpResponse"]

_FACE = "http"


@dataclass(frozen=True)
class HttpDialect:
    """How the backend spells what the protocol leaves open; clients read every choice."""

    instants: Literal["iso_z", "iso_naive", "sql", "epoch_s", "epoch_ms"] = "iso_z"
    """The form of an instant."""
    transaction_wrapper: str | None = "transaction"
    """The key around a transaction, and around the id of a new one; `None` for bare."""
    transactions_wrapper: str | None = "transactions"
    """The key around a list of transactions; `None` for bare."""
    error_key: str | None = "message"
    """The key of an error's message; `None` for plain text."""


@dataclass(frozen=True)
class HttpRequest:
    """A request, complete."""

    method: str
    target: str
    """Path and query as they stand in the request line, percent-encoded."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """By name in lower case."""
    body: bytes = b""


@dataclass(frozen=True)
class HttpResponse:
    """A response, complete."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True)
class _Asked:
    """One request on its way through a route."""

    user: User
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def flag(self, header: str) -> bool:
        return self.headers.get(header, "").strip().lower() == "true"

    def json(self) -> dict[str, Any]:
        try:
            body: object = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refused("the body is not JSON") from None
        if not isinstance(body, dict):
            raise Refused("the body is not a JSON object")
        return cast("dict[str, Any]", body)


class HttpFace:
    """The backend as a function from request to response. `routes` is all that it answers.

    Args:
        backend: the backend.
        dialect: how it spells what the protocol leaves open.
    """

    def __init__(self, backend: CallHandler, dialect: HttpDialect) -> None:
        self._backend = backend
        self._dialect = dialect
        self.routes: Mapping[tuple[str, str], Callable[[_Asked], object]] = {
            ("POST", "/v1alpha1/jobs"): self._job_create,
            ("GET", "/v1alpha1/jobs"): self._job_list,
            ("GET", "/v1alpha1/jobs/{type}/{id}"): self._job_get,
            ("GET", "/v1alpha1/jobs/{type}/{id}/events/{stream}"): self._job_events,
            ("POST", "/v1alpha1/jobs/{type}/{id}/cancel"): self._job_cancel,
            ("POST", "/v1alpha1/transactions"): self._txn_create,
            ("GET", "/v1alpha1/transactions"): self._txn_list,
            ("GET", "/v1alpha1/transactions/{id}"): self._txn_get,
            ("GET", "/v1alpha1/transactions/{id}/events/{stream}"): self._txn_events,
            ("GET", "/v1alpha1/transactions/{id}/artifacts"): self._txn_artifacts,
            ("GET", "/v1alpha1/transactions/{id}/problems"): self._txn_problems,
            ("POST", "/v1alpha1/transactions/{id}/cancel_async"): self._txn_cancel,
        }

    def handle(self, request: HttpRequest, *, user: User | None = None) -> HttpResponse:
        """Answer `request`, as `user`, or as the one whose token it bears."""
        path, _, query = request.target.partition("?")
        caller = user or self._caller(request.headers.get("authorization", ""))
        if caller is None:
            return self._error(401, "unauthorized: no such token")
        segments = [unquote(segment) for segment in path.removeprefix("/").split("/")]
        found = [
            (method, answer, parameters)
            for (method, template), answer in self.routes.items()
            if (parameters := _matched(template, segments)) is not None
        ]
        if not found:
            return self._error(404, f"no such path: {path[:200]}")
        for method, answer, parameters in found:
            if method == request.method:
                asked = _Asked(caller, parameters, _query(query), request.headers, request.body)
                return self._answered(answer, asked)
        return self._error(405, f"{request.method} is not for {path[:200]}")

    def _answered(self, answer: Callable[[_Asked], object], asked: _Asked) -> HttpResponse:
        try:
            body = answer(asked)
        except (NotFound, NotReady) as refusal:
            return self._error(404, str(refusal))
        except Refusal as refusal:
            return self._error(400, "validation error", details=str(refusal))
        return HttpResponse(200, json.dumps(body).encode())

    def _job_create(self, asked: _Asked) -> object:
        body = asked.json()
        text = body.get("payload")
        try:
            payload: object = json.loads(text) if isinstance(text, str) else None
        except (ValueError, RecursionError):
            payload = None
        if not isinstance(payload, dict):
            raise Refused("payload must be a JSON object as text")
        kind = _job_type(str(body.get("job_type", "")))
        call = Create(
            kind,
            _name(body, "worker_name"),
            cast("dict[str, Any]", payload),
            body.get("timeout_mins"),
            guard_rails=asked.flag("x-enable-guard-rails"),
        )
        return {"id": self._backend.handle(call, user=asked.user, face=_FACE)}

    def _job_list(self, asked: _Asked) -> object:
        rows = [
            self._row(view)
            for kind in REASONER_TYPES
            if not kind.is_logic
            for view in self._backend.handle(ListAll(kind), user=asked.user, face=_FACE)
        ]
        return {"jobs": rows}

    def _job_get(self, asked: _Asked) -> object:
        call = Get(_job_type(asked.path["type"]), asked.path["id"])
        return {"job": self._row(self._backend.handle(call, user=asked.user, face=_FACE))}

    def _job_events(self, asked: _Asked) -> object:
        return self._events(_job_type(asked.path["type"]), asked)

    def _job_cancel(self, asked: _Asked) -> object:
        return self._cancel(_job_type(asked.path["type"]), asked)

    def _txn_create(self, asked: _Asked) -> object:
        body = asked.json()
        name = _name(body, "engine_name")
        body.pop("engine_name", None)
        guarded = asked.flag("x-enable-guard-rails")
        call = Create(LOGIC, name, body, body.get("timeout_mins"), guard_rails=guarded)
        txn_id = self._backend.handle(call, user=asked.user, face=_FACE)
        return self._wrapped({"id": txn_id})

    def _txn_list(self, asked: _Asked) -> object:
        views = self._backend.handle(ListAll(LOGIC), user=asked.user, face=_FACE)
        rows = [self._row(view) for view in views]
        wrapper = self._dialect.transactions_wrapper
        return rows if wrapper is None else {wrapper: rows}

    def _txn_get(self, asked: _Asked) -> object:
        call = Get(LOGIC, asked.path["id"])
        return self._wrapped(self._row(self._backend.handle(call, user=asked.user, face=_FACE)))

    def _txn_events(self, asked: _Asked) -> object:
        return self._events(LOGIC, asked)

    def _txn_artifacts(self, asked: _Asked) -> object:
        call = ReadArtifacts(LOGIC, asked.path["id"])
        artifacts = self._backend.handle(call, user=asked.user, face=_FACE)
        return {"results": [{"filename": name, **row} for name, row in artifacts.items()]}

    def _txn_problems(self, asked: _Asked) -> object:
        call = ReadProblems(LOGIC, asked.path["id"])
        return {"problems": self._backend.handle(call, user=asked.user, face=_FACE)}

    def _txn_cancel(self, asked: _Asked) -> object:
        return self._cancel(LOGIC, asked)

    def _events(self, kind: ReasonerType, asked: _Asked) -> object:
        token = asked.query.get("continuation_token", "")
        call = ReadEvents(kind, asked.path["id"], token, asked.path["stream"])
        page = self._backend.handle(call, user=asked.user, face=_FACE)
        return {"events": list(page.events), "continuation_token": page.continuation_token}

    def _cancel(self, kind: ReasonerType, asked: _Asked) -> object:
        self._backend.handle(Cancel(kind, asked.path["id"]), user=asked.user, face=_FACE)
        return {}

    def _row(self, view: ExecutionView) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": view.id,
            "state": view.state.value,
            "created_by": view.created_by,
            "created_on": self._instant(view.created_at),
            "finished_at": self._instant(view.finished_at),
            "duration": view.duration_ms,
            "abort_reason": view.abort_reason,
        }
        if view.reasoner_type.is_logic:
            return {
                **row,
                "engine_name": view.reasoner_name,
                "database_name": view.submission.database_name,
                "read_only": view.submission.read_only,
            }
        return {
            **row,
            "reasoner_type": view.reasoner_type.discriminator,
            "reasoner_name": view.reasoner_name,
            "payload": view.submission.payload_text,
            "timeout_ms": view.timeout_ms,
        }

    def _instant(self, instant: int | None) -> object:
        if instant is None:
            return None
        form = self._dialect.instants
        if form == "epoch_s":
            return instant / 1_000_000
        if form == "epoch_ms":
            return instant / 1_000
        naive = datetime_of(instant).astimezone(timezone.utc).replace(tzinfo=None)
        text = naive.isoformat(sep=" " if form == "sql" else "T")
        return f"{text}Z" if form == "iso_z" else text

    def _wrapped(self, held: dict[str, Any]) -> object:
        wrapper = self._dialect.transaction_wrapper
        return held if wrapper is None else {wrapper: held}

    def _error(self, status: int, message: str, *, details: str | None = None) -> HttpResponse:
        key = self._dialect.error_key
        if key is None:
            text = message if details is None else f"{message}: {details}"
            return HttpResponse(status, text.encode(), "text/plain; charset=utf-8")
        body = {key: message} if details is None else {key: message, "details": details}
        return HttpResponse(status, json.dumps(body).encode())

    def _caller(self, authorization: str) -> User | None:
        scheme, _, rest = authorization.partition("=")
        if scheme.strip().lower() != "snowflake token":
            return None
        return self._backend.user_of_token(rest.strip().strip('"'))


def _matched(template: str, segments: list[str]) -> dict[str, str] | None:
    names = template.strip("/").split("/")
    if len(names) != len(segments):
        return None
    pairs = list(zip(names, segments, strict=True))
    if any(name != segment for name, segment in pairs if not name.startswith("{")):
        return None
    return {name.strip("{}"): segment for name, segment in pairs if name.startswith("{")}


def _query(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _job_type(text: str) -> ReasonerType:
    kind = ReasonerType.find(text)
    if kind is None or kind.is_logic:
        raise Refused(f"no job type {text[:80]!r}")
    return kind


def _name(body: Mapping[str, Any], key: str) -> str:
    name = body.get(key) or ""
    if not isinstance(name, str):
        raise Refused(f"{key} must be a string")
    return name
