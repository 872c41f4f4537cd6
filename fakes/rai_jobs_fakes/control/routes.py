"""Every path of the control API: what it takes, what it tells, and what it does.

The table is the whole surface: requests are routed by it, and the OpenAPI document is made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from pydantic import AwareDatetime, BaseModel, Field

from ..clocks.paced_clock import PacedClock
from ..clocks.virtual_clock import VirtualClock
from ..faults.which import FACES, OPERATIONS
from ..instants import instant_of
from .answers import (
    ClockTold,
    CredentialsTold,
    DoneTold,
    ExecutionsTold,
    ExecutionTold,
    ExplanationTold,
    FaultsTold,
    FaultTold,
    NamespacesTold,
    ReasonersTold,
    ReasonerTold,
    ScriptsTold,
    ScriptTold,
    SnapshotTold,
    TranscriptTold,
    UsersTold,
    UserTold,
)
from .faults import FaultSaid
from .namespaces import Namespaces
from .refusal import ControlRefusal
from .scripts import ScriptSaid
from .setup import ReasonerSaid, Setup, UserSaid
from .strict import ReasonerTypeName, Strict

if TYPE_CHECKING:
    from ..backend import FakeBackend

__all__ = ["ROUTES", "Asked", "Route", "Text"]

_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_SVG = "image/svg+xml"


class AdvanceSaid(Strict):
    """How far the clock moves."""

    seconds: float = Field(ge=0)
    """How many seconds pass at once."""


class SetSaid(Strict):
    """Where the clock moves to."""

    instant: AwareDatetime = Field(strict=False)
    """An instant that has not passed, e.g. 2026-01-01T12:00:00Z; time never goes back."""


class TranscriptAsked(Strict):
    """Which entries of the transcript, and in which form."""

    operation: str | None = Field(default=None, json_schema_extra={"examples": [*OPERATIONS]})
    """Only these calls."""
    user: str | None = None
    """Only calls of this user."""
    face: str | None = Field(default=None, json_schema_extra={"examples": [*FACES]})
    """Only calls through this face."""
    execution: str | None = None
    """Only of this execution: an id, or the start of one alone."""
    reasoner_type: ReasonerTypeName | None = None
    """Only of this type."""
    format: Literal["json", "text"] | None = None
    """JSON, unless this or `Accept` says text."""


class TimelineAsked(Strict):
    """The form of the timeline."""

    format: Literal["text", "svg"] | None = None
    """A text chart, unless this or `Accept` says SVG."""


class ExplanationAsked(Strict):
    """The form of an explanation."""

    format: Literal["json", "text"] | None = None
    """JSON, unless this or `Accept` says text."""


class NothingAsked(Strict):
    """No query."""


@dataclass(frozen=True)
class Text:
    """An answer that is no JSON."""

    text: str
    content_type: str = _TEXT


@dataclass(frozen=True)
class Asked:
    """One request on its way through a route."""

    namespaces: Namespaces
    namespace: str
    path: Mapping[str, str]
    query: Any
    """What the route's query model made of the query."""
    body: Any
    """What the route's body model made of the body."""
    accept: str
    """The request's `Accept`, in lower case."""

    @property
    def backend(self) -> FakeBackend:
        """The backend of the namespace."""
        return self.namespaces.named(self.namespace)

    def wants(self, name: str, content_type: str) -> bool:
        """Tell whether the answer shall be in this form, which is not the usual one."""
        said = cast("str | None", self.query.format)
        return said == name if said is not None else self.accept.startswith(content_type)


Answer: TypeAlias = BaseModel | Text


@dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    says: str
    """What it does, in a line."""
    answer: Callable[[Asked], Answer]
    told: type[BaseModel] | None
    """The model of an answer in JSON."""
    body: Any = None
    """The type of the body; `None` when it takes none."""
    query: type[Strict] = NothingAsked
    forms: Sequence[str] = ()
    """Further types of content that it may answer with."""
    names: tuple[str, ...] = field(init=False)
    """Its path, by segments."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.path.strip("/").split("/")))

    def matched(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return what stands in the places of the path; `None` when it is another path."""
        if len(segments) != len(self.names):
            return None
        pairs = list(zip(self.names, segments, strict=True))
        if any(name != segment for name, segment in pairs if not name.startswith("{")):
            return None
        return {name.strip("{}"): segment for name, segment in pairs if name.startswith("{")}


def _users(asked: Asked) -> Answer:
    return UsersTold(users=[UserTold.of(each) for each in asked.backend.snapshot().users])


def _add_user(asked: Asked) -> Answer:
    asked.body.add_to(asked.backend)
    return UserTold(name=asked.body.name, admin=asked.body.admin)


def _credentials(asked: Asked) -> Answer:
    name, backend = asked.path["name"], asked.backend
    known = [each.name for each in backend.snapshot().users]
    if name not in known:
        raise ControlRefusal(404, f"There is no user {name[:80]!r}.", valid=known)
    return CredentialsTold(name=name, token=backend.token(name), password=backend.password(name))


def _reasoners(asked: Asked) -> Answer:
    return ReasonersTold(
        reasoners=[ReasonerTold.of(each) for each in asked.backend.snapshot().reasoners]
    )


def _add_reasoner(asked: Asked) -> Answer:
    asked.body.add_to(asked.backend)
    return _reasoners(asked)


def _scripts(asked: Asked) -> Answer:
    return ScriptsTold(scripts=[ScriptTold.of(each) for each in asked.backend.snapshot().scripts])


def _add_script(asked: Asked) -> Answer:
    asked.body.add_to(asked.backend)
    return _scripts(asked)


def _clear_scripts(asked: Asked) -> Answer:
    asked.backend.clear_scripts()
    return DoneTold()


def _faults(asked: Asked) -> Answer:
    return FaultsTold(faults=[FaultTold.of(each) for each in asked.backend.faults])


def _inject(asked: Asked) -> Answer:
    return FaultTold.of(asked.backend.faults.inject(asked.body.made()))


def _clear_faults(asked: Asked) -> Answer:
    asked.backend.faults.clear()
    return DoneTold()


def _withdraw(asked: Asked) -> Answer:
    number, faults = asked.path["number"], list(asked.backend.faults)
    for each in faults:
        if str(each.number) == number:
            each.remove()
            return DoneTold()
    known = [str(each.number) for each in faults]
    raise ControlRefusal(404, f"There is no fault {number[:20]!r}.", valid=known)


def _fill(asked: Asked) -> Answer:
    asked.body.fill(asked.backend)
    return DoneTold()


def _clock(asked: Asked) -> Answer:
    return ClockTold.of(asked.backend)


def _movable(backend: FakeBackend) -> VirtualClock | PacedClock:
    clock = backend.clock
    if isinstance(clock, (VirtualClock, PacedClock)):
        return clock
    raise ControlRefusal(
        409,
        f"The clock of this backend, {clock!r}, cannot be moved: make it with a VirtualClock or a"
        " PacedClock.",
    )


def _advance(asked: Asked) -> Answer:
    try:
        _movable(asked.backend).advance(asked.body.seconds)
    except ValueError as error:
        raise ControlRefusal(422, str(error)) from error
    return _clock(asked)


def _set(asked: Asked) -> Answer:
    clock, instant = _movable(asked.backend), cast("SetSaid", asked.body).instant
    if instant < clock.now():
        raise ControlRefusal(
            409,
            f"Time never goes back: it is {clock.now().isoformat()} already; drop the namespace to"
            " begin anew.",
        )
    try:
        clock.move_to(instant_of(instant))
    except ValueError as error:
        raise ControlRefusal(422, str(error)) from error
    return _clock(asked)


def _executions(asked: Asked) -> Answer:
    return ExecutionsTold(executions=[ExecutionTold.of(each) for each in asked.backend.executions])


def _execution(asked: Asked) -> Answer:
    wanted = asked.path["id"]
    found = [each for each in asked.backend.executions if each.id.startswith(wanted)]
    if len(found) != 1:
        newest = [each.id for each in asked.backend.executions[-5:]]
        many = "No execution has" if not found else f"{len(found)} executions begin with"
        raise ControlRefusal(404, f"{many} the id {wanted[:80]!r}.", valid=newest)
    return ExecutionTold.of(found[0])


def _explain(asked: Asked) -> Answer:
    try:
        text = asked.backend.explain(asked.path["id"])
    except ValueError as error:
        raise ControlRefusal(404, str(error)) from error
    if asked.wants("text", "text/plain"):
        return Text(f"{text}\n")
    return ExplanationTold(id=asked.path["id"], explanation=text)


def _transcript(asked: Asked) -> Answer:
    told = cast("TranscriptAsked", asked.query)
    try:
        found = asked.backend.transcript.only(
            operation=told.operation,
            user=told.user,
            face=told.face,
            execution=told.execution,
            reasoner_type=told.reasoner_type,
        )
    except ValueError as error:
        raise ControlRefusal(422, str(error)) from error
    if asked.wants("text", "text/plain"):
        return Text(f"{found}\n")
    return Text(found.to_json(), _JSON)


def _timeline(asked: Asked) -> Answer:
    timeline = asked.backend.timeline()
    if asked.wants("svg", _SVG):
        return Text(timeline.svg(), _SVG)
    return Text(f"{timeline}\n")


def _snapshot(asked: Asked) -> Answer:
    return SnapshotTold.of(asked.namespace, asked.backend)


def _reset(asked: Asked) -> Answer:
    asked.namespaces.reset(asked.namespace)
    return DoneTold()


def _namespaces(asked: Asked) -> Answer:
    return NamespacesTold(namespaces=list(asked.namespaces.names))


def _drop(asked: Asked) -> Answer:
    asked.namespaces.drop(asked.path["name"])
    return DoneTold()


ROUTES: tuple[Route, ...] = (
    Route("GET", "/control/users", "List the users.", _users, UsersTold),
    Route("POST", "/control/users", "Add a user, or change one.", _add_user, UserTold, UserSaid),
    Route(
        "GET",
        "/control/users/{name}/credentials",
        "Tell a user's token and password.",
        _credentials,
        CredentialsTold,
    ),
    Route("GET", "/control/reasoners", "List the reasoners.", _reasoners, ReasonersTold),
    Route(
        "POST",
        "/control/reasoners",
        "Add a reasoner, or change one.",
        _add_reasoner,
        ReasonersTold,
        ReasonerSaid,
    ),
    Route("GET", "/control/scripts", "List the scripts.", _scripts, ScriptsTold),
    Route(
        "POST",
        "/control/scripts",
        "Say what will happen to executions that are created from now on.",
        _add_script,
        ScriptsTold,
        ScriptSaid,
    ),
    Route("DELETE", "/control/scripts", "Forget all scripts.", _clear_scripts, DoneTold),
    Route("GET", "/control/faults", "List the faults.", _faults, FaultsTold),
    Route("POST", "/control/faults", "Inject a fault.", _inject, FaultTold, FaultSaid),
    Route("DELETE", "/control/faults", "Withdraw all faults.", _clear_faults, DoneTold),
    Route("DELETE", "/control/faults/{number}", "Withdraw one fault.", _withdraw, DoneTold),
    Route(
        "POST",
        "/control/setup",
        "Add users, reasoners, scripts and faults at once.",
        _fill,
        DoneTold,
        Setup,
    ),
    Route("GET", "/control/clock", "Tell what time it is.", _clock, ClockTold),
    Route(
        "POST", "/control/clock/advance", "Let time pass at once.", _advance, ClockTold, AdvanceSaid
    ),
    Route("POST", "/control/clock/set", "Let time pass until then.", _set, ClockTold, SetSaid),
    Route("GET", "/control/executions", "List all executions.", _executions, ExecutionsTold),
    Route("GET", "/control/executions/{id}", "Tell of one.", _execution, ExecutionTold),
    Route(
        "GET",
        "/control/executions/{id}/explain",
        "Tell why it is as it is.",
        _explain,
        ExplanationTold,
        query=ExplanationAsked,
        forms=["text/plain"],
    ),
    Route(
        "GET",
        "/control/transcript",
        "Tell who asked what, what was answered, and what happened.",
        _transcript,
        TranscriptTold,
        query=TranscriptAsked,
        forms=["text/plain"],
    ),
    Route(
        "GET",
        "/control/timeline",
        "Draw the lives of all executions.",
        _timeline,
        None,
        query=TimelineAsked,
        forms=["text/plain", _SVG],
    ),
    Route("GET", "/control/snapshot", "Tell everything at once.", _snapshot, SnapshotTold),
    Route("POST", "/control/reset", "Have all be as at the start; time goes on.", _reset, DoneTold),
    Route("GET", "/control/namespaces", "List the namespaces.", _namespaces, NamespacesTold),
    Route("DELETE", "/control/namespaces/{name}", "Forget a namespace.", _drop, DoneTold),
)
"""All paths, but for the document itself and for health."""
