"""`History`: what happens to a backend around the code under test, as a value that can be played.

A search makes histories (`strategies.histories`), a test plays one before or between the steps of
its own. Steps are plain values: `repr` of a history that broke something is the test to keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rai_jobs.errors import JobError

from ..backend import FakeBackend
from ..faults.fault import Fault
from ..script import JobScript

__all__ = ["Advance", "Break", "Cancel", "Create", "History", "SetStatus", "Step"]


class Step(Protocol):
    """One thing that happens."""

    def apply(self, backend: FakeBackend, made: list[tuple[str, str]]) -> None:
        """Let it happen to `backend`; `made` holds the type and id of what was created so far."""
        ...


@dataclass(frozen=True)
class Create:
    """A user creates an execution that lives by `script`. What is refused is refused."""

    reasoner_type: str
    name: str
    payload: Mapping[str, Any]
    script: JobScript = field(default_factory=JobScript)
    timeout_mins: int | None = None
    user: str | None = None

    def apply(self, backend: FakeBackend, made: list[tuple[str, str]]) -> None:
        """Create it."""
        script = backend.script(
            self.script, reasoner_type=self.reasoner_type, name=self.name, times=1
        )
        try:
            operation = backend.jobs(self.user).create(
                self.reasoner_type, self.name, dict(self.payload), timeout_mins=self.timeout_mins
            )
        except JobError:
            return
        finally:
            # Where nothing was created, the next one shall not live by it.
            script.remove()
        made.append((self.reasoner_type, operation.id))


@dataclass(frozen=True)
class Cancel:
    """Its owner cancels an execution: the `number`th of those created, counted round."""

    number: int
    user: str | None = None

    def apply(self, backend: FakeBackend, made: list[tuple[str, str]]) -> None:
        """Cancel it, if anything was created."""
        if made:
            kind, job_id = made[self.number % len(made)]
            try:
                backend.jobs(self.user).cancel(kind, job_id)
            except JobError:
                return


@dataclass(frozen=True)
class Advance:
    """Time passes."""

    seconds: float

    def apply(self, backend: FakeBackend, made: list[tuple[str, str]]) -> None:
        """Let it pass."""
        del made
        backend.clock.sleep(self.seconds)


@dataclass(frozen=True)
class SetStatus:
    """A reasoner changes its status."""

    reasoner_type: str
    name: str
    status: str
    max_running: int | None = None
    ready_after_s: float | None = None
    resume_s: float | None = None

    def apply(self, backend: FakeBackend, made: list[tuple[str, str]]) -> None:
        """Change it."""
        del made
        backend.add_reasoner(
            self.name,
            self.reasoner_type,
            max_running=self.max_running,
            status=self.status,
            ready_after_s=self.ready_after_s,
            resume_s=self.resume_s,
        )


@dataclass(frozen=True)
class Break:
    """From now on something goes wrong."""

    fault: Fault

    def apply(self, backend: FakeBackend, made: list[tuple[str, str]]) -> None:
        """Inject the fault."""
        del made
        backend.faults.inject(self.fault)


@dataclass(frozen=True)
class History:
    """Steps in their order."""

    steps: tuple[Step, ...] = ()

    def play(self, backend: FakeBackend) -> list[tuple[str, str]]:
        """Let the steps happen to `backend`.

        Returns:
            The reasoner type and id of each execution that was created, in order.
        """
        made: list[tuple[str, str]] = []
        for step in self.steps:
            step.apply(backend, made)
        return made
