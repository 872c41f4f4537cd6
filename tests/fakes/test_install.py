"""`FakeBackend.install`: the fake under code that connects by itself, and taken away after."""

# ruff: noqa: TID251 - the code under test is here, and asks what time it is
from __future__ import annotations

import asyncio
import copy
import gc
import math
import sys
import time
import weakref
from asyncio import run as go
from asyncio import sleep as nap
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from unittest import mock

import httpx
import pytest

from rai_jobs import Config, JobConfigurationError, connect_sync, from_session_sync
from rai_jobs_fakes import FakeBackend

CONNECTOR: Any = import_module("snowflake.connector")
connect_to_snowflake: Any = CONNECTOR.connect
ADDRESS = "https://rai.example.invalid"


def _nothing(name: str) -> None:
    """Find no package."""


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


def test_connect_sync_without_a_setting_is_on_the_fake_until_it_is_taken_away(
    backend: FakeBackend,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        backend.install(patch, connect=True)
        with connect_sync() as client:
            assert client.jobs.create_ready("Prescriptive", "s", {}).state == "COMPLETED"
    assert [entry.face for entry in backend.transcript] == ["gateway"] * 2
    with pytest.raises(JobConfigurationError):
        connect_sync()


@pytest.mark.parametrize(
    ("config", "face"),
    [
        (Config(base_url=ADDRESS, token="t"), "http"),  # pyright: ignore[reportArgumentType]
        (Config(connection={"account": "a"}), "sql"),
    ],
)
def test_settings_keep_their_meaning(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch, config: Config, face: str
) -> None:
    backend.install(monkeypatch, connect=True)
    with connect_sync(config=config) as client:
        client.jobs.create("Prescriptive", "s", {})
    assert backend.transcript[0].face == face


def test_any_session_is_one_of_the_fake(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch, connect=True)
    with from_session_sync(session=object()) as client:
        assert client.jobs.list() == []
    assert backend.transcript[0].face == "sql"


def test_a_connection_by_a_name_imported_before_is_one_of_the_fake(backend: FakeBackend) -> None:
    backend.add_user("BOB")
    real: object = connect_to_snowflake
    with pytest.MonkeyPatch.context() as patch:
        backend.install(patch, connector=True)
        assert connect_to_snowflake(account="a", user="bob").user == "BOB"
        assert CONNECTOR.connect(account="a", user="eve").user == "fake_user"
    assert connect_to_snowflake is CONNECTOR.connect is real


def test_an_httpx_client_made_before_sends_to_the_fake(backend: FakeBackend) -> None:
    with httpx.Client(base_url=ADDRESS) as client, pytest.MonkeyPatch.context() as patch:
        sends = httpx.HTTPTransport.handle_request
        backend.install(patch, http=True)
        assert client.get("/nothing").status_code == 404
        patch.undo()
        assert httpx.HTTPTransport.handle_request is sends


def test_a_client_with_a_transport_of_its_own_is_left_alone(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch, http=True)
    own = httpx.MockTransport(lambda request: httpx.Response(299, request=request))
    with httpx.Client(transport=own) as client:
        assert client.get(ADDRESS).status_code == 299


def test_time_is_the_clocks_for_this_code_and_real_again_after(backend: FakeBackend) -> None:
    sleeps = time.sleep
    with pytest.MonkeyPatch.context() as patch:
        backend.install(patch, time=True)
        before = time.monotonic()
        time.sleep(900)
        assert time.monotonic() - before == 900
        assert backend.clock.monotonic() == 900
    assert time.sleep is sleeps


def test_time_in_a_package_that_is_not_named_stays_real(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch, time="somebody_elses")
    time.sleep(0)
    assert backend.clock.monotonic() == 0
    assert time.monotonic() > 0


def test_names_of_time_imported_before_are_the_clocks(
    backend: FakeBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "their_sleeper.py").write_text("from time import sleep\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    import their_sleeper  # pyright: ignore[reportMissingImports]

    with pytest.MonkeyPatch.context() as patch:
        backend.install(patch, time=True)
        their_sleeper.sleep(60)  # pyright: ignore
        assert backend.clock.monotonic() == 60
    assert their_sleeper.sleep is sleep  # pyright: ignore


async def asleep(seconds: float) -> float:
    """Sleep by names of both kinds, two at once; return how long that took on a loop's clock."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    results = await asyncio.gather(asyncio.sleep(seconds, "a"), nap(seconds / 2, "b"), nap(-1))
    assert results == ["a", "b", None]
    return loop.time() - began


def test_coroutines_that_the_code_runs_sleep_together_on_the_clock(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = monotonic()
    backend.install(monkeypatch, time=True)
    assert asyncio.run(asleep(3_000)) == 3_000
    assert go(asleep(600), debug=True) == 600
    assert backend.clock.monotonic() == 3_600
    monkeypatch.undo()
    assert asyncio.run(asleep(0)) < 60
    assert backend.clock.monotonic() == 3_600
    assert monotonic() - began < 60


@pytest.fixture
def theirs() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that a library runs."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_coroutines_on_a_loop_that_a_library_runs_wake_in_the_order_of_the_clock(
    backend: FakeBackend, theirs: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = monotonic()
    backend.install(monkeypatch, time=True)
    woken: list[float] = []

    async def sleeper(seconds: float) -> None:
        await nap(seconds)
        woken.append(seconds)

    async def main() -> str | None:
        await asyncio.gather(*map(sleeper, (30, 3_000, 0, 600, 30)))
        return await asyncio.sleep(1, "slept")

    assert theirs.run_until_complete(main()) == "slept"
    assert woken == [0, 30, 30, 600, 3_000]
    assert backend.clock.monotonic() == 3_001
    monkeypatch.undo()
    assert monotonic() - began < 60


def test_who_is_done_first_there_may_cancel_the_others_before_time_passes_for_them(
    backend: FakeBackend, theirs: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch, time=True)

    async def main() -> int:
        sleeps = [asyncio.ensure_future(nap(seconds)) for seconds in (100, 1, math.inf)]
        done, pending = await asyncio.wait(sleeps, return_when=asyncio.FIRST_COMPLETED)
        for each in pending:
            each.cancel()
        await asyncio.wait(pending)
        return len(done)

    assert theirs.run_until_complete(main()) == 1
    assert backend.clock.monotonic() == 1


def test_a_loop_that_was_slept_on_is_let_go_of(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch, time=True)
    loop = asyncio.new_event_loop()
    left = loop.create_task(nap(5))
    loop.run_until_complete(nap(1))
    left.cancel()
    loop.close()
    gone = weakref.ref(loop)
    del loop, left
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("is_one", [asyncio.iscoroutinefunction, mock.patch])
def test_a_sleep_is_a_coroutine_function_to_whoever_asks(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch, is_one: Any
) -> None:
    backend.install(monkeypatch, time=True)
    if is_one is mock.patch:
        with mock.patch("asyncio.sleep") as mocked:
            assert isinstance(mocked, mock.AsyncMock)
    else:
        assert is_one(asyncio.sleep)
        assert not is_one(asyncio.run)


def test_what_asyncio_refuses_is_refused(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch, time=True)
    with pytest.raises(ValueError, match="coroutine"):
        go(5)  # pyright: ignore[reportArgumentType, reportCallIssue]
    sleeping = nap(0)
    with pytest.raises(TypeError, match="nonsense"):
        go(sleeping, nonsense=1)  # pyright: ignore[reportCallIssue]
    sleeping.close()


def test_a_loop_is_debugged_as_the_environment_has_it_unless_that_is_said(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch, time=True)

    async def is_debugged() -> bool:
        return asyncio.get_running_loop().get_debug()

    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    assert asyncio.run(is_debugged())
    assert not asyncio.run(is_debugged(), debug=False)


def test_a_loop_of_another_kind_that_is_asked_for_is_that(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[asyncio.AbstractEventLoop] = []

    def factory() -> asyncio.AbstractEventLoop:
        made.append(asyncio.new_event_loop())
        return made[0]

    backend.install(monkeypatch, time=True)
    sleeping = nap(0, "slept")
    if sys.version_info < (3, 12):
        with pytest.raises(TypeError, match="loop_factory"):
            go(sleeping, loop_factory=factory)  # pyright: ignore[reportCallIssue]
        sleeping.close()
    else:
        assert go(sleeping, loop_factory=factory) == "slept"
        assert made[0].is_closed()


def test_what_a_user_or_the_system_installed_is_a_library_and_keeps_real_time(
    backend: FakeBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lib" / "dist-packages"
    folder.mkdir(parents=True)
    (folder / "the_systems.py").write_text(
        "import time\ndef now():\n    return time.monotonic()\n", encoding="utf-8"
    )
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    import the_systems  # pyright: ignore[reportMissingImports]

    backend.clock.sleep(86_400 * 365 * 100)
    backend.install(monkeypatch, time=True)
    assert the_systems.now() < backend.clock.monotonic()  # pyright: ignore


class _ImportsLater:
    def __getattr__(self, name: str) -> object:
        raise ImportError(name)


class _Nothing:
    __slots__ = ()


@pytest.mark.parametrize("odd", [_ImportsLater, _Nothing, type(None)])
def test_what_stands_among_modules_and_is_none_does_no_harm(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch, odd: Callable[[], Any]
) -> None:
    monkeypatch.setitem(sys.modules, "odd", odd())
    backend.install(monkeypatch)
    time.sleep(5)
    assert backend.clock.monotonic() == 5


def test_a_function_of_time_that_is_held_is_copied_as_a_function_is(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch, time=True)
    settings = copy.deepcopy({"sleep": time.sleep})
    assert settings["sleep"] is copy.copy(time.sleep) is time.sleep


def test_a_library_that_is_not_installed_is_refused_by_name(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rai_jobs_fakes.install.find_spec", _nothing)
    with pytest.raises(ValueError, match=r"no snowflake.snowpark here, which `snowpark` is about"):
        backend.install(monkeypatch, snowpark=True)


def test_everything_installed_is_put_on_the_fake_when_nothing_is_named(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.install(monkeypatch)
    with connect_sync() as client:
        client.jobs.create("Prescriptive", "s", {})
    assert connect_to_snowflake(account="a").user == "fake_user"
    assert httpx.get(f"{ADDRESS}/nothing").status_code == 404
    assert monotonic() == backend.clock.monotonic()
