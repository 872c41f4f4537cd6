"""`use_cassette`: puts a cassette where a client meets the world, and takes it away again.

The seams replace what libraries do in the whole process: so there is one cassette at a time.
"""

from __future__ import annotations

import inspect
import re
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import wraps
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast, get_args

from rai_jobs.clock import Clock, require_clock

from .arguments import allowed_of, functions_of, held_of, path_of, require_text, texts_of
from .cassette import Cassette, Mode, Settings, may_record
from .errors import CassetteError, UnusedRecordingError
from .format import locked
from .http import httpx_seam, vcr_seam
from .replay.index import Repeats
from .sanitize import DEFAULT, Rule, Sanitizer
from .sql import cursor_seam

__all__ = ["CassetteWarning", "use_cassette"]

_MOST_SHOWN = 5
_C = TypeVar("_C", bound=Callable[..., Any])


class CassetteWarning(UserWarning):
    """What would be an error under `strict`, or had nothing else gone wrong before."""


class use_cassette:  # noqa: N801 - read as a function, as its like is elsewhere
    """Record a client's requests over HTTP and SQL into a file, or replay them from it.

    A context manager, which gives the `Cassette`, and a decorator, also of coroutines. It meets
    every client in the process: ours, `httpx`, what vcrpy knows, `snowflake.connector`, and what
    sits on those.

    Args:
        path: the file.
        mode: `none` plays alone, and refuses what is not recorded; `once` records where there is
            no file, and plays where there is one; `new` plays, and records what is not there;
            `all` records everything anew.
        clock: whose time is written, and on which recorded time passes: hand the same one to the
            client. The system's when not given, on which nothing is waited for.
        strict: whether it is an error that something was recorded and never asked for; else it is
            warned of.
        repeats: what answers a request whose recordings were all played: `error`, or the `last`
            one again.
        secrets: values that must not be written, beside those that the environment holds.
        sanitizers: rules beside the default ones; see `rai_jobs_cassettes.sanitize`.
        without: names of default sanitisers to leave out, as the file's header names them: where
            `users` is among them, the names of users are written.
        allowed: what the last scan must not take for a secret: texts or patterns.
        source: what is recorded, in words, for the file's header.
        recorded_with: names and versions for the header; found out when not given.

    Raises:
        CassetteError: an argument makes no sense, or another cassette is in use; on entering, the
            file is not there for `none`, is no cassette, or is being written by somebody else; at
            the end, it cannot be written, or not without what looks like a secret.
        UnusedRecordingError: at the end, something was never asked for, under `strict`.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        mode: Mode = "none",
        clock: Clock | None = None,
        strict: bool = True,
        repeats: Repeats = "error",
        secrets: Sequence[str | bytes] = (),
        sanitizers: Sequence[Sanitizer] = (),
        without: Sequence[str] = (),
        allowed: Sequence[str | re.Pattern[str]] = (),
        source: str | None = None,
        recorded_with: Mapping[str, str] | None = None,
    ) -> None:
        self._path = path_of("path", path)
        _require_one_of("mode", mode, get_args(Mode))
        _require_one_of("repeats", repeats, get_args(Repeats))
        left_out = held_of("without", without, "names of sanitisers")
        for each in left_out:
            _require_one_of("without", each, tuple(rule.name for rule in DEFAULT))
        require_clock(clock, CassetteError)
        if source is not None:
            require_text("source", source)
        if not isinstance(cast("object", recorded_with or {}), Mapping):
            raise CassetteError(
                f"`recorded_with` must map names to versions; got {recorded_with!r:.200}."
            )
        if not isinstance(cast("object", strict), bool):
            raise CassetteError(f"`strict` must be True or False; got {strict!r:.200}.")
        self._mode: Mode = mode
        self._strict = strict
        self._settings = Settings(
            clock=clock,
            repeats=repeats,
            secrets=texts_of("secrets", secrets),
            sanitizers=functions_of("sanitizers", sanitizers, Rule),
            without=cast("tuple[str, ...]", left_out),
            allowed=allowed_of("allowed", allowed),
            source=source,
            recorded_with=recorded_with,
        )
        self._cassette: Cassette | None = None
        self._ending = ExitStack()

    def __enter__(self) -> Cassette:
        with ExitStack() as starting:
            _IN_USE.take(self._path)
            starting.callback(_IN_USE.free)
            if self._path.is_dir():
                raise CassetteError(f"{self._path} is a directory: name a file in it.")
            if may_record(self._path, self._mode):
                starting.enter_context(locked(self._path))
            cassette = Cassette(self._path, self._mode, self._settings)
            # The connector's stands outermost: what it sends itself passes by the others.
            for seam in (httpx_seam, vcr_seam, cursor_seam):
                starting.enter_context(seam.patched(cassette.recording))
            self._ending = starting.pop_all()
            self._cassette = cassette
        return cassette

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        cassette, self._cassette = self._cassette, None
        assert cassette is not None  # noqa: S101 - it was entered
        with self._ending:
            try:
                # A block that failed before it asked for anything has recorded nothing.
                if error is None or cassette.recording.kept:
                    cassette.save()
            except CassetteError as problem:
                if error is None:
                    raise
                # What went wrong first is what the user must see.
                warnings.warn(CassetteWarning(str(problem)), stacklevel=2)
        unused = cassette.recording.unplayed if error is None else ()
        if unused:
            # Those that are told are read, and no others.
            shown = "; ".join(cassette.named(unused[:_MOST_SHOWN]))
            told = f"{self._path}: recorded and never asked for: {shown}"
            left = len(unused) - _MOST_SHOWN
            told += f"; and {left} more." if left > 0 else "."
            if self._strict:
                raise UnusedRecordingError(f"{told} `strict=False` warns instead.")
            warnings.warn(CassetteWarning(told), stacklevel=2)

    def __call__(self, function: _C) -> _C:
        """Return `function` run with the cassette in use, anew at each call."""
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with self._anew():
                    return await function(*args, **kwargs)

            return awaited  # type: ignore[return-value]

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self._anew():
                return function(*args, **kwargs)

        return called  # type: ignore[return-value]

    def _anew(self) -> use_cassette:
        return use_cassette(
            self._path, mode=self._mode, strict=self._strict, **vars(self._settings)
        )


class _InUse:
    """Which cassette is in use in this process: one, or none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None

    def take(self, path: Path) -> None:
        with self._lock:
            if self._path is not None:
                raise CassetteError(
                    f"{path} cannot be used while {self._path} is: the seams are the whole"
                    " process's. Use one cassette for both, or one after the other."
                )
            self._path = path

    def free(self) -> None:
        with self._lock:
            self._path = None


_IN_USE = _InUse()


def _require_one_of(name: str, given: object, known: tuple[str, ...]) -> None:
    if given not in known:
        raise CassetteError(f"`{name}` must be one of {', '.join(known)}; got {given!r}.")
