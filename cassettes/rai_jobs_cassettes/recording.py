"""The tape itself: plays what was recorded, keeps what is new, and lets recorded time pass.

Where the recording comes from and goes to is the cassette's affair.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from rai_jobs.clock import Clock, SystemClock

from .errors import UnrecordedRequestError
from .interactions import Interaction, Kind, Tree
from .replay.bindings import Bindings
from .replay.index import Index, Recorded, Repeats
from .replay.nearest import named, nearest_told
from .sanitize import secrets_under

__all__ = ["Cleaned", "Recording"]

Cleaned: TypeAlias = "Callable[[Kind, dict[str, Tree]], dict[str, Tree]]"
"""What makes of a request one that may be shown."""


class Recording:
    """A `Tape`: plays, records, or both; many threads may talk to it.

    Args:
        name: what it is called in messages.
        recorded: what there is to play.
        plays: whether it answers from that.
        records: whether what it does not hold may be carried out, and is kept.
        clock: on which recorded time passes, when it plays; whose time is written, when it records.
        repeats: what answers a request whose recordings were all played.
        cleaned: makes of a request one that may be shown in a message.
    """

    def __init__(
        self,
        name: str,
        recorded: Sequence[Recorded],
        *,
        plays: bool,
        records: bool,
        clock: Clock | None,
        repeats: Repeats,
        cleaned: Cleaned,
    ) -> None:
        self._name = name
        self._recorded = recorded
        self._plays = plays
        self._records = records
        self._clock: Clock = clock or SystemClock()
        # Recorded time passes on a clock that somebody leads, never on the wall.
        self._leads = not isinstance(self._clock, SystemClock)
        self._cleaned = cleaned
        self._lock = threading.RLock()  # what is told of a refusal asks for the stand-ins
        self._index = Index(recorded, repeats=repeats)
        self._bindings = Bindings()
        self._began = self._clock.monotonic()
        self._first_at = recorded[-1].interaction().at if records and recorded else 0.0
        self.kept: list[Interaction] = []
        self._learned: set[str] = set()

    @property
    def stand_ins(self) -> dict[str, str]:
        """Which stand-in each live value was found to have."""
        with self._lock:
            return self._bindings.stand_ins

    @property
    def learned(self) -> frozenset[str]:
        """What seams were given that must not be written, such as a connection's password."""
        with self._lock:
            return frozenset(self._learned)

    @property
    def unplayed(self) -> tuple[int, ...]:
        """The positions of what was recorded and never asked for."""
        with self._lock:
            return tuple(self._index.unplayed)

    def find(self, kind: Kind, request: dict[str, Tree]) -> dict[str, Tree] | None:
        """Return the recorded response; `None` where the request is to be carried out and kept.

        Raises:
            UnrecordedRequestError: it is not recorded, and may not be carried out.
        """
        if not self._plays:
            return None
        with self._lock:
            interaction = self._index.take(kind, request, self._bindings)
            if interaction is None and not self._records and self._index.verify():
                interaction = self._index.take(kind, request, self._bindings)
            if interaction is None:
                if self._records:
                    return None
                raise UnrecordedRequestError(self._unrecorded(kind, request))
            response = interaction.response
            if self._bindings:
                response = {name: self._bindings.told(value) for name, value in response.items()}
        self._pass_until(interaction.at)
        return response

    def keep(self, kind: Kind, request: dict[str, Tree], response: dict[str, Tree]) -> None:
        """Record what came of a request that was carried out: an answer, or what was raised."""
        with self._lock:
            at = self._first_at + self._clock.monotonic() - self._began
            self.kept.append(Interaction(round(at, 6), kind, request, response))

    def learn(self, settings: Mapping[str, object]) -> None:
        """Remember what of a connection's settings must not be written, wherever it stands."""
        with self._lock:
            self._learned.update(secrets_under(settings))

    def _pass_until(self, at: float) -> None:
        if not self._leads:
            return
        left = self._began + at - self._clock.monotonic()
        if left > 0:
            self._clock.sleep(left)

    def _unrecorded(self, kind: Kind, request: dict[str, Tree]) -> str:
        count = len(self._recorded)
        times = self._index.times_recorded(kind, request, self._bindings)
        shown = self._cleaned(kind, request)
        if times:
            return (
                f"{named(kind, shown)} was recorded {times} times in {self._name}, and each was"
                ' played: `repeats="last"` answers with the last one again; `mode="new"` records'
                " more."
            )
        heads = ((each + 1, self._recorded[each].interaction()) for each in self._index.heads())
        return (
            f"{named(kind, shown)} was not recorded in {self._name} ({count} interactions).\n"
            f"{nearest_told(kind, shown, heads)}\n"
            'Add it with `mode="new"`, or record everything again with `mode="all"`.'
        )
