"""`Snapshot`: everything of a backend that can be read, as it was at one instant, as values.

No token, password or key is in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..accounts import Accounts
from ..machine.calls import ExecutionView
from ..machine.execution import User
from ..machine.machine import Machine
from ..machine.queue import Lane
from ..machine.scripts import ScriptEntry
from ..machine.settings import MachineSettings
from ..machine.table import ReasonerStatus
from ..script import JobScript

__all__ = ["ReasonerView", "ScriptView", "Snapshot"]


@dataclass(frozen=True)
class ReasonerView:
    """One reasoner. Instants are microseconds since 1970 UTC, durations microseconds."""

    name: str
    reasoner_type: str
    """Its public label."""
    status: ReasonerStatus
    max_running: int | None
    running: int
    """How many executions run on it."""
    live: int
    """How many executions on it have not ended."""
    ready_at: int | None
    suspends_at: int | None
    resume: int | None
    auto_suspend: int | None

    @staticmethod
    def of(name: str, reasoner_type: str, lane: Lane) -> ReasonerView:
        """Return the reasoner of a lane."""
        return ReasonerView(
            name=name,
            reasoner_type=reasoner_type,
            status=lane.status,
            max_running=lane.limits.max_running,
            running=lane.running,
            live=lane.live,
            ready_at=lane.ready_at,
            suspends_at=lane.suspends_at,
            resume=lane.limits.resume,
            auto_suspend=lane.limits.auto_suspend,
        )


@dataclass(frozen=True)
class ScriptView:
    """One registered script, and what became of it."""

    script: JobScript | None
    """`None` where a callback makes one for each execution."""
    reasoner_type: str | None
    name: str | None
    where: str | None
    """What its predicate calls itself; `None` when it has none."""
    left: int | None
    """How many more executions it is for; `None` for any number."""
    used: int
    """How many executions live by it."""

    @staticmethod
    def of(entry: ScriptEntry) -> ScriptView:
        """Return what a test may see of an entry."""
        where = entry.where
        return ScriptView(
            script=entry.script if isinstance(entry.script, JobScript) else None,
            reasoner_type=None if entry.reasoner_type is None else entry.reasoner_type.label,
            name=entry.name,
            where=None if where is None else str(getattr(where, "__name__", "a function")),
            left=entry.left,
            used=entry.used,
        )


@dataclass(frozen=True)
class Snapshot:
    """A backend at one instant."""

    now: int
    """The instant, by the backend's own time: microseconds since 1970 UTC."""
    settings: MachineSettings
    users: tuple[User, ...]
    reasoners: tuple[ReasonerView, ...]
    scripts: tuple[ScriptView, ...]
    executions: tuple[ExecutionView, ...]

    @staticmethod
    def of(machine: Machine, accounts: Accounts) -> Snapshot:
        """Return what there is now; whoever calls holds the backend's lock."""
        now = machine.now
        return Snapshot(
            now=now,
            settings=machine.settings,
            users=tuple(accounts.named(name) for name in accounts.names),
            reasoners=tuple(
                ReasonerView.of(name, kind.label, lane)
                for (kind, name), lane in machine.lanes.items()
            ),
            scripts=tuple(map(ScriptView.of, machine.scripts.entries)),
            executions=tuple(ExecutionView.of(each, now) for each in machine.executions()),
        )
