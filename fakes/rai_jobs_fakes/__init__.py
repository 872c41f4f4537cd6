"""A RelationalAI jobs backend in memory, for tests: one state machine behind every face.

Start with `FakeBackend`. All public names are here, and in `rai_jobs_fakes.contract` for those who
run the contract suite on a gateway of their own.
"""

from __future__ import annotations

from rai_jobs.version import __version__

from .backend import DEFAULT_USER, FakeBackend
from .faces.gateway import FakeGateway
from .faces.http import HttpDialect
from .machine.calls import ExecutionView
from .script import At, End, JobScript, Outcome, ScriptError, aborted, completed, failed
from .transcript import Transcript
from .virtual_clock import VirtualClock

__all__ = [
    "DEFAULT_USER",
    "At",
    "End",
    "ExecutionView",
    "FakeBackend",
    "FakeGateway",
    "HttpDialect",
    "JobScript",
    "Outcome",
    "ScriptError",
    "Transcript",
    "VirtualClock",
    "__version__",
    "aborted",
    "completed",
    "failed",
]
