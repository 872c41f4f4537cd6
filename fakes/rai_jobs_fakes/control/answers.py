"""What the control API tells: models made from what a backend shows. No secret but by its own path.

Instants are ISO 8601 in UTC, to the microsecond.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Literal

from ..clocks.paced_clock import PacedClock
from ..clocks.virtual_clock import VirtualClock
from ..faults.plan import ActiveFault
from ..instants import instant_of, seconds_of
from ..machine.calls import ExecutionView
from ..machine.execution import User
from ..reports.as_json import fact_as_json, instant_as_json, outcome_as_json, value_as_json
from ..reports.snapshot import ReasonerView, ScriptView, Snapshot
from ..script import End, JobScript
from .strict import AnyObject, Strict

if TYPE_CHECKING:
    from ..backend import FakeBackend

__all__ = [
    "ClockTold",
    "CredentialsTold",
    "DoneTold",
    "ErrorTold",
    "ExecutionTold",
    "ExecutionsTold",
    "ExplanationTold",
    "FaultTold",
    "FaultsTold",
    "HealthTold",
    "NamespacesTold",
    "ReasonerTold",
    "ReasonersTold",
    "ScriptTold",
    "ScriptsTold",
    "SnapshotTold",
    "TranscriptTold",
    "UserTold",
    "UsersTold",
]


class ProblemTold(Strict):
    """One thing that is wrong with a body or a query."""

    where: str
    """The way to it, e.g. `events[0].after_s`; empty for the whole."""
    wrong: str
    valid: list[str]
    """What it may be instead, where that is a choice."""


class WrongTold(Strict):
    """Why a request was not carried out."""

    message: str
    valid: list[str]
    """What might have been meant, where that is a choice."""
    problems: list[ProblemTold]


class ErrorTold(Strict):
    """A request that was not carried out."""

    error: WrongTold


class HealthTold(Strict):
    """That the server answers."""

    status: Literal["ok"] = "ok"
    version: str


class DoneTold(Strict):
    """That something was done."""

    done: Literal[True] = True


class UserTold(Strict):
    """A user, without secrets."""

    name: str
    admin: bool

    @staticmethod
    def of(user: User) -> UserTold:
        """Tell of a user."""
        return UserTold(name=user.name, admin=user.admin)


class UsersTold(Strict):
    """All users."""

    users: list[UserTold]


class CredentialsTold(Strict):
    """What a user shows: the one answer that holds secrets, of a fake."""

    name: str
    token: str
    """For `Authorization: Snowflake Token="…"`."""
    password: str
    """For a login over Snowflake's wire."""


class ReasonerTold(Strict):
    """A reasoner."""

    name: str
    reasoner_type: str
    status: str
    max_running: int | None
    running: int
    """How many executions run on it."""
    live: int
    """How many executions on it have not ended."""
    ready_at: str | None
    """When it is READY by itself."""
    suspends_at: str | None
    """When it suspends itself if no work comes."""
    resume_s: float | Literal["never"] | None
    """How long it takes to resume; `never` when that is longer than there is time."""
    auto_suspend_mins: float | None

    @staticmethod
    def of(view: ReasonerView) -> ReasonerTold:
        """Tell of a reasoner."""
        suspend = view.auto_suspend
        return ReasonerTold(
            name=view.name,
            reasoner_type=view.reasoner_type,
            status=view.status.value,
            max_running=view.max_running,
            running=view.running,
            live=view.live,
            ready_at=_instant(view.ready_at),
            suspends_at=_instant(view.suspends_at),
            resume_s=None if view.resume is None else _seconds(seconds_of(view.resume)),
            auto_suspend_mins=None if suspend is None else _finite(seconds_of(suspend) / 60),
        )


class ReasonersTold(Strict):
    """All reasoners that were added, or that an execution was created on."""

    reasoners: list[ReasonerTold]


class ScriptTold(Strict):
    """A script, and what became of it."""

    script: AnyObject | None
    """Its fields, as they are written; null where a callback makes one for each execution."""
    reasoner_type: str | None
    name: str | None
    where: str | None
    """What a payload must be."""
    left: int | None
    """How many more executions it is for; null for any number."""
    used: int
    """How many executions live by it."""

    @staticmethod
    def of(view: ScriptView) -> ScriptTold:
        """Tell of a script."""
        return ScriptTold(
            script=None if view.script is None else _written(view.script),
            reasoner_type=view.reasoner_type,
            name=view.name,
            where=view.where,
            left=view.left,
            used=view.used,
        )


class ScriptsTold(Strict):
    """All scripts, in the order in which they are tried."""

    scripts: list[ScriptTold]


class FaultTold(Strict):
    """A fault, and what became of it."""

    number: int
    """What it is withdrawn by."""
    kind: str
    fault: str
    """As code that makes it."""
    seen: int
    """How many calls matched while it could still strike."""
    fired: int
    """How many calls it struck."""

    @staticmethod
    def of(active: ActiveFault) -> FaultTold:
        """Tell of a fault."""
        return FaultTold(
            number=active.number,
            kind=active.fault.kind.value,
            fault=repr(active.fault),
            seen=active.seen,
            fired=active.fired,
        )


class FaultsTold(Strict):
    """All faults that were not withdrawn, in the order in which they were injected."""

    faults: list[FaultTold]


class ClockTold(Strict):
    """What time it is for the backend's clock."""

    now: str
    kind: Literal["virtual", "paced", "system"]
    """Whether it moves only when told, runs by itself, or is one that cannot be moved."""
    factor: float | None
    """How many of its seconds pass in a real one; null when it stands still, or is not known."""

    @staticmethod
    def of(backend: FakeBackend) -> ClockTold:
        """Tell of the clock of a backend."""
        clock = backend.clock
        kind = "virtual" if isinstance(clock, VirtualClock) else "system"
        return ClockTold(
            now=instant_as_json(instant_of(clock.now())),
            kind="paced" if isinstance(clock, PacedClock) else kind,
            factor=clock.factor if isinstance(clock, PacedClock) else None,
        )


class ExecutionTold(Strict):
    """An execution as it is now."""

    id: str
    reasoner_type: str
    reasoner_name: str
    state: str
    created_by: str
    created_at: str
    finished_at: str | None
    duration_ms: int | None
    timeout_ms: int | None
    abort_reason: str | None
    database_name: str | None
    read_only: bool | None
    payload: AnyObject | None
    """Of a job; null for a transaction, which shows none."""
    history: list[AnyObject]
    """What happened to it, in order."""

    @staticmethod
    def of(view: ExecutionView) -> ExecutionTold:
        """Tell of an execution."""
        text = view.submission.payload_text
        return ExecutionTold(
            **outcome_as_json(view)["answer"],
            payload=None if text is None else _payload(text),
            history=[fact_as_json(fact) for fact in view.history],
        )


class ExecutionsTold(Strict):
    """All executions, in the order of their creation."""

    executions: list[ExecutionTold]


class ExplanationTold(Strict):
    """Why an execution is as it is."""

    id: str
    explanation: str


class TranscriptTold(Strict):
    """Who asked what, what was answered, and what happened; see `Transcript.to_json`."""

    version: Literal[1]
    entries: list[AnyObject]


class NamespacesTold(Strict):
    """The namespaces so far, the default one first."""

    namespaces: list[str]


class SnapshotTold(Strict):
    """Everything that can be read of a namespace, at one instant."""

    namespace: str
    now: str
    """By the backend's own time."""
    clock: ClockTold
    settings: AnyObject
    users: list[UserTold]
    reasoners: list[ReasonerTold]
    scripts: list[ScriptTold]
    faults: list[FaultTold]
    executions: list[ExecutionTold]

    @staticmethod
    def of(namespace: str, backend: FakeBackend) -> SnapshotTold:
        """Tell of a backend."""
        seen: Snapshot = backend.snapshot()
        settings = {"app": backend.app, "schema": backend.schema, **vars(seen.settings)}
        return SnapshotTold(
            namespace=namespace,
            now=instant_as_json(seen.now),
            clock=ClockTold.of(backend),
            settings={name: _finite(value) for name, value in settings.items()},
            users=[UserTold.of(each) for each in seen.users],
            reasoners=[ReasonerTold.of(each) for each in seen.reasoners],
            scripts=[ScriptTold.of(each) for each in seen.scripts],
            faults=[FaultTold.of(each) for each in backend.faults],
            executions=[ExecutionTold.of(each) for each in seen.executions],
        )


def _instant(instant: int | None) -> str | None:
    return None if instant is None else instant_as_json(instant)


def _finite(value: Any) -> Any:
    return None if value == math.inf else value


def _seconds(seconds: float) -> float | Literal["never"]:
    return "never" if seconds == math.inf else seconds


def _payload(text: str) -> Any:
    try:
        payload: object = json.loads(text)
    except RecursionError:
        # It was sent to a face that was nested less deeply itself.
        return {"no JSON": "nested too deeply"}
    return value_as_json(payload)


def _written(script: JobScript) -> dict[str, Any]:
    """Return a script as `ScriptSaid` reads it."""
    outcome = script.outcome
    said: object = outcome.end.value
    if outcome.end is End.ABORTED and outcome.problems:
        problems = value_as_json(outcome.problems)
        said = {"aborted": {"reason": outcome.reason, "problems": problems}}
    elif outcome.end is not End.COMPLETED:
        said = {outcome.end.value: outcome.reason}
    return {
        "created_s": script.created_s,
        "queue_s": script.queue_s,
        "run_s": _seconds(script.run_s),
        "events": [
            {"after_s": at.after_s, "event": value_as_json(at.event), "stream": at.stream}
            for at in script.events
        ],
        "outcome": said,
        "artifacts": value_as_json(script.artifacts),
        "problems": value_as_json(script.problems),
        "ignores_cancel": script.ignores_cancel,
        "cancel_latency_s": script.cancel_latency_s,
        "guard_rail_after_s": script.guard_rail_after_s,
    }
