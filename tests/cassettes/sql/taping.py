"""A tape of the simplest kind, and a world in which nothing can be reached."""

from __future__ import annotations

import copy
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from rai_jobs_cassettes.errors import UnrecordedRequestError
from rai_jobs_cassettes.interactions import Kind, Tree

__all__ = ["MemoryTape", "nothing_reachable"]


class MemoryTape:
    """Records everything, or replays it: each recording once, the first that fits.

    Args:
        recorded: what was recorded; `None` to record.
    """

    def __init__(self, recorded: list[tuple[dict[str, Tree], dict[str, Tree]]] | None = None):
        self.kept = [] if recorded is None else copy.deepcopy(recorded)
        self._left = None if recorded is None else list(self.kept)
        self._lock = threading.Lock()

    @property
    def left(self) -> list[str]:
        """What was recorded and not asked for, by its calls."""
        return [str(request["call"]) for request, _ in self._left or ()]

    @property
    def calls(self) -> list[str]:
        """What was recorded, by its calls."""
        return [str(request["call"]) for request, _ in self.kept]

    def responses(self, call: str) -> list[dict[str, Any]]:
        """What was answered to a call."""
        return [dict(response) for request, response in self.kept if request["call"] == call]

    def find(self, kind: Kind, request: dict[str, Tree]) -> dict[str, Tree] | None:
        assert kind == "sql"
        with self._lock:
            if self._left is None:
                return None
            for place, (recorded, response) in enumerate(self._left):
                if recorded == request:
                    del self._left[place]
                    return response
        raise UnrecordedRequestError(f"{request} is none of {[each for each, _ in self.kept]}")

    def learn(self, settings: Mapping[str, object]) -> None:
        """Nothing is written."""

    def keep(self, kind: Kind, request: dict[str, Tree], response: dict[str, Tree]) -> None:
        assert kind == "sql"
        assert self._left is None
        with self._lock:
            self.kept.append((copy.deepcopy(request), copy.deepcopy(response)))


@contextmanager
def nothing_reachable() -> Generator[None]:
    """Refuse every socket of this process, as long as the block lasts."""

    class Refused(socket.socket):
        def connect(self, address: Any) -> None:
            raise AssertionError(f"something connects to {address}")

        connect_ex = connect  # pyright: ignore[reportAssignmentType]

    real = socket.socket
    socket.socket = Refused
    try:
        yield
    finally:
        socket.socket = real
