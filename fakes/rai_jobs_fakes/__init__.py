"""A RelationalAI jobs backend in memory, for tests: one state machine behind every face.

Start with `FakeBackend`. All public names are here, and in `rai_jobs_fakes.contract` for those who
run the contract suite on a gateway of their own. Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rai_jobs.lazy import names_of, when_used
from rai_jobs.version import __version__

if TYPE_CHECKING:
    from . import strategies
    from .accounts import DEFAULT_USER
    from .active_script import ActiveScript
    from .backend import FakeBackend
    from .clock_event import ClockEvent
    from .clock_executor import ClockExecutor, ClockTask
    from .clock_threads import ClockThreads
    from .expectations import Containing, Expectation, containing, expect
    from .faces.async_gateway import FakeAsyncGateway
    from .faces.gateway import FakeGateway
    from .faces.http import HttpDialect
    from .fault_plan import ActiveFault, FaultPlan, InjectedFault
    from .faults import Fault
    from .generators import query_run, solver_run, training_run
    from .histories import History
    from .machine.calls import ExecutionView
    from .paced_clock import PacedClock
    from .patience import ClockDeadlockError, ClockStuckError
    from .schedule import (
        BrokenPlacementError,
        Placement,
        Schedule,
        ScheduledRun,
        ScheduleError,
        ScheduleReport,
        schedule_all,
    )
    from .script import (
        At,
        End,
        JobScript,
        Outcome,
        ScriptError,
        UnusedScriptWarning,
        aborted,
        completed,
        failed,
    )
    from .stateful import JobsStateMachine
    from .timeline import Timeline
    from .transcript import Entry, Transcript
    from .virtual_clock import VirtualClock
    from .which import FaultError, UnusedFaultWarning
    from .wire_settings import WireSettings

__all__ = [
    "DEFAULT_USER",
    "ActiveFault",
    "ActiveScript",
    "At",
    "BrokenPlacementError",
    "ClockDeadlockError",
    "ClockEvent",
    "ClockExecutor",
    "ClockStuckError",
    "ClockTask",
    "ClockThreads",
    "Containing",
    "End",
    "Entry",
    "ExecutionView",
    "Expectation",
    "FakeAsyncGateway",
    "FakeBackend",
    "FakeGateway",
    "Fault",
    "FaultError",
    "FaultPlan",
    "History",
    "HttpDialect",
    "InjectedFault",
    "JobScript",
    "JobsStateMachine",
    "Outcome",
    "PacedClock",
    "Placement",
    "Schedule",
    "ScheduleError",
    "ScheduleReport",
    "ScheduledRun",
    "ScriptError",
    "Timeline",
    "Transcript",
    "UnusedFaultWarning",
    "UnusedScriptWarning",
    "VirtualClock",
    "WireSettings",
    "__version__",
    "aborted",
    "completed",
    "containing",
    "expect",
    "failed",
    "query_run",
    "schedule_all",
    "solver_run",
    "strategies",
    "training_run",
]

_HOMES = {
    ".": ("strategies",),
    ".accounts": ("DEFAULT_USER",),
    ".active_script": ("ActiveScript",),
    ".backend": ("FakeBackend",),
    ".clock_event": ("ClockEvent",),
    ".clock_executor": (
        "ClockExecutor",
        "ClockTask",
    ),
    ".clock_threads": ("ClockThreads",),
    ".expectations": ("Containing", "Expectation", "containing", "expect"),
    ".faces.async_gateway": ("FakeAsyncGateway",),
    ".faces.gateway": ("FakeGateway",),
    ".faces.http": ("HttpDialect",),
    ".fault_plan": (
        "ActiveFault",
        "FaultPlan",
        "InjectedFault",
    ),
    ".faults": ("Fault",),
    ".generators": (
        "query_run",
        "solver_run",
        "training_run",
    ),
    ".histories": ("History",),
    ".machine.calls": ("ExecutionView",),
    ".paced_clock": ("PacedClock",),
    ".patience": (
        "ClockDeadlockError",
        "ClockStuckError",
    ),
    ".schedule": (
        "BrokenPlacementError",
        "Placement",
        "Schedule",
        "ScheduledRun",
        "ScheduleError",
        "ScheduleReport",
        "schedule_all",
    ),
    ".script": (
        "At",
        "End",
        "JobScript",
        "Outcome",
        "ScriptError",
        "UnusedScriptWarning",
        "aborted",
        "completed",
        "failed",
    ),
    ".stateful": ("JobsStateMachine",),
    ".timeline": ("Timeline",),
    ".transcript": (
        "Entry",
        "Transcript",
    ),
    ".virtual_clock": ("VirtualClock",),
    ".which": (
        "FaultError",
        "UnusedFaultWarning",
    ),
    ".wire_settings": ("WireSettings",),
}

__getattr__ = when_used(__name__, _HOMES)
__dir__ = names_of(__name__)
