"""A marked secret in each place, and everything that the client emits searched for it."""

from __future__ import annotations

import logging
import pickle
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rai_jobs import (
    ClientEvent,
    Config,
    HttpJobsGateway,
    JobsClientSync,
    RetryPolicy,
    StaticTokenAuth,
    connect_sync,
)
from rai_jobs.errors import JobConfigurationError, JobError
from rai_jobs_fakes import DEFAULT_USER, FakeBackend, JobScript, VirtualClock

from .http_faults import FAULTS, Fault, FaultyTransport, Inner

MARK = "MARKED-s3cret"
TOKEN = f"{MARK}-token"
URL = f"https://storage.test/out?X-Amz-Signature={MARK}-url"
ECHO = f'token was Snowflake Token="{TOKEN}", see {URL} or https://ann:{MARK}@host.test/'


def with_echo(fault: Fault) -> Fault:
    """The same fault, where every text that comes back echoes the secrets."""

    def happens(request: httpx.Request, inner: Inner) -> httpx.Response:
        try:
            answer = fault.happens(request, inner)
        except httpx.HTTPError as error:
            raise type(error)(f"{error} {ECHO}") from error
        if answer.status_code == 200:
            return answer
        body = answer.read().decode()
        echoed = body.replace('"message": "', f'"message": "{ECHO} '.replace('"M', '\\"M'))
        return httpx.Response(answer.status_code, text=f"{echoed} {ECHO}")

    return Fault(happens, fault.times)


def emitted_by(error: BaseException) -> Iterator[str]:
    """Yield all that an error shows, and could show."""
    yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, JobError):
            yield repr(each) + str(each) + repr(vars(each))
            yield repr(pickle.dumps(each))
            yield repr(traceback.extract_tb(each.__traceback__))
        pending += [each.__cause__]


METHODS: dict[str, tuple[Any, ...]] = {
    "get": ("LOGIC", "{id}"),
    "list": ("LOGIC",),
    "events": ("LOGIC", "{id}"),
    "artifacts": ("LOGIC", "{id}"),
    "problems": ("LOGIC", "{id}"),
    "cancel": ("LOGIC", "{id}"),
    "create": ("ML", "worker", {"a": 1}),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("failure", FAULTS)
def test_no_failure_shows_a_secret(
    failure: str, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[ClientEvent] = []
    clock = VirtualClock()
    backend = FakeBackend(clock=clock)
    backend.add_user(DEFAULT_USER, token=TOKEN)
    backend.script(JobScript(artifacts={"out": {"presigned_url": URL}}))
    payload = {"dbname": "d", "query": "q"}
    job_id = backend.gateway().create("LOGIC", "engine", payload)
    fault = with_echo(FAULTS[failure])
    gateway = HttpJobsGateway(
        "https://backend.test",
        auth=StaticTokenAuth(TOKEN),
        transport=FaultyTransport(backend.http_transport(), fault),
        retry=RetryPolicy(jitter=0),
        clock=clock,
        on_event=told.append,
    )
    arguments = [job_id if each == "{id}" else each for each in METHODS[method]]
    emitted: list[str] = []
    with caplog.at_level(logging.DEBUG):
        try:
            getattr(gateway, method)(*arguments)
        except JobError as error:
            emitted = list(emitted_by(error))
    jobs = JobsClientSync(gateway)
    emitted += [repr((gateway, jobs, told))]
    emitted += [record.getMessage() for record in caplog.records]
    assert [text for text in emitted if MARK in text] == []


def test_a_real_refused_connection_shows_no_secret() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    config = Config(base_url=f"http://127.0.0.1:{port}", token=TOKEN, retry_attempts=1)
    with connect_sync(config=config) as client, pytest.raises(JobError) as caught:
        client.jobs.create("Predictive", "worker", {})
    assert [text for text in emitted_by(caught.value) if MARK in text] == []


def test_a_real_dropped_connection_shows_no_secret() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        gateway = HttpJobsGateway(
            f"http://127.0.0.1:{port}",
            auth=StaticTokenAuth(TOKEN),
            retry=RetryPolicy(attempts=1),
            request_timeout_s=0.05,
        )
        with pytest.raises(JobError) as caught:
            gateway.get("LOGIC", "x")
    assert [text for text in emitted_by(caught.value) if MARK in text] == []


@pytest.mark.parametrize(
    "settings",
    [
        {"token": TOKEN, "base_url": 3},
        {"token": TOKEN, "request_timeout_s": -1},
        {"token": TOKEN, "nonsense": MARK},
        {"token": [TOKEN]},
        {"private_key_passphrase": {MARK: 1}},
        {"connection": MARK},
        {"retry_attempts": MARK},
    ],
)
def test_no_wrong_setting_shows_a_secret(settings: dict[str, Any]) -> None:
    with pytest.raises(JobConfigurationError) as caught:
        Config(**settings)
    # This test's own frame, and that of the call, hold what was given.
    caught.value.__traceback__ = None
    assert [text for text in emitted_by(caught.value) if MARK in text] == []


def test_no_setting_shows_a_secret(tmp_path: Path) -> None:
    config = Config(
        base_url="https://backend.test",
        token=TOKEN,
        private_key_passphrase=MARK,
        connection={"password": MARK},
    )
    client = connect_sync(config=config)
    shown = [repr(config), str(config), repr(client), repr(client.jobs), repr(client.jobs.config)]
    assert [text for text in shown if MARK in text] == []


def test_a_wrong_line_of_a_settings_file_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'token = "{MARK}"\nbroken = {MARK}\n')
    with pytest.raises(JobConfigurationError, match="line 2") as caught:
        Config(config_file=path)
    assert MARK not in str(caught.value)


def test_a_key_that_cannot_be_read_shows_neither_itself_nor_its_passphrase(
    tmp_path: Path,
) -> None:
    path = tmp_path / "key.pem"
    path.write_text(f"-----BEGIN PRIVATE KEY-----\n{MARK}\n")
    config = Config(
        base_url="https://backend.test",
        account="acme",
        user="ann",
        private_key_path=path,
        private_key_passphrase=MARK,
    )
    client = connect_sync(config=config)
    with pytest.raises(JobConfigurationError) as caught:
        _ = client.jobs
    assert [shown for shown in emitted_by(caught.value) if MARK in shown] == []


def test_a_token_that_is_none_is_not_shown() -> None:
    with pytest.raises(JobConfigurationError) as caught:
        _ = connect_sync(
            config=Config(base_url="https://backend.test", token=f"{MARK}\n{MARK}")
        ).jobs
    assert [shown for shown in emitted_by(caught.value) if MARK in shown] == []
