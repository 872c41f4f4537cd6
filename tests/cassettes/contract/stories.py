"""A contract test played twice: against a running server while it is recorded, then from the file.

The second time no socket can be opened: whatever is not in the recording is missed.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from rai_jobs import Config, connect_sync
from rai_jobs.client import JobsClientSync
from rai_jobs.http.discovery import EndpointCache
from rai_jobs_cassettes import use_cassette
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.contract import Subject, make_backend

from ...contract.faces import FOR_DAYS, SWITCHBOARD

Settings = Callable[[FakeBackend, str, bool], dict[str, Any]]


def over_http(backend: FakeBackend, user: str, is_live: bool) -> dict[str, Any]:
    return {
        "base_url": SWITCHBOARD.url if is_live else "https://replayed.test",
        "token": backend.token(user),
    }


def over_sql(backend: FakeBackend, user: str, is_live: bool) -> dict[str, Any]:
    del backend
    parameters = SWITCHBOARD.running.connection_parameters(user)
    return {"connection": parameters if is_live else {**parameters, "port": 1}}


def over_both(backend: FakeBackend, user: str, is_live: bool) -> dict[str, Any]:
    return {
        **over_sql(backend, user, is_live),
        "direct_access": True,
        "token": backend.token(user),
    }


WAYS: dict[str, Settings] = {"http": over_http, "sql": over_sql, "both": over_both}


class Seen:
    """A backend of which a test sees, the second time, what it saw the first: nobody asks it then.

    Args:
        backend: the backend.
        kept: what was seen; filled the first time.
        is_live: whether this is the first time.
    """

    def __init__(self, backend: FakeBackend, kept: list[object], *, is_live: bool) -> None:
        self._backend = backend
        self._kept = kept
        self._is_live = is_live

    @property
    def transcript(self) -> object:
        return self._see("transcript")

    @property
    def executions(self) -> object:
        return self._see("executions")

    def _see(self, name: str) -> object:
        if self._is_live:
            self._kept.append(getattr(self._backend, name))
            return self._kept[-1]
        return self._kept.pop(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


@contextmanager
def story(way: str, path: Path, seen: list[object], *, is_live: bool) -> Generator[Subject]:
    """Give a contract test its subject, recorded or replayed."""
    backend = make_backend(wire=FOR_DAYS, service_endpoint=SWITCHBOARD.url)
    SWITCHBOARD.serve(backend)
    EndpointCache.forget_all()

    def connect(user: str, guard_rails: bool) -> JobsClientSync:
        settings = WAYS[way](backend, user, is_live)
        config = Config(**settings, guard_rails=guard_rails)
        return connect_sync(config=config, clock=backend.clock).jobs

    subject = Subject(
        cast("FakeBackend", Seen(backend, seen, is_live=is_live)),
        connect,
        cancels_for_all=way != "http",
        streams=("progress",) if way == "sql" else ("progress", "profiler"),
        guards_rails=way != "sql",
    )
    with (
        use_cassette(
            path,
            mode="all" if is_live else "none",
            clock=backend.clock,
            # The contract knows who asked, and what signs an artifact's address.
            without=("users", "hosts", "presigned-urls", "query-keys"),
            allowed=("s3cret",),
        ),
        _sockets(refused=not is_live),
    ):
        yield subject
        subject.close()
    if not is_live:
        assert len(backend.transcript) == 0


@contextmanager
def _sockets(*, refused: bool) -> Generator[None]:
    def refuse(_socket: socket.socket, address: object) -> None:
        raise AssertionError(f"the network was asked for: {address}")

    with pytest.MonkeyPatch.context() as patch:
        if refused:
            patch.setattr(socket.socket, "connect", refuse)
        yield
