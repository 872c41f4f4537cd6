"""A test's backend: made with its seed, taken on with its markers, looked over at the end.

What is taken on is whatever `fake_backend` gives, also where somebody has redefined it.
"""

from __future__ import annotations

import zlib
from contextlib import ExitStack
from typing import Any

import pytest

from ..backend import FakeBackend
from .endings import error_of
from .markers import apply_markers
from .options import seed_given
from .reports import BACKENDS, Told
from .strictness import leftovers_of, tell, watched_clients

__all__ = ["backend_of", "take_on"]

_OURS: pytest.StashKey[FakeBackend] = pytest.StashKey()


def backend_of(node: pytest.Item) -> FakeBackend:
    """Return a new backend with the seed of a test."""
    given = seed_given(node.config)
    # Of the name alone, from the root folder: not of where the project lies.
    seed = zlib.crc32(node.nodeid.encode()) if given is None else given
    node.stash[_OURS] = backend = FakeBackend(seed=seed)
    return backend


def take_on(backend: object, request: pytest.FixtureRequest) -> None:
    """Have a backend be as the markers say, be shown by reports, and be looked over at the end.

    Args:
        backend: what `fake_backend` gave; nothing is done to what is none.
        request: of the fixture; what it is made for may be a test, or a class, a module, all.

    Raises:
        pytest.fail.Exception: a marker was called with what it does not take; or hypothesis would
            run the test many times on it; or, at the end, something is left over, under
            `--jobs-strict`.
    """
    if not isinstance(backend, FakeBackend):
        return
    node = request.node
    ours = node.stash.get(_OURS, None)
    if ours is not None:
        del node.stash[_OURS]  # it is kept for nobody once the test is over
    _require_no_reuse(node)
    taken = node.stash.setdefault(BACKENDS, [])
    if any(each.backend is backend for each in taken):
        return  # a fixture that was redefined by means of the one before
    if backend.created_from is None:
        backend.created_from = {}
    said, since = set(backend.unused()), len(backend.executions)
    said |= apply_markers(node, backend)
    taken.append(Told(backend, by_option=backend is ours))
    failed_before = request.session.testsfailed
    watching = ExitStack()
    clients = watching.enter_context(watched_clients())

    def look_over() -> None:
        watching.close()
        if error_of(node.config) is None and request.session.testsfailed == failed_before:
            left = leftovers_of(backend, clients, since=since)
            tell([each for each in left if each not in said], node)

    request.addfinalizer(look_over)


def _require_no_reuse(node: pytest.Item) -> None:
    test = getattr(node, "obj", None)
    if not getattr(test, "is_hypothesis_test", False):
        return
    from hypothesis import HealthCheck, settings

    used: Any = getattr(test, "_hypothesis_internal_use_settings", settings.default)
    if used is None or HealthCheck.function_scoped_fixture not in used.suppress_health_check:
        pytest.fail(
            f"{node.nodeid}: `fake_backend` is made once for a test, and hypothesis runs the test"
            " many times on it: what one example did, the next one would see. Draw a backend for"
            " each example from `rai_jobs_fakes.strategies.backends()`; or call"
            " `fake_backend.reset()` first thing in the test, and suppress"
            " `HealthCheck.function_scoped_fixture`.",
            pytrace=False,
        )
