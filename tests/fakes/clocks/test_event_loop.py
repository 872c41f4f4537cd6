"""Coroutines on virtual time: no sleep waits, and no timer."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from rai_jobs_fakes import (
    ClockDeadlockError,
    ClockStuckError,
    FakeBackend,
    JobScript,
    VirtualClock,
)

BASE = "https://backend.test"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    gc.freeze()  # what was there before is not looked through
    yield
    gc.collect()  # a loop that was not closed warns
    gc.unfreeze()
    assert set(threading.enumerate()) - before == set()


async def in_a_real_thread(function: Callable[..., object], *args: object) -> object:
    with ThreadPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, function, *args)


async def woken_from_outside() -> str:
    """Wait for what a thread that takes no part tells."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[str] = loop.create_future()
    outsider = threading.Timer(0.01, loop.call_soon_threadsafe, (told.set_result, "told"))
    outsider.start()
    try:
        return await told
    finally:
        outsider.join()


def three_solves(seed: int) -> tuple[str, float]:
    """The transcript of three jobs that are followed in `asyncio.to_thread`, and their time."""
    clock = VirtualClock(seed=seed)
    backend = FakeBackend(clock=clock)
    backend.script(JobScript(run_s=60))
    jobs = backend.jobs()

    async def main() -> None:
        solves = [asyncio.to_thread(jobs.create_ready, "ML", "w", {"n": it}) for it in range(3)]
        assert {job.state for job in await asyncio.gather(*solves)} == {"COMPLETED"}

    clock.run(main())
    return str(backend.transcript), clock.monotonic()


async def until(instant: float, clock: VirtualClock, seen: list[float]) -> float:
    await asyncio.sleep(instant)
    seen.append(clock.monotonic())
    return instant


class TestTime:
    """Sleeps, timers and timeouts."""

    @pytest.mark.parametrize("seconds", [900, 0.1, 1e-6, 0.123456, 100_000, 0])
    def test_a_sleep_is_exact_and_costs_nothing(self, clock: VirtualClock, seconds: float) -> None:
        clock.run(asyncio.sleep(seconds))
        assert clock.monotonic() == seconds

    def test_many_sleeps_do_not_drift(self, clock: VirtualClock) -> None:
        async def main() -> None:
            for _ in range(300):
                await asyncio.sleep(0.1)

        clock.run(main())
        assert clock.monotonic() == 30

    def test_what_is_gathered_wakes_in_the_order_of_time(self, clock: VirtualClock) -> None:
        seen: list[float] = []

        async def main() -> list[float]:
            return await asyncio.gather(*(until(at, clock, seen) for at in (30, 10, 20)))

        assert clock.run(main()) == [30, 10, 20]
        assert seen == [10, 20, 30]

    def test_a_timeout_ends_a_wait_in_its_instant(self, clock: VirtualClock) -> None:
        async def main() -> float:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 30)
            return asyncio.get_running_loop().time()

        clock.sleep(5)
        assert clock.run(main()) == clock.monotonic() == 35

    def test_the_loops_time_is_the_clocks_wherever_it_is_moved(self, clock: VirtualClock) -> None:
        seen: list[float] = []

        async def main() -> None:
            task = asyncio.create_task(until(60, clock, seen))
            await asyncio.sleep(0)
            clock.advance(50)
            assert asyncio.get_running_loop().time() == 50
            await asyncio.sleep(5)
            clock.sleep(100)  # blocks the loop, as it does on a real one
            await task

        clock.run(main())
        assert seen == [155]

    def test_a_loop_of_the_clock_serves_whoever_makes_loops(self, clock: VirtualClock) -> None:
        loop = clock.event_loop()
        try:
            assert loop.run_until_complete(asyncio.sleep(900, "slept")) == "slept"
            assert loop.run_until_complete(asyncio.sleep(1, "again")) == "again"
        finally:
            loop.close()
        assert clock.monotonic() == 901


class TestRunning:
    """`clock.run` is as `asyncio.run`."""

    def test_an_error_of_the_coroutine_is_raised(self, clock: VirtualClock) -> None:
        async def main() -> None:
            await asyncio.sleep(1)
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            clock.run(main())

    def test_what_is_left_is_cancelled_and_closed(self, clock: VirtualClock) -> None:
        said: list[str] = []

        async def left() -> None:
            try:
                await asyncio.sleep(100)
            finally:
                said.append("cancelled")

        async def numbers() -> AsyncGenerator[int]:
            try:
                yield 1
                yield 2
            finally:
                said.append("closed")

        async def main() -> None:
            task = asyncio.create_task(left())
            await asyncio.sleep(1)
            async for _ in numbers():
                break
            assert not task.done()

        clock.run(main())
        assert sorted(said) == ["cancelled", "closed"]
        assert clock.monotonic() == 1

    def test_inside_a_running_loop_it_is_refused(self, clock: VirtualClock) -> None:
        async def main() -> None:
            with pytest.raises(RuntimeError, match="event loop runs in this thread"):
                clock.run(asyncio.sleep(1))

        clock.run(main())

    @pytest.mark.parametrize("seconds", [0, -1, float("nan")])
    def test_patience_is_more_than_nothing(self, clock: VirtualClock, seconds: float) -> None:
        with pytest.raises(ValueError, match="more than 0 real seconds"):
            clock.event_loop(stuck_after_s=seconds)


class TestToThread:
    """`asyncio.to_thread`: its threads take part in the clock."""

    def test_jobs_that_are_followed_in_threads_are_the_same_every_time(self) -> None:
        transcript, took = three_solves(1)
        assert took == 60
        assert {three_solves(1) for _ in range(10)} == {(transcript, took)}
        assert three_solves(2)[0] != transcript

    def test_their_sleeps_are_in_order_with_the_timers(self, clock: VirtualClock) -> None:
        seen: list[float] = []

        def nap(seconds: float) -> None:
            clock.sleep(seconds)
            seen.append(clock.monotonic())

        async def main() -> None:
            tasks = [asyncio.to_thread(nap, seconds) for seconds in (30, 10)]
            await asyncio.gather(*tasks, until(20, clock, seen), until(40, clock, seen))

        clock.run(main())
        assert seen == [10, 20, 30, 40]

    def test_many_run_at_once(self, clock: VirtualClock) -> None:
        async def main() -> None:
            await asyncio.gather(*(asyncio.to_thread(clock.sleep, 5) for _ in range(33)))

        clock.run(main())
        assert clock.monotonic() == 10

    def test_who_gives_one_up_goes_on_and_the_end_waits_for_it(self, clock: VirtualClock) -> None:
        async def main() -> float:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(clock.sleep, 100), 5)
            return clock.monotonic()

        assert clock.run(main()) == 5
        assert clock.monotonic() == 100

    def test_its_error_is_raised_where_it_is_awaited(self, clock: VirtualClock) -> None:
        def fail() -> None:
            clock.sleep(3)
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            clock.run(asyncio.to_thread(fail))
        assert clock.monotonic() == 3

    def test_one_that_blocks_for_real_for_too_long_is_shown(self, clock: VirtualClock) -> None:
        go = threading.Event()
        blocked: list[threading.Thread] = []

        def block() -> None:
            blocked.append(threading.current_thread())
            go.wait()

        with pytest.raises(ClockStuckError) as caught:
            clock.run(asyncio.to_thread(block), stuck_after_s=0.05)
        go.set()
        blocked[0].join()
        assert "asyncio-0 blocks" in str(caught.value)
        assert "in block\n" in str(caught.value)
        assert "`run_in_executor` with a ThreadPoolExecutor" in str(caught.value)

    def test_afterwards_an_outside_thread_still_wakes_the_loop(self, clock: VirtualClock) -> None:
        async def main() -> str:
            await asyncio.to_thread(clock.sleep, 3)
            return await woken_from_outside()

        assert clock.run(main()) == "told"
        assert clock.monotonic() == 3

    def test_afterwards_a_deadlock_still_names_the_tasks(self, clock: VirtualClock) -> None:
        async def main() -> None:
            await asyncio.to_thread(clock.sleep, 3)
            await asyncio.Event().wait()

        with pytest.raises(
            ClockDeadlockError, match=r"00:00:03\+00:00 nothing is left(.|\n)*in main"
        ):
            clock.run(main(), stuck_after_s=0.05)

    def test_while_a_thread_of_another_executor_works_they_stand_still_too(
        self, clock: VirtualClock
    ) -> None:
        async def main() -> tuple[object, float]:
            asleep = asyncio.create_task(asyncio.to_thread(clock.sleep, 60))
            await asyncio.sleep(1)
            at = await in_a_real_thread(clock.monotonic)
            assert not asleep.done()
            await asleep
            return at, clock.monotonic()

        assert clock.run(main()) == (1, 60)

    def test_a_default_executor_of_ones_own_is_used(self, clock: VirtualClock) -> None:
        async def main() -> str:
            pool = ThreadPoolExecutor(1, thread_name_prefix="own")
            asyncio.get_running_loop().set_default_executor(pool)
            return await asyncio.to_thread(lambda: threading.current_thread().name)

        assert clock.run(main()) == "own_0"

    def test_a_loop_may_be_run_again(self, clock: VirtualClock) -> None:
        loop = clock.event_loop()
        try:
            for _ in range(2):
                loop.run_until_complete(asyncio.to_thread(clock.sleep, 5))
        finally:
            loop.close()
        assert clock.monotonic() == 10
        with clock.threads() as threads:
            threads.start(clock.sleep, 5)
        assert clock.monotonic() == 15

    def test_closing_the_loop_stops_what_sleeps(self, clock: VirtualClock) -> None:
        loop = clock.event_loop()
        futures = [loop.run_in_executor(None, clock.sleep, 100) for _ in range(40)]
        loop.run_until_complete(asyncio.sleep(1))
        loop.close()
        assert clock.monotonic() == 1
        assert not any(future.done() for future in futures)

    def test_a_loop_in_one_of_them_shares_the_clock(self, clock: VirtualClock) -> None:
        async def inner() -> float:
            await asyncio.to_thread(clock.sleep, 3)
            await asyncio.sleep(2)
            return clock.monotonic()

        async def main() -> list[float]:
            inners = [asyncio.to_thread(lambda: clock.run(inner())) for _ in range(3)]
            return await asyncio.gather(*inners)

        assert clock.run(main()) == [5, 5, 5]

    def test_a_block_of_threads_is_opened_before_not_after(self, clock: VirtualClock) -> None:
        async def main() -> None:
            with clock.threads() as threads:
                threads.start(clock.sleep, 5)
            await asyncio.to_thread(clock.sleep, 5)
            with pytest.raises(RuntimeError, match=r"opens one for `asyncio\.to_thread`"):
                clock.threads().__enter__()

        clock.run(main())
        assert clock.monotonic() == 10

    def test_beside_a_block_that_the_loop_takes_no_part_in_they_are_real(
        self, clock: VirtualClock
    ) -> None:
        seen: list[float] = []

        async def main() -> None:
            await asyncio.to_thread(clock.sleep, 7)
            seen.append(clock.monotonic())

        with clock.threads() as threads:
            outsider = threading.Thread(target=lambda: clock.run(main()))
            with threads.blocking():
                outsider.start()
                outsider.join()
        assert seen == [7]


class TestRealThreads:
    """Work that takes real time takes no virtual time."""

    def test_time_stands_still_while_a_real_thread_works(self, clock: VirtualClock) -> None:
        go = threading.Event()

        def work() -> str:
            assert go.wait(5)
            return "done"

        async def main() -> str:
            asyncio.get_running_loop().call_soon(go.set)
            done = await asyncio.wait_for(asyncio.to_thread(work), 30)
            assert clock.monotonic() == 0
            await asyncio.sleep(900)
            return done

        assert clock.run(main()) == "done"
        assert clock.monotonic() == 900

    def test_a_real_thread_may_sleep_on_the_clock(self, clock: VirtualClock) -> None:
        async def main() -> None:
            await asyncio.to_thread(clock.sleep, 900)

        clock.run(main())
        assert clock.monotonic() == 900

    def test_another_thread_may_wake_the_loop(self, clock: VirtualClock) -> None:
        async def main() -> str:
            loop = asyncio.get_running_loop()
            told: asyncio.Future[str] = loop.create_future()
            thread = threading.Thread(
                target=loop.call_soon_threadsafe, args=(told.set_result, "told")
            )
            thread.start()
            try:
                return await told
            finally:
                thread.join()

        assert clock.run(main()) == "told"

    def test_a_real_thread_that_does_not_return_is_an_error_not_a_hang(
        self, clock: VirtualClock
    ) -> None:
        go = threading.Event()

        async def main() -> None:
            with ThreadPoolExecutor(1) as pool:
                try:
                    await asyncio.get_running_loop().run_in_executor(pool, go.wait)
                finally:
                    go.set()

        with pytest.raises(
            ClockDeadlockError, match=r"1 calls in real threads did not return within 0\.05 real"
        ):
            clock.run(main(), stuck_after_s=0.05)


class TestDeadlocks:
    """Nothing will happen: said, with where each task stands."""

    def test_tasks_that_wait_are_named_with_their_place(self, clock: VirtualClock) -> None:
        async def consumer(ready: asyncio.Event) -> None:
            await ready.wait()

        async def main() -> None:
            ready = asyncio.Event()
            await asyncio.sleep(5)
            task = asyncio.create_task(consumer(ready), name="consumer")
            await task

        with pytest.raises(ClockDeadlockError) as caught:
            clock.run(main(), stuck_after_s=0.05)
        said = str(caught.value)
        assert "At 2026-01-01T00:00:05+00:00 nothing is left to do" in said
        assert f"consumer waits, at {__file__}:" in said
        assert " in consumer\n" in said
        assert " in main\n" in said

    def test_alone_in_its_process_nothing_is_waited_for(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(threading, "active_count", lambda: 1)
        with pytest.raises(ClockDeadlockError):
            clock.run(asyncio.Event().wait(), stuck_after_s=float("inf"))

    def test_a_socket_is_waited_for_even_alone(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(threading, "active_count", lambda: 1)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.send(b"hello")

            async def main() -> bytes:
                return await asyncio.get_running_loop().sock_recv(ours, 5)

            assert clock.run(main(), stuck_after_s=0.5) == b"hello"
            with pytest.raises(ClockDeadlockError):
                clock.run(main(), stuck_after_s=0.05)


class TestTakingTurns:
    """An event loop in a thread of `clock.threads()`."""

    def test_its_sleeps_are_in_order_with_the_threads(self, clock: VirtualClock) -> None:
        seen: list[float] = []
        with clock.threads() as threads:
            threads.start(lambda: (clock.sleep(20), seen.append(clock.monotonic())))
            threads.start(clock.run, until(10, clock, seen))
            clock.run(until(30, clock, seen))
        assert seen == [10, 20, 30]

    def test_a_thread_wakes_it_in_its_own_instant(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:

            async def main() -> tuple[str, float]:
                loop = asyncio.get_running_loop()
                told: asyncio.Future[str] = loop.create_future()

                def tell() -> None:
                    clock.sleep(7)
                    loop.call_soon_threadsafe(told.set_result, "told")

                threads.start(tell)
                return await asyncio.wait_for(told, 900), loop.time()

            assert clock.run(main()) == ("told", 7)

    def test_an_executor_of_the_block_works_in_virtual_time(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            pool = threads.executor(2)

            async def main() -> float:
                loop = asyncio.get_running_loop()
                await asyncio.gather(
                    *(loop.run_in_executor(pool, clock.sleep, seconds) for seconds in (5, 3, 4))
                )
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(loop.run_in_executor(pool, clock.sleep, 9), 2)
                return loop.time()

            assert clock.run(main()) == 9

    def test_real_threads_are_waited_for_there_too(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            assert threads.start(clock.run, asyncio.to_thread(lambda: 5)).result() == 5

    def test_while_it_waits_for_a_real_thread_the_others_go_on(self, clock: VirtualClock) -> None:
        go = threading.Event()
        with clock.threads() as threads:
            threads.start(lambda: (clock.sleep(5), go.set()))
            assert clock.run(in_a_real_thread(go.wait, 5)) is True
        assert clock.monotonic() == 5

    def test_to_thread_takes_turns_too(self, clock: VirtualClock) -> None:
        seen: list[float] = []

        async def main() -> float:
            await asyncio.gather(*(asyncio.to_thread(clock.sleep, it) for it in (2, 3, 1)))
            return clock.monotonic()

        with clock.threads() as threads:
            threads.start(lambda: (clock.sleep(1.5), seen.append(clock.monotonic())))
            assert clock.run(main()) == 3
            assert threads.start(lambda: clock.run(main())).result() == 6
        assert seen == [1.5]

    def test_an_outside_thread_wakes_it(self, clock: VirtualClock) -> None:
        with clock.threads() as threads:
            threads.start(threads.event().wait, 900)
            task = threads.start(lambda: clock.run(woken_from_outside()))
            assert task.result() == "told"

    def test_a_loop_that_waits_for_nothing_is_in_the_deadlock(self, clock: VirtualClock) -> None:
        def story() -> None:
            with clock.threads(stuck_after_s=0.05) as threads:
                threads.start(threads.event("go").wait, name="waiter")
                threads.start(lambda: clock.run(main(), stuck_after_s=0.1), name="loop")

        async def main() -> None:
            await asyncio.Event().wait()

        with pytest.raises(
            ClockDeadlockError, match=r"nothing is left to do(.|\n)*in main"
        ) as caught:
            story()
        assert type(caught.value) is ClockDeadlockError
        assert "waiter waits for event go" in vars(caught.value)["__notes__"][0]

    def test_where_no_outside_thread_is_left_the_deadlock_is_told_at_once(
        self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(threading, "active_count", lambda: 2)
        with pytest.raises(ClockDeadlockError), clock.threads() as threads:
            threads.start(
                lambda: clock.run(asyncio.Event().wait(), stuck_after_s=float("inf")), name="loop"
            )


class TestHttp:
    """`httpx.AsyncClient` on the HTTP face."""

    def test_jobs_are_created_and_followed_virtually(self) -> None:
        clock = VirtualClock()
        backend = FakeBackend(clock=clock)
        backend.script(JobScript(run_s=600))

        async def solve(http: httpx.AsyncClient, number: int) -> tuple[str, float]:
            job = {"job_type": "ML", "worker_name": "w", "payload": f'{{"n": {number}}}'}
            made = (await http.post("/v1alpha1/jobs", json=job)).json()
            while True:
                seen = (await http.get(f"/v1alpha1/jobs/ML/{made['id']}")).json()
                if seen["job"]["state"] == "COMPLETED":
                    return seen["job"]["state"], clock.monotonic()
                await asyncio.sleep(7)

        async def main() -> list[tuple[str, float]]:
            transport = backend.async_http_transport("fake_user")
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
                return await asyncio.gather(*(solve(http, number) for number in range(5)))

        assert clock.run(main()) == [("COMPLETED", 602)] * 5
        assert len(backend.executions) == 5
