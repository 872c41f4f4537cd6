"""Connecting over SQL: which connection is opened, when, by whom it is closed, how it is shared."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from rai_jobs import Config, connect_sync, from_session_sync
from rai_jobs.connect import ClientSync
from rai_jobs.errors import JobAuthError, JobConfigurationError, JobInvalidRequestError
from rai_jobs.http.discovery import EndpointCache
from rai_jobs_fakes import FakeBackend, JobScript
from rai_jobs_fakes.doors.dbapi import FakeConnection


class Connector:
    """Stands for `snowflake.connector.connect`: notes how it is called, and what it gave."""

    def __init__(self, backend: FakeBackend) -> None:
        self.backend = backend
        self.calls: list[dict[str, Any]] = []
        self.given: list[FakeConnection] = []

    def __call__(self, **arguments: Any) -> FakeConnection:
        self.calls.append(arguments)
        self.given.append(self.backend.connection())
        return self.given[-1]


@pytest.fixture
def connector(monkeypatch: pytest.MonkeyPatch) -> Connector:
    made = Connector(FakeBackend())
    monkeypatch.setattr(snowflake.connector, "connect", made)
    return made


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    EndpointCache.forget_all()
    yield
    EndpointCache.forget_all()


def test_a_connection_is_opened_at_first_use_and_closed_with_the_client(
    connector: Connector,
) -> None:
    config = Config(connection={"account": "acme", "user": "ann", "password": "s3cret-word"})
    with connect_sync(config=config) as client:
        jobs = client.jobs
        assert connector.calls == []
        assert jobs.create_ready("Predictive", "worker", {}).state == "COMPLETED"
        jobs.list("Logic")
        assert connector.calls == [{"account": "acme", "user": "ann", "password": "s3cret-word"}]
        assert "s3cret-word" not in repr((client, config))
    assert [connection.is_closed() for connection in connector.given] == [True]


@pytest.mark.parametrize(
    "connect",
    [
        lambda: connect_sync(connection_name="prod"),
        lambda: connect_sync(config=Config(connection_name="prod")),
        lambda: connect_sync(config=Config(connection_name="dev"), connection_name="prod"),
    ],
)
def test_a_named_connection_is_left_to_the_connectors_own_loading(
    connector: Connector, connect: Callable[[], ClientSync]
) -> None:
    with connect() as client:
        client.jobs.list("Logic")
    assert connector.calls == [{"connection_name": "prod"}]


def test_a_session_that_was_given_is_left_open() -> None:
    session = FakeBackend().session()
    with from_session_sync(session=session) as client:
        client.jobs.list("Logic")
    assert session.sql("SELECT 1").collect()[0][0] == 1


def test_a_closed_client_says_so(connector: Connector) -> None:
    client = connect_sync(config=Config(connection={}))
    client.jobs.list("Logic")
    client.close()
    client.close()
    with pytest.raises(JobInvalidRequestError, match="closed"):
        _ = client.jobs


def test_a_login_that_fails_is_an_auth_error_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = FakeBackend()
    calls: list[int] = []

    def fails_twice(**arguments: Any) -> FakeConnection:
        calls.append(1)
        if len(calls) < 3:
            raise snowflake.connector.errors.OperationalError(
                "250001: Could not connect to Snowflake backend", errno=250001
            )
        return backend.connection()

    monkeypatch.setattr(snowflake.connector, "connect", fails_twice)
    client = connect_sync(config=Config(connection={}, retry_attempts=2), clock=backend.clock)
    with pytest.raises(JobAuthError, match="Tried 2 times"):
        client.jobs.create("Predictive", "worker", {})
    client.jobs.create("Predictive", "worker", {})
    assert len(backend.executions) == 1


def test_direct_access_is_found_over_sql_and_remembered(
    connector: Connector, tmp_path: Path
) -> None:
    backend = connector.backend
    with backend.serve() as server:
        config = Config(
            connection={},
            direct_access=True,
            token=server.token(),
            endpoint_cache_path=tmp_path / "endpoints.json",
        )
        for _ in range(2):
            with connect_sync(config=config, clock=backend.clock) as client:
                assert client.jobs.create_ready("Predictive", "worker", {}).state == "COMPLETED"
    assert {entry.face for entry in backend.transcript} == {"http"}
    assert server is not None
    assert (tmp_path / "endpoints.json").read_text().count("127.0.0.1") == 1


def test_direct_access_without_a_token_says_which_there_are(connector: Connector) -> None:
    with pytest.raises(JobConfigurationError, match=r"`token_file`.*key pair.*browser"):
        connect_sync(config=Config(connection={}, direct_access=True, account="acme"))


def test_direct_access_without_a_way_to_ask_says_so() -> None:
    with pytest.raises(JobConfigurationError, match="asks over SQL"):
        connect_sync(config=Config(direct_access=True, token="pat-12345678"))


def by_sql(backend: FakeBackend, url: str) -> ClientSync:
    return from_session_sync(session=backend.session(), clock=backend.clock)


def by_http(backend: FakeBackend, url: str) -> ClientSync:
    return connect_sync(config=Config(base_url=url, token=backend.token()), clock=backend.clock)


def by_both(backend: FakeBackend, url: str) -> ClientSync:
    config = Config(direct_access=True, token=backend.token())
    return from_session_sync(session=backend.session(), config=config, clock=backend.clock)


@pytest.mark.parametrize("connect", [by_sql, by_http, by_both])
def test_one_client_is_shared_by_many_threads(
    connect: Callable[[FakeBackend, str], ClientSync],
) -> None:
    backend = FakeBackend()
    backend.script(JobScript(run_s=5))
    failures: list[Exception] = []
    ids: list[str] = []
    start = threading.Barrier(8)
    with backend.serve() as server, connect(backend, server.url) as client:

        def work(number: int) -> None:
            try:
                start.wait()
                for _ in range(10):
                    operation = client.jobs.create("Predictive", f"worker-{number}", {"n": number})
                    job = operation.wait(include={"details": True})
                    assert (job.state, job.name) == ("COMPLETED", f"worker-{number}")
                    ids.append(operation.id)
            except Exception as failure:  # noqa: BLE001 - shown by the main thread
                failures.append(failure)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(set(ids)) == len(backend.executions) == 80


@pytest.mark.parametrize(
    "connection",
    [
        {"authenticator": "programmatic_access_token", "token": "pat-12345678"},
        {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "password": "pat-12345678"},
        {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token_file_path": "{file}"},
    ],
)
def test_a_token_that_the_connection_holds_serves_over_http_too(
    connector: Connector, connection: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("pat-12345678")
    backend = connector.backend
    backend.add_user("fake_user", token="pat-12345678")
    given = {name: value.replace("{file}", str(path)) for name, value in connection.items()}
    with (
        backend.serve(),
        connect_sync(config=Config(connection=given, direct_access=True)) as client,
    ):
        assert client.jobs.list("Predictive") == []
    assert {entry.face for entry in backend.transcript} == {"http"}


def test_a_password_is_no_token(connector: Connector) -> None:
    connection = {"account": "acme", "user": "ann", "password": "s3cret-word"}
    with pytest.raises(JobConfigurationError, match="private_key_path") as caught:
        connect_sync(config=Config(connection=connection, direct_access=True))
    assert "s3cret-word" not in str(caught.value)


def test_a_key_that_the_connection_names_is_read(connector: Connector, tmp_path: Path) -> None:
    connection = {
        "account": "acme",
        "user": "ann",
        "authenticator": "SNOWFLAKE_JWT",
        "private_key_file": str(tmp_path / "missing.p8"),
    }
    client = connect_sync(config=Config(connection=connection, direct_access=True))
    with pytest.raises(JobConfigurationError, match=r"missing\.p8"):
        _ = client.jobs
