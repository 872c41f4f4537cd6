"""`Model`: what a client must say, worked out from the pure machine alone.

Here calls are answered by a `Machine` directly: no backend, no face, no gateway, no client. What a
client makes of an answer (spec §7) is written a second time, plainly, so that it is compared and
not repeated.
"""

from __future__ import annotations

import builtins
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from rai_jobs import (
    Job,
    JobClientDisconnectedError,
    JobEvents,
    JobExpanded,
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
    JobTimeoutError,
    Operation,
)
from rai_jobs.models import JobIncludeDict
from rai_jobs.reasoners import REASONER_TYPES, ReasonerType
from rai_jobs_fakes import VirtualClock
from rai_jobs_fakes.instants import datetime_of, micros
from rai_jobs_fakes.machine.calls import (
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
from rai_jobs_fakes.machine.execution import User
from rai_jobs_fakes.machine.listing import Wanted
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.queue import LaneLimits
from rai_jobs_fakes.machine.refusals import NotFound, NotReady, Refused
from rai_jobs_fakes.machine.scripts import ScriptEntry
from rai_jobs_fakes.machine.settings import MachineSettings
from rai_jobs_fakes.machine.table import ReasonerStatus

from .drawing import Creation

_A = TypeVar("_A")
_STATUSES = {"COMPLETED": "SUCCEEDED", "CANCELED": "CANCELLED", "FAILED": "FAILED"}


class Model:
    """A machine and a clock. `jobs` gives what stands for the client of one user.

    Args:
        clock_skew_s: how far the machine's time is ahead of the clients', in seconds.
        settings: the machine's own settings.
    """

    def __init__(self, *, clock_skew_s: float = 0.0, **settings: Any) -> None:
        self.clock = VirtualClock()
        self._skew = round(clock_skew_s * 1_000_000)
        self.machine = Machine(MachineSettings(**settings), now=self.clock.instant() + self._skew)

    def settle(self) -> None:
        """Let happen what is due now."""
        self.machine.settle(self.clock.instant() + self._skew)

    def ask(self, call: Call[_A], user: User) -> _A:
        """Have the machine answer now."""
        self.settle()
        return call.answer(self.machine, user)

    def views(self) -> list[ExecutionView]:
        """All executions as they are now."""
        self.settle()
        return [ExecutionView.of(each, self.machine.now) for each in self.machine.executions()]

    def add_reasoner(
        self,
        name: str,
        reasoner_type: str,
        *,
        max_running: int | None,
        status: str,
        ready_after_s: float | None = None,
        resume_s: float | None = None,
        auto_suspend_mins: float | None = None,
    ) -> None:
        """Make a reasoner exist, or change one that does."""
        self.settle()
        limits = LaneLimits(
            max_running,
            None if resume_s is None else micros(resume_s),
            None if auto_suspend_mins is None else micros(auto_suspend_mins * 60),
        )
        self.machine.add_reasoner(
            ReasonerType.parse(reasoner_type),
            name,
            limits,
            ReasonerStatus(status),
            ready_after=None if ready_after_s is None else micros(ready_after_s),
        )

    def create(self, user: User, creation: Creation) -> str:
        """Create an execution, as a gateway would."""
        kind = ReasonerType.parse(creation.reasoner_type)
        if creation.script is not None:
            self.machine.scripts.add(ScriptEntry(creation.script, kind, None, 1))
        minutes = creation.timeout_mins
        if minutes is None and kind.is_logic:
            minutes = creation.payload.get("timeout_mins")
        call = Create(kind, creation.name, creation.payload, minutes, creation.guard_rails)
        with _refusals():
            return self.ask(call, user)

    def jobs(self, user: User) -> ModelJobs:
        """What stands for the client of `user`."""
        return ModelJobs(self, user)


class ModelJobs:
    """A client's answers, by the names of a client's methods."""

    def __init__(self, model: Model, user: User) -> None:
        self._model = model
        self._user = user

    def get(
        self, reasoner_type: str, job_id: str, *, include: JobIncludeDict | None = None
    ) -> Job | None:
        kind = ReasonerType.parse(reasoner_type)
        _require_fitting(include, kind)
        try:
            view = self._model.ask(Get(kind, job_id), self._user)
        except NotFound:
            return None
        return self._job(view, include)

    def get_operation(self, reasoner_type: str, job_id: str) -> Operation:
        job = self.get(reasoner_type, job_id)
        if job is None:
            return Operation(job_id, "PENDING", None, {"note": "job not found yet"})
        status = _STATUSES.get(job.state, "FAILED" if job.state == "ABORTED" else "RUNNING")
        kind = ReasonerType.parse(reasoner_type)
        raw = {"state": job.state, "reasoner_type": kind.discriminator, "name": job.name}
        return Operation(job_id, status, job.abort_reason if status == "FAILED" else None, raw)

    def list(
        self,
        reasoner_type: str | None = None,
        *,
        job_id: str | None = None,
        state: str | None = None,
        name: str | None = None,
        created_by: str | None = None,
        only_active: bool = False,
        all_users: bool = False,
        limit: int | None = None,
        offset: int = 0,
        include: JobIncludeDict | None = None,
    ) -> builtins.list[Job]:
        kinds = REASONER_TYPES if reasoner_type is None else (ReasonerType.parse(reasoner_type),)
        _require_fitting(include, kinds[0] if len(kinds) == 1 else None)
        if offset < 0:
            raise JobInvalidRequestError("offset")
        if limit is not None and limit <= 0:
            return []
        wanted = Wanted(job_id, state, name, None if all_users else created_by, only_active)
        found = [
            view for kind in kinds for view in self._model.ask(List((kind,), wanted), self._user)
        ]
        # The sort is stable: of one instant, one type stands before the next.
        found.sort(key=lambda view: view.created_at, reverse=True)
        end = None if limit is None else offset + limit
        return [self._job(view, include) for view in found[offset:end]]

    def get_events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        kind = ReasonerType.parse(reasoner_type)
        call = ReadEvents(kind, job_id, continuation_token, stream_name)
        with _refusals():
            page = self._model.ask(call, self._user)
        return JobEvents(list(page.events), page.continuation_token or None)

    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        with _refusals():
            call = Cancel(ReasonerType.parse(reasoner_type), job_id, all_users)
            self._model.ask(call, self._user)

    def create_ready(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_s: float,
        poll_interval_s: float,
    ) -> Job:
        bound = {"abort_detached": True} if reasoner_type == "Logic" else {}
        creation = Creation(reasoner_type, reasoner_name, {**payload, **bound})
        made = self._model.create(self._user, creation)
        return self.wait(reasoner_type, made, timeout_s=timeout_s, poll_interval_s=poll_interval_s)

    def wait(
        self, reasoner_type: str, job_id: str, *, timeout_s: float, poll_interval_s: float
    ) -> Job:
        clock = self._model.clock
        deadline = clock.monotonic() + timeout_s
        last_instant = clock.now() + timedelta(seconds=timeout_s)
        while True:
            job = self.get(reasoner_type, job_id)
            left = deadline - clock.monotonic()
            ended = None if job is None else job.finished_at
            # At the deadline only what ended before it counts.
            if job is not None and ended is not None and (left > 0 or ended < last_instant):
                if job.abort_reason == "client disconnected" and job.state == "ABORTED":
                    raise JobClientDisconnectedError("its owner was silent")
                return job
            self._pause(left, poll_interval_s)

    def follow(
        self, reasoner_type: str, job_id: str, *, timeout_s: float, poll_interval_s: float
    ) -> Iterator[dict[str, Any]]:
        clock = self._model.clock
        deadline, token, found = clock.monotonic() + timeout_s, "", False
        while True:
            page = JobEvents([], token)
            try:
                page = self.get_events(reasoner_type, job_id, token)
                found = True
            except JobNotFoundError:
                # One that is not there yet is waited for; one that vanishes is an error.
                if found:
                    raise
            yield from page.events
            if found and not page.continuation_token:
                return
            token = page.continuation_token or ""
            left = deadline - clock.monotonic()
            if not page.events or left <= 0:
                self._pause(left, poll_interval_s)

    def _pause(self, left: float, interval: float) -> None:
        if left <= 0:
            raise JobTimeoutError("the deadline passed")
        self._model.clock.sleep(min(interval, left))

    def _job(self, view: ExecutionView, include: JobIncludeDict | None) -> Job:
        finished = None if view.finished_at is None else datetime_of(view.finished_at)
        common: dict[str, Any] = {
            "id": view.id,
            "reasoner_type": view.reasoner_type.label,
            "state": view.state.value,
            "created_by": view.created_by,
            "created_on": datetime_of(view.created_at),
            "finished_at": finished,
            "duration": view.duration_ms,
            "abort_reason": view.abort_reason,
        }
        named: dict[str, Any] = {"name": view.reasoner_name, "model": view.submission.database_name}
        if include is None or not any(include.values()):
            return Job(**common, **named)
        expanded: dict[str, Any] = {}
        hidden = {"payload": view.payload, "timeout_ms": view.timeout_ms}
        if include.get("details"):
            read_only = view.submission.read_only
            expanded["details"] = {"model": named["model"], "read_only": read_only, **hidden}
        if include.get("raw"):
            expanded["raw"] = {
                **common,
                **hidden,
                "database_name": named["model"],
                "read_only": view.submission.read_only,
                "reasoner_name": named["name"],
            }
        expanded.update(self._owners(view, include))
        return JobExpanded(**common, **named, **expanded)

    def _owners(self, view: ExecutionView, include: JobIncludeDict) -> dict[str, Any]:
        """What is the owner's alone; for others, and where lists lag behind, it is left empty."""
        found: dict[str, Any] = {}
        where = (view.reasoner_type, view.id)
        if include.get("events"):
            try:
                found["events"] = self.get_events(view.reasoner_type.label, view.id)
            except JobNotFoundError:
                found["events"] = JobEvents([], None)
        if include.get("artifacts"):
            try:
                artifacts = self._model.ask(ReadArtifacts(*where), self._user)
            except NotFound:
                artifacts = {}
            found["artifacts"] = {
                name: {"FILENAME": name, **{key.upper(): value for key, value in columns.items()}}
                for name, columns in artifacts.items()
            }
        if include.get("problems"):
            try:
                problems = self._model.ask(ReadProblems(*where), self._user)
            except NotFound:
                found["problems"] = {}
            else:
                found["problems"] = {"problems": problems}
        return found


def _require_fitting(include: JobIncludeDict | None, kind: ReasonerType | None) -> None:
    of_logic = include is not None and (include.get("artifacts") or include.get("problems"))
    if of_logic and not (kind and kind.is_logic):
        raise JobInvalidRequestError("include")


@contextmanager
def _refusals() -> Generator[None]:
    """The machine's refusals as the families of errors that a user catches (spec §7)."""
    try:
        yield
    except NotFound as refusal:
        raise JobNotFoundError(str(refusal)) from refusal
    except Refused as refusal:
        raise JobInvalidRequestError(str(refusal)) from refusal
    except NotReady as refusal:
        raise JobNotReadyError(str(refusal)) from refusal
