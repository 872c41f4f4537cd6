"""`ClockEvent`: what threads that take part in a virtual clock wait for, in virtual time.

A result that is waited for, and a loop that has nothing to do, are such events too.
"""

from __future__ import annotations

from .baton import Baton, Member

__all__ = ["ClockEvent"]


class ClockEvent:
    """A flag that threads of one block wait for, as `threading.Event` is for real ones.

    Args:
        baton: the block's baton.
        name: how it is called in errors.
    """

    def __init__(self, baton: Baton, name: str) -> None:
        self._baton = baton
        self._name = name
        self._is_set = False
        self._waiting: list[Member] = []

    def is_set(self) -> bool:
        """Return whether it was set."""
        return self._is_set

    def set(self) -> None:
        """Let everybody who waits go on in this instant; any thread may.

        One that takes no part is not waited for: where all who take part wait and none sleeps, it
        is a deadlock at once. Who waits for such a thread waits for a real event, in
        `threads.blocking()`.
        """
        with self._baton.lock:
            self._is_set = True
            for member in self._waiting:
                self._baton.wake(member)

    def clear(self) -> None:
        """Let who waits from now on wait for the next `set`."""
        with self._baton.lock:
            self._is_set = False

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it is set; the others go on meanwhile.

        Args:
            timeout_s: the most virtual seconds to wait; `None` for any number.

        Returns:
            Whether it was set.

        Raises:
            ClockDeadlockError: all others wait too, and nothing will happen.
            RuntimeError: the calling thread takes no part in the event's block.
            ValueError: `timeout_s` is not a number.
        """
        baton, member = self._baton, self._baton.current()
        if member is None:
            raise RuntimeError(
                f"Only a thread that takes part can wait for {self._name}: the one that opened"
                " clock.threads(), while it is open, and those that were started in it."
            )
        until = None if timeout_s is None else baton.deadline(timeout_s)
        with baton.lock:
            if self._is_set:
                return True
            self._waiting.append(member)
            try:
                baton.let_go(member, self._name, until=until)
            except BaseException:
                self._waiting.remove(member)
                raise
        try:
            return baton.come_back(member)
        finally:
            with baton.lock:
                self._waiting.remove(member)

    def __repr__(self) -> str:
        return f"<ClockEvent {self._name}: {'set' if self._is_set else 'not set'}>"
