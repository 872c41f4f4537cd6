"""The fixtures. Each may be redefined in a `conftest.py`, and then stands under the others.

A fixture says what it gives; how it is made is in `making`, which is loaded when one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rai_jobs import JobsClientSync
    from rai_jobs_cassettes import Cassette

    from ..backend import FakeBackend
    from ..doors.dbapi import FakeConnection
    from ..doors.server import FakeServer
    from ..doors.snowpark import FakeSession

__all__ = [
    "fake_backend",
    "fake_connect",
    "fake_connector",
    "fake_http",
    "fake_installed",
    "fake_relationalai",
    "fake_server",
    "fake_snowpark",
    "fake_time",
    "jobs_cassette",
    "jobs_client",
    "jobs_over",
    "relationalai_jobs",
    "snowflake_connection",
    "snowpark_session",
]


@pytest.fixture
def fake_backend(request: pytest.FixtureRequest) -> Iterator[FakeBackend]:
    """A fake backend on a virtual clock, scripted by the markers; its seed is the test's name's."""
    from .making import backend_of

    backend = backend_of(request.node)
    yield backend
    backend.discard()


@pytest.fixture
def fake_server(fake_backend: FakeBackend) -> Iterator[FakeServer]:
    """A server of `fake_backend` on a real socket of this machine."""
    with fake_backend.serve() as server:
        yield server


def _under(what: str, **parts: Any) -> Any:
    """Return a fixture that installs `fake_backend` under what `parts` name; under all for none."""

    def installed(fake_backend: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> FakeBackend:
        try:
            fake_backend.install(monkeypatch, **parts)
        except ValueError as error:
            pytest.fail(str(error), pytrace=False)
        return fake_backend

    installed.__doc__ = what
    return pytest.fixture(installed)


fake_installed = _under("`fake_backend` under all that code may connect by, and its time.")
fake_connect = _under("`fake_backend` under `rai_jobs.connect_sync` and its like.", connect=True)
fake_connector = _under("`fake_backend` under `snowflake.connector.connect`.", connector=True)
fake_http = _under("`fake_backend` under `httpx.Client` and `httpx.AsyncClient`.", http=True)
fake_snowpark = _under("`fake_backend` under Snowpark's session builder.", snowpark=True)
fake_relationalai = _under(
    "`fake_backend` under the published package's own `connect_sync` and `connect`.",
    relationalai=True,
)
fake_time = _under(
    "The clock of `fake_backend` under `time.sleep`, `asyncio.run` and their like, in your code.",
    time=True,
)


@pytest.fixture
def jobs_over(request: pytest.FixtureRequest) -> str:
    """What `jobs_client` talks to: by the marker of that name, or `--jobs-over`."""
    from .faces import faces_of

    given: str | None = getattr(request, "param", None)
    return given or faces_of(request.config, request.node)[0]


@pytest.fixture
def jobs_client(request: pytest.FixtureRequest, jobs_over: str) -> Iterator[JobsClientSync]:
    """A client on `fake_backend`, or on whatever else `jobs_over` names."""
    from .clients import client_over

    with client_over(jobs_over, request) as jobs:
        yield jobs


@pytest.fixture
def jobs_cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """A recording in use: that of the marker, or `cassettes/MODULE/TEST.yaml` beside the test."""
    from .recordings import cassette_of

    with cassette_of(request) as cassette:
        yield cassette


@pytest.fixture
def snowflake_connection(fake_backend: FakeBackend) -> Iterator[FakeConnection]:
    """A DB-API connection to `fake_backend`, as `snowflake.connector.connect` gives one."""
    connection = fake_backend.connection()
    yield connection
    connection.close()


@pytest.fixture
def snowpark_session(fake_backend: FakeBackend) -> Iterator[FakeSession]:
    """A Snowpark-like session on `fake_backend`."""
    session = fake_backend.session()
    yield session
    session.close()


@pytest.fixture
def relationalai_jobs(fake_backend: FakeBackend) -> Any:
    """The published client on `fake_backend`; the test is skipped where it is not installed."""
    from .clients import published_client

    return published_client(fake_backend)
