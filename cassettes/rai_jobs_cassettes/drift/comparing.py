"""Two answers, compared by what they mean: what is made anew is bound, times count from a start.

Pure. One `Comparison` sees the answers of one run in order, since what one told means something in
the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias, cast

from rai_jobs.gateways.rows import parse_instant

from ..interactions import Tree
from ..replay.bindings import Bindings
from ..replay.differences import ABSENT, Difference
from .shaping import shaped
from .ties import Ties
from .volatile import How, Rules, Volatile

__all__ = ["Comparison"]

_ANCHOR = "created_on"
_ID_NAMES = ("id", "job_id", "txn_id")
_NOTHING: tuple[object, ...] = (None, "")
_Times: TypeAlias = "tuple[datetime, datetime] | None"


@dataclass(frozen=True)
class _Place:
    """Where in an answer something stands.

    Args:
        text: as differences name it.
        way: the names on the way to it, in lower case; no numbers.
        start: from when the times beside it are counted, in either answer.
    """

    text: str = ""
    way: tuple[str, ...] = ()
    start: _Times = None

    def at(self, name: str, start: _Times) -> _Place:
        text = f"{self.text}.{name}" if self.text else name
        return _Place(text, (*self.way, name.lower()), start)

    def item(self, number: int) -> _Place:
        return _Place(f"{self.text}[{number}]", self.way, self.start)


class Comparison:
    """How the answers of two runs compare.

    Args:
        ignore: what differs by nature.
        tolerance_s: by how much times may differ, in seconds.
    """

    def __init__(self, ignore: Iterable[Volatile], *, tolerance_s: float) -> None:
        self.ties = Ties()
        self._bindings = Bindings()
        self._rules = Rules(ignore)
        self._tolerance_s = tolerance_s
        self._is_own: Callable[[str], bool] | None = None
        self._clocks: tuple[datetime, datetime, float] | None = None
        self._instants: dict[datetime, datetime] = {}
        self._shift_s = 0.0

    def differences(
        self,
        recorded: dict[str, Tree],
        there: dict[str, Tree],
        *,
        is_own: Callable[[str], bool] | None = None,
        shift_s: float = 0.0,
    ) -> tuple[Difference, ...]:
        """Return where two answers differ, once what they tell anew is bound.

        Args:
            recorded: the answer in the recording.
            there: the one that it is compared with.
            is_own: of a list, tells of a recorded id whether its execution counts; of the other
                list those count that stand for one. `None` where all do.
            shift_s: how much later in its run the other answer came, in seconds: an instant that is
                told for the first time may be so much later.
        """
        self._is_own, self._shift_s = is_own, shift_s
        left, right = shaped(recorded), shaped(there)
        # What is made anew may stand in texts before the place that tells it.
        self._bind(left, right, _Place())
        return tuple(self._walk(left, right, _Place()))

    def _bind(self, left: Tree, right: Tree, place: _Place) -> None:
        how = self._rules.at(place.way)
        if how in (How.NAMED, How.OPAQUE):
            if _is_name(left) and _is_name(right):
                if how is How.OPAQUE:
                    self.ties.retie(str(left), str(right))
                else:
                    self.ties.tie(str(left), str(right))
        elif how is None and isinstance(left, dict) and isinstance(right, dict):
            for name, value in left.items():
                if name in right:
                    self._bind(value, right[name], place.at(name, None))
        elif how is None and isinstance(left, list) and isinstance(right, list):
            left, right = self._own(left, right)
            for number, (each, other) in enumerate(zip(left, right, strict=False)):
                self._bind(each, other, place.item(number))

    def _walk(self, left: Tree, right: Tree, place: _Place) -> Iterator[Difference]:
        how = self._rules.at(place.way)
        if how is How.IGNORED:
            return
        if how is not None and not isinstance(left, (dict, list)):
            yield from self._volatile(how, left, right, place)
        elif isinstance(left, dict) and isinstance(right, dict):
            yield from self._members(left, right, place)
        elif isinstance(left, list) and isinstance(right, list):
            left, right = self._own(left, right)
            for number in range(max(len(left), len(right))):
                here = place.item(number)
                if number >= len(left):
                    yield Difference(here.text, ABSENT, right[number])
                elif number >= len(right):
                    yield Difference(here.text, left[number], ABSENT)
                else:
                    yield from self._walk(left[number], right[number], here)
        elif not self._is_equal(left, right):
            yield Difference(place.text, left, right)

    def _members(
        self, left: dict[str, Tree], right: dict[str, Tree], place: _Place
    ) -> Iterator[Difference]:
        start = _times(_member(left, _ANCHOR), _member(right, _ANCHOR)) or place.start
        for name in [*left, *(each for each in right if each not in left)]:
            here = place.at(name, start)
            if name in left and name in right:
                yield from self._walk(left[name], right[name], here)
            elif self._rules.at(here.way) is not How.IGNORED:
                yield Difference(here.text, left.get(name, ABSENT), right.get(name, ABSENT))  # pyright: ignore[reportArgumentType]

    def _volatile(self, how: How, left: Tree, right: Tree, place: _Place) -> Iterator[Difference]:
        times = None
        if left in _NOTHING or right in _NOTHING:
            agree = left in _NOTHING and right in _NOTHING
        elif how is How.OPAQUE:
            agree = isinstance(left, str) == isinstance(right, str)
        elif how is How.NAMED and _is_name(left) and _is_name(right):
            agree = self.ties.tie(str(left), str(right))
        elif how is How.DURATION and (lengths := _numbers(left, right)) is not None:
            agree = abs(lengths[0] - lengths[1]) <= self._slack_s * 1000
        elif how is How.INSTANT and (times := _times(left, right)) is not None:
            since = self._since(times, place)
            if abs(since[0] - since[1]) > self._slack_s:
                after = _ANCHOR if _is_anchored(place) else "the first"
                yield Difference(place.text, *(f"{each:.3f} s after {after}" for each in since))
            return
        else:
            agree = self._is_equal(left, right)
        if not agree:
            yield Difference(place.text, left, right)

    @property
    def _slack_s(self) -> float:
        # Half a millisecond is what rounding makes of a time.
        return self._tolerance_s + 0.0005

    def _since(self, times: tuple[datetime, datetime], place: _Place) -> tuple[float, float]:
        """Return how long after what it counts from an instant is, in either answer."""
        left, right = times
        if place.start is not None and _is_anchored(place):
            return _seconds(left, place.start[0]), _seconds(right, place.start[1])
        if self._clocks is None:
            self._clocks = left, right, self._shift_s
        start, there, shift_s = self._clocks
        known = self._instants.get(left)
        if known is not None:  # told before, it is the same however much later it is told again
            return _seconds(known, there), _seconds(right, there)
        self._instants[left] = right
        return _seconds(left, start) + self._shift_s - shift_s, _seconds(right, there)

    def _is_equal(self, left: Tree, right: Tree) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return left == right or self.ties.told(left) == right or self._unify(left, right)
        numbers = _numbers(left, right)
        if numbers is not None:
            return numbers[0] == numbers[1]
        if isinstance(left, datetime) and isinstance(right, datetime):
            return (left.tzinfo is None) == (right.tzinfo is None) and left == right
        return type(left) is type(right) and left == right

    def _unify(self, left: str, right: str) -> bool:
        found = self._bindings.unified(self.ties.told(left), right)
        if found is None:
            return False
        self._bindings.bind(found)
        return True

    def _own(self, left: list[Tree], right: list[Tree]) -> tuple[list[Tree], list[Tree]]:
        """Return lists of executions without those that the other run cannot know."""
        is_own = self._is_own
        if is_own is None or not all(_id_of(each) is not None for each in (*left, *right)):
            return left, right
        return (
            [each for each in left if is_own(_id_of(each) or "")],
            [each for each in right if self.ties.is_tied(_id_of(each) or "")],
        )


def _is_name(value: Tree) -> bool:
    is_text = isinstance(value, (str, int)) and not isinstance(value, bool)
    return is_text and value not in _NOTHING


def _numbers(left: Tree, right: Tree) -> tuple[float, float] | None:
    if isinstance(left, bool) or isinstance(right, bool):
        return None
    if isinstance(left, int) and isinstance(right, int):
        return left, right
    kinds = (int, float, Decimal)
    if not isinstance(left, kinds) or not isinstance(right, kinds):
        return None
    return float(left), float(right)


def _is_anchored(place: _Place) -> bool:
    return place.start is not None and place.way[-1] != _ANCHOR


def _seconds(instant: datetime, start: datetime) -> float:
    return (instant - start).total_seconds()


def _member(row: dict[str, Tree], name: str) -> Tree:
    return next((value for each, value in row.items() if each.lower() == name), None)


def _id_of(row: Tree) -> str | None:
    """Return the id of what looks like an execution; `None` for anything else."""
    if not isinstance(row, dict) or _member(row, "state") is None:
        return None
    found = next((each for name in _ID_NAMES if (each := _member(row, name)) is not None), None)
    return None if found is None else str(found)


def _times(left: Tree, right: Tree) -> _Times:
    found = _time(left), _time(right)
    return None if None in found else cast("tuple[datetime, datetime]", found)


def _time(value: Tree) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return None
    try:
        return parse_instant(value)
    except ValueError:
        return None
