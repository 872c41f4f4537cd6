"""What the contract is run on: a backend, and a way to get a client through the face under test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from rai_jobs.client import JobsClientSync
from rai_jobs.models import Job
from rai_jobs.operations import JobOperationSync

from ..backend import FakeBackend
from ..faces.http import HttpDialect
from ..script import JobScript
from ..wire_settings import WireSettings

__all__ = [
    "EACH_TYPE",
    "JOB_TYPES",
    "PAGE_SIZE",
    "TYPES",
    "Subject",
    "make_backend",
    "payload_of",
]

PAGE_SIZE = 3
"""The events on one page of the contract's backend."""

TYPES = ("Logic", "Prescriptive", "Predictive")
JOB_TYPES = ("Prescriptive", "Predictive")
EACH_TYPE = pytest.mark.parametrize("reasoner_type", TYPES)


@dataclass
class Subject:
    """A face under test.

    Args:
        backend: what is behind the face, made by `make_backend`.
        connect: makes a client through the face for a user, with or without guard rails.
        cancels_for_all: whether the face can cancel for all users.
        streams: the event streams of a transaction that the face offers.
        guards_rails: whether the face can ask for the guard rails.
    """

    backend: FakeBackend
    connect: Callable[[str, bool], JobsClientSync]
    cancels_for_all: bool = False
    streams: tuple[str, ...] = ("progress", "profiler")
    guards_rails: bool = True
    _clients: dict[tuple[str, bool], JobsClientSync] = field(
        default_factory=dict[tuple[str, bool], JobsClientSync]
    )

    def jobs(self, user: str = "ann", *, guard_rails: bool = False) -> JobsClientSync:
        """Return a client through the face for `user`."""
        key = (user, guard_rails)
        if key not in self._clients:
            self._clients[key] = self.connect(*key)
        return self._clients[key]

    def create(
        self,
        reasoner_type: str,
        script: JobScript | None = None,
        *,
        reasoner: str = "worker-1",
        user: str = "ann",
        timeout_mins: int | None = None,
    ) -> JobOperationSync:
        """Create an execution that lives by `script`."""
        if script is not None:
            self.backend.script(script, reasoner_type=reasoner_type, times=1)
        payload = payload_of(reasoner_type)
        return self.jobs(user).create(reasoner_type, reasoner, payload, timeout_mins=timeout_mins)

    def look(self, operation: JobOperationSync, user: str = "ann") -> Job:
        """Return the execution behind `operation` as it is now."""
        job = self.jobs(user).get(operation.metadata["reasoner_type"], operation.id)
        assert job is not None
        return job

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.backend.clock.sleep(seconds)

    def now(self) -> datetime:
        """Return the backend's present instant."""
        return self.backend.clock.now()

    def close(self) -> None:
        """Close every client that was made."""
        for client in self._clients.values():
            client.close()


def make_backend(
    *,
    http_dialect: HttpDialect | None = None,
    service_endpoint: str | None = None,
    wire: WireSettings | None = None,
) -> FakeBackend:
    """Return the backend that the contract expects: users ann, bob and root, who is an admin."""
    backend = FakeBackend(
        event_page_size=PAGE_SIZE,
        seed=7,
        http_dialect=http_dialect,
        service_endpoint=service_endpoint,
        wire=wire,
    )
    backend.add_user("ann")
    backend.add_user("bob")
    backend.add_user("root", admin=True)
    return backend


def payload_of(reasoner_type: str) -> dict[str, Any]:
    """Return a payload that a reasoner of this type accepts."""
    if reasoner_type == "Logic":
        return {"dbname": "sales", "query": "def output = 1", "readonly": False}
    return {"model": "min x", "gap": 0.01}
