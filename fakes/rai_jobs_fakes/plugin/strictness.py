"""What a test left over: never used, still running, still open; and where that was made."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import pytest

from rai_jobs.connect import ClientSync

from ..backend import FakeBackend
from ..stacks import line_of_asker
from .endings import error_of
from .markers import placed
from .options import is_strict

__all__ = [
    "JobsLeftoverWarning",
    "WatchedClient",
    "leftovers_of",
    "line_of",
    "tell",
    "tell_unused_markers",
    "watched_clients",
]


class JobsLeftoverWarning(UserWarning):
    """A test said something that was never used, or left something running or open."""


@dataclass
class WatchedClient:
    """A client that was made in a test."""

    line: str
    is_open: bool = True


@contextmanager
def watched_clients() -> Generator[list[WatchedClient]]:
    """Note which clients are made by `connect_sync` and `from_session_sync`, and closed."""
    seen: dict[int, WatchedClient] = {}
    kept: list[Any] = []  # an id is another's once its object is gone
    made, closed = ClientSync.__init__, ClientSync.close

    @wraps(made)
    def noted(self: ClientSync, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        kept.append(self)
        seen[id(self)] = WatchedClient(line_of_asker())

    @wraps(closed)
    def ended(self: ClientSync) -> None:
        closed(self)
        if id(self) in seen:
            seen[id(self)].is_open = False

    clients: list[WatchedClient] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientSync, "__init__", noted)
        patch.setattr(ClientSync, "close", ended)
        yield clients
    clients.extend(seen.values())


def leftovers_of(
    backend: FakeBackend, clients: Sequence[WatchedClient], *, since: int = 0
) -> list[str]:
    """Return what is left over on a backend, in words, each with the line that made it.

    Args:
        backend: the backend.
        clients: those that were made meanwhile.
        since: how many executions there were before.
    """
    left = list(backend.unused())
    lines = backend.created_from or {}
    left += [
        f"execution {each.id} was left {each.state.value}, created at"
        f" {lines.get(each.id, 'an unknown place')}"
        for each in backend.executions[since:]
        if each.finished_at is None
    ]
    left += [f"a client was never closed, made at {each.line}" for each in clients if each.is_open]
    return left


def tell_unused_markers(item: pytest.Item, *, is_used: bool) -> None:
    """Tell of scripts and faults at a test that uses no backend which they could be of.

    Raises:
        pytest.fail.Exception: there are some, under `--jobs-strict`.
    """
    if is_used or error_of(item.config) is not None:
        return
    left = [
        f"{name} at {line} is for `fake_backend`, which this test has none of its own of"
        for name in ("jobs_script", "jobs_faults")
        for mark, line in placed(item, name)
        if mark in item.own_markers
    ]
    tell(left, item)


def tell(left: Sequence[str], node: pytest.Item, *, strict: bool = False) -> None:
    """Tell of what is left over.

    Args:
        left: what there is, in words.
        node: the test; or a class, a module, whose it was.
        strict: whether it fails the test, as it does under `--jobs-strict`.

    Raises:
        pytest.fail.Exception: there is something, under `--jobs-strict` or `strict`.
    """
    if not left:
        return
    told = "\n".join(f"  {each}" for each in left)
    if is_strict(node.config):
        pytest.fail(f"Left over under --jobs-strict:\n{told}", pytrace=False)
    if strict:
        pytest.fail(f"Left over:\n{told}", pytrace=False)
    warning = JobsLeftoverWarning(f"{node.nodeid} left over:\n{told}")
    warnings.warn_explicit(warning, None, str(node.path), line_of(node))


def line_of(node: pytest.Item) -> int:
    """Return the line on which a test begins, from 1."""
    _, line, _ = getattr(node, "location", ("", None, ""))
    return 1 if line is None else line + 1
