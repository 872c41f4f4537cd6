"""What a case is played on: a backend, one user's client on it, and virtual time under both.

A case is written once, for a client that is called. The published asynchronous client is put behind
`Awaited`, which runs each of its coroutines to the end.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, cast

from rai_jobs_fakes import FakeBackend, Fault, JobScript, VirtualClock

__all__ = ["TYPES", "Awaited", "Impossible", "Stage", "raised", "told"]

TYPES = ("Logic", "Prescriptive", "Predictive")
_JOB = ("name", "state", "created_by", "created_on", "finished_at", "duration", "abort_reason")


class Impossible(Exception):
    """A side cannot do this at all; the message says why."""


class Awaited:
    """A client or operation whose coroutines are run to their end, each as it is called.

    Args:
        what: the client or operation.
        loop: the loop that runs them.
    """

    def __init__(self, what: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._what = what
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._what, name)
        if not callable(value):
            return value

        def call(*args: Any, **arguments: Any) -> Any:
            answer = value(*args, **arguments)
            if inspect.isawaitable(answer):
                answer = self._loop.run_until_complete(_awaited(answer))
            return Awaited(answer, self._loop) if hasattr(answer, "is_done") else answer

        return call

    def __repr__(self) -> str:
        return repr(self._what)


@dataclasses.dataclass
class Stage:
    """Where one side of a case is played.

    Args:
        backend: what is behind the client.
        jobs: the client.
    """

    backend: FakeBackend
    jobs: Any

    @property
    def clock(self) -> VirtualClock:
        assert isinstance(self.backend.clock, VirtualClock)
        return self.backend.clock

    def payload(self, kind: str) -> dict[str, Any]:
        return {"dbname": "sales", "query": "def output = 1"} if kind == "Logic" else {"a": 1}

    def create(self, kind: str, script: JobScript | None = None, name: str = "worker-1") -> Any:
        """Create an execution through the client, which lives by `script`."""
        if script is not None:
            self.backend.script(script, times=1)
        return self.jobs.create(kind, name, self.payload(kind))

    def created_by(self, user: str, kind: str, script: JobScript | None = None) -> str:
        """Create an execution as somebody, whoever the client is; return its id."""
        if script is not None:
            self.backend.script(script, times=1)
        return self.backend.gateway(user).create(kind, "worker-1", self.payload(kind))

    def inject(self, fault: Fault) -> None:
        self.backend.faults.inject(fault)

    def calls(self) -> str:
        """Return what the backend was asked so far, as operations with their number."""
        asked = Counter(entry.call.operation for entry in self.backend.transcript)
        return " ".join(f"{name}x{number}" for name, number in sorted(asked.items()))

    def tried(self, call: Callable[[], Any]) -> Any:
        """Return what a call returns, or the error that it raises, as told."""
        try:
            return call()
        except Impossible:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, is what we came for
            return raised(error)


def raised(error: Exception) -> str:
    """Return how an error is told: by its name, which both clients share where they agree.

    Raises:
        Impossible: the client has no such argument.
    """
    text = str(error)
    if text.startswith("JobsClient") and "unexpected keyword argument" in text:
        raise Impossible(f"the client has no argument {text.rpartition(' ')[2]}") from error
    return f"raises {type(error).__name__}"


def told(value: Any, backend: FakeBackend) -> str:
    """Return a value as text in which nothing depends on the client that gave it.

    Ids are told by the order of their creation, tokens by whether there is more.
    """
    text = value if isinstance(value, str) else json.dumps(_plain(value), sort_keys=True)
    for number, execution in enumerate(backend.executions, 1):
        text = text.replace(execution.id, f"#{number}")
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    if hasattr(value, "continuation_token"):
        token = value.continuation_token
        return {"events": _plain(value.events), "token": "more" if token else token}
    if hasattr(value, "status") and hasattr(value, "raw"):
        return {"status": value.status, "error": value.error}
    if hasattr(value, "state") and hasattr(value, "reasoner_type"):
        return {name: _plain(getattr(value, name)) for name in _JOB}
    if isinstance(value, dict):
        named = cast("dict[Any, Any]", value)
        return {str(name): _plain(each) for name, each in named.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in cast("list[Any]", value)]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return f"<{type(value).__name__}>"


async def _awaited(answer: Any) -> Any:
    return await answer
