"""What the fakes' tests are made of: users, machines, payloads, requests by token."""

from __future__ import annotations

from typing import Any

from rai_jobs.reasoners import ReasonerType
from rai_jobs_fakes import FakeBackend, JobScript
from rai_jobs_fakes.instants import micros
from rai_jobs_fakes.machine.calls import Create, Get
from rai_jobs_fakes.machine.execution import User
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.queue import LaneLimits
from rai_jobs_fakes.machine.scripts import ScriptEntry
from rai_jobs_fakes.machine.settings import MachineSettings
from rai_jobs_fakes.machine.table import ReasonerStatus

ANN = User("ann")
BOB = User("bob")
ROOT = User("root", admin=True)


def payload_of(reasoner_type: str | ReasonerType) -> dict[str, Any]:
    """A payload that a reasoner of this type accepts."""
    kind = reasoner_type if isinstance(reasoner_type, ReasonerType) else None
    if (kind or ReasonerType.parse(reasoner_type)).is_logic:
        return {"dbname": "sales", "query": "def output = 1"}
    return {"model": "min x"}


def make_machine(
    *,
    seed: int = 0,
    event_page_size: int = 2,
    detach_grace_s: float = 60,
    strict_reasoners: bool = False,
) -> Machine:
    """A machine at instant 0."""
    return Machine(
        MachineSettings(
            seed=seed,
            event_page_size=event_page_size,
            detach_grace_s=detach_grace_s,
            strict_reasoners=strict_reasoners,
        )
    )


def add_lane(
    machine: Machine,
    kind: ReasonerType,
    name: str,
    *,
    max_running: int | None = None,
    status: str = "READY",
) -> None:
    """Make a reasoner exist, or change one that does."""
    machine.add_reasoner(kind, name, LaneLimits(max_running), ReasonerStatus(status))


def start(
    machine: Machine,
    kind: ReasonerType,
    script: JobScript | None = None,
    *,
    name: str = "w",
    user: User = ANN,
    timeout_mins: int | None = None,
    guard_rails: bool = False,
    abort_detached: bool = False,
) -> str:
    """Create an execution that lives by `script`, now."""
    if script is not None:
        machine.scripts.add(ScriptEntry(script, kind, name, 1))
    payload = payload_of(kind)
    if abort_detached:
        payload["abort_detached"] = True
    return Create(kind, name, payload, timeout_mins, guard_rails).answer(machine, user)


def pass_until(machine: Machine, seconds: float) -> None:
    """Let the machine's time be `seconds`."""
    machine.settle(micros(seconds))


def state_of(machine: Machine, kind: ReasonerType, execution_id: str) -> str:
    """The state as the owner sees it now; asking is a touch."""
    return Get(kind, execution_id).answer(machine, ANN).state.value


def bearer(token: str) -> dict[str, str]:
    """The header that says who is asking."""
    return {"authorization": f'Snowflake Token="{token}"'}


def headers_of(backend: FakeBackend, user: str | None = None) -> dict[str, str]:
    """The header of one user of `backend`."""
    return bearer(backend.token(user))
