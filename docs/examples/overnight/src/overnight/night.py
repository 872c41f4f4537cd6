"""A night of solves: all of them are solved, or none is left running."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, TypeVar

from rai_jobs import Job, JobError, JobExpanded, JobsClientSync, Operation

T = TypeVar("T")
TYPE = "Prescriptive"


class GaveUpError(Exception):
    """Nothing may be tried again: the budget is spent."""


@dataclass(frozen=True)
class Report:
    """What came of a night."""

    statuses: dict[str, str]
    """How each solve ended; one that was never begun is not in it."""
    gave_up: Exception | None = None
    """Why the rest was cancelled, where it was."""


class Night:
    """Runs the solves of one night, with a budget of retries for all of them together."""

    def __init__(
        self,
        jobs: JobsClientSync,
        date: str,
        *,
        solver: str = "solver-1",
        retries: int = 3,
        poll_s: float = 30.0,
    ) -> None:
        self._jobs, self._date, self._solver = jobs, date, solver
        self._retries = self._left = retries
        self._poll_s = poll_s
        self._numbers = count(1)
        self._running: dict[str, str] = {}
        self._statuses: dict[str, str] = {}

    def run(self, models: Mapping[str, dict[str, Any]]) -> Report:
        """Solve all of `models`; once one fails for good, cancel the rest."""
        try:
            for name, model in models.items():
                self._running[name] = self._create(model)
            for name, operation in self._ends():
                if operation.status != "SUCCEEDED":
                    self._spend(operation.error or operation.status)
                    self._running[name] = self._create(models[name])
        except (JobError, GaveUpError) as error:
            self._stop()
            return Report(self._statuses, gave_up=error)
        return Report(self._statuses)

    def _create(self, model: dict[str, Any]) -> str:
        """Start a solve, and return its id."""
        key = f"{self._date}/{next(self._numbers)}"
        while True:
            try:
                return self._jobs.create(TYPE, self._solver, {**model, "key": key}).id
            except JobError as error:
                self._pause(error)
            # The answer alone may be lost, and the solve begun: look before asking again.
            if begun := self._again(self._mine).get(key):
                return begun

    def _ends(self) -> Iterator[tuple[str, Operation]]:
        """Yield each solve as it ends, until none is running."""
        while self._running:
            self._jobs.clock.sleep(self._poll_s)
            for name, job_id in list(self._running.items()):
                operation = self._again(partial(self._jobs.get_operation, TYPE, job_id))
                if operation.status not in ("PENDING", "RUNNING"):
                    del self._running[name]
                    self._statuses[name] = operation.status
                    yield name, operation

    def _stop(self) -> None:
        """Cancel what is running, and see it end."""
        self._left = self._retries  # stopping has a budget of its own
        for job_id in self._again(partial(self._mine, only_active=True)).values():
            self._again(partial(self._jobs.cancel, TYPE, job_id))
        for _ in self._ends():
            pass

    def _mine(self, *, only_active: bool = False) -> dict[str, str]:
        """Return the ids of this night's solves by their keys, as the backend knows them."""
        jobs = self._jobs.list(
            TYPE, name=self._solver, only_active=only_active, include={"details": True}
        )
        ids = {_key_of(job): job.id for job in jobs}
        return {key: job_id for key, job_id in ids.items() if key.startswith(f"{self._date}/")}

    def _again(self, ask: Callable[[], T]) -> T:
        """Ask, and ask again while what fails may pass and the budget lasts."""
        while True:
            try:
                return ask()
            except JobError as error:
                self._pause(error)

    def _pause(self, error: JobError) -> None:
        if not error.transient:
            raise error
        self._spend(str(error))
        self._jobs.clock.sleep(self._poll_s)

    def _spend(self, why: str) -> None:
        if self._left == 0:
            raise GaveUpError(why)
        self._left -= 1


def _key_of(job: Job) -> str:
    details = job.details if isinstance(job, JobExpanded) else None
    return str((details or {})["payload"].get("key", ""))
