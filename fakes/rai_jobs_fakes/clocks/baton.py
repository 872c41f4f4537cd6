"""The baton: of the threads that take part in one clock exactly one runs; who is next is told here.

Who waits has given the baton away, with an instant to be woken at or without. The earliest instant
goes first, and the clock moves to it; in one instant the seed decides. What is waited for is not
known here: an event, a result and an executor are made of these few moves elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import Enum, auto
from hashlib import blake2b
from heapq import heappop, heappush
from typing import Protocol

from ..instants import LAST, datetime_of, micros
from ..stacks import place_of, stack_of
from .patience import ClockDeadlockError, ClockStuckError, Stopped, require_patience

__all__ = ["Baton", "Member", "Time"]


class Time(Protocol):
    """What the baton needs of the clock, in microseconds since 1970 UTC."""

    def instant(self) -> int:
        """Return the present instant."""
        ...

    def move_to(self, instant: int) -> None:
        """Let time pass until `instant`; nothing when it has passed."""
        ...


class _Standing(Enum):
    RUNS = auto()
    WAITS = auto()
    IS_AWAY = auto()
    """It gave the baton away to block for real, and said so."""
    IS_LOST = auto()
    """It had the baton taken away, because nothing moved."""


class Member:
    """One thread that takes part.

    Args:
        baton: what it waits for its turns at.
        name: how it is called in errors.
        number: the how manyeth it is, from 0: the one that opened the block.
    """

    def __init__(self, baton: Baton, name: str, number: int) -> None:
        self.baton = baton
        self.name = name
        self.number = number
        self.ident = 0
        self.standing = _Standing.WAITS
        self.wakes = 0
        self.woken = False
        self.waits_for = "its turn"
        self.is_a_loop = False
        """Whether it waits for whatever wakes an event loop; it may come from outside."""
        self.has_own_patience = False
        """Whether it blocks for real, and knows itself when to give up."""
        # A lock that is held: who acquires it waits until it is released, and nobody spins.
        self.gate = threading.Lock()
        self.gate.acquire()

    def sleep_until(self, instant: int) -> None:
        """Let the others go on until `instant` has come and it is this thread's turn."""
        with self.baton.lock:
            self.baton.let_go(self, "an instant", until=instant)
        self.baton.come_back(self)

    @contextmanager
    def away(self) -> Generator[None]:
        """Let the others go on while the `with` lasts, whatever this thread does in it."""
        with self.baton.lock:
            self.baton.let_go(self, "the end of a blocking call", away=True)
        try:
            yield
        finally:
            with self.baton.lock:
                self.baton.queue(self)
            self.baton.come_back(self)


class Baton:
    """Who runs, who waits, until when.

    Args:
        time: the clock that is moved.
        roster: whose thread it is, by the thread's ident; kept by the clock.
        seed: what decides between those that may go on in the same instant.
        stuck_after_s: how many real seconds one thread may run without a wait; infinity for ever.
    """

    def __init__(
        self, time: Time, roster: dict[int, Member], *, seed: int, stuck_after_s: float
    ) -> None:
        require_patience(stuck_after_s)
        self.lock = threading.Lock()
        self.time = time
        self._stuck_after_s = stuck_after_s
        self._patience = -1 if stuck_after_s >= threading.TIMEOUT_MAX else stuck_after_s
        self._roster = roster
        self._seed = seed
        self._members: list[Member] = []
        self._joined = 0
        self._threads: dict[Member, threading.Thread] = {}
        self._ending: list[threading.Thread] = []
        self._queue: list[tuple[int, int, int, int, Member]] = []
        self._holder: Member | None = None
        self._turns = 0
        self._stopping = False
        self._leaving = False
        self._closed = False
        self._news: ClockDeadlockError | None = None
        self._opener = self.join(threading.current_thread().name)
        self._opener.standing = _Standing.RUNS
        self._holder = self._opener
        self.enter(self._opener)

    # Taking part

    def join(self, name: str | None = None) -> Member:
        """Return a new member, which waits and is not queued yet.

        Raises:
            RuntimeError: the block is over.
        """
        with self.lock:
            if self._stopping:
                raise RuntimeError("This block of clock.threads() is over: start threads in it.")
            number = self._joined
            self._joined += 1
            member = Member(self, name or f"thread-{number}", number)
            self._members.append(member)
            return member

    @property
    def joined(self) -> int:
        """How many took part so far, the opener among them."""
        return self._joined

    def spawn(self, work: Callable[[], None], name: str) -> None:
        """Let a new thread take part that does `work`, from this instant on.

        Raises:
            RuntimeError: the block is over.
        """
        self._join_the_ended()
        member = self.join(name)
        # A daemon: one that blocks for real must not hold up the end of the process.
        thread = threading.Thread(target=_live, args=(member, work), name=name, daemon=True)
        with self.lock:
            self._threads[member] = thread
        thread.start()
        with self.lock:
            self.queue(member)

    def enter(self, member: Member) -> None:
        """Take note that the calling thread is `member`."""
        member.ident = threading.get_ident()
        self._roster[member.ident] = member

    def current(self) -> Member | None:
        """Return the calling thread's member, `None` when it takes no part here."""
        member = self._roster.get(threading.get_ident())
        return member if member is not None and member.baton is self else None

    def leave(self, member: Member) -> None:
        """Let `member` take no part any more."""
        with self.lock:
            self._members.remove(member)
            self._roster.pop(member.ident, None)
            if member in self._threads:
                self._ending.append(self._threads.pop(member))
            if self._leaving and not self._others():
                self.wake(self._opener)
            if self._holder is member:
                self._holder = None
                self._pass_on()

    def deadline(self, timeout_s: float) -> int | None:
        """Return the instant in so many seconds, `None` for one that never comes.

        Raises:
            ValueError: `timeout_s` is not a number.
        """
        if timeout_s != timeout_s:
            raise ValueError("A timeout is a number of virtual seconds; got nan.")
        then = self.time.instant() + micros(max(timeout_s, 0))
        return then if then <= LAST else None

    @property
    def closed(self) -> bool:
        """Whether the block was left."""
        return self._closed

    # Waiting; the lock is held, except in `come_back`

    def let_go(
        self, member: Member, what: str, *, until: int | None = None, away: bool = False
    ) -> None:
        """Give the baton away until `member` is woken or, where given, the instant has come.

        Raises:
            Stopped: the block is over.
        """
        self._check(member)
        member.standing = _Standing.IS_AWAY if away else _Standing.WAITS
        member.waits_for = what
        member.woken = False
        member.wakes += 1
        if until is not None:
            self._push(member, until)
        if self._holder is member:
            self._holder = None
        if self._holder is None:
            self._pass_on()

    def come_back(self, member: Member) -> bool:
        """Wait for the baton that was let go; return whether something woke this thread.

        Raises:
            ClockDeadlockError: this thread is told that nothing will happen.
            Stopped: the block is over.
        """
        turns = self._turns
        try:
            while not member.gate.acquire(timeout=self._patience):
                with self.lock:
                    if turns == self._turns:
                        self._give_up_on_the_stuck(member)
                    turns = self._turns
        except BaseException:  # Ctrl-C while waiting: it runs on without the baton
            with self.lock:
                if self._holder is member:
                    member.gate.acquire(blocking=False)
                else:
                    member.standing = _Standing.IS_LOST
            raise
        if member is self._opener:
            self._tell()
        self._check(member)
        return member.woken

    def wake(self, member: Member) -> None:
        """Let a thread that waits go on in this instant, when its turn comes."""
        if member.standing is _Standing.WAITS and not member.woken:
            member.woken = True
            self.queue(member)

    def queue(self, member: Member) -> None:
        """Let a thread ask for the baton, now."""
        member.standing = _Standing.WAITS
        member.wakes += 1
        self._push(member, self.time.instant())
        if self._holder is None:
            self._pass_on()

    # The end

    def stop(self) -> None:
        """Let every thread but the opener end at its wait."""
        with self.lock:
            self._stop()

    def wait_for_the_others(self) -> None:
        """Wait, as the opener, until none is left but those that are lost.

        Raises:
            ClockDeadlockError: they will not end.
        """
        with self.lock:
            if self._others():
                self._leaving = True
                self.let_go(self._opener, "the other threads to end")
                left = True
            else:
                left = False
        if left:
            self.come_back(self._opener)
        self._tell()

    def close(self) -> None:
        """Have nobody take part any more; what is lost is not waited for."""
        with self.lock:
            self._stopping = self._closed = True
            self._roster.pop(self._opener.ident, None)
        self._join_the_ended()

    def _join_the_ended(self) -> None:
        # They have left, and do nothing more: it is no wait.
        with self.lock:
            ended, self._ending = self._ending, []
        for thread in ended:
            thread.join()

    def _others(self) -> list[Member]:
        lost = _Standing.IS_LOST
        return [it for it in self._members if it is not self._opener and it.standing is not lost]

    def _check(self, member: Member) -> None:
        if self._stopping and (self._closed or member is not self._opener):
            raise Stopped

    # Whose turn it is; the lock is held

    def _push(self, member: Member, instant: int) -> None:
        tie = f"{self._seed}:{member.number}:{member.wakes}".encode()
        order = int.from_bytes(blake2b(tie, digest_size=8).digest(), "big")
        heappush(self._queue, (instant, order, member.number, member.wakes, member))

    def _pass_on(self) -> None:
        while self._queue:
            instant, _, _, wakes, member = heappop(self._queue)
            # A line is stale when its thread was woken otherwise, or has gone on since.
            if member.wakes == wakes and member.standing is _Standing.WAITS:
                self.time.move_to(instant)
                self._hand_to(member)
                return
        if self._closed or any(it.standing is not _Standing.WAITS for it in self._members):
            return
        for member in self._members:
            if member.is_a_loop:  # it looks out for what comes from outside
                self._hand_to(member)
                return
        now = datetime_of(self.time.instant()).isoformat()
        when = f"Every thread waits and none sleeps, so nothing will happen after {now}:"
        waits = [
            f"  {it.name} waits for {it.waits_for}{place_of(it.ident)}" for it in self._members
        ]
        advice = "Set the event, end the ring of results, or give the wait a timeout."
        self._news = ClockDeadlockError("\n".join([when, *waits, advice]))
        self._hand_to(self._opener)

    def _hand_to(self, member: Member) -> None:
        member.standing = _Standing.RUNS
        self._holder = member
        self._turns += 1
        member.gate.release()

    def _give_up_on_the_stuck(self, noticed_by: Member) -> None:
        holder, opener = self._holder, self._opener
        if holder is noticed_by:  # it was handed over just now
            return
        stuck = [it for it in self._members if it.standing is not _Standing.WAITS]
        if all(it.has_own_patience for it in stuck):
            return
        self._turns += 1
        text = [
            f"Nothing moved on the virtual clock for {self._stuck_after_s:g} real seconds:"
            f" {' and '.join(it.name for it in stuck)} blocks on what the clock does not know, or"
            " computes. Wait by the block's own results, events and executors; put another blocking"
            " call into `with threads.blocking():`, or, from an event loop, into `run_in_executor`"
            " with a ThreadPoolExecutor; for long work, raise `stuck_after_s`.",
            *(f"{it.name} stands here:\n{stack_of(it.ident)}" for it in stuck),
        ]
        self._news = ClockStuckError("\n".join(text))
        for member in stuck if self._stopping else [holder]:
            if member is not None:
                member.standing = _Standing.IS_LOST
        self._holder = None
        if opener.standing is _Standing.WAITS:
            self._hand_to(opener)
        elif holder is not None:  # the opener hears of it when it comes back
            self._pass_on()
        else:  # what it blocks on may be one of those that wait for it
            self._stop()

    def _stop(self) -> None:
        self._stopping = True
        for member in self._others():
            self.wake(member)

    def _tell(self) -> None:
        news, self._news = self._news, None
        if news is not None:
            raise news


def _live(member: Member, work: Callable[[], None]) -> None:
    baton = member.baton
    baton.enter(member)
    try:
        baton.come_back(member)
        work()
    except Stopped:
        pass
    finally:
        baton.leave(member)
