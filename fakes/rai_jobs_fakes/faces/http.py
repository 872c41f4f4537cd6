"""The HTTP face: Direct Access without sockets; a request goes in, a response comes out (spec §6).

`HttpFace.routes` is the whole surface. What nobody outside knows (which wrapper, which form of an
instant, which key for a message) is a `HttpDialect`: a test may choose another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias, cast
from urllib.parse import parse_qs, unquote

from rai_jobs.clock import Clock
from rai_jobs.reasoners import LOGIC, REASONER_TYPES, ReasonerType

from ..faults.fault import FaultKind
from ..faults.plan import InjectedFault
from ..instants import datetime_of
from ..machine.calls import (
    Call,
    Cancel,
    Create,
    ExecutionView,
    Get,
    List,
    ReadArtifacts,
    ReadEvents,
    ReadProblems,
)
from ..machine.events import Page
from ..machine.execution import User
from ..machine.refusals import NotFound, NotReady, Refusal, Refused
from .seam import CallHandler

__all__ = ["MAX_BODY_BYTES", "Ending", "HttpDialect", "HttpFace", "HttpRequest", "HttpResponse"]

MAX_BODY_BYTES = 64_000_000
_FACE = "http"
_NO_HEADERS: Mapping[str, str] = {}
_UTC = "+00:00"
_InstantForm: TypeAlias = Literal["iso_z", "iso_naive", "sql", "epoch_s", "epoch_ms"]
_JOB_TYPES = tuple(kind for kind in REASONER_TYPES if not kind.is_logic)


@dataclass(frozen=True)
class HttpDialect:
    """How the backend spells what the protocol leaves open; clients read every choice."""

    instants: _InstantForm = "iso_z"
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
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """By name in lower case; not shown, for a token is among them."""
    body: bytes = b""


class Ending(Enum):
    """How far a response comes before the connection is lost."""

    WHOLE = "whole"
    MID_BODY = "mid-body"
    """Half of the body comes, though the whole was announced."""
    NO_ANSWER = "no answer"
    """The connection ends without an answer."""
    NO_CONNECTION = "no connection"
    """The connection was never made."""


@dataclass(frozen=True)
class HttpResponse:
    """A response, complete; or one that a fault keeps from being so."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers beside the type of the content, by name in lower case."""
    delay_s: float = 0.0
    """How late it comes, in seconds on the backend's clock."""
    ending: Ending = Ending.WHOLE
    """How far it comes; without an answer, the fields above it mean nothing."""

    @property
    def fields(self) -> dict[str, str]:
        """All headers that the backend sets."""
        typed = {"content-type": self.content_type} if self.content_type else {}
        return {**typed, **self.headers}

    @property
    def received(self) -> bytes:
        """What of the body comes."""
        return _half(self.body) if self.ending is Ending.MID_BODY else self.body


class _Asked(NamedTuple):
    """One request on its way through a route."""

    user: User
    path: Mapping[str, str]
    query: Mapping[str, str]
    request: HttpRequest

    def flag(self, header: str) -> bool:
        return self.request.headers.get(header, "").strip().lower() == "true"

    def kind(self) -> ReasonerType:
        """The type in the path; where there is none, it is of transactions."""
        return _job_type(self.path["type"]) if "type" in self.path else LOGIC

    def json(self) -> dict[str, Any]:
        try:
            body: object = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise Refused("the body is not JSON") from None
        if not isinstance(body, dict):
            raise Refused("the body is not a JSON object")
        return cast("dict[str, Any]", body)


@dataclass(frozen=True)
class _Route:
    """What one path and method means: the call that is made, and the body of its answer."""

    call: Callable[[_Asked], Call[Any]]
    body: Callable[[Any], object]


class HttpFace:
    """The backend as a function from request to response. `routes` is all that it answers.

    Args:
        backend: the backend.
        dialect: how it spells what the protocol leaves open.
        max_body_bytes: the largest body that is read. [choice]
    """

    def __init__(
        self, backend: CallHandler, dialect: HttpDialect, *, max_body_bytes: int = MAX_BODY_BYTES
    ) -> None:
        self.max_body_bytes = max_body_bytes
        self._backend = backend
        self._dialect = dialect
        self.routes: Mapping[tuple[str, str], _Route] = {
            ("POST", "/v1alpha1/jobs"): _Route(_create_job, lambda made: {"id": made}),
            ("GET", "/v1alpha1/jobs"): _Route(
                lambda _: List(_JOB_TYPES), lambda views: {"jobs": self._rows(views)}
            ),
            ("GET", "/v1alpha1/jobs/{type}/{id}"): _Route(
                lambda asked: Get(asked.kind(), asked.path["id"]), self._execution
            ),
            ("GET", "/v1alpha1/jobs/{type}/{id}/events/{stream}"): _Route(_read_events, _page),
            ("POST", "/v1alpha1/jobs/{type}/{id}/cancel"): _Route(_cancel, lambda _: {}),
            ("POST", "/v1alpha1/transactions"): _Route(
                _create_transaction, lambda made: self._wrapped({"id": made})
            ),
            ("GET", "/v1alpha1/transactions"): _Route(
                lambda _: List((LOGIC,)), self._transaction_list
            ),
            ("GET", "/v1alpha1/transactions/{id}"): _Route(
                lambda asked: Get(LOGIC, asked.path["id"]), self._execution
            ),
            ("GET", "/v1alpha1/transactions/{id}/events/{stream}"): _Route(_read_events, _page),
            ("GET", "/v1alpha1/transactions/{id}/artifacts"): _Route(
                lambda asked: ReadArtifacts(LOGIC, asked.path["id"]), _artifacts
            ),
            ("GET", "/v1alpha1/transactions/{id}/problems"): _Route(
                lambda asked: ReadProblems(LOGIC, asked.path["id"]),
                lambda problems: {"problems": problems},
            ),
            ("POST", "/v1alpha1/transactions/{id}/cancel_async"): _Route(_cancel, lambda _: {}),
        }
        self._by_shape: dict[tuple[int, str], list[tuple[str, Sequence[str], _Route]]] = {}
        for (method, template), route in self.routes.items():
            names = template.removeprefix("/").split("/")
            self._by_shape.setdefault(_shape_of(names), []).append((method, names, route))

    @property
    def clock(self) -> Clock:
        """The clock on which the `delay_s` of a response passes."""
        return self._backend.clock

    def handle(self, request: HttpRequest, *, user: User | None = None) -> HttpResponse:
        """Answer `request`, as `user`, or as the one whose token it bears, at once.

        Whoever hands the response on lets its `delay_s` pass, and ends it as it says.
        """
        path, _, query = request.target.partition("?")
        caller = user or self._caller(request.headers.get("authorization", ""))
        if caller is None:
            return self._error(401, "unauthorized: no such token")
        if len(request.body) > self.max_body_bytes:
            return self._error(413, f"the body is larger than {self.max_body_bytes} bytes")
        # Nothing is encoded in most paths.
        plain = path.removeprefix("/").split("/")
        segments = [unquote(segment) for segment in plain] if "%" in path else plain
        known = False
        for method, names, route in self._by_shape.get(_shape_of(segments), ()):
            parameters = _matched(names, segments)
            if parameters is None:
                continue
            if method == request.method:
                asked = _Asked(caller, parameters, _query(query), request)
                return self._answered(route, asked)
            known = True
        if known:
            return self._error(405, f"{request.method} is not for {path[:200]}")
        return self._error(404, f"no such path: {path[:200]}")

    def _answered(self, route: _Route, asked: _Asked) -> HttpResponse:
        try:
            call = route.call(asked)
            return self._told(route, self._backend.handle(call, user=asked.user, face=_FACE))
        except InjectedFault as injected:
            return self._struck(route, injected)
        except Refusal as refusal:
            return self._told(route, refusal)

    def _told(self, route: _Route, answer: object) -> HttpResponse:
        """Return how an answer of the backend, or its refusal, is said."""
        if isinstance(answer, (NotFound, NotReady)):
            return self._error(404, str(answer))
        if isinstance(answer, Refusal):
            return self._error(400, "validation error", details=str(answer))
        return HttpResponse(200, json.dumps(route.body(answer)).encode())

    def _struck(self, route: _Route, injected: InjectedFault) -> HttpResponse:
        """Return what comes of a call that a fault struck: the one place that says it over HTTP."""
        fault = injected.fault
        if fault.kind is FaultKind.UNREACHABLE:
            response = HttpResponse(0, ending=Ending.NO_CONNECTION)
        elif fault.kind is FaultKind.DROPPED and not fault.half:
            response = HttpResponse(0, ending=Ending.NO_ANSWER)
        elif fault.status is None:
            response = self._told(route, injected.answer)
        elif fault.body is None:
            response = self._error(fault.status, fault.message)
        else:
            response = HttpResponse(fault.status, fault.body, fault.content_type)
        if fault.kind is FaultKind.TRUNCATED:
            response = replace(response, body=_half(response.body))
        elif fault.half:
            response = replace(response, ending=Ending.MID_BODY)
        return replace(response, headers=fault.headers, delay_s=fault.delay_s)

    def _execution(self, view: ExecutionView) -> object:
        row = self._row(view)
        return self._wrapped(row) if view.reasoner_type.is_logic else {"job": row}

    def _transaction_list(self, views: Sequence[ExecutionView]) -> object:
        rows = self._rows(views)
        wrapper = self._dialect.transactions_wrapper
        return rows if wrapper is None else {wrapper: rows}

    def _rows(self, views: Sequence[ExecutionView]) -> list[dict[str, Any]]:
        return [self._row(view) for view in views]

    def _row(self, view: ExecutionView) -> dict[str, Any]:
        asked, kind = view.submission, view.submission.reasoner_type
        row: dict[str, Any] = {
            "id": view.id,
            "state": view.state.value,
            "created_by": asked.owner,
            "created_on": self._instant(view.created_at),
            "finished_at": self._instant(view.finished_at),
            "duration": view.duration_ms,
            "abort_reason": view.abort_reason,
        }
        if kind.is_logic:
            row["engine_name"] = asked.reasoner_name
            row["database_name"] = asked.database_name
            row["read_only"] = asked.read_only
        else:
            row["reasoner_type"] = kind.discriminator
            row["reasoner_name"] = asked.reasoner_name
            row["payload"] = asked.payload_text
            row["timeout_ms"] = view.timeout_ms
        return row

    def _instant(self, instant: int | None) -> object:
        return None if instant is None else _told_instant(instant, self._dialect.instants)

    def _wrapped(self, held: dict[str, Any]) -> object:
        wrapper = self._dialect.transaction_wrapper
        return held if wrapper is None else {wrapper: held}

    def _error(self, status: int, message: str, *, details: str | None = None) -> HttpResponse:
        key = self._dialect.error_key
        if key is None:
            text = message if details is None else f"{message}: {details}"
            body = text.encode(errors="replace")
            return HttpResponse(status, body, "text/plain; charset=utf-8")
        body = {key: message} if details is None else {key: message, "details": details}
        return HttpResponse(status, json.dumps(body).encode())

    def _caller(self, authorization: str) -> User | None:
        scheme, _, rest = authorization.partition("=")
        if scheme.strip().lower() != "snowflake token":
            return None
        return self._backend.user_of_token(rest.strip().strip('"'))


# Who polls is told the same instants again and again.
@lru_cache(maxsize=4096)
def _told_instant(instant: int, form: _InstantForm) -> object:
    if form == "epoch_s":
        return instant / 1_000_000
    if form == "epoch_ms":
        return instant / 1_000
    text = datetime_of(instant).isoformat(sep=" " if form == "sql" else "T").removesuffix(_UTC)
    return f"{text}Z" if form == "iso_z" else text


def _shape_of(segments: Sequence[str]) -> tuple[int, str]:
    """Return what tells most routes apart: how many segments there are, and of what they are."""
    return len(segments), segments[1] if len(segments) > 1 else ""


def _matched(names: Sequence[str], segments: list[str]) -> dict[str, str] | None:
    """Return the parameters of a path, `None` when it is not of that form; both are as long."""
    found: dict[str, str] = {}
    for name, segment in zip(names, segments, strict=True):
        if name[0] == "{":
            found[name[1:-1]] = segment
        elif name != segment:
            return None
    return found


def _query(text: str) -> dict[str, str]:
    if not text:
        return {}
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _create_job(asked: _Asked) -> Create:
    body = asked.json()
    text = body.get("payload")
    try:
        payload: object = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise Refused("payload must be a JSON object as text")
    return Create(
        _job_type(str(body.get("job_type", ""))),
        _name(body, "worker_name"),
        cast("dict[str, Any]", payload),
        body.get("timeout_mins"),
        guard_rails=asked.flag("x-enable-guard-rails"),
    )


def _create_transaction(asked: _Asked) -> Create:
    body = asked.json()
    name = _name(body, "engine_name")
    body.pop("engine_name", None)
    guarded = asked.flag("x-enable-guard-rails")
    return Create(LOGIC, name, body, body.get("timeout_mins"), guard_rails=guarded)


def _read_events(asked: _Asked) -> ReadEvents:
    token = asked.query.get("continuation_token", "")
    return ReadEvents(asked.kind(), asked.path["id"], token, asked.path["stream"])


def _cancel(asked: _Asked) -> Cancel:
    return Cancel(asked.kind(), asked.path["id"])


def _page(page: Page) -> object:
    return {"events": list(page.events), "continuation_token": page.continuation_token}


def _artifacts(artifacts: Mapping[str, Mapping[str, Any]]) -> object:
    return {"results": [{"filename": name, **row} for name, row in artifacts.items()]}


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


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
