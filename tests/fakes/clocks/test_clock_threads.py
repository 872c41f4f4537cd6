"""Many threads on one virtual clock: in the order of time, the same every time."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from rai_jobs_fakes import (
    ClockDeadlockError,
    ClockEvent,
    ClockStuckError,
    ClockTask,
    FakeBackend,
    JobScript,
    VirtualClock,
)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def heeding_interrupts() -> Iterator[None]:
    """A shell starts what runs in its background with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) - before == set()


def ties(seed: int) -> list[int]:
    """The order in which eight threads that wake in the same instants go on."""
    clock = VirtualClock(seed=seed)
    order: list[int] = []

    def wake(number: int) -> None:
        for _ in range(3):
            clock.sleep(1)
            order.append(number)

    with clock.threads() as threads:
        for number in range(8):
            threads.start(wake, number)
    return order


def notes(error: BaseException) -> list[str]:
    return vars(error)["__notes__"]


def thread_of(name: str) -> threading.Thread:
    [thread] = [it for it in threading.enumerate() if it.name == name]
    return thread


TIES = f"""
import sys
sys.path[:0] = {sys.path!r}
from tests.fakes.clocks.test_clock_threads import ties
print(ties(3))
"""


def fifty_solves(seed: int) -> tuple[str, float]:
    """The transcript of fifty threads that follow a job each, and how long it took."""
    clock = VirtualClock(seed=seed)
    backend = FakeBackend(clock=clock)
    backend.add_reasoner("w", "Predictive", max_running=10)
    backend.script(JobScript(run_s=60))
    jobs = backend.jobs()

    def solve(number: int) -> str:
        return jobs.create_ready("Predictive", "w", {"n": number}, poll_interval_s=10).state

    with clock.threads() as threads:
        tasks = [threads.start(solve, number) for number in range(50)]
        assert {task.result() for task in tasks} == {"COMPLETED"}
    return str(backend.transcript), clock.monotonic()


class TestOrder:
    """Who goes on when."""

    def test_sleeping_threads_wake_in_the_order_of_time(self, clock: VirtualClock) -> None:
        woken: list[tuple[float, str]] = []

        def nap(name: str, *naps: float) -> None:
            for seconds in naps:
                clock.sleep(seconds)
                woken.append((clock.monotonic(), name))

        with clock.threads() as threads:
            threads.start(nap, "a", 3, 4)
            threads.start(nap, "b", 1, 4)
            threads.start(nap, "c", 2, 4)
        assert woken == [(1, "b"), (2, "c"), (3, "a"), (5, "b"), (6, "c"), (7, "a")]
        assert clock.monotonic() == 7

    def test_who_opened_the_block_sleeps_in_order_with_the_others(
        self, clock: VirtualClock
    ) -> None:
        seen: list[float] = []
        with clock.threads() as threads:
            threads.start(lambda: (clock.sleep(2), seen.append(clock.monotonic())))
            clock.sleep(1)
            seen.append(clock.monotonic())
            clock.sleep(2)
            seen.append(clock.monotonic())
        assert seen == [1, 2, 3]

    def test_exactly_one_thread_runs_at_a_time(self, clock: VirtualClock) -> None:
        running: list[int] = []
        most: list[int] = []

        def step(number: int) -> None:
            for _ in range(20):
                running.append(number)
                most.append(len(running))
                sum(range(2000))
                running.remove(number)
                clock.sleep(1)

        with clock.threads() as threads:
            for number in range(8):
                threads.start(step, number)
        assert set(most) == {1}

    def test_same_seed_same_order_of_ties(self) -> None:
        assert {tuple(ties(3)) for _ in range(20)} == {tuple(ties(3))}

    def test_the_order_is_the_same_in_every_process(self) -> None:
        said = {
            subprocess.run(  # noqa: S603 - our own interpreter
                [sys.executable, "-c", TIES],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout.strip()
            for seed in ("0", "1", "4242")
        }
        assert said == {str(ties(3))}

    def test_another_seed_orders_ties_otherwise(self) -> None:
        orders = {tuple(ties(seed)) for seed in range(5)}
        assert len(orders) == 5
        for order in orders:
            assert [sorted(order[at : at + 8]) for at in (0, 8, 16)] == [list(range(8))] * 3

    def test_a_tie_does_not_favour_the_same_thread_every_time(self) -> None:
        order = ties(0)
        assert len({tuple(order[at : at + 8]) for at in (0, 8, 16)}) == 3

    def test_fifty_threads_poll_one_backend_and_its_transcript_is_the_same_every_time(self) -> None:
        transcript, took = fifty_solves(1)
        assert took == 300
        assert fifty_solves(1) == (transcript, took)
        assert fifty_solves(2)[0] != transcript

    def test_advance_lets_time_pass_for_everybody_at_once(self, clock: VirtualClock) -> None:
        seen: list[tuple[str, float]] = []

        def nap(name: str, seconds: float) -> None:
            clock.sleep(seconds)
            seen.append((name, clock.monotonic()))

        with clock.threads() as threads:
            threads.start(nap, "late", 7)
            threads.start(nap, "early", 3)
            threads.start(nap, "after", 11)
            clock.sleep(1)
            clock.advance(9)
            seen.append(("opener", clock.monotonic()))
        assert seen == [("opener", 10), ("early", 10), ("late", 10), ("after", 11)]

    def test_a_thread_that_takes_no_part_moves_time_at_once(self, clock: VirtualClock) -> None:
        seen: list[float] = []
        with clock.threads() as threads:
            threads.start(lambda: (clock.sleep(3), seen.append(clock.monotonic())))
            clock.sleep(1)
            outsider = threading.Thread(target=clock.sleep, args=(20,))
            outsider.start()
            outsider.join()
            assert clock.monotonic() == 21
        assert seen == [21]

    @pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e12])
    def test_a_sleep_is_refused_as_elsewhere(self, clock: VirtualClock, seconds: float) -> None:
        with clock.threads(), pytest.raises(ValueError, match="virtual clock"):
            clock.sleep(seconds)
        clock.sleep(1)
        assert clock.monotonic() == 1


class TestEvents:
    """`threads.event()`."""

    def test_a_wait_ends_in_the_instant_of_the_set(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            ready = threads.event()

            def wait() -> tuple[bool, float]:
                return ready.wait(), clock.monotonic()

            tasks = [threads.start(wait) for _ in range(3)]
            clock.sleep(5)
            assert not ready.is_set()
            ready.set()
            clock.sleep(5)
            assert [task.result() for task in tasks] == [(True, 5)] * 3
            assert ready.wait(0) is True
        assert clock.monotonic() == 10

    def test_a_timeout_is_virtual(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            never = threads.event()
            threads.start(clock.sleep, 1000)
            assert never.wait(900) is False
            assert clock.monotonic() == 900
            assert never.wait(0) is False
            assert never.wait(-1) is False
            assert clock.monotonic() == 900

    def test_a_set_in_time_makes_the_timeout_moot(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            ready = threads.event()
            waiting = threads.start(lambda: (ready.wait(10), clock.sleep(100), clock.monotonic()))
            clock.sleep(4)
            ready.set()
            assert waiting.result() == (True, None, 104)

    def test_a_cleared_event_is_waited_for_again(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            event = threads.event()
            event.set()
            event.clear()
            assert event.wait(3) is False
        assert clock.monotonic() == 3

    def test_a_thread_that_takes_no_part_may_set_but_not_wait(self, clock: VirtualClock) -> None:
        def outside(function: Any) -> list[str]:
            said: list[str] = []

            def call() -> None:
                try:
                    function()
                except RuntimeError as error:
                    said.append(str(error))

            thread = threading.Thread(target=call)
            thread.start()
            thread.join()
            return said

        with clock.threads() as threads:
            event = threads.event("ready")
            assert "takes part can wait for event ready" in outside(event.wait)[0]
            assert "takes part" in outside(lambda: threads.blocking().__enter__())[0]
            assert outside(event.set) == []
            assert event.wait()

    def test_a_set_wakes_nobody_who_waits_for_something_else_by_now(
        self, clock: VirtualClock
    ) -> None:
        with clock.threads() as threads:
            late, other = threads.event(), threads.event()
            waiting = threads.start(lambda: (late.wait(1), other.wait(10), clock.monotonic()))
            clock.sleep(5)
            late.set()
            assert waiting.result() == (False, False, 11)

    def test_an_event_belongs_to_its_block(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            event = threads.event()
        with clock.threads(), pytest.raises(RuntimeError, match="takes part"):
            event.wait()

    @pytest.mark.parametrize("timeout_s", [1e12, float("inf")])
    def test_a_timeout_after_the_end_of_time_is_none(
        self, clock: VirtualClock, timeout_s: float
    ) -> None:
        with clock.threads() as threads, pytest.raises(ClockDeadlockError):
            threads.event().wait(timeout_s)

    def test_nan_is_no_timeout(self, clock: VirtualClock) -> None:
        with clock.threads() as threads, pytest.raises(ValueError, match="got nan"):
            threads.event().wait(float("nan"))

    def test_an_event_shows_what_it_is(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            event, other = threads.event("ready"), threads.event()
            event.set()
            assert repr(event) == "<ClockEvent event ready: set>"
            assert repr(other) == "<ClockEvent event 2: not set>"
            assert isinstance(event, ClockEvent)


class TestResults:
    """What `start` returns."""

    def test_a_result_is_waited_for_virtually(self, clock: VirtualClock) -> None:
        def square(number: int, *, after: float) -> int:
            clock.sleep(after)
            return number * number

        with clock.threads() as threads:
            task = threads.start(square, 7, after=30)
            assert not task.done()
            with pytest.raises(TimeoutError if sys.version_info >= (3, 11) else Exception):
                task.result(timeout=29)
            assert clock.monotonic() == 29
            assert task.result(timeout=1) == 49
            assert task.exception() is None
            assert clock.monotonic() == 30
        assert task.result() == 49

    def test_a_thread_may_start_others(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:

            def count(down: int) -> int:
                clock.sleep(1)
                return 0 if down == 0 else 1 + threads.start(count, down - 1).result()

            assert threads.start(count, 4).result() == 4
        assert clock.monotonic() == 5

    def test_leaving_the_block_waits_for_all(self, clock: VirtualClock) -> None:
        ended: list[int] = []

        def work(number: int) -> None:
            clock.sleep(number)
            ended.append(number)

        with clock.threads() as threads:
            for number in range(5):
                threads.start(work, number)
        assert ended == [0, 1, 2, 3, 4]

    def test_a_thread_that_takes_no_part_waits_really(self, clock: VirtualClock) -> None:
        got: list[int] = []
        with clock.threads() as threads:
            task = threads.start(lambda: (clock.sleep(5), 7)[1])
            outsider = threading.Thread(target=lambda: got.append(task.result(timeout=10)))
            outsider.start()
        outsider.join()
        assert got == [7]

    def test_a_thread_that_was_cancelled_before_its_turn_never_begins(
        self, clock: VirtualClock
    ) -> None:
        begun: list[int] = []
        with clock.threads() as threads:
            task = threads.start(begun.append, 1)
            assert task.cancel()
        assert begun == []
        assert task.cancelled()

    def test_threads_are_named(self, clock: VirtualClock) -> None:
        def whose() -> str:
            return threading.current_thread().name

        with clock.threads() as threads:
            assert threads.start(whose).result() == "whose-1"
            assert threads.start(whose, name="solver").result() == "solver"


class TestErrors:
    """What becomes of what threads raise."""

    def test_the_first_error_in_the_order_of_time_is_raised_and_none_is_lost(
        self, clock: VirtualClock
    ) -> None:
        def fail(after: float) -> None:
            clock.sleep(after)
            raise ValueError(f"after {after}")

        ended: list[float] = []
        threads = clock.threads()

        def story() -> None:
            with threads:
                threads.start(fail, 3, name="late")
                threads.start(fail, 1)
                threads.start(lambda: (clock.sleep(9), ended.append(clock.monotonic())))

        with pytest.raises(ValueError, match=r"^after 1") as caught:
            story()
        assert ended == [9]
        assert notes(caught.value) == ["Besides, late raised ValueError: after 3"]
        assert [(name, str(error)) for name, error in threads.errors] == [
            ("fail-2", "after 1"),
            ("late", "after 3"),
        ]

    def test_an_error_that_somebody_was_given_is_not_raised_again(
        self, clock: VirtualClock
    ) -> None:
        def fail() -> None:
            raise ValueError("no")

        with clock.threads() as threads:
            with pytest.raises(ValueError, match="no"):
                threads.start(fail).result()
            assert isinstance(threads.start(fail).exception(), ValueError)
        assert len(threads.errors) == 2

    def test_even_what_is_no_exception_is_raised(self, clock: VirtualClock) -> None:
        with pytest.raises(SystemExit, match="3"), clock.threads() as threads:
            threads.start(sys.exit, 3)

    def test_when_the_body_fails_the_threads_end_at_their_wait(self, clock: VirtualClock) -> None:
        said: list[str] = []

        def work(event: ClockEvent) -> None:
            try:
                clock.sleep(100)
                said.append("slept")
            except Exception:  # noqa: BLE001 - as code under test may
                said.append("took it for a failure")
            finally:
                said.append("cleaned up")
                event.wait()
                said.append("waited")

        tasks: list[ClockTask[None]] = []
        threads = clock.threads()

        def story() -> None:
            with threads:
                tasks.extend(threads.start(work, threads.event()) for _ in range(4))
                clock.sleep(1)
                tasks.append(threads.start(said.append, "begun"))
                raise KeyError("body")

        with pytest.raises(KeyError, match="body"):
            story()
        assert said == ["cleaned up"] * 4
        assert clock.monotonic() == 1
        assert all(task.done() for task in tasks)
        assert threads.errors == ()
        with pytest.raises(BaseException, match="was stopped with its block"):
            tasks[0].result()

    def test_what_threads_raised_is_told_beside_the_bodys_error(self, clock: VirtualClock) -> None:
        def fail() -> None:
            raise ValueError("the cause")

        def story() -> None:
            with clock.threads() as threads:
                threads.start(fail, name="producer")
                threads.event("ready").wait()

        with pytest.raises(ClockDeadlockError) as caught:
            story()
        assert notes(caught.value) == ["Besides, producer raised ValueError: the cause"]

    def test_an_error_of_a_thread_wins_over_the_deadlock_that_it_led_to(
        self, clock: VirtualClock
    ) -> None:
        def fail() -> None:
            raise ValueError("the cause")

        def story() -> None:
            with clock.threads() as threads:
                threads.start(fail)
                threads.start(threads.event().wait)

        with pytest.raises(ValueError, match="the cause") as caught:
            story()
        assert "the clock raised ClockDeadlockError" in notes(caught.value)[0]

    @pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads here")
    @pytest.mark.usefixtures("heeding_interrupts")
    def test_an_interrupted_wait_stops_the_threads(self, clock: VirtualClock) -> None:
        opener, is_out = threading.get_ident(), threading.Event()

        def interrupt() -> None:
            clock.sleep(5)
            signal.pthread_kill(opener, signal.SIGINT)
            while not is_out.wait(1):  # it came before the opener waited
                signal.pthread_kill(opener, signal.SIGINT)
            clock.sleep(1000)

        def story() -> None:
            with clock.threads() as threads:
                for _ in range(3):
                    threads.start(clock.sleep, 10_000)
                threads.start(interrupt)
                try:
                    threads.event().wait()
                finally:
                    is_out.set()

        with pytest.raises(KeyboardInterrupt):
            story()
        assert clock.monotonic() == 5

    def test_a_thread_that_will_not_end_is_an_error_not_a_hang(self, clock: VirtualClock) -> None:
        enough = threading.Event()

        def stubborn() -> None:
            while not enough.wait(0.001):
                with suppress(BaseException):  # what must not hold up the others
                    clock.sleep(1)

        def story() -> None:
            with clock.threads(stuck_after_s=0.1) as threads:
                threads.start(stubborn, name="stubborn")
                clock.sleep(2.5)
                raise KeyError("body")

        with pytest.raises(KeyError) as caught:
            story()
        assert "stubborn blocks" in notes(caught.value)[0]
        stubborn_thread = thread_of("stubborn")
        enough.set()
        stubborn_thread.join()


class TestDeadlocks:
    """Nothing will happen: said at once."""

    def test_a_ring_of_results_is_named(self, clock: VirtualClock) -> None:
        tasks: dict[str, Any] = {}

        def ask(other: str) -> None:
            tasks[other].result()

        def story() -> None:
            with clock.threads() as threads:
                for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
                    tasks[name] = threads.start(ask, other, name=name)

        with pytest.raises(ClockDeadlockError) as caught:
            story()
        said = str(caught.value)
        for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
            assert f"{name} waits for the result of {other}, at {__file__}:" in said
        assert "MainThread waits for the other threads to end" in said
        assert "after 2026-01-01T00:00:00+00:00" in said

    def test_an_event_that_nobody_sets_is_named(self, clock: VirtualClock) -> None:
        def story() -> None:
            with clock.threads() as threads:
                threads.start(clock.sleep, 5)
                threads.event("go").wait()

        with pytest.raises(ClockDeadlockError, match="MainThread waits for event go"):
            story()
        assert clock.monotonic() == 5

    def test_who_catches_it_may_go_on(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            go = threads.event()
            task = threads.start(go.wait)
            with pytest.raises(ClockDeadlockError):
                task.result()
            go.set()
            assert task.result() is True

    def test_a_real_lock_is_found_out_with_the_stack(self, clock: VirtualClock) -> None:
        lock = threading.Lock()
        lock.acquire()

        def takes_the_lock() -> None:
            clock.sleep(1)
            with lock:
                pass

        def story() -> None:
            with clock.threads(stuck_after_s=0.2) as threads:
                threads.start(takes_the_lock, name="taker")
                threads.start(clock.sleep, 50)

        with pytest.raises(ClockStuckError) as caught:
            story()
        taker = thread_of("taker")
        lock.release()
        taker.join()
        said = str(caught.value)
        assert "for 0.2 real seconds: taker blocks" in said
        assert "in takes_the_lock\n    with lock:" in said
        assert "threads.blocking()" in said

    def test_when_the_opener_blocks_the_others_go_on_and_it_hears_of_it(
        self, clock: VirtualClock
    ) -> None:
        done = threading.Event()

        def story() -> None:
            with clock.threads(stuck_after_s=0.1) as threads:
                threads.start(lambda: (clock.sleep(5), done.set()))
                done.wait()

        with pytest.raises(ClockStuckError, match="MainThread blocks"):
            story()
        assert clock.monotonic() == 5

    def test_when_the_opener_blocks_on_who_waits_for_it_all_are_stopped(
        self, clock: VirtualClock
    ) -> None:
        def story() -> None:
            with clock.threads(stuck_after_s=0.1) as threads:
                threads.start(threads.event().wait, name="waiter")
                thread_of("waiter").join()

        with pytest.raises(ClockStuckError, match="MainThread blocks"):
            story()

    def test_a_thread_that_takes_no_part_may_wake_who_waits_in_blocking(
        self, clock: VirtualClock
    ) -> None:
        done = threading.Event()
        outsider = threading.Timer(0.01, done.set)
        with clock.threads(stuck_after_s=5) as threads:
            outsider.start()
            with threads.blocking():
                assert done.wait(5)
        outsider.join()

    def test_blocking_lets_the_others_go_on(self, clock: VirtualClock) -> None:
        done = threading.Event()
        with clock.threads(stuck_after_s=5) as threads:
            threads.start(lambda: (clock.sleep(7), done.set()))
            with threads.blocking():
                assert done.wait(5)
            assert clock.monotonic() == 7

    def test_who_never_returns_from_a_blocking_call_does_not_hold_up_a_failing_block(
        self, clock: VirtualClock
    ) -> None:
        go = threading.Event()

        def story() -> None:
            with clock.threads(stuck_after_s=0.1) as threads:

                def block() -> None:
                    with threads.blocking():
                        go.wait()

                threads.start(block, name="blocker")
                clock.sleep(1)
                raise KeyError("body")

        with pytest.raises(KeyError) as caught:
            story()
        assert "blocker blocks" in notes(caught.value)[0]
        blocker = thread_of("blocker")
        go.set()
        blocker.join()

    def test_long_work_is_no_error_where_patience_is_endless(self, clock: VirtualClock) -> None:
        with clock.threads(stuck_after_s=float("inf")) as threads:
            assert threads.start(lambda: (clock.sleep(3), 5)[1]).result() == 5

    @pytest.mark.parametrize("seconds", [0, -1, float("nan")])
    def test_patience_is_more_than_nothing(self, clock: VirtualClock, seconds: float) -> None:
        with pytest.raises(ValueError, match="more than 0 real seconds"):
            clock.threads(stuck_after_s=seconds).__enter__()


class TestBlocks:
    """Opening and leaving."""

    def test_one_block_at_a_time_is_open_on_a_clock(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            with pytest.raises(RuntimeError, match="open on this clock already"):
                clock.threads().__enter__()
            inner = threads.start(lambda: clock.threads().__enter__())
            assert isinstance(inner.exception(), RuntimeError)
        with clock.threads() as threads:
            assert threads.start(lambda: 1).result() == 1

    def test_a_block_is_entered_once(self, clock: VirtualClock) -> None:
        threads = clock.threads()
        with pytest.raises(KeyError), threads:
            raise KeyError("body")
        with pytest.raises(RuntimeError, match="entered before"), threads:
            pass
        with clock.threads() as another:
            another.start(clock.sleep, 5)
        assert clock.monotonic() == 5

    def test_threads_that_have_ended_are_not_kept(self, clock: VirtualClock) -> None:
        seen: list[weakref.ref[threading.Thread]] = []
        with clock.threads() as threads:
            pool = threads.executor(1)
            for _ in range(50):
                pool.submit(lambda: seen.append(weakref.ref(threading.current_thread()))).result()
            gc.collect()
            assert sum(each() is not None for each in seen) < 5
            assert sum(it.name.startswith("executor-1") for it in threading.enumerate()) < 5
        assert len(seen) == 50

    def test_two_clocks_may_have_one_each(self, clock: VirtualClock) -> None:
        other = VirtualClock()
        with clock.threads() as ours, other.threads() as theirs:
            ours.start(clock.sleep, 5)
            theirs.start(other.sleep, 7)
        assert (clock.monotonic(), other.monotonic()) == (5, 7)

    def test_a_block_is_entered_before_it_is_used(self, clock: VirtualClock) -> None:
        with pytest.raises(RuntimeError, match="Enter the block first"):
            clock.threads().start(print)

    def test_after_the_block_no_thread_is_started(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            pass
        with pytest.raises(RuntimeError, match="is over"):
            threads.start(print)

    def test_after_the_block_time_moves_at_once(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            threads.start(clock.sleep, 5)
        clock.sleep(900)
        assert clock.monotonic() == 905
