"""`JobsStateMachine`: a search over everything that a backend may do to your code.

Subclass it, add rules that drive your code through `self.jobs` and invariants of your own; what the
backend does between them is here: time passes, work lives by this script or that one, others fill
the reasoners, which sleep and wake, and calls go wrong.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rai_jobs.client import JobsClientSync
from rai_jobs.errors import JobError
from rai_jobs.states import TERMINAL_STATES, State

from .. import strategies
from ..accounts import DEFAULT_USER
from ..backend import FakeBackend
from ..faults.fault import Fault
from ..faults.which import UnusedFaultWarning
from ..script import JobScript, UnusedScriptWarning
from .history import SetStatus

__all__ = ["JobsStateMachine"]


class JobsStateMachine(RuleBasedStateMachine):
    """A `RuleBasedStateMachine` over a fake backend.

    What a subclass may set: `reasoner_type` and `reasoner_name`, which its code works on;
    `fault_operations`, whose calls may go wrong (none by default: a rule that meets a fault must
    bear with a `JobError`); `max_running`, the capacity of the reasoner; `over`, the face. What it
    may override: `make_backend`.
    """

    reasoner_type: ClassVar[str] = "Prescriptive"
    reasoner_name: ClassVar[str] = "worker-1"
    max_running: ClassVar[int | None] = 2
    fault_operations: ClassVar[Sequence[str]] = ()
    over: ClassVar[Any] = "gateway"

    def __init__(self) -> None:
        super().__init__()
        self.backend = self.make_backend()
        self.backend.add_user("somebody_else")
        self.backend.add_reasoner(
            self.reasoner_name, self.reasoner_type, max_running=self.max_running
        )
        self.jobs: JobsClientSync = self.backend.jobs(over=self.over)
        """The client for the code under test."""
        self._ended: dict[str, tuple[State, object, object]] = {}

    def make_backend(self) -> FakeBackend:
        """Return the backend of one history."""
        return FakeBackend()

    @rule(seconds=strategies.seconds())
    def time_passes(self, seconds: float) -> None:
        """Nothing is asked for a while."""
        self.backend.clock.sleep(seconds)

    @rule(data=st.data())
    def the_next_execution_has_a_script(self, data: st.DataObject) -> None:
        """Whatever is created next on the reasoner lives by some script."""
        script: JobScript = data.draw(strategies.job_scripts(self.reasoner_type))
        self.backend.script(
            script, reasoner_type=self.reasoner_type, name=self.reasoner_name, times=1
        )

    @rule(data=st.data())
    def somebody_else_creates(self, data: st.DataObject) -> None:
        """The reasoner is not ours alone."""
        payload = data.draw(strategies.payloads(self.reasoner_type))
        others = self.backend.jobs("somebody_else")
        try:
            others.create(self.reasoner_type, self.reasoner_name, payload)
        except JobError as error:
            note(f"somebody else was refused: {error}")

    @rule(status=st.sampled_from(["READY", "SUSPENDED", "UPGRADING"]), ready=strategies.seconds(60))
    def the_reasoner_changes(self, status: str, ready: float) -> None:
        """It sleeps, wakes, or is replaced, and is READY again within a minute."""
        change = SetStatus(
            self.reasoner_type,
            self.reasoner_name,
            status,
            max_running=self.max_running,
            ready_after_s=None if status == "READY" else ready,
            resume_s=5.0,
        )
        change.apply(self.backend, [])

    @precondition(lambda self: bool(self.fault_operations))
    @rule(data=st.data())
    def a_call_will_go_wrong(self, data: st.DataObject) -> None:
        """One of the next calls meets a fault."""
        face = None if self.over == "gateway" else self.over
        fault: Fault = data.draw(strategies.faults(self.fault_operations, face=face))
        self.backend.faults.inject(fault)

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        """The fake itself keeps its word."""
        for view in self.backend.executions:
            if view.state in TERMINAL_STATES:
                seen = (view.state, view.finished_at, view.abort_reason)
                assert self._ended.setdefault(view.id, seen) == seen  # noqa: S101

    def teardown(self) -> None:
        """Show what happened, where the history broke something; close."""
        note(f"{self.backend.transcript}\n{self.backend.timeline()}")
        self.jobs.close()
        with warnings.catch_warnings():
            # A search registers what nothing uses.
            warnings.simplefilter("ignore", UnusedFaultWarning)
            warnings.simplefilter("ignore", UnusedScriptWarning)
            self.backend.close()

    @property
    def mine(self) -> list[str]:
        """The ids of what the code under test created, in order."""
        return [view.id for view in self.backend.executions if view.created_by == DEFAULT_USER]
