"""From settings to a client."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest
import respx

from rai_jobs import (
    ClientSync,
    Config,
    JobConfigurationError,
    JobInvalidRequestError,
    JobsClientSync,
    connect_sync,
)
from rai_jobs.http.discovery import Endpoint

from .support import ManualClock

BASE_URL = "http://backend.test"


class MadeGateway:
    """What a client makes in place of the HTTP gateway: it keeps how it was made, and its end."""

    made: list[MadeGateway]

    def __init__(self, endpoint: Endpoint, **settings: Any) -> None:
        self.base_url = endpoint.address()
        self.settings = settings
        self.closings = 0
        self.made.append(self)

    def close(self) -> None:
        self.closings += 1


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[MadeGateway]:
    """Every gateway that a client makes."""
    monkeypatch.setattr("rai_jobs.gateways.http.HttpJobsGateway", MadeGateway)
    MadeGateway.made = []
    return MadeGateway.made


def connected(**settings: Any) -> ClientSync:
    return connect_sync(config=Config(**{"base_url": BASE_URL, "token": "t", **settings}))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, ["base_url", "connection_name", "connection", "from_session_sync"]),
        ({"token": "t"}, ["base_url", "connection_name"]),
        ({"token": "t", "direct_access": True}, ["base_url", "direct_access"]),
        ({"base_url": BASE_URL}, ["token", "token_file", "private_key_path"]),
        ({"base_url": BASE_URL, "account": "a"}, ["token", "(missing: user, private_key_path)"]),
    ],
)
def test_missing_settings_are_named_on_connecting(
    settings: dict[str, Any], named: list[str]
) -> None:
    for connect in (
        lambda: connect_sync(config=Config(**settings)),
        lambda: ClientSync(Config(**settings)),
    ):
        with pytest.raises(JobConfigurationError) as caught:
            connect()
        assert [name for name in named if name not in str(caught.value)] == []


def test_settings_come_from_the_environment_when_none_are_given(
    monkeypatch: pytest.MonkeyPatch, made: list[MadeGateway]
) -> None:
    monkeypatch.setenv("RAI_JOBS_BASE_URL", BASE_URL)
    monkeypatch.setenv("RAI_JOBS_TOKEN", "t")
    _ = connect_sync().jobs
    assert [gateway.base_url for gateway in made] == [BASE_URL]


def test_a_gateway_is_made_of_the_settings(made: list[MadeGateway]) -> None:
    settings = {
        "request_timeout_s": 1.5,
        "max_response_bytes": 7,
        "guard_rails": True,
        "gi_setup_skipped": True,
    }
    jobs = connected(**settings).jobs
    [gateway] = made
    assert jobs.gateway is gateway
    assert gateway.base_url == BASE_URL
    assert {name: gateway.settings[name] for name in settings} == settings


@pytest.mark.parametrize("source", ["config", "environment", "nowhere"])
def test_a_token_argument_wins(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404)

    config = Config(base_url=BASE_URL, guard_rails=True)
    if source == "config":
        config = Config(base_url=BASE_URL, guard_rails=True, token="old")
    if source == "environment":
        monkeypatch.setenv("RAI_JOBS_TOKEN", "old")
    with respx.mock(base_url=BASE_URL) as router:
        router.get("/v1alpha1/jobs/ML/x").mock(side_effect=answer)
        with connect_sync(config=config, token="new") as client:
            assert client.jobs.get("ML", "x") is None
    [request] = asked
    assert request.headers["Authorization"] == 'Snowflake Token="new"'
    assert request.headers["X-Enable-Guard-Rails"] == "True"


def test_a_token_argument_leaves_the_settings_as_they_were() -> None:
    config = Config(base_url=BASE_URL, token="old")
    connect_sync(config=config, token="new")
    assert config.token is not None
    assert config.token.get_secret_value() == "old"


def test_a_token_of_a_wrong_type_is_named() -> None:
    with pytest.raises(JobConfigurationError, match="argument `token` is wrong"):
        connect_sync(config=Config(base_url=BASE_URL), token=7)  # pyright: ignore[reportArgumentType]


def test_the_client_is_made_once(made: list[MadeGateway]) -> None:
    client = connected()
    assert made == []
    assert isinstance(client.jobs, JobsClientSync)
    assert client.jobs is client.jobs
    assert len(made) == 1


def test_the_client_is_made_once_for_all_threads(made: list[MadeGateway]) -> None:
    client, found = connected(), list[JobsClientSync]()
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait(10)
        found.append(client.jobs)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (len(found), len(made)) == (8, 1)
    assert all(jobs is client.jobs for jobs in found)


def test_the_client_lives_by_the_clock_and_config_that_were_given() -> None:
    clock, config = ManualClock(), Config(base_url=BASE_URL, token="t")
    with connect_sync(config=config, clock=clock) as client:
        assert client.jobs.clock is clock
        assert client.jobs.config is config


def test_nothing_is_sent_on_connecting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with connect_sync(config=Config(base_url=url, token="t")) as client:
            _ = client.jobs
            with pytest.raises(BlockingIOError):
                listening.accept()


def test_closing_frees_what_was_made_once(made: list[MadeGateway]) -> None:
    client = connected()
    _ = client.jobs
    client.close()
    client.close()
    assert [gateway.closings for gateway in made] == [1]


def test_closing_what_was_never_used_makes_nothing(made: list[MadeGateway]) -> None:
    connected().close()
    assert made == []


@pytest.mark.parametrize("used", [False, True])
def test_a_closed_client_says_so(used: bool, made: list[MadeGateway]) -> None:
    client = connected()
    if used:
        _ = client.jobs
    client.close()
    for _ in range(2):
        with pytest.raises(JobInvalidRequestError, match="closed: make a new one"):
            _ = client.jobs
    assert len(made) == used


def test_a_context_manager_closes_at_its_end_and_on_an_error(made: list[MadeGateway]) -> None:
    with connected() as client:
        _ = client.jobs
        assert made[0].closings == 0
    assert made[0].closings == 1
    with pytest.raises(LookupError, match="mine"), connected() as client:  # noqa: PT012
        _ = client.jobs
        raise LookupError("mine")
    assert made[1].closings == 1


def test_a_repr_tells_the_way_and_whether_it_is_closed() -> None:
    client = connected()
    assert repr(client) == "ClientSync(Direct Access)"
    client.close()
    assert repr(client) == "ClientSync(closed)"
