"""What lists show: executions by what is asked of them, as of a while ago when lists lag.

A list costs what it touches: each filter has an index, and the smallest that fits is walked, the
newest first. An index says where an execution was when the list last caught up, which is now unless
`list_lag_s` says otherwise.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rai_jobs.reasoners import ReasonerType
from rai_jobs.states import TERMINAL_STATES, State

from .execution import Execution, Fact
from .ordered import Ordered

__all__ = ["EVERYTHING", "Listing", "Wanted"]

_ACTIVE = tuple(state for state in State if state not in TERMINAL_STATES)


@dataclass(frozen=True)
class Wanted:
    """What a list asks for; `None` asks nothing."""

    job_id: str | None = None
    """The id, exactly."""
    state: str | None = None
    """The state, in any case; given, it beats `only_active`."""
    name: str | None = None
    """The reasoner's name, in any case."""
    created_by: str | None = None
    """The creator, in any case."""
    only_active: bool = False
    """Only what has not ended."""

    def states(self) -> tuple[State, ...] | None:
        """Return the states that an execution may be in; `None` for any."""
        if self.state is not None:
            text = self.state.upper()
            return tuple(state for state in State if state.value == text)
        return _ACTIVE if self.only_active else None


EVERYTHING = Wanted()
"""What asks nothing."""


class _Shelf:
    """The numbers of one owner's executions of one type, or of everybody's, by each filter."""

    __slots__ = ("all", "by_name", "by_state")

    def __init__(self) -> None:
        self.all = Ordered()
        self.by_name: defaultdict[str, Ordered] = defaultdict(Ordered)
        self.by_state: defaultdict[State, Ordered] = defaultdict(Ordered)

    def move(self, number: int, name: str, before: State | None, after: State | None) -> None:
        """Find what was in state `before` in state `after`; `None` is to be found nowhere."""
        if before is not None:
            self.by_state[before].remove(number)
        else:
            self.all.add(number)
            self.by_name[name].add(number)
        if after is not None:
            self.by_state[after].add(number)
        else:
            self.all.remove(number)
            self.by_name[name].remove(number)

    def smallest(self, name: str | None, states: tuple[State, ...] | None) -> list[Ordered]:
        """Return the indexes that hold all that may be wanted, and least beside it."""
        fitting = [[self.all]]
        if name is not None:
            fitting.append([self.by_name[name]] if name in self.by_name else [])
        if states is not None:
            fitting.append([self.by_state[each] for each in states if each in self.by_state])
        return min(fitting, key=lambda indexes: sum(map(len, indexes)))


class Listing:
    """The indexes of one machine's executions.

    Args:
        lag: how far lists are behind, in microseconds.
        by_id: the machine's executions.
    """

    def __init__(self, lag: int, by_id: Mapping[str, Execution]) -> None:
        self.shown_at = 0
        """The instant that lists show."""
        self._lag = lag
        self._by_id = by_id
        self._coming: deque[tuple[int, Execution, Fact | None]] = deque()
        self._by_number: list[Execution] = []
        self._shelves: dict[tuple[str, str | None], _Shelf] = {}
        self._owners: dict[str, list[str]] = {}
        """Every owner's name by its lower case: two users may differ by case alone."""

    def note(self, execution: Execution, fact: Fact) -> None:
        """Note what happened to `execution`; facts come in the order of time."""
        self._coming.append((fact.at, execution, fact))

    def forget(self, execution: Execution, at: int) -> None:
        """Note that `execution` cannot be seen any more from `at` on."""
        self._coming.append((at, execution, None))

    def catch_up(self, now: int) -> None:
        """Show what was so long before `now` as lists are behind."""
        self.shown_at = now - self._lag
        if not self._coming:
            return
        # What passes through several states at once is moved once: most never wait.
        moved: dict[Execution, tuple[State | None, State | None]] = {}
        while self._coming and self._coming[0][0] <= self.shown_at:
            _, execution, fact = self._coming.popleft()
            before = execution.state if fact is None else fact.before
            if before is None:
                self._by_number.append(execution)
            if execution in moved:
                before = moved[execution][0]
            moved[execution] = before, None if fact is None else fact.after
        for execution, (before, after) in moved.items():
            if before is not after:
                self._move(execution, before, after)

    def newest_first(
        self, kinds: Sequence[ReasonerType], wanted: Wanted, *, owner: str | None
    ) -> Iterator[Execution]:
        """Yield what is `wanted` of `kinds`, the last created first.

        Args:
            kinds: the types to look in.
            wanted: what is asked for.
            owner: only what this user created; `None` for everybody's.
        """
        name, states = None if wanted.name is None else wanted.name.lower(), wanted.states()
        keys = [(kind.label, of) for kind in kinds for of in self._owners_of(wanted, owner)]
        shelves = [self._shelves[key] for key in keys if key in self._shelves]
        if wanted.job_id is not None:
            numbers = self._only(wanted.job_id, shelves)
        else:
            walks = [each.descending() for it in shelves for each in it.smallest(name, states)]
            numbers = walks[0] if len(walks) == 1 else heapq.merge(*walks, reverse=True)
        for execution in map(self._by_number.__getitem__, numbers):
            if name is not None and execution.submission.reasoner_name.lower() != name:
                continue
            if states is None or execution.state_at(self.shown_at) in states:
                yield execution

    def _owners_of(self, wanted: Wanted, owner: str | None) -> Sequence[str | None]:
        if wanted.created_by is None:
            return (owner,)
        named = self._owners.get(wanted.created_by.lower(), ())
        return [each for each in named if owner in (None, each)]

    def _only(self, job_id: str, shelves: Sequence[_Shelf]) -> Iterator[int]:
        execution = self._by_id.get(job_id)
        if execution is not None and any(execution.number in shelf.all for shelf in shelves):
            yield execution.number

    def _move(self, execution: Execution, before: State | None, after: State | None) -> None:
        asked = execution.submission
        if before is None:
            names = self._owners.setdefault(asked.owner.lower(), [])
            if asked.owner not in names:
                names.append(asked.owner)
        for of in (asked.owner, None):
            key = (asked.reasoner_type.label, of)
            if key not in self._shelves:
                self._shelves[key] = _Shelf()
            self._shelves[key].move(execution.number, asked.reasoner_name.lower(), before, after)
