"""Futures and an executor whose time is virtual: real ones for whoever takes them.

`ClockTask` is the result of one function, run by a thread that takes part in a block;
`ClockExecutor` runs many, so many at once, first come first served.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures import wait as real_wait
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

from ..instants import micros, seconds_of
from .baton import Baton
from .clock_event import ClockEvent
from .patience import Stopped

__all__ = ["ClockExecutor", "ClockTask"]

_T = TypeVar("_T")
_P = ParamSpec("_P")


class ClockTask(Future[_T]):
    """The result of a function on a virtual clock: a future that threads wait for virtually.

    A thread that takes no part in the block may wait for it too, in real time.

    Args:
        baton: the block's baton.
        name: how it is called in errors.
    """

    def __init__(self, baton: Baton, name: str) -> None:
        super().__init__()
        self.name = name
        self.told = False
        """Whether somebody was given the result, or the error."""
        self.failure: BaseException | None = None
        """What the function raised."""
        self._baton = baton
        self._ended = ClockEvent(baton, f"the result of {name}")
        self._waiters: list[Any] = _Waiters(baton)
        self.add_done_callback(lambda _: self._ended.set())

    def result(self, timeout: float | None = None) -> _T:
        """Return what the function returned, or raise what it raised.

        Args:
            timeout: the most seconds to wait; virtual ones in a thread that takes part.

        Raises:
            ClockDeadlockError: it will never be there.
            concurrent.futures.CancelledError: it was cancelled, or stopped with its block.
            concurrent.futures.TimeoutError: it was not there in time.
        """
        left = self._wait(timeout)
        try:
            return super().result(left)
        finally:
            self.told = self.done()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the function raised, `None` when it returned; otherwise as `result`."""
        left = self._wait(timeout)
        try:
            return super().exception(left)
        finally:
            self.told = self.done()

    def wait(self) -> None:
        """Wait until it has ended, however."""
        if self._wait(None) is None:
            real_wait([self])

    def run(self, function: Callable[[], _T]) -> None:
        """Call `function` and take what it returns or raises, unless this was cancelled.

        Raises:
            Stopped: the block is over.
        """
        if not self.set_running_or_notify_cancel():
            return
        try:
            value = function()
        except Stopped:
            self.set_exception(CancelledError(f"{self.name} was stopped with its block."))
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is whose result it is
            self.failure = error
            self.set_exception(error)
        else:
            self.set_result(value)

    def _wait(self, timeout: float | None) -> float | None:
        """Wait virtually where this thread takes part; return what is left for the real wait."""
        if self.done():
            return 0
        if self._baton.current() is None:
            return timeout
        if not self._ended.wait(timeout):
            raise FutureTimeoutError(f"{self.name} did not end in {timeout} virtual seconds.")
        return 0


class ClockExecutor(Executor):
    """An executor whose tasks run in threads of one block, in the order of their submission.

    Args:
        baton: the block's baton.
        max_workers: how many run at once.
        prefix: what the names of its threads begin with.

    Raises:
        ValueError: `max_workers` is less than 1.
    """

    def __init__(
        self,
        baton: Baton,
        *,
        max_workers: int,
        prefix: str,
    ) -> None:
        if max_workers < 1:
            raise ValueError(f"`max_workers` must be 1 or more; got {max_workers!r}.")
        self._baton = baton
        self._max_workers = max_workers
        self._prefix = prefix
        self._lock = threading.Lock()
        self._queue: deque[tuple[ClockTask[Any], Callable[[], Any]]] = deque()
        self._unfinished: dict[ClockTask[Any], None] = {}
        self._submitted = 0
        self._workers = 0
        self._spawned = 0
        self._shut = False

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> ClockTask[_T]:
        """Let `fn` be called as soon as a thread is free.

        Raises:
            RuntimeError: the executor was shut down, or its block is over.
        """
        with self._lock:
            if self._shut:
                raise RuntimeError("This executor was shut down: submit before, or make another.")
            task = ClockTask[_T](self._baton, f"{self._prefix} task {self._submitted}")
            self._submitted += 1
            self._unfinished[task] = None
            self._queue.append((task, partial(fn, *args, **kwargs)))
            spawn = self._workers < self._max_workers
            name = f"{self._prefix}-{self._spawned}"
            self._workers += spawn
            self._spawned += spawn
        task.add_done_callback(self._forget)
        if spawn:
            # A worker ends when nothing is left to do: none waits for a shutdown that never comes.
            self._baton.spawn(self._work, name)
        return task

    def map(
        self,
        fn: Callable[..., _T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,  # noqa: ARG002 - the base's own
    ) -> Iterator[_T]:
        """Call `fn` with an item of each iterable at a time; give the results in their order.

        Args:
            fn: what is called.
            iterables: where its arguments come from.
            timeout: the most seconds from now until the last result.
            chunksize: without effect, as in `ThreadPoolExecutor`.

        Raises:
            concurrent.futures.TimeoutError: on iterating, when a result was not there in time.
        """
        tasks = [self.submit(fn, *args) for args in zip(*iterables)]  # noqa: B905 - as documented
        time = self._baton.time
        until = None if timeout is None else time.instant() + micros(timeout)

        def results() -> Iterator[_T]:
            try:
                for task in tasks:
                    left = None if until is None else seconds_of(max(until - time.instant(), 0))
                    yield task.result(left)
            finally:
                for task in tasks:
                    task.cancel()

        return results()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the base's own
        """Take no more; wait for what was submitted, unless told not to.

        Args:
            wait: whether to wait until all has ended.
            cancel_futures: whether to cancel what has not begun.
        """
        with self._lock:
            self._shut = True
            waiting = [task for task, _ in self._queue] if cancel_futures else []
            unfinished = list(self._unfinished)
        for task in waiting:
            task.cancel()
        if wait:
            for task in unfinished:
                task.wait()

    def abandon(self) -> None:
        """Take no more, and cancel what has not begun: the block is over."""
        with self._lock:
            self._shut = True
            left = list(self._queue)
            self._queue.clear()
        for task, _ in left:
            task.cancel()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._workers -= 1
                    return
                task, call = self._queue.popleft()
            try:
                task.run(call)
            except Stopped:
                self.abandon()
                raise

    def _forget(self, task: Future[Any]) -> None:
        with self._lock:
            self._unfinished.pop(cast("ClockTask[Any]", task), None)


class _Waiters(list[Any]):
    """Who waits for one of several futures: `concurrent.futures.wait` and `as_completed`.

    They put in a waiter with a `threading.Event`; a virtual one takes its place.
    """

    def __init__(self, baton: Baton) -> None:
        super().__init__()
        self._baton = baton

    def append(self, waiter: Any) -> None:
        if self._baton.current() is not None and not isinstance(waiter.event, ClockEvent):
            once = "AsCompleted" not in type(waiter).__name__
            event = ClockEvent(self._baton, "some results") if once else _Endless(self._baton)
            if waiter.event.is_set():
                event.set()
            waiter.event = event
        super().append(waiter)


class _Endless(ClockEvent):
    """What `as_completed` waits for. It counts its timeout in real time, which does not pass."""

    def __init__(self, baton: Baton) -> None:
        super().__init__(baton, "the next result")

    def wait(self, timeout_s: float | None = None) -> bool:
        if timeout_s is not None:
            raise RuntimeError(
                "`as_completed(…, timeout=…)` counts real seconds, which do not pass on a virtual"
                " clock: use `concurrent.futures.wait(…, timeout=…)`, or the timeout of `result`."
            )
        return super().wait()
