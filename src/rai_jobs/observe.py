"""What the client tells whoever watches: one event type, one hook, and the standard log.

An event names what was done, never with what: no token, payload, bind or address of an artifact is
ever in one. Everything is also logged at debug level under `rai_jobs`, which is quiet by default.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .clock import Clock

__all__ = ["ClientEvent", "Observer", "Steps", "is_observed", "logged"]

_LOG = logging.getLogger("rai_jobs")
_LOG.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class ClientEvent:
    """One thing that the client did."""

    kind: Literal["request", "response", "retry", "poll", "token"]
    """`request`: about to be sent; `response`: answered, or failed; `retry`: about to wait and
    repeat; `poll`: one look of `wait` or `follow`; `token`: one was fetched."""
    operation: str
    """The client operation: get, create, list, events, cancel, artifacts, problems, discover,
    token."""
    attempt: int = 1
    """Which attempt it belongs to, from 1."""
    duration_s: float | None = None
    """How long it took, in seconds; for a `retry`, how long will be waited."""
    status: int | None = None
    """The HTTP status of an answer; `None` over SQL, or where none came."""
    execution_id: str | None = None
    """The execution that it is about, where there is one."""
    error: str | None = None
    """The name of the error's class; `None` where all is well."""


Observer = Callable[[ClientEvent], None]


def is_observed(observer: Observer | None) -> bool:
    """Tell whether anybody is told of events: the hook, or the log at debug level."""
    return observer is not None or _LOG.isEnabledFor(logging.DEBUG)


def logged(observer: Observer | None) -> Observer:
    """Return an observer that logs each event at debug level, and passes it on."""

    def observe(event: ClientEvent) -> None:
        if _LOG.isEnabledFor(logging.DEBUG):
            _LOG.debug("%s", event)
        if observer is None:
            return
        try:
            observer(event)
        # Whoever watches must not change what happens: an error of theirs could repeat a request.
        except Exception as error:  # noqa: BLE001
            _LOG.warning("on_event raised %s, which is ignored", type(error).__name__)

    return observe


class Steps:
    """Tells of requests and their answers; costs next to nothing while nobody is told.

    Args:
        on_event: who is told, beside the log.
        clock: the time that answers are measured on.
    """

    def __init__(self, on_event: Observer | None, clock: Clock) -> None:
        self._on_event = on_event
        self._observe = logged(on_event)
        self._clock = clock

    def request(self, operation: str, attempt: int, execution_id: str | None) -> float:
        """Tell of a request that is about to be sent; return when, for `response`."""
        if is_observed(self._on_event):
            self._observe(ClientEvent("request", operation, attempt, execution_id=execution_id))
        return self._clock.monotonic()

    def response(
        self,
        operation: str,
        attempt: int,
        execution_id: str | None,
        sent_at: float,
        *,
        status: int | None = None,
        error: Exception | None = None,
    ) -> None:
        """Tell of the answer to the request that was sent at `sent_at`, or of its failure."""
        if not is_observed(self._on_event):
            return
        took = self._clock.monotonic() - sent_at
        name = None if error is None else type(error).__name__
        self._observe(ClientEvent("response", operation, attempt, took, status, execution_id, name))
