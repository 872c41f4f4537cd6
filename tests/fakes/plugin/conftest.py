"""What the plugin's tests share: a pytest of their own, with the plugin and little else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest

from rai_jobs_fakes import FakeBackend
from tests.plugin_option import PLUGIN

# A pytest in this process forgets, at its end, the modules that it was the first to load: what it
# then loads anew costs much, is not what `rai_jobs` has kept of it, and may end the process.
for _name in (
    "anyio._backends._asyncio",
    "duckdb",
    "uvicorn.lifespan.off",
    "uvicorn.loops.asyncio",
    "uvicorn.protocols.http.h11_impl",
    "rai_jobs.config",
    "rai_jobs.gateways.http",
    "rai_jobs.http.keys",
    "rai_jobs.gateways.sql",
    "rai_jobs_cassettes.use",
    "rai_jobs_fakes.doors.dbapi",
    "rai_jobs_fakes.doors.httpx_async_transport",
    "rai_jobs_fakes.doors.httpx_transport",
    "rai_jobs_fakes.doors.namespaced",
    "rai_jobs_fakes.doors.server",
    "rai_jobs_fakes.doors.wire_endpoint",
    "rai_jobs_fakes.doors.snowpark",
    "rai_jobs_fakes.expectations",
    "rai_jobs_fakes.faces.sql.engine",
    "rai_jobs_fakes.faces.wire",
    "rai_jobs_fakes.install.times",
    "rai_jobs_fakes.plugin.clients",
    "rai_jobs_fakes.plugin.making",
    "rai_jobs_fakes.plugin.recordings",
    "rai_jobs_fakes.strategies",
    "snowflake.connector",
    "sqlglot.optimizer",
):
    import_module(_name)
# It puts its own finder in the place of Python's, where a pytest in this process would leave none.
with suppress(ImportError):
    import_module("importlib_metadata")

_QUIET = ("-W", "ignore:Module already imported")  # it is, and has no assertions

CREATE = """
def test_it(jobs_client):
    assert jobs_client.create_ready("Prescriptive", "solver-1", {"n": 1}).state == "COMPLETED"
"""

RunPytest = Callable[..., pytest.RunResult]


@pytest.fixture
def run_pytest(pytester: pytest.Pytester) -> RunPytest:
    """Run a file of tests in a pytest with the plugin, in this process.

    Neither the options of this run nor the order that it was shuffled into is passed on.
    """

    def run(
        source: str,
        *arguments: str,
        ini: str = "",
        conftest: str = "",
        name: str = "test_theirs",
        **more: Any,
    ) -> pytest.RunResult:
        if conftest:
            pytester.makeconftest(conftest)
        if ini:
            pytester.makeini(f"[pytest]\n{ini}\n")
        pytester.makepyfile(**{name: source})
        given = (*PLUGIN, "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly")
        return pytester.runpytest_inprocess(*given, *arguments, *_QUIET, **more)

    return run


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBackend]:
    """The account of the user's settings: a fake that is served on loopback."""
    backend = FakeBackend()
    with backend.serve() as server:
        monkeypatch.setenv("RAI_JOBS_BASE_URL", server.url)
        monkeypatch.setenv("RAI_JOBS_TOKEN", server.token())
        yield backend
