"""A tape in memory: what is kept is found again, in its order; a copy of it refuses the rest."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import pytest

from rai_jobs_cassettes.errors import UnrecordedRequestError
from rai_jobs_cassettes.interactions import Kind, Tree

__all__ = ["MemoryTape", "no_sockets"]


class MemoryTape:
    """Keeps what it is given; plays what it was made of, and then refuses.

    Args:
        played: what it plays; `None` to record.
    """

    def __init__(self, played: MemoryTape | None = None) -> None:
        self.kept: list[tuple[dict[str, Tree], dict[str, Tree]]] = []
        self.asked: list[dict[str, Tree]] = []
        self._lock = threading.Lock()
        self._plays = played is not None
        self._left: dict[str, deque[dict[str, Tree]]] = {}
        for request, response in played.kept if played is not None else []:
            self._left.setdefault(_key(request), deque()).append(response)

    def find(self, kind: Kind, request: dict[str, Tree]) -> dict[str, Tree] | None:
        assert kind == "http"
        with self._lock:
            self.asked.append(request)
            if not self._plays:
                return None
            left = self._left.get(_key(request))
            if not left:
                raise UnrecordedRequestError(f"{request['method']} is not recorded")
            return left.popleft()

    def learn(self, settings: Mapping[str, object]) -> None:
        """Nothing is written."""

    def keep(self, kind: Kind, request: dict[str, Tree], response: dict[str, Tree]) -> None:
        assert kind == "http"
        with self._lock:
            self.kept.append((request, response))

    def left(self) -> int:
        """How much was recorded and never asked for."""
        return sum(len(each) for each in self._left.values())


def _key(request: dict[str, Tree]) -> str:
    asked = {name: value for name, value in request.items() if name != "headers"}
    return json.dumps(asked, sort_keys=True, default=repr)


@contextmanager
def no_sockets() -> Generator[None]:
    """Refuse every connection that is made."""

    def refused(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket is opened")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.socket.connect", refused)
        patch.setattr("socket.create_connection", refused)
        patch.setattr("socket.getaddrinfo", refused)
        yield
