"""An executor on virtual time, for code that takes a thread pool."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from rai_jobs_fakes import ClockDeadlockError, ClockTask, ClockThreads, VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) - before == set()


@pytest.fixture
def threads(clock: VirtualClock) -> Iterator[ClockThreads]:
    with clock.threads() as opened:
        yield opened


class TestOrder:
    """First come, first served."""

    def test_tasks_begin_in_the_order_of_their_submission_as_threads_are_free(
        self, clock: VirtualClock, threads: ClockThreads
    ) -> None:
        begun: list[tuple[float, int]] = []

        def work(number: int, seconds: float) -> int:
            begun.append((clock.monotonic(), number))
            clock.sleep(seconds)
            return number

        with threads.executor(max_workers=2) as pool:
            tasks = [pool.submit(work, at, seconds) for at, seconds in enumerate([5, 1, 2, 9, 1])]
            assert [task.result() for task in tasks] == [0, 1, 2, 3, 4]
        assert begun == [(0, 0), (0, 1), (1, 2), (3, 3), (5, 4)]
        assert clock.monotonic() == 12

    def test_map_gives_results_in_order(self, clock: VirtualClock, threads: ClockThreads) -> None:
        def work(number: int, seconds: float) -> int:
            clock.sleep(seconds)
            return number

        pool = threads.executor(3)
        assert list(pool.map(work, [1, 2, 3], [3, 1, 2])) == [1, 2, 3]
        assert clock.monotonic() == 3

    def test_the_timeout_of_map_is_of_all_and_virtual(
        self, clock: VirtualClock, threads: ClockThreads
    ) -> None:
        results = threads.executor(1).map(clock.sleep, [4, 4, 4, 4], timeout=10)
        assert [next(results), next(results)] == [None, None]
        with pytest.raises(concurrent.futures.TimeoutError):
            next(results)
        assert clock.monotonic() == 10

    def test_as_many_run_as_there_are_workers_the_same_on_every_machine(
        self, clock: VirtualClock, threads: ClockThreads
    ) -> None:
        with threads.executor() as pool:
            for _ in range(17):
                pool.submit(clock.sleep, 1)
        assert clock.monotonic() == 3

    def test_it_stands_in_for_the_pool_of_a_module(
        self, clock: VirtualClock, threads: ClockThreads, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module = SimpleNamespace(ThreadPoolExecutor=concurrent.futures.ThreadPoolExecutor)
        monkeypatch.setattr(module, "ThreadPoolExecutor", threads.executor)
        with module.ThreadPoolExecutor(max_workers=4, thread_name_prefix="solve") as pool:
            name = pool.submit(lambda: threading.current_thread().name)
            for _ in range(8):
                pool.submit(clock.sleep, 10)
        assert name.result().startswith("solve-")
        assert clock.monotonic() == 20


class TestFutures:
    """What `concurrent.futures` knows of them."""

    def test_wait_waits_virtually(self, clock: VirtualClock, threads: ClockThreads) -> None:
        pool = threads.executor(4)
        tasks = [pool.submit(clock.sleep, seconds) for seconds in (3, 1, 2)]
        wait = concurrent.futures.wait
        first = wait(tasks, return_when=concurrent.futures.FIRST_COMPLETED)
        assert (first.done, clock.monotonic()) == ({tasks[1]}, 1)
        some = wait(tasks, timeout=1.5)
        assert (some.not_done, clock.monotonic()) == ({tasks[0]}, 2.5)
        assert wait(tasks).not_done == set()
        assert clock.monotonic() == 3

    def test_as_completed_gives_them_in_the_order_of_time(
        self, clock: VirtualClock, threads: ClockThreads
    ) -> None:
        pool = threads.executor(4)
        tasks = {pool.submit(clock.sleep, seconds): seconds for seconds in (3, 1, 2)}
        done = concurrent.futures.as_completed(list(tasks))
        seen = [(tasks[cast("ClockTask[None]", task)], clock.monotonic()) for task in done]
        assert seen == [(1, 1), (2, 2), (3, 3)]

    def test_as_completed_with_a_timeout_says_why_it_cannot(
        self, clock: VirtualClock, threads: ClockThreads
    ) -> None:
        task = threads.executor(4).submit(clock.sleep, 1)
        with pytest.raises(RuntimeError, match="counts real seconds"):
            next(concurrent.futures.as_completed([task], timeout=5))

    def test_a_future_of_a_pool_keeps_its_error(self, threads: ClockThreads) -> None:
        def fail() -> None:
            raise ValueError("no")

        task = threads.executor().submit(fail)
        assert isinstance(task, concurrent.futures.Future)
        with pytest.raises(ValueError, match="no"):
            task.result()

    def test_an_error_that_nobody_asks_for_is_the_futures_own(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            task = threads.executor().submit(lambda: 1 / 0)
        assert isinstance(task.exception(), ZeroDivisionError)

    def test_a_pool_inside_a_pool_of_one_is_a_deadlock_that_is_named(
        self, clock: VirtualClock
    ) -> None:
        def story() -> None:
            with clock.threads() as threads:
                pool = threads.executor(1, "pool")
                pool.submit(lambda: pool.submit(clock.sleep, 1).result()).result()

        with pytest.raises(ClockDeadlockError, match="pool-0 waits for the result of pool task 1"):
            story()


class TestShutdown:
    """Its end."""

    def test_it_takes_no_more(self, threads: ClockThreads) -> None:
        pool = threads.executor()
        pool.shutdown()
        with pytest.raises(RuntimeError, match="was shut down"):
            pool.submit(print)

    def test_without_waiting_the_block_still_waits(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            pool = threads.executor(1)
            tasks = [pool.submit(clock.sleep, 5) for _ in range(2)]
            pool.shutdown(wait=False)
            assert clock.monotonic() == 0
        assert [task.done() for task in tasks] == [True, True]
        assert clock.monotonic() == 10

    def test_what_has_not_begun_can_be_cancelled(
        self, clock: VirtualClock, threads: ClockThreads
    ) -> None:
        pool = threads.executor(1)
        tasks = [pool.submit(clock.sleep, 5) for _ in range(3)]
        clock.sleep(1)
        pool.shutdown(cancel_futures=True)
        assert [task.cancelled() for task in tasks] == [False, True, True]
        assert clock.monotonic() == 5

    def test_when_the_block_fails_no_future_is_left_pending(self, clock: VirtualClock) -> None:
        tasks: list[concurrent.futures.Future[None]] = []

        def story() -> None:
            with clock.threads() as threads:
                pool = threads.executor(1)
                tasks.extend(pool.submit(clock.sleep, 5) for _ in range(3))
                clock.sleep(1)
                tasks.append(threads.executor(1).submit(clock.sleep, 5))
                raise KeyError

        with pytest.raises(KeyError):
            story()
        for task in tasks:
            with pytest.raises(concurrent.futures.CancelledError):
                task.result(timeout=5)

    @pytest.mark.parametrize("workers", [0, -1])
    def test_it_has_a_worker(self, threads: ClockThreads, workers: int) -> None:
        with pytest.raises(ValueError, match="`max_workers` must be 1 or more"):
            threads.executor(workers)
