"""What a seam talks to: is there a recorded answer, and here is a new one.

A seam turns what a client asks into a tree (`interactions`), asks `find`, and hands back what came;
for `None` it lets the client through to the world and gives what came to `keep`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from .interactions import Kind, Tree

__all__ = ["Tape", "is_passing", "passing"]


class Tape(Protocol):
    """A recording that plays, records, or both. Many threads may talk to it at once."""

    def find(self, kind: Kind, request: dict[str, Tree]) -> dict[str, Tree] | None:
        """Return the recorded response; `None` where the request is to be carried out and kept.

        The time that passed in the recording passes on the tape's clock.

        Raises:
            UnrecordedRequestError: it is not recorded, and may not be carried out.
        """
        ...

    def keep(self, kind: Kind, request: dict[str, Tree], response: dict[str, Tree]) -> None:
        """Record what came of a request that was carried out: an answer, or what was raised."""
        ...

    def learn(self, settings: Mapping[str, object]) -> None:
        """Remember what of a connection's settings must not be written, wherever it stands."""
        ...


_PASSING: ContextVar[bool] = ContextVar("rai_jobs_cassettes_passing", default=False)


@contextmanager
def passing() -> Generator[None]:
    """Let what is asked inside pass by the seams: it belongs to a request that one of them has."""
    token = _PASSING.set(True)
    try:
        yield
    finally:
        _PASSING.reset(token)


def is_passing() -> bool:
    """Tell whether what is asked here passes by the seams."""
    return _PASSING.get()
