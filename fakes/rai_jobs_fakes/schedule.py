"""`schedule_all`: a scenario run again and again, with a fault at every place where one can be.

No list of places is made beforehand: a fault is placed at the first call that it fits, then at the
second, until a run ends in which it struck nothing; what a scenario does after a fault is met by
the second one. This is how SQLite tests its I/O errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Literal

from rai_jobs.errors import JobError

from .backend import FakeBackend
from .faults.fault import Fault
from .faults.which import FaultError, operations_of, require_count, tuple_of
from .machine.calls import Call
from .placement import Placement, ScheduleError, count_of, told_placements
from .reports.transcript import Transcript

__all__ = [
    "BrokenPlacementError",
    "Placement",
    "Schedule",
    "ScheduleError",
    "ScheduleReport",
    "ScheduledRun",
    "schedule_all",
]

_SHOWN = 10
_TOLD = 60


class BrokenPlacementError(AssertionError):
    """A placement of faults broke the scenario; the message shows the smallest one in full."""


class _EndlessError(BaseException):
    """Ends a scenario that asks for ever: no `except Exception` keeps it from that."""


@dataclass(frozen=True)
class ScheduledRun:
    """One run of the scenario: what an invariant looks at, and what a report shows."""

    backend: FakeBackend
    """The run's own backend, from which the faults are withdrawn once the scenario has ended."""
    placements: tuple[Placement, ...] = ()
    """The faults that struck, in the order in which to inject them to see the run again.

    That is the order in which they struck, except where the first one strikes several calls: then
    it is injected last, so that it does not take the call of the second.
    """
    result: Any = None
    """What the scenario returned."""
    error: Exception | None = None
    """What it raised, where that is one of the errors that are allowed."""
    broken: BaseException | None = None
    """What breaks the run: another error, or the invariant's."""
    transcript: Transcript = field(default_factory=lambda: Transcript(()), repr=False)
    """What happened, told with the faults as `placements` tells them."""
    set_up: int = 0
    """How many calls of the transcript were made before the scenario began."""

    @property
    def size(self) -> tuple[int, ...]:
        """What runs are ordered by: how many faults, then how late each."""
        return len(self.placements), *sorted(placement.call for placement in self.placements)

    def __str__(self) -> str:
        faults = "\n".join(f"  {placement}" for placement in self.placements) or "  no fault"
        error = f"{type(self.broken).__name__}: {self.broken}" if self.broken else "not broken"
        return f"{faults}\n  -> {error}"


@dataclass(frozen=True)
class ScheduleReport:
    """What came of all placements."""

    runs: int
    """How often the scenario was run."""
    placed: int
    """In how many of the runs faults struck."""
    broken: tuple[ScheduledRun, ...]
    """The runs that broke: the fewest and earliest faults first."""
    never_fired: tuple[Fault, ...]
    """Faults that found no call to strike in any run: they have tested nothing."""

    def raise_for_broken(self) -> None:
        """Do nothing, unless a placement broke the scenario, or a fault found no place.

        Raises:
            BrokenPlacementError: with the smallest placement in full, the transcript included.
        """
        __tracebackhide__ = True  # pytest shows the line that asked, not ours
        if self.broken:
            first = self.broken[0]
            raise BrokenPlacementError(f"{self}\n\n{_story(first.transcript)}") from first.broken
        if self.never_fired:
            raise BrokenPlacementError(str(self))

    def __str__(self) -> str:
        lines = [f"{self.runs} runs, {self.placed} of them with faults: {len(self.broken)} broken."]
        if self.never_fired:
            names = ", ".join(map(repr, self.never_fired))
            lines.append(f"Never fired, so that nothing was tested: {names}.")
        lines += [str(run) for run in self.broken[:_SHOWN]]
        if len(self.broken) > _SHOWN:
            lines.append(f"  … and {len(self.broken) - _SHOWN} more")
        return "\n".join(lines)


def schedule_all(
    operations: str | Sequence[str] | None,
    faults: Sequence[Fault],
    *,
    depth: Literal[1, 2] = 1,
    backend: Callable[[], FakeBackend] = FakeBackend,
    allowed: tuple[type[Exception], ...] = (JobError,),
    max_calls: int = 10_000,
    max_runs: int = 10_000,
) -> Schedule:
    """Return all placements of one, or up to two, of `faults` in a scenario that `run` is given.

    Args:
        operations: the operations that are struck: get, create, list, events, cancel, artifacts,
            problems; `None` for all.
        faults: what strikes. Where each strikes is the schedule's to say: they may tell `times`,
            `where`, `user` and `face`, and nothing else of which calls.
        depth: how many faults there are in a run at most.
        backend: makes a backend, as the scenario needs it; called for every run. Its transcript
            must be whole: without `transcript_limit`.
        allowed: what the scenario may raise: an answer like any other, which `invariant` sees.
        max_calls: how many calls a run may make; one that makes more never ends, and is broken. It
            is ended by a `BaseException` out of the call, which no server passes on.
        max_runs: how many runs there may be.

    Raises:
        FaultError: an argument is at fault: no operation, a fault that says itself which call it
            strikes, a depth that is not 1 or 2, a bound that is less than 1.
    """
    names = operations_of(operations, "operations")
    held = _faults_in(faults)
    for fault in held:
        _require_placeable(fault, names)
    if not callable(backend):
        raise FaultError(f"`backend` must be a function that makes one; got {backend!r:.200}.")
    bounds: list[tuple[str, object, int | None]] = [
        ("depth", depth, 2),
        ("max_calls", max_calls, None),
        ("max_runs", max_runs, None),
    ]
    for name, bound, most in bounds:
        if bound is None:
            raise FaultError(f"`{name}` must be a whole number; got None.")
        require_count(name, bound, least=1, most=most)
    return Schedule(names, held, depth, backend, allowed, max_calls, max_runs)


@dataclass(frozen=True)
class Schedule:
    """All placements of some faults; made by `schedule_all`, which says what its fields mean."""

    operations: tuple[str, ...]
    faults: tuple[Fault, ...]
    depth: int
    backend: Callable[[], FakeBackend]
    allowed: tuple[type[Exception], ...]
    max_calls: int
    max_runs: int

    def run(
        self,
        scenario: Callable[[FakeBackend], object],
        *,
        invariant: Callable[[ScheduledRun], object] | None = None,
    ) -> ScheduleReport:
        """Run `scenario` without a fault, and then with each placement.

        Args:
            scenario: the code under test; it gets the run's backend, and makes its clients on it.
                It must do the same whenever it meets the same: no real time, no chance.
            invariant: asserts what must hold however the scenario ended.

        Returns:
            What broke. Where the scenario breaks without a fault, that run alone.

        Raises:
            ScheduleError: there would be more than `max_runs` runs, the scenario does not do the
                same when it meets the same, or its backend keeps a part of the transcript alone.
        """
        for name, given in (("scenario", scenario), ("invariant", invariant)):
            if not callable(given) and not (name == "invariant" and given is None):
                raise ScheduleError(f"`{name}` must be a function; got {given!r:.200}.")
        series = _Series(self, scenario, invariant)
        if series.go(()).broken is None:
            for first in self.faults:
                for run in series.placements((), first, start=1):
                    if self.depth == 2:
                        self._second(series, run)
        return series.report()

    def _second(self, series: _Series, run: ScheduledRun) -> None:
        [first] = run.placements
        for second in self.faults:
            before = count_of(self.placed(second, 1), run.transcript[run.set_up : first.call])
            for _ in series.placements((first.fault,), second, start=before + 1):
                pass

    def placed(self, fault: Fault, nth: int) -> Fault:
        """Return `fault` as it first strikes the `nth` call that it can strike here."""
        return fault.placed(nth, fault.which.operations or self.operations)


class _Series:
    """The runs of one schedule so far."""

    def __init__(
        self,
        schedule: Schedule,
        scenario: Callable[[FakeBackend], object],
        invariant: Callable[[ScheduledRun], object] | None,
    ) -> None:
        self._schedule = schedule
        self._scenario = scenario
        self._invariant = invariant
        self._runs = 0
        self._placed = 0
        self._broken: list[ScheduledRun] = []
        self._fired: list[Fault] = []

    def placements(
        self, before: tuple[Fault, ...], fault: Fault, *, start: int
    ) -> Iterator[ScheduledRun]:
        """Yield the runs in which `fault` strikes, beside those that are placed `before` it.

        Raises:
            ScheduleError: one of those that struck before strikes no more.
        """
        for nth in count(start):
            run = self.go((*before, self._schedule.placed(fault, nth)))
            struck = [placement.fault for placement in run.placements]
            if any(each not in struck for each in before):
                raise ScheduleError(
                    f"{before[0]!r} struck a call in one run and none in the next, so that not"
                    " every placement can be found. The scenario must do the same whenever it meets"
                    " the same: look for real time, chance, and what is kept from run to run."
                )
            if len(struck) == len(before):
                return
            self._fired.append(fault)
            self._placed += 1
            yield run

    def go(self, faults: tuple[Fault, ...]) -> ScheduledRun:
        """Run the scenario once, with `faults` where they are placed."""
        schedule = self._schedule
        if self._runs == schedule.max_runs:
            raise ScheduleError(
                f"There are more than {self._runs} placements (`max_runs`); {len(self._broken)} of"
                " those were broken. Name fewer operations or faults, take `depth=1`, make the"
                " scenario shorter, or allow more.\n"
                f"{self.report()}"
            )
        self._runs += 1
        backend = schedule.backend()
        if backend.transcript_limit is not None:
            raise ScheduleError(
                f"`backend` makes one whose transcript keeps {backend.transcript_limit} calls"
                " (`transcript_limit`), but what was struck is found in the whole of it: leave the"
                " limit out."
            )
        set_up = len(backend.transcript)
        calls = _CallLimit(schedule.max_calls)
        # Matches nothing, and is asked about every call.
        backend.faults.inject(Fault.delayed(1, times=None, where=calls.refuses))
        # Where the earlier one may still strike, the later one comes first, and has its call.
        lasting = bool(faults) and faults[0].which.nth is None
        faults = faults[::-1] if lasting else faults
        for fault in faults:
            backend.faults.inject(fault)
        result, error, broken = _ended(self._scenario, backend, schedule.allowed)
        if calls.error is not None:
            error, broken = None, calls.error
        backend.faults.clear()
        placements, transcript = told_placements(backend.transcript, faults, set_up)
        run = ScheduledRun(backend, placements, result, error, broken, transcript, set_up)
        if broken is None and self._invariant is not None:
            run = replace(run, broken=_ended(self._invariant, run, ())[2])
        # Where the last fault found no call, it is the run without it once more.
        if run.broken is not None and len(run.placements) == len(faults):
            self._broken.append(run)
        return run

    def report(self) -> ScheduleReport:
        clean_broke = any(not run.placements for run in self._broken)
        return ScheduleReport(
            self._runs,
            self._placed,
            tuple(sorted(self._broken, key=lambda run: run.size)),
            ()
            if clean_broke
            else tuple(each for each in self._schedule.faults if each not in self._fired),
        )


class _CallLimit:
    """Counts calls, and ends the scenario that makes too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self.error: _EndlessError | None = None

    def refuses(self, call: Call[Any]) -> bool:
        self._count += 1
        if self._count > self._most:
            self.error = _EndlessError(
                f"the scenario never ends: it made more than {self._most} calls (`max_calls`), the"
                f" last a {call.operation}"
            )
            raise self.error
        return False


def _story(transcript: Transcript) -> str:
    if len(transcript) <= _TOLD:
        return str(transcript)
    start, end = transcript[: _TOLD // 2], transcript[-_TOLD // 2 :]
    return f"{start}\n… {len(transcript) - len(start) - len(end)} more calls …\n{end}"


def _ended(
    do: Callable[[Any], object], argument: object, allowed: tuple[type[Exception], ...]
) -> tuple[object, Exception | None, BaseException | None]:
    """Return what `do` returned, the allowed error that it raised, or what else it raised."""
    try:
        return do(argument), None, None
    except allowed as error:
        return None, error, None
    except (KeyboardInterrupt, SystemExit):
        raise
    # What a test framework fails with is no Exception, and breaks a run as any other does.
    except BaseException as error:  # noqa: BLE001
        return None, None, error


def _faults_in(given: object) -> tuple[Fault, ...]:
    held = tuple_of(given)
    faults = tuple(each for each in held if isinstance(each, Fault))
    if not faults or len(faults) < len(held):
        raise FaultError(f"`faults` must be a sequence of one fault or more; got {given!r:.200}.")
    return faults


def _require_placeable(fault: Fault, operations: tuple[str, ...]) -> None:
    which = fault.which
    named = {"nth": which.nth, "after": which.after, "probability": which.probability}
    for name, value in named.items():
        if value:
            raise FaultError(
                f"`faults` holds {fault!r}, whose `{name}` says which call it strikes: here the"
                " schedule says that."
            )
    missing = set(which.operations) - set(operations)
    if operations and missing:
        raise FaultError(
            f"`faults` holds {fault!r}, which strikes {', '.join(sorted(missing))}: it could never"
            f" fire where `operations` is {', '.join(operations)}."
        )
