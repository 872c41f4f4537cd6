"""Signals that end a server: the first one is remembered, and whoever waits for it goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

__all__ = ["Stopping", "stop_signals"]

_NAMES = ("SIGTERM", "SIGINT", "SIGHUP")


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a program here."""
    return tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))


class Stopping:
    """Takes the signals while its block lasts; only the main thread may have one.

    Args:
        told: is called with each signal as it comes.
    """

    def __init__(self, told: Callable[[signal.Signals], object] | None = None) -> None:
        self._told = told
        self._event = threading.Event()
        self._before: dict[signal.Signals, signal.Handlers | int | Callable[..., object] | None]
        self._before = {}
        self.first: signal.Signals | None = None
        """The first one that came."""

    def wait(self) -> signal.Signals:
        """Return the first signal, once it has come."""
        while self.first is None:
            self._event.wait()
        return self.first

    def __enter__(self) -> Stopping:
        for number in stop_signals():
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _take(self, number: int, frame: FrameType | None) -> None:
        del frame
        came = signal.Signals(number)
        self.first = self.first or came
        self._event.set()
        if self._told is not None:
            self._told(came)
