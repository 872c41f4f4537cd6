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
    from .clocks.clock_event import ClockEvent
    from .clocks.clock_executor import ClockExecutor, ClockTask
    from .clocks.clock_threads import ClockThreads
    from .clocks.paced_clock import PacedClock
    from .clocks.patience import ClockDeadlockError, ClockStuckError
    from .clocks.virtual_clock import VirtualClock
    from .expectations import Containing, Expectation, containing, expect
    from .faces.async_gateway import FakeAsyncGateway
    from .faces.gateway import FakeGateway
    from .faces.http import HttpDialect
    from .faults.fault import Fault
    from .faults.plan import ActiveFault, FaultPlan, InjectedFault
    from .faults.which import FaultError, UnusedFaultWarning
    from .generators import query_run, solver_run, training_run
    from .machine.calls import ExecutionView
    from .reports.timeline import Timeline
    from .reports.transcript import Entry, Transcript
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
    from .strategies.history import History
    from .strategies.stateful import JobsStateMachine
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
    ".clocks.clock_event": ("ClockEvent",),
    ".clocks.clock_executor": (
        "ClockExecutor",
        "ClockTask",
    ),
    ".clocks.clock_threads": ("ClockThreads",),
    ".expectations": ("Containing", "Expectation", "containing", "expect"),
    ".faces.async_gateway": ("FakeAsyncGateway",),
    ".faces.gateway": ("FakeGateway",),
    ".faces.http": ("HttpDialect",),
    ".faults.plan": (
        "ActiveFault",
        "FaultPlan",
        "InjectedFault",
    ),
    ".faults.fault": ("Fault",),
    ".generators": (
        "query_run",
        "solver_run",
        "training_run",
    ),
    ".strategies.history": ("History",),
    ".machine.calls": ("ExecutionView",),
    ".clocks.paced_clock": ("PacedClock",),
    ".clocks.patience": (
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
    ".strategies.stateful": ("JobsStateMachine",),
    ".reports.timeline": ("Timeline",),
    ".reports.transcript": (
        "Entry",
        "Transcript",
    ),
    ".clocks.virtual_clock": ("VirtualClock",),
    ".faults.which": (
        "FaultError",
        "UnusedFaultWarning",
    ),
    ".wire_settings": ("WireSettings",),
}

__getattr__ = when_used(__name__, _HOMES)
__dir__ = names_of(__name__)
