"""`ClockThreads`: many threads on one virtual clock, one at a time, in the order of time.

What `with clock.threads() as threads:` gives. Which thread is next is told in `baton.py`; here are
their beginning and their end, and what becomes of their errors.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from .baton import Baton, Member, Time
from .clock_event import ClockEvent
from .clock_executor import ClockExecutor, ClockTask
from .patience import ClockDeadlockError

__all__ = ["ClockThreads"]

_T = TypeVar("_T")


class ClockThreads:
    """Threads whose sleeps end in the order of virtual time; made by `VirtualClock.threads`.

    Exactly one of them runs: until it sleeps on the clock, waits for a result or an event of this
    block, or ends. Then the one with the earliest instant goes on, and the clock moves there. Who
    opened the block is one of them. Same seed, same functions: the same order, every time.

    Args:
        time: the clock.
        roster: the clock's threads that take part, by ident.
        seed: what decides between those that may go on in the same instant.
        stuck_after_s: how many real seconds may pass without a move.
    """

    def __init__(
        self, time: Time, roster: dict[int, Member], *, seed: int, stuck_after_s: float
    ) -> None:
        self._time = time
        self._roster = roster
        self._seed = seed
        self._stuck_after_s = stuck_after_s
        self._opened: Baton | None = None
        self._tasks: list[ClockTask[Any]] = []
        self._failures: list[tuple[str, BaseException]] = []
        self._events = 0
        self._executors: list[ClockExecutor] = []

    def start(
        self,
        function: Callable[..., _T],
        /,
        *args: object,
        name: str | None = None,
        **kwargs: object,
    ) -> ClockTask[_T]:
        """Let `function` run in a thread of its own, from this instant on, when its turn comes.

        Args:
            function: what it does.
            args: what it is called with.
            name: how the thread is called; the function's name and a number when not given.
            kwargs: what it is called with.

        Returns:
            Its result to be: `result()` waits in virtual time.

        Raises:
            RuntimeError: the block is not open.
        """
        baton = self._baton
        called = name or f"{getattr(function, '__name__', 'thread')}-{baton.joined}"
        task = ClockTask[_T](baton, called)
        self._tasks.append(task)
        baton.spawn(partial(self._run, task, partial(function, *args, **kwargs)), called)
        return task

    def event(self, name: str | None = None) -> ClockEvent:
        """Return a flag that threads of this block wait for in virtual time.

        Args:
            name: how it is called in errors; its number when not given.
        """
        self._events += 1
        return ClockEvent(self._baton, f"event {name or self._events}")

    def executor(
        self, max_workers: int | None = None, thread_name_prefix: str = ""
    ) -> ClockExecutor:
        """Return an executor whose tasks are threads of this block.

        It stands in for `ThreadPoolExecutor`: give it to the code under test, or put this method
        in the place of that name.

        Args:
            max_workers: how many run at once; 8 when not given, on every machine. [choice]
            thread_name_prefix: what the names of its threads begin with.

        Raises:
            ValueError: `max_workers` is less than 1.
        """
        executor = ClockExecutor(
            self._baton,
            max_workers=8 if max_workers is None else max_workers,
            prefix=thread_name_prefix or f"executor-{len(self._executors) + 1}",
        )
        self._executors.append(executor)
        return executor

    def blocking(self) -> AbstractContextManager[None]:
        """Let the others go on, and virtual time with them, while the block lasts.

        For a real lock, queue or socket. When it returns depends on real time, so that the order
        is not the same every time: an event is better where there is a choice.

        Raises:
            RuntimeError: the calling thread takes no part.
        """
        member = self._baton.current()
        if member is None:
            raise RuntimeError("Only a thread that takes part holds the others up: call it there.")
        return member.away()

    @property
    def errors(self) -> tuple[tuple[str, BaseException], ...]:
        """What threads raised so far and the names of these threads, in the order of time."""
        return tuple(self._failures)

    def __enter__(self) -> ClockThreads:
        if self._opened is not None:
            raise RuntimeError("This block was entered before: call clock.threads() for another.")
        if any(not member.baton.closed for member in list(self._roster.values())):
            raise RuntimeError(
                "clock.threads() is open on this clock already: start the thread in that block. (An"
                " event loop of the clock opens one for `asyncio.to_thread`; open yours before.)"
            )
        self._opened = Baton(
            self._time, self._roster, seed=self._seed, stuck_after_s=self._stuck_after_s
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        baton = self._baton
        if error is not None:
            baton.stop()
        try:
            while not self._all_ended(baton):
                baton.stop()
        finally:
            baton.stop()
            baton.close()
        for executor in self._executors:
            executor.abandon()
        for task in self._tasks:
            task.cancel()
        told = {id(task.failure) for task in self._tasks if task.told}
        untold = [it for it in self._failures if id(it[1]) not in told]
        first = error if error is not None else (untold.pop(0)[1] if untold else None)
        if first is None:
            return
        for name, other in untold:
            if other is not first:
                _add_note(first, f"Besides, {name} raised {type(other).__name__}: {other}")
        if error is None:
            raise first

    @property
    def _baton(self) -> Baton:
        if self._opened is None:
            raise RuntimeError("Enter the block first: `with clock.threads() as threads:`.")
        return self._opened

    def _all_ended(self, baton: Baton) -> bool:
        try:
            baton.wait_for_the_others()
        except ClockDeadlockError as deadlock:
            self._failures.append(("the clock", deadlock))
            return False
        return True

    def _run(self, task: ClockTask[_T], function: Callable[[], _T]) -> None:
        task.run(function)
        if task.failure is not None:
            self._failures.append((task.name, task.failure))


def _add_note(error: BaseException, text: str) -> None:
    # What `add_note` does; on 3.10, pytest and the backports of it show these too.
    notes: list[str] = [*getattr(error, "__notes__", ()), text]
    vars(error)["__notes__"] = notes
