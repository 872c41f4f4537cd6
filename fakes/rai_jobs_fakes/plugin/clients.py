"""What `jobs_client` is over each face: a fake one, a recording, or an account."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from rai_jobs import JobsClientSync, connect_sync

from .live import live_client
from .options import faces_named, is_live_allowed
from .reports import note_use
from .settings import config_of, no_proxy

if TYPE_CHECKING:
    from ..backend import FakeBackend
    from ..doors.server import FakeServer

__all__ = ["client_over", "published_client"]


@contextmanager
def client_over(face: str, request: pytest.FixtureRequest) -> Generator[JobsClientSync]:
    """Give a client over a face, and close what was opened for it.

    Args:
        face: one of the names of `--jobs-over`.
        request: the test's, for the other fixtures.

    Raises:
        pytest.skip.Exception: `live` is not allowed, or means nothing for this test.
        pytest.fail.Exception: there is no such face.
    """
    try:
        faces = faces_named(face)
    except ValueError as error:
        pytest.fail(f"jobs_over: {error}", pytrace=False)
    if faces != (face,):
        pytest.fail(f"jobs_over: {face!r} is several: a client is over one.", pytrace=False)
    with ExitStack() as stack:
        if face == "live":
            if not is_live_allowed(request.config):
                pytest.skip("jobs_over: `live` needs --jobs-live")
            yield stack.enter_context(live_client(request))
        elif face == "cassette":
            from .recordings import recorded_client

            yield stack.enter_context(recorded_client(request))
        else:
            backend: FakeBackend = request.getfixturevalue("fake_backend")
            note_use(request.node, backend)
            yield stack.enter_context(_fake_client(face, backend, request))


@contextmanager
def _fake_client(
    face: str, backend: FakeBackend, request: pytest.FixtureRequest
) -> Generator[JobsClientSync]:
    if face in ("gateway", "http", "sql"):
        jobs = backend.jobs(over=face)
        yield jobs
        jobs.close()
        return
    server: FakeServer = request.getfixturevalue("fake_server")
    config = (
        config_of(base_url=server.url, token=server.token())
        if face == "server"
        else config_of(connection=server.connection_parameters(), app_name=backend.app)
    )
    with pytest.MonkeyPatch.context() as patch:
        # The connector would ask the metadata services of three clouds whether it runs there.
        patch.setenv("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
        no_proxy(patch, server.host)
        with connect_sync(config=config, clock=backend.clock) as client:
            yield client.jobs


def published_client(backend: FakeBackend) -> Any:
    """Return the published client on a backend; skip the test where it is not installed."""
    pytest.importorskip("relationalai", reason="the published client is not installed")
    return import_module("relationalai.services.jobs.client_sync").JobsClientSync(backend.gateway())
