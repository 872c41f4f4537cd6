"""A test's recording: which file, which mode, and a client that talks to it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import pytest

from rai_jobs import Config, JobsClientSync, connect_sync
from rai_jobs.clock import Clock
from rai_jobs_cassettes import Cassette, CassetteError, UnusedRecordingError, use_cassette

from ..clocks.virtual_clock import VirtualClock
from .endings import error_of
from .live import OwnAlone, guarded, skip_what_is_scripted
from .markers import calling, placed
from .options import is_strict, record_mode
from .settings import config_of
from .strictness import line_of, tell

__all__ = ["cassette_of", "recorded_client"]

_CLOCK: pytest.StashKey[Clock] = pytest.StashKey()
_OWN: pytest.StashKey[OwnAlone] = pytest.StashKey()


@contextmanager
def cassette_of(request: pytest.FixtureRequest) -> Generator[Cassette]:
    """Put the test's recording where clients meet the world.

    Raises:
        pytest.fail.Exception: the marker was called with what it does not take; or something was
            recorded and never asked for, under `--jobs-strict`.
        CassetteError: as `use_cassette` does.
    """
    node = request.node

    def use(
        path: str | PathLike[str] | None = None, *, mode: Any = None, **settings: Any
    ) -> use_cassette:
        given = Path("cassettes", node.path.stem, f"{_file_name(node)}.yaml")
        if path is not None:
            given = Path(path)
        node.stash[_CLOCK] = settings["clock"] = settings.get("clock") or _clock_of(request)
        settings.setdefault("strict", is_strict(request.config))
        settings["mode"] = record_mode(request.config) if mode is None else mode
        return use_cassette(node.path.parent / given, **settings)

    marker, line = next(placed(node, "jobs_cassette"), (pytest.mark.jobs_cassette().mark, ""))
    used: use_cassette = calling(node, marker, use, errors=[CassetteError])
    try:
        cassette = used.__enter__()
    except CassetteError as problem:
        pytest.fail(f"{node.nodeid}: {problem} Here that is `--jobs-record`.", pytrace=False)
    yield cassette
    error = error_of(request.config)
    asked = len(cassette.recording.kept) > 0
    try:
        with warnings.catch_warnings(record=True) as told_of:
            warnings.simplefilter("always")
            used.__exit__(type(error) if error else None, error, None)
        for each in told_of:
            warnings.warn_explicit(each.message, each.category, str(node.path), line_of(node))
    except UnusedRecordingError as unused:
        told = str(unused).partition(" `strict=False`")[0].rstrip(".")
        tell([f"{told}{f'; used at {line}' if line else ''}"], node, strict=True)
    finally:
        left = _cancelled(node) if asked else []
    if error is None:
        tell(left, node)


@contextmanager
def recorded_client(request: pytest.FixtureRequest) -> Generator[JobsClientSync]:
    """Give a client over the test's recording.

    While it records, the client is that of the user's own settings, and cancels nothing but what
    the test created; while it plays, it is one that goes the ways which were recorded.

    Raises:
        pytest.skip.Exception: the test says what happens on the fake.
    """
    skip_what_is_scripted(request, "a recording")
    cassette: Cassette = request.getfixturevalue("jobs_cassette")
    config = None if cassette.records else _as_recorded(cassette)
    with connect_sync(config=config, clock=request.node.stash[_CLOCK]) as client:
        if cassette.records:
            request.node.stash[_OWN] = guarded(client.jobs)
        yield client.jobs


def _cancelled(node: pytest.Item) -> list[str]:
    """Cancel what a test that was recorded left running, now that this is recorded no more."""
    own = node.stash.get(_OWN, None)
    if own is None:
        return []
    with connect_sync() as client:
        return own.cancel_own(client.jobs)


def _as_recorded(cassette: Cassette) -> Config:
    kinds = {each.kind for each in cassette.interactions}
    over_http: dict[str, Any] = {"token": "<token-1>"}
    if "sql" not in kinds:
        return config_of(base_url="https://host-1.recorded.invalid", **over_http)
    connection = {"account": "<account-1>", "user": "<user-1>", "password": "-"}
    if "http" not in kinds:
        return config_of(connection=connection)
    return config_of(connection=connection, direct_access=True, **over_http)


def _clock_of(request: pytest.FixtureRequest) -> Clock:
    if "fake_backend" in request.fixturenames:
        return request.getfixturevalue("fake_backend").clock
    return VirtualClock()


def _file_name(node: pytest.Item) -> str:
    return re.sub(r"[^\w.\[\]-]+", "-", node.name)
