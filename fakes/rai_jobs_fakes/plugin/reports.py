"""What the report of a failing test ends with: transcript, timeline, and the seed to repeat it.

Of the backends that the plugin made, and of those that the test itself holds: in a fixture of its
own, in a variable, drawn by hypothesis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from .options import transcript_lines

if TYPE_CHECKING:
    from ..backend import FakeBackend

__all__ = ["BACKENDS", "Told", "forget_backends", "note_use", "tell_backends"]


@dataclass(frozen=True)
class Told:
    """A backend that reports tell of."""

    backend: FakeBackend
    by_option: bool = False
    """Whether its seed is what `--jobs-seed` gives."""


BACKENDS: pytest.StashKey[list[Told]] = pytest.StashKey()
"""The backends that were taken on for a test, or for a class, module or session."""
_BETWEEN = frozenset({"_pytest", "pluggy", "rai_jobs_fakes"})
"""What hands a backend on, and is no place where a test holds one."""
_SHOWN: pytest.StashKey[list[FakeBackend]] = pytest.StashKey()
_USED: pytest.StashKey[list[FakeBackend]] = pytest.StashKey()


def note_use(item: pytest.Item, backend: FakeBackend) -> None:
    """Note that a test uses a backend that it does not ask for by name."""
    item.stash.setdefault(_USED, []).append(backend)


def tell_backends(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> None:
    """Add to a report what the test's backends saw, once for each."""
    shown = item.stash.setdefault(_SHOWN, [])
    for told in _found(item, call):
        if any(told.backend is each for each in shown):
            continue
        shown.append(told.backend)
        name = "rai-jobs" if len(shown) == 1 else f"rai-jobs, backend {len(shown)}"
        for title, text in _sections(told, transcript_lines(item.config)):
            _add(item, report, f"{name}: {title}", text)


def forget_backends(item: pytest.Item) -> None:
    """Let go of a test's backends: what they keep is much, and tests are many."""
    if BACKENDS in item.stash:
        del item.stash[BACKENDS]
    for key in (_SHOWN, _USED):
        if key in item.stash:
            del item.stash[key]


def _found(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Told]:
    from ..backend import FakeBackend

    arguments: dict[str, Any] = getattr(item, "funcargs", {})
    held: list[Any] = [*arguments.values(), *item.stash.get(_USED, ())]
    for node in reversed(item.listchain()):
        for told in node.stash.get(BACKENDS, ()):
            # One of a class or a module is every test's there that takes it, and no other's.
            if node is item or any(told.backend is each for each in held):
                yield told
    trace = None if call.excinfo is None else call.excinfo.tb
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in _BETWEEN:
            held += frame.f_locals.values()
    # By the type alone: a mock, or a proxy, would say that it is anything.
    yield from (Told(each) for each in held if issubclass(type(each), FakeBackend))


def _sections(told: Told, most: int | None) -> Iterator[tuple[str, str]]:
    backend = told.backend
    transcript = backend.transcript
    shown = str(transcript) if most is None else transcript.folded()
    yield "transcript", _end_of(shown.splitlines(), most)
    if backend.executions:
        yield "timeline", str(backend.timeline())
    unused = backend.unused()
    if unused:
        yield "never used so far", "\n".join(unused)
    seed = f"--jobs-seed={backend.seed}" if told.by_option else f"FakeBackend(seed={backend.seed})"
    yield "to repeat it", seed


def _add(item: pytest.Item, report: pytest.TestReport, title: str, text: str) -> None:
    # Sections are captured output to pytest, and not shown where it is not to be shown.
    if item.config.getoption("showcapture", "all") == "all" or not hasattr(
        report.longrepr, "addsection"
    ):
        report.sections.append((title, text))
    else:
        longrepr: Any = report.longrepr
        longrepr.addsection(title, text)


def _end_of(lines: list[str], most: int | None) -> str:
    if not lines:
        return "Nothing was asked of the backend."
    if most is None or len(lines) <= most:
        return "\n".join(lines)
    shown = lines[-most:] if most else []
    return "\n".join([f"({len(lines) - most} lines before; -vv shows all)", *shown])
