"""What a Python runs first in the proxy's environment: Snowflake's names lead to the fake."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.proxy import STARTUP
from rai_jobs_fakes.doors.server import FakeServer

PROGRAM = """
import asyncio, http.client, ssl

host = "rai-acme.snowflakecomputing.app"
called = http.client.HTTPSConnection(host, timeout=10)
called.request("GET", "/v1alpha1/jobs")
print(called.getresponse().status)
called.close()

async def main():
    told, say = await asyncio.open_connection(host, 443, ssl=ssl.create_default_context())
    lines = ("GET /v1alpha1/jobs HTTP/1.1", f"host: {host}", "connection: close", "", "")
    say.write("\\r\\n".join(lines).encode())
    print((await told.read()).split()[1].decode())
    say.close()
    await say.wait_closed()

asyncio.run(main())
"""
ADDRESS = ("127.0.0.1", "4443")

Resolved = Callable[[Any, Any], tuple[Any, Any]]


@pytest.fixture(scope="module")
def server() -> Generator[FakeServer]:
    with FakeBackend().serve() as running:
        yield running


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Resolved:
    """What a name and a port come to, where nothing else resolves."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port: (host, port))  # pyright: ignore
    monkeypatch.setenv("RAI_FAKE_DIRECT", ":".join(ADDRESS))
    monkeypatch.setenv("RAI_FAKE_HOSTS", ".snowflakecomputing.com,own.test")
    spec = spec_from_file_location("what_runs_first", STARTUP / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(module_from_spec(spec))
    return socket.getaddrinfo  # pyright: ignore


def _ran(program: str, environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_a_program_that_takes_no_proxy_finds_the_fake_called_and_awaited(
    server: FakeServer,
) -> None:
    assert _ran(PROGRAM, server.proxy_environment()).split() == ["401", "401"]


@pytest.mark.parametrize("host", ["acme.snowflakecomputing.com", "ACME.SnowflakeComputing.COM"])
@pytest.mark.parametrize("port", [443, "443", "https"])
def test_the_names_that_the_proxy_stands_for_lead_to_it(
    resolved: Resolved, host: str, port: int | str
) -> None:
    assert resolved(host, port) == ADDRESS
    assert resolved(host.encode(), port) == ADDRESS
    assert resolved("own.test", port) == ADDRESS


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("example.com", 443),
        ("snowflakecomputing.com", 443),
        ("acme.snowflakecomputing.com.example.com", 443),
        ("another.own.test", 443),
        ("acme.snowflakecomputing.com", 80),
        ("acme.snowflakecomputing.com", None),
        ("", 443),
        (None, 443),
        (b"\xff", 443),
    ],
)
def test_every_other_name_is_resolved_as_ever(resolved: Resolved, host: Any, port: Any) -> None:
    assert resolved(host, port) == (host, port)


def test_outside_the_environment_nothing_is_changed(
    resolved: Resolved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAI_FAKE_DIRECT")
    assert resolved("own.test", 443) == ("own.test", 443)


def test_a_program_keeps_its_own_path_and_what_runs_first_on_it(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('theirs too')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    environment = server.proxy_environment()
    assert environment["PYTHONPATH"].split(os.pathsep) == [str(STARTUP), str(tmp_path)]
    shown = _ran(
        "import socket, sitecustomize as own; print(own.__file__, socket.getaddrinfo.__name__)",
        environment,
    )
    assert shown.splitlines() == ["theirs too", f"{tmp_path / 'sitecustomize.py'} _getaddrinfo"]


def test_an_own_path_that_is_there_already_is_not_put_there_twice(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", server.proxy_environment()["PYTHONPATH"])
    assert server.proxy_environment()["PYTHONPATH"] == os.environ["PYTHONPATH"]
