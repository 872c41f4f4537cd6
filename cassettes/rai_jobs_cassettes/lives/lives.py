"""What a recording saw of each execution that it created: looks, events, cancels, what was left.

Facts alone, on one time: seconds since the create was answered. What is made of them is said in
`scripts`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rai_jobs.models import JobRecord
from rai_jobs.reasoners import LOGIC, ReasonerType
from rai_jobs.states import is_terminal

from .readings import Asked, Reading
from .tellings import Page, artifacts_in, created_in, page_in, problems_in, records_in

__all__ = ["Life", "Look", "SeenEvent", "lives_of"]


@dataclass(frozen=True)
class Look:
    """One answer that showed an execution.

    Args:
        at: when it was answered.
        record: what it showed.
    """

    at: float
    record: JobRecord

    @property
    def state(self) -> str:
        """The state that it showed, in upper case."""
        return self.record.state


@dataclass(frozen=True)
class SeenEvent:
    """One event of a stream.

    Args:
        at: when a page first bore it.
        event: itself.
    """

    at: float
    event: dict[str, Any]


@dataclass
class Life:
    """What was seen of one execution.

    Args:
        id: its id.
        kind: its type of reasoner.
        order: what its create asked.
        created_at: when that was answered, from the start of the recording.
    """

    id: str
    kind: ReasonerType
    order: Asked
    created_at: float
    looks: list[Look] = field(default_factory=list[Look])
    cancels: list[float] = field(default_factory=list[float])
    """When cancellation was asked for, and accepted."""
    streams: dict[str, dict[int, SeenEvent]] = field(
        default_factory=dict[str, "dict[int, SeenEvent]"]
    )
    """By stream, its events by their place."""
    unplaced: int = 0
    """How many pages were read from a token that no page told."""
    artifacts: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    problems: list[dict[str, Any]] = field(default_factory=list["dict[str, Any]"])
    _places: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    @property
    def active(self) -> list[Look]:
        """The looks that showed it before its end."""
        return [each for each in self.looks if not is_terminal(each.state)]

    @property
    def end(self) -> Look | None:
        """The first look that showed its end; `None` where none did."""
        return next((each for each in self.looks if is_terminal(each.state)), None)

    def events(self, stream: str) -> list[SeenEvent]:
        """Return the events of a stream, in order."""
        held = self.streams.get(stream, {})
        return [held[place] for place in sorted(held)]

    def read(self, at: float, asked: Asked, page: Page) -> None:
        """Add what a page told."""
        is_start = asked.token == "" or (asked.token == "0" and self.kind.is_logic)
        place = 0 if is_start else self._places.get((asked.stream, asked.token))
        if place is None:
            self.unplaced += 1
            return
        held = self.streams.setdefault(asked.stream, {})
        for number, event in enumerate(page.events, start=place):
            held.setdefault(number, SeenEvent(at, event))
        if page.token:
            self._places[asked.stream, page.token] = place + len(page.events)


def lives_of(readings: Iterable[Reading]) -> list[Life]:
    """Return what was seen of each execution that a recording created, in order of creation."""
    lives: dict[str, Life] = {}
    for each in readings:
        made = created_in(each)
        if made is not None:
            lives[made] = Life(made, each.asked.kind or LOGIC, each.asked, each.at)
        for record in records_in(each):
            life = lives.get(record.id)
            if life is not None:
                life.looks.append(Look(_since(life, each), record))
        asked_about = lives.get(each.asked.id or "")
        if asked_about is not None:
            _add(asked_about, each)
    return list(lives.values())


def _add(life: Life, reading: Reading) -> None:
    at = _since(life, reading)
    if reading.asked.operation == "cancel" and reading.succeeded:
        life.cancels.append(at)
    page = page_in(reading)
    if page is not None:
        life.read(at, reading.asked, page)
    life.artifacts.update(artifacts_in(reading) or {})
    life.problems = problems_in(reading) or life.problems


def _since(life: Life, reading: Reading) -> float:
    return round(reading.at - life.created_at, 6)
