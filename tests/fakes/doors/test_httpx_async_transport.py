"""The HTTP face as an asynchronous `httpx` transport; late answers on every asynchronous door."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator

import httpx
import pytest
import respx

from rai_jobs import SystemClock
from rai_jobs_fakes import FakeBackend, Fault, VirtualClock
from rai_jobs_fakes.clocks.event_loop import let_pass

from ..making import headers_of

BASE = "https://backend.test"
JOB = b'{"job_type": "SOLVER", "worker_name": "w", "payload": "{}"}'


@pytest.fixture
def backend() -> FakeBackend:
    """A backend with users ann and bob."""
    made = FakeBackend()
    made.add_user("ann")
    made.add_user("bob")
    return made


def client(backend: FakeBackend, user: str | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=backend.async_http_transport(user), base_url=BASE)


def test_without_a_user_a_request_goes_by_its_token(backend: FakeBackend) -> None:
    async def main() -> list[int]:
        async with client(backend) as http:
            told = [headers_of(backend, "ann"), headers_of(backend, "bob"), {}]
            answers = [await http.post("/v1alpha1/jobs", content=JOB, headers=it) for it in told]
            return [answer.status_code for answer in answers]

    assert VirtualClock().run(main()) == [200, 200, 401]
    assert [view.created_by for view in backend.executions] == ["ann", "bob"]


def test_with_a_user_it_goes_by_the_user(backend: FakeBackend) -> None:
    async def main() -> httpx.Response:
        async with client(backend, "ann") as http:
            return await http.post("/v1alpha1/jobs", content=JOB)

    assert VirtualClock().run(main()).status_code == 200
    assert [view.created_by for view in backend.executions] == ["ann"]


def test_an_unknown_user_is_refused(backend: FakeBackend) -> None:
    with pytest.raises(ValueError, match="no user 'zoe'"):
        backend.async_http_transport("zoe")


def test_a_body_that_is_sent_in_pieces_arrives_whole(backend: FakeBackend) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        yield JOB[:7]
        yield JOB[7:]

    async def main() -> tuple[int, bytes]:
        async with client(backend, "ann") as http:
            made = await http.post("/v1alpha1/jobs", content=pieces())
            async with http.stream("GET", f"/v1alpha1/jobs/SOLVER/{made.json()['id']}") as answer:
                return made.status_code, b"".join([it async for it in answer.aiter_bytes()])

    status, body = VirtualClock().run(main())
    assert status == 200
    assert b"SOLVER" in body or b"Prescriptive" in body


class Held(VirtualClock):
    """A clock on which a sleep really blocks, until the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = threading.Event()
        self.awake = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.asleep.set()
        assert self.awake.wait(5)
        self.advance(seconds)


class Late:
    """A way for an asynchronous client to a backend whose lists come late."""

    def __init__(self, door: str, router: respx.MockRouter) -> None:
        self._door = door
        self._router = router

    def client(self, backend: FakeBackend, delay_s: float = 30) -> httpx.AsyncClient:
        backend.faults.inject(Fault.delayed(delay_s, operation="list", times=None))
        transport: httpx.AsyncBaseTransport | None = None
        if self._door == "transport":
            transport = backend.async_http_transport()
        elif self._door == "asgi":
            transport = httpx.ASGITransport(backend.asgi_app())
        else:
            backend.mount(self._router, base_url=BASE)
        return httpx.AsyncClient(
            transport=transport, base_url=BASE, timeout=600, headers=headers_of(backend)
        )


class TestLateAnswers:
    """A fault that delays an answer delays whoever asked, and nobody else."""

    @pytest.fixture(params=["transport", "asgi", "respx"])
    def late(self, request: pytest.FixtureRequest) -> Iterator[Late]:
        with respx.mock(assert_all_called=False) as router:
            yield Late(request.param, router)

    def test_other_tasks_go_on_meanwhile(self, late: Late) -> None:
        clock = VirtualClock()
        seen: list[tuple[str, float]] = []

        async def main() -> None:
            async with late.client(FakeBackend(clock=clock)) as http:

                async def ask() -> None:
                    assert (await http.get("/v1alpha1/jobs")).status_code == 200
                    seen.append(("asked", clock.monotonic()))

                async def tick() -> None:
                    await asyncio.sleep(10)
                    seen.append(("ticked", clock.monotonic()))

                await asyncio.gather(tick(), ask(), ask())

        clock.run(main())
        assert seen == [("ticked", 10), ("asked", 30), ("asked", 30)]

    def test_a_timeout_of_asyncio_ends_the_wait_in_its_instant(self, late: Late) -> None:
        clock = VirtualClock()

        async def main() -> float:
            async with late.client(FakeBackend(clock=clock)) as http:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(http.get("/v1alpha1/jobs"), 5)
                return clock.monotonic()

        assert clock.run(main()) == clock.monotonic() == 5

    def test_on_a_real_clock_it_can_be_given_up(self, late: Late) -> None:
        async def main() -> None:
            async with late.client(FakeBackend(clock=SystemClock()), 5) as http:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(http.get("/v1alpha1/jobs"), 0.01)

        asyncio.run(main())

    def test_a_clock_that_blocks_does_not_block_the_loop(self, late: Late) -> None:
        clock = Held()

        async def main() -> int:
            async with late.client(FakeBackend(clock=clock)) as http:
                task = asyncio.ensure_future(http.get("/v1alpha1/jobs"))
                while not clock.asleep.is_set():
                    await asyncio.sleep(0)
                missing = await http.get("/v1alpha1/jobs/ML/none")
                assert not task.done()
                clock.awake.set()
                assert (await task).status_code == 200
                return missing.status_code

        assert asyncio.run(main()) == 404
        assert clock.monotonic() == 30

    def test_the_virtual_clock_of_another_loop_moves_by_itself(self, late: Late) -> None:
        clock, other = VirtualClock(), VirtualClock()

        async def main() -> int:
            async with late.client(FakeBackend(clock=clock)) as http:
                return (await http.get("/v1alpha1/jobs")).status_code

        assert other.run(main()) == 200
        assert (clock.monotonic(), other.monotonic()) == (30, 0)


def test_an_answer_that_is_too_late_is_given_up_in_its_instant(backend: FakeBackend) -> None:
    backend.faults.inject(Fault.delayed(61))

    async def main() -> float:
        transport = backend.async_http_transport("ann")
        async with httpx.AsyncClient(transport=transport, base_url=BASE, timeout=60) as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.get("/v1alpha1/jobs")
        return backend.clock.monotonic()

    assert VirtualClock().run(main()) == 60


def test_without_a_loop_of_asyncio_the_delay_still_passes() -> None:
    clock = VirtualClock()
    with pytest.raises(StopIteration):
        let_pass(clock, 30).send(None)
    assert clock.monotonic() == 30
