"""An `asyncio` event loop whose time is a virtual clock.

When nothing is ready, the clock moves to the next timer instead of the loop waiting for it. The
threads of `asyncio.to_thread` take part in the clock, one at a time. While work is under way in
threads of another executor, virtual time stands still: the loop waits for it in real time, so that
no timeout beats what is nearly there. [choice]
"""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext, suppress
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rai_jobs.clock import Clock, SystemClock

from .baton import Member
from .clock_event import ClockEvent
from .clock_executor import ClockExecutor
from .patience import ClockDeadlockError, Stopped

if TYPE_CHECKING:
    from .clock_threads import ClockThreads

__all__ = ["ClockLoop", "let_pass", "run"]

_MAX_WORKERS = 32
"""As many as `asyncio` has at the most, on every machine. [choice]"""
_ASYNCIO = str(Path(asyncio.__file__).parent)
_Ready = list[tuple[selectors.SelectorKey, int]]
_T = TypeVar("_T")


class _Select(Protocol):
    def __call__(self, timeout: float | None = None) -> _Ready: ...


class ClockLoop(asyncio.SelectorEventLoop):
    """An event loop that lives by a virtual clock.

    Args:
        clock: its time.
        roster: the clock's threads that take part, by ident: in one of those, the loop's waits are
            ordered with the others.
        open_block: makes a block of threads on the clock, for `asyncio.to_thread` in a loop whose
            own thread takes no part yet.
        stuck_after_s: how many real seconds it waits for real threads; infinity for any number.
    """

    def __init__(
        self,
        clock: Clock,
        roster: dict[int, Member],
        open_block: Callable[[], ClockThreads],
        *,
        stuck_after_s: float,
    ) -> None:
        self.clock = clock
        self._roster = roster
        self._open_block = open_block
        self._block: ClockThreads | None = None
        self._pool: tuple[Member, ClockExecutor] | None = None
        self._has_another_default = False
        self._stuck_after_s = stuck_after_s
        self._patience = None if stuck_after_s >= threading.TIMEOUT_MAX else stuck_after_s
        self._nudge: tuple[Member, ClockEvent] | None = None
        self._under_way = 0
        self._sources = _Selector(self._wait)
        super().__init__(self._sources)

    def time(self) -> float:
        """Return the clock's seconds."""
        return self.clock.monotonic()

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Call `callback` soon, from another thread: a loop that takes turns is woken."""
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        if self._nudge is not None:
            self._nudge[1].set()
        return handle

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., _T], *args: Any
    ) -> asyncio.Future[_T]:
        """Run `func` in a thread: of the clock, unless an executor with real ones is given."""
        if executor is None and not self._has_another_default:
            executor = self._pool_of_the_clock()
        future = super().run_in_executor(executor, func, *args)
        if not isinstance(executor, ClockExecutor):
            self._under_way += 1
            future.add_done_callback(self._came_back)
        return future

    def set_default_executor(self, executor: Any) -> None:
        """Let the threads of `executor` be those of `asyncio.to_thread`: real ones."""
        super().set_default_executor(executor)
        self._has_another_default = True

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Wait for the threads of `asyncio.to_thread` to end: in virtual time, if they have it."""
        if self._pool is not None:
            self._pool[1].shutdown()
        self._under_way += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Close the loop; what still runs in `asyncio.to_thread` ends at its next wait."""
        super().close()
        if self._pool is not None:
            self._pool[1].abandon()
        block, self._block = self._block, None
        if block is not None:
            block.__exit__(Stopped, Stopped(), None)

    def _pool_of_the_clock(self) -> ClockExecutor | None:
        """Return what works in threads of the clock, `None` where this thread cannot take part."""
        member = self._roster.get(threading.get_ident())
        if member is None:
            if any(not it.baton.closed for it in list(self._roster.values())):
                return None
            self._block = self._open_block().__enter__()
            member = self._roster[threading.get_ident()]
        if self._pool is None or self._pool[0] is not member:
            pool = ClockExecutor(member.baton, max_workers=_MAX_WORKERS, prefix="asyncio")
            self._pool = member, pool
        return self._pool[1]

    def _came_back(self, _: asyncio.Future[Any]) -> None:
        self._under_way -= 1

    def _wait(self, timeout: float | None, select: _Select) -> _Ready:
        member = self._roster.get(threading.get_ident())
        nudge = None if member is None else self._nudge_of(member)
        if nudge is not None:
            nudge.clear()  # before looking: what comes after that look sets it again
        ready = select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self._under_way or (timeout is None and member is None):
            return self._wait_for_real(member, select)
        if nudge is None or member is None:
            self.clock.sleep(timeout or 0)
        elif not _has_come(nudge, member, timeout):
            return self._wait_for_real(member, select)
        return select(0)

    def _wait_for_real(self, member: Member | None, select: _Select) -> _Ready:
        # The one source that is always there is its own, by which other threads would wake it.
        no_source = len(self._sources.get_map()) == 1
        ours = max(len(self._roster), 1)
        if no_source and threading.active_count() <= ours and not self._under_way:
            raise ClockDeadlockError(self._describe())
        with nullcontext() if member is None else self._patient(member):
            ready = select(self._patience)
        if not ready:
            raise ClockDeadlockError(self._describe())
        return ready

    @contextmanager
    def _patient(self, member: Member) -> Generator[None]:
        """Have the loop itself know when it has waited for real threads long enough."""
        # In a block of its own, time stands still for its threads as it does for its timers.
        holds = self._block is not None and self._under_way
        member.has_own_patience = True
        try:
            with nullcontext() if holds else member.away():
                yield
        finally:
            member.has_own_patience = False

    def _nudge_of(self, member: Member) -> ClockEvent:
        if self._nudge is None or self._nudge[0] is not member:
            self._nudge = member, ClockEvent(member.baton, "something to do in its event loop")
        return self._nudge[1]

    def _describe(self) -> str:
        text = f"At {self.clock.now().isoformat()} nothing is left to do, and no timer is set"
        if self._under_way:
            text = (
                f"{self._under_way} calls in real threads did not return within"
                f" {self._stuck_after_s:g} real seconds; virtual time stands still meanwhile"
            )
        tasks = sorted(asyncio.all_tasks(self), key=lambda task: task.get_name())
        waits = [f"  {it.get_name()} waits{_place(it.get_coro())}" for it in tasks]
        advice = "Set what they wait for, or give the wait a timeout."
        return "\n".join([f"{text}. These tasks wait:", *waits, advice])


def _has_come(nudge: ClockEvent, member: Member, timeout: float | None) -> bool:
    """Wait in turn; return whether there is a reason to look again, but that all others wait."""
    if timeout is not None:
        nudge.wait(timeout)
        return True
    member.is_a_loop = True
    try:
        return nudge.wait()
    finally:
        member.is_a_loop = False


class _Selector(selectors.DefaultSelector):
    """A selector that leaves it to the loop how to wait."""

    def __init__(self, wait: Callable[[float | None, _Select], _Ready]) -> None:
        super().__init__()
        self._wait = wait

    def select(self, timeout: float | None = None) -> _Ready:
        return self._wait(timeout, super().select)


async def let_pass(clock: Clock, seconds: float) -> None:
    """Let `seconds` pass on `clock`, and what else the running event loop has to do meanwhile.

    Where no loop of `asyncio` runs, nothing else is done meanwhile.
    """
    loop = asyncio.get_running_loop() if _is_running() else None
    if loop is None:
        clock.sleep(seconds)
    elif isinstance(clock, SystemClock) or (isinstance(loop, ClockLoop) and loop.clock is clock):
        await asyncio.sleep(seconds)
    else:
        await loop.run_in_executor(None, clock.sleep, seconds)


def run(main: Coroutine[Any, Any, _T], loop: asyncio.AbstractEventLoop) -> _T:
    """Run `main` on `loop` and close it, as `asyncio.run` does on one of its own.

    Raises:
        RuntimeError: an event loop runs in this thread.
    """
    if _is_running():
        main.close()
        loop.close()
        raise RuntimeError("An event loop runs in this thread: await the coroutine there.")
    try:
        result = loop.run_until_complete(main)
    except BaseException:
        # What is told is why it failed, not that its rest hangs too.
        with suppress(ClockDeadlockError):
            _close(loop)
        raise
    _close(loop)
    return result


def _is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _close(loop: asyncio.AbstractEventLoop) -> None:
    try:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True)) if left else None
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


def _place(waiting: Any) -> str:
    """Return where a coroutine stands: the innermost line that is not of `asyncio` itself."""
    place = ""
    while waiting is not None:
        for kind in ("cr", "ag", "gi"):
            frame = getattr(waiting, f"{kind}_frame", None)
            if frame is not None:
                break
        else:
            break
        if not frame.f_code.co_filename.startswith(_ASYNCIO):
            place = f", at {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        waiting = getattr(waiting, "gi_yieldfrom" if kind == "gi" else f"{kind}_await", None)
    return place
