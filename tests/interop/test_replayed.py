"""Recorded and replayed: Snowpark over SQL, and the published client's own `connect_sync` by both.

The second time no server runs and nothing can be reached. Both are black boxes that know of no
cassette.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from rai_jobs import SystemClock
from rai_jobs_cassettes import use_cassette
from rai_jobs_cassettes.sql.cursor_seam import patched
from rai_jobs_fakes import At, FakeBackend, JobScript, VirtualClock

from ..cassettes.sql.taping import MemoryTape, nothing_reachable
from .generation import OLD, SCHEMA

FULL = JobScript(
    events=[At(0, {"type": "LogMessage", "event": {"message": "hello"}})],
    artifacts={"out.arrow": {"presigned_url": "https://storage.test/out"}},
    problems=[{"type": "WARNING"}],
)


def _leave_no_session() -> None:
    """Close the session that a closed client leaves active: the next one would take it."""
    snowpark: Any = import_module("snowflake.snowpark")
    with suppress(snowpark.exceptions.SnowparkSessionException):
        while True:
            snowpark.context.get_active_session().close()


class TestSnowpark:
    """A Snowpark session."""

    snowpark: Any = None

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:  # pyright: ignore[reportUnusedFunction]
        self.snowpark = pytest.importorskip(
            "snowflake.snowpark", reason="Snowpark is not installed here"
        )

    def play(self, parameters: dict[str, Any]) -> list[Any]:
        session = self.snowpark.Session.builder.configs(parameters).create()
        asked = ("account", "user", "role", "warehouse", "database", "schema")
        came: list[Any] = [getattr(session, f"get_current_{name}")() for name in asked]
        create = "call RELATIONALAI.api.EXEC_JOB_ASYNC(?, ?, ?)"
        came.append(session.sql(create, params=["ML", "w", "{}"]).collect())
        came.append(session.sql("select ? as x, 1.5 as y", params=["it's"]).collect())
        jobs = session.sql("select * from RELATIONALAI.api.jobs")
        came += [str(jobs.schema), jobs.collect()]
        came.append(list(session.sql("select 1 as a").to_local_iterator()))
        later = session.sql("select 7 as a").collect_nowait()
        came += [later.is_done(), later.status(), later.result()]
        with pytest.raises(self.snowpark.exceptions.SnowparkSQLException) as caught:
            session.sql("select * from nope.api.jobs").collect()
        error: Any = caught.value
        came.append([error.error_code, error.sql_error_code, error.sfqid, str(error)])
        session.use_role("other")
        came += [session.get_current_role(), session.session_id]
        session.close()
        return came

    def test_a_session_is_replayed(self) -> None:
        tape = MemoryTape()
        with FakeBackend().serve() as server, patched(tape):
            parameters = server.connection_parameters()
            first = self.play(parameters)
        again = MemoryTape(tape.kept)
        who = {"account": parameters["account"], "user": parameters["user"]}
        with nothing_reachable(), patched(again):
            second = self.play(who)
        assert second == first
        assert again.left == []
        assert first[7][0].as_dict() == {"X": "it's", "Y": Decimal("1.5")}


class TestPublishedClient:
    """The published client, with settings of its own."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:  # pyright: ignore[reportUnusedFunction]
        if find_spec("relationalai") is None:
            pytest.skip(
                "the published relationalai package is not installed here: `make interop` runs this"
            )

    @pytest.fixture
    def with_settings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[str], None]:
        def write(password: str) -> None:
            settings = tmp_path / "raiconfig.yaml"
            settings.write_text(
                "connections:\n  fake: {type: snowflake, authenticator: username_password,"
                f" account: acme-prod, warehouse: w, user: bob, password: {password}}}\n"
            )
            monkeypatch.setenv("RAI_CONFIG_FILE_PATH", str(settings))
            monkeypatch.setenv("HOME", str(tmp_path))  # it keeps addresses there
            monkeypatch.chdir(tmp_path)  # the older one looks here alone

        return write

    @staticmethod
    def play() -> list[Any]:
        published: Any = import_module("relationalai.client")
        client = published.connect_sync()
        jobs = client.jobs
        came: list[Any] = []
        for kind, payload in (
            ("Logic", {"dbname": "sales", "query": "def output = 1"}),
            ("Prescriptive", {"a": 1}),
            ("Predictive", {"a": 1}),
        ):
            solved = jobs.create_ready(kind, "w", payload)
            include = {"details": True, "events": True}
            if kind == "Logic":
                include |= {"artifacts": True, "problems": True}
            came += [repr(solved), repr(jobs.get(kind, solved.id, include=include))]
            came.append(repr(jobs.get_events(kind, solved.id)))
            if not OLD:  # whose list asks for columns that the view does not have
                came.append(repr(jobs.list(kind)))
            with pytest.raises(Exception) as caught:  # noqa: PT011 - of a class of its own
                jobs.cancel(kind, "nobody")
            came.append([type(caught.value).__name__, str(caught.value)])
        client.close()
        _leave_no_session()
        return came

    def test_its_connect_sync_is_replayed(
        self, with_settings: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend = FakeBackend(clock=SystemClock(), schema=SCHEMA)
        backend.add_user("bob", password="bobs own")
        backend.script(FULL)
        tape = MemoryTape()
        with_settings("bobs own")
        with backend.serve() as server, monkeypatch.context() as proxied:
            for name, value in server.proxy_environment().items():
                proxied.setenv(name, value)
            with patched(tape):
                first = self.play()
        assert "bobs own" not in repr(tape.kept)
        again = MemoryTape(tape.kept)
        with_settings("another")
        with nothing_reachable(), patched(again):
            assert self.play() == first
        assert again.left == []
        assert any("storage.test" in each for each in first)


class TestPublishedClientByACassette:
    """Its Direct Access: it discovers by SQL, and goes on by HTTP."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:  # pyright: ignore[reportUnusedFunction]
        if find_spec("relationalai") is None:
            pytest.skip(
                "the published relationalai package is not installed here: `make interop` runs this"
            )
        if OLD:
            pytest.skip("1.0 presents its token as `Bearer`, which Direct Access does not take")

    @pytest.fixture
    def with_settings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[str, str], None]:
        def write(account: str, token: str) -> None:
            home = tmp_path / account
            home.mkdir()
            settings = home / "raiconfig.yaml"
            settings.write_text(
                "connections:\n  fake: {type: snowflake, authenticator: programmatic_access_token,"
                f" account: {account}, warehouse: w, user: bob, token: {token}}}\n"
                "direct_access: true\n"
            )
            monkeypatch.setenv("RAI_CONFIG_FILE_PATH", str(settings))
            monkeypatch.setenv("HOME", str(home))  # it keeps addresses there

        return write

    @staticmethod
    def play(clock: VirtualClock) -> list[Any]:
        from .levels import modules_that_sleep  # which needs the published client

        published: Any = import_module("relationalai.client")
        client = published.connect_sync()
        jobs = client.jobs
        came: list[Any] = []
        with ExitStack() as stack:
            for module in modules_that_sleep():
                stack.enter_context(clock.patch(module))
            for kind, payload in (
                ("Logic", {"dbname": "sales", "query": "def output = 1"}),
                ("Prescriptive", {"a": 1}),
                ("Predictive", {"a": 1}),
            ):
                stopped = jobs.create(kind, "w", payload)
                jobs.cancel(kind, stopped.id)
                came += [repr(stopped), repr(jobs.get(kind, stopped.id))]
                began = clock.monotonic()
                solved = jobs.create_ready(kind, "w", payload)
                came += [clock.monotonic() - began, repr(solved)]
                include = {"details": True, "events": True}
                came.append(repr(jobs.get(kind, solved.id, include=include)))
                came += [repr(jobs.get_events(kind, solved.id)), repr(jobs.list(kind))]
                with pytest.raises(Exception) as caught:  # noqa: PT011 - of a class of its own
                    jobs.cancel(kind, "nobody")
                came.append([type(caught.value).__name__, str(caught.value)])
        client.close()
        _leave_no_session()
        return came

    def test_its_direct_access_is_replayed(
        self,
        with_settings: Callable[[str, str], None],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        path = tmp_path / "recorded.yaml"
        clock = VirtualClock()
        backend = FakeBackend(clock=clock)
        backend.add_user("bob")
        backend.script(JobScript(run_s=5.0, events=FULL.events))
        token = backend.token("bob")
        with_settings("recorded-prod", token)
        with backend.serve() as server, monkeypatch.context() as proxied:
            for name, value in server.proxy_environment().items():
                proxied.setenv(name, value)
            with use_cassette(path, mode="once", clock=clock):
                first = self.play(clock)
        written = path.read_text(encoding="utf-8")
        assert "statement: CALL RELATIONALAI.app.service_endpoint" in written
        assert "url: https://host-2.recorded.invalid/v1alpha1/jobs" in written
        assert token not in written
        # It keeps addresses in memory too, by account: for another one it discovers again.
        with_settings("replayed-prod", "another")
        clock = VirtualClock()
        with nothing_reachable(), use_cassette(path, clock=clock):
            assert self.play(clock) == first
        assert [each for each in first if isinstance(each, float)] == [5.0, 5.0, 5.0]  # waited
        for state in ("CANCELED", "COMPLETED"):
            assert sum(str(each).startswith("Job(") and state in each for each in first) == 3
        assert sum("hello" in each for each in map(str, first)) == 6  # asked of twice, of three
