"""Which recorded interaction answers a request: found by its key, never by looking through a file.

Requests with one key are answered in the order in which they were recorded. A request whose key is
not there may still be meant by a recording with stand-ins; those are compared one by one, each
distinct request once. What was edited by hand, so that its marker tells the wrong key, is found at
the last, before a request is refused.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from ..interactions import Interaction, Kind, Tree
from .bindings import Bindings, stands_in
from .views import host_of, key_of_view, view_of

__all__ = ["Index", "Recorded", "Repeats"]

Repeats: TypeAlias = Literal["error", "last"]
"""What answers a request that was recorded, when all of its recordings were played."""


class Recorded(Protocol):
    """One interaction of a recording, whether it was read already or not."""

    @property
    def kind(self) -> Kind:
        """By which seam it went."""
        ...

    @property
    def key(self) -> str:
        """The key of its request, as the file tells it; empty where it tells none."""
        ...

    def interaction(self) -> Interaction:
        """Return the interaction itself."""
        ...


@dataclass
class _Queue:
    """The recordings of one key, in order."""

    positions: list[int] = field(default_factory=list[int])
    played: int = 0
    """How many of them were played: those before it all were."""


class Index:
    """The interactions of a recording, each to be played once, in order of their keys.

    Not safe for threads: whoever holds it locks.

    Args:
        recorded: the interactions; looked at, not read.
        repeats: what answers a request once its recordings were all played.
    """

    def __init__(self, recorded: Sequence[Recorded], *, repeats: Repeats = "error") -> None:
        self._recorded = recorded
        self._repeats = repeats
        self._queues: dict[str, _Queue] = {}
        self._skipped: set[int] = set()
        self._left = len(recorded)
        self._loose: dict[tuple[Kind, str, int], list[str]] | None = None
        self._is_verified = False
        for position, each in enumerate(recorded):
            self._queue(each.key or _key_of(each.interaction())).positions.append(position)

    @property
    def unplayed(self) -> Iterable[int]:
        """The positions of what was never played, in order."""
        if self._left == 0:
            return
        left = [
            position
            for queue in self._queues.values()
            for position in queue.positions[queue.played :]
            if position not in self._skipped
        ]
        yield from sorted(left)

    def heads(self) -> Iterable[int]:
        """Return the first recording of each distinct request, in order."""
        return [position for position, _ in self._heads()]

    def times_recorded(self, kind: Kind, request: dict[str, Tree], bindings: Bindings) -> int:
        """Return how many recordings of this very request there are, played or not."""
        queue = self._queues.get(_written_key(kind, view_of(kind, request), bindings))
        return 0 if queue is None else len(queue.positions)

    def take(self, kind: Kind, request: dict[str, Tree], bindings: Bindings) -> Interaction | None:
        """Return the recording that answers a request, and count it as played.

        Args:
            kind: by which seam it goes.
            request: what a client sends.
            bindings: what stand-ins stand for; what this request tells of them is added.

        Returns:
            The interaction, as it was recorded; `None` when none answers.
        """
        view, host = view_of(kind, request), host_of(request)
        found = self._at(_written_key(kind, view, bindings), kind, view, host, bindings)
        if found is not None:
            return found
        for key in self._loose_keys(kind, view):
            found = self._at(key, kind, view, host, bindings)
            if found is not None:
                return found
        return None

    def verify(self) -> bool:
        """Read everything once, and put what tells the wrong key where it belongs.

        Returns:
            Whether anything was put elsewhere: then a request may be answered after all.
        """
        if self._is_verified:
            return False
        self._is_verified = True
        wrong: list[tuple[int, str]] = []
        for key, queue in self._queues.items():
            for position in queue.positions[queue.played :]:
                true_key = _key_of(self._recorded[position].interaction())
                if self._recorded[position].key and true_key != key:
                    wrong.append((position, true_key))
        for position, true_key in wrong:
            self._queues[self._recorded[position].key].positions.remove(position)
            self._put(position, true_key)
        self._loose = None
        return bool(wrong)

    def _at(
        self, key: str, kind: Kind, view: dict[str, Tree], host: str, bindings: Bindings
    ) -> Interaction | None:
        queue = self._queues.get(key)
        if queue is None:
            return None
        for number in range(queue.played, len(queue.positions)):
            position = queue.positions[number]
            if position in self._skipped:
                continue
            interaction = self._recorded[position].interaction()
            if self._is_meant(interaction, kind, view, host, bindings):
                self._count(queue, number)
                return interaction
        if self._repeats == "last" and queue.positions:
            interaction = self._recorded[queue.positions[-1]].interaction()
            if self._is_meant(interaction, kind, view, host, bindings):
                return interaction
        return None

    def _count(self, queue: _Queue, number: int) -> None:
        self._left -= 1
        self._skipped.add(queue.positions[number])
        while queue.played < len(queue.positions) and (
            queue.positions[queue.played] in self._skipped
        ):
            self._skipped.remove(queue.positions[queue.played])
            queue.played += 1

    def _is_meant(
        self,
        interaction: Interaction,
        kind: Kind,
        view: dict[str, Tree],
        host: str,
        bindings: Bindings,
    ) -> bool:
        if interaction.kind != kind:
            return False
        found = bindings.unified(view_of(kind, interaction.request), view)
        if found is None:
            return False
        recorded_host = host_of(interaction.request)
        # A host that was left as it is counts for nothing: one replays from elsewhere.
        if recorded_host != host and stands_in(recorded_host):
            found_host = bindings.unified(recorded_host, host)
            if found_host is None:
                return False
            bindings.bind(found_host)
        bindings.bind(found)
        return True

    def _heads(self) -> list[tuple[int, str]]:
        heads = ((each.positions[0], key) for key, each in self._queues.items() if each.positions)
        return sorted(heads)

    def _loose_keys(self, kind: Kind, view: dict[str, Tree]) -> Sequence[str]:
        """Return the keys of what has stand-ins and the shape of `view`, in recorded order."""
        if self._loose is None:
            self._loose = {}
            for position, key in self._heads():
                each = self._recorded[position].interaction()
                recorded = view_of(each.kind, each.request)
                if stands_in(recorded):
                    self._loose.setdefault(_shape_of(each.kind, recorded), []).append(key)
        return self._loose.get(_shape_of(kind, view), ())

    def _queue(self, key: str) -> _Queue:
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue()
        return queue

    def _put(self, position: int, key: str) -> None:
        """Let a position stand in the queue of `key`, in order of what is not played."""
        queue = self._queue(key)
        insort(queue.positions, position, lo=queue.played)


def _key_of(interaction: Interaction) -> str:
    return key_of_view(interaction.kind, view_of(interaction.kind, interaction.request))


def _written_key(kind: Kind, view: dict[str, Tree], bindings: Bindings) -> str:
    if bindings:
        view = {name: bindings.written(value) for name, value in view.items()}
    return key_of_view(kind, view)


def _shape_of(kind: Kind, view: dict[str, Tree]) -> tuple[Kind, str, int]:
    if kind == "sql":
        return kind, str(view.get("call")), 0
    path = view["path"]
    return kind, str(view["method"]), len(path) if isinstance(path, list) else 0
