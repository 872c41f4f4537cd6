"""Markers: what they are called with, checked, where they stand, and what they do to a backend.

The nearest counts first: what stands at the test, from top to bottom, then its class, its module.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from ..backend import FakeBackend

__all__ = ["MARKERS", "apply_markers", "calling", "placed", "refuse"]

_SIGNATURES = {
    "jobs_script": "script, *, reasoner_type=None, name=None, where=None, times=None",
    "jobs_faults": "fault, *more",
    "jobs_cassette": "path=None, *, mode=None, **settings",
    "jobs_over": "face, *more",
}
_TOLD = {
    "jobs_script": "what happens to executions on `fake_backend`; may stand several times.",
    "jobs_faults": "what goes wrong on `fake_backend`; may stand several times.",
    "jobs_cassette": "the recording of `jobs_cassette`; settings are those of `use_cassette`.",
    "jobs_over": "what `jobs_client` talks to, whatever --jobs-over says.",
}
_BEGUN = ("def ", "async def ", "class ")
_CALLED = re.compile(r"^[\w.<>]+\(\) ")
MARKERS = tuple(f"{name}({_SIGNATURES[name]}): {told}" for name, told in _TOLD.items())


def apply_markers(node: pytest.Item, backend: FakeBackend) -> frozenset[str]:
    """Script a backend, and let go wrong on it, what a test's markers say.

    Returns:
        What is said further out, of a class or a module, and need not be used by each test, in the
        words of `FakeBackend.unused`.

    Raises:
        pytest.fail.Exception: a marker was called with what it does not take; names the test.
    """
    own = {id(marker) for marker in node.own_markers}
    known, further_out = set(backend.unused()), set[str]()

    def note(marker: pytest.Mark) -> None:
        if id(marker) not in own:
            further_out.update(set(backend.unused()) - known)
        known.update(backend.unused())

    for marker, line in placed(node, "jobs_script"):
        script = calling(node, marker, backend.script)
        script.registered_at = line
        note(marker)
    for marker, line in placed(node, "jobs_faults"):
        if not marker.args:
            refuse(node, marker, "names no fault")
        for fault in marker.args:
            one = pytest.mark.jobs_faults(fault, **marker.kwargs).mark
            injected = calling(node, one, backend.faults.inject)
            injected.injected_at = line
            note(marker)
    return frozenset(further_out)


def placed(node: pytest.Item, name: str) -> Iterator[tuple[pytest.Mark, str]]:
    """Yield the markers of that name, the nearest first, and where each stands: `folder/file:line`.

    Args:
        node: the test; or a class or module, for what stands there.
        name: the marker's.
    """
    for owner in reversed(node.listchain()):
        marks = [each for each in owner.own_markers if each.name == name]
        if marks:
            lines, first = _lines_naming(owner, name)
            decorated = isinstance(owner, pytest.Function) or len(lines) == len(marks)
            if decorated and not isinstance(owner, pytest.Module):
                marks.reverse()  # decorators are applied from the bottom up
            if len(lines) != len(marks):
                lines = [first] * len(marks)
            where = f"{owner.path.parent.name}/{owner.path.name}"
            yield from ((mark, f"{where}:{line}") for mark, line in zip(marks, lines, strict=True))


def calling(
    node: pytest.Item,
    marker: pytest.Mark,
    function: Callable[..., Any],
    errors: Sequence[type[Exception]] = (),
) -> Any:
    """Return what a function makes of a marker's arguments.

    Args:
        node: the test.
        marker: the marker.
        function: takes the arguments.
        errors: what it raises where it does not take them, beside `TypeError` and `ValueError`.

    Raises:
        pytest.fail.Exception: it does not take them; names the test.
    """
    from rai_jobs.errors import JobInvalidRequestError

    try:
        return function(*marker.args, **marker.kwargs)
    except (TypeError, ValueError, JobInvalidRequestError, *errors) as error:
        told = str(error)
    # As Python says it of a function that the user never sees.
    return refuse(node, marker, _CALLED.sub("", told))


def refuse(node: pytest.Item, marker: pytest.Mark, why: str) -> NoReturn:
    """Refuse what a marker was called with.

    Raises:
        pytest.fail.Exception: always; names the test, the reason, and how the marker is called.
    """
    line = next((line for mark, line in placed(node, marker.name) if _is_of(marker, mark)), "")
    pytest.fail(
        f"{node.nodeid}: {marker.name}: {why.rstrip('.')}. It is called as"
        f" {marker.name}({_SIGNATURES[marker.name]}){f'; see {line}' if line else ''}.",
        pytrace=False,
    )


def _is_of(marker: pytest.Mark, whole: pytest.Mark) -> bool:
    given = {id(each) for each in whole.args}
    return whole is marker or (bool(given) and all(id(each) in given for each in marker.args))


def _lines_naming(owner: Any, name: str) -> tuple[list[int], int]:
    """Return the lines on which the markers stand, and the first line of what they are at."""
    try:
        lines, first = inspect.getsourcelines(owner.obj)
    except (AttributeError, OSError, TypeError):
        return [], 1
    if isinstance(owner, pytest.Module):
        first = next((n for n, line in enumerate(lines, 1) if line.startswith("pytestmark")), 1)
        said = [lines[first - 1], *takewhile(_goes_on, lines[first:])]
    else:
        said = list(takewhile(lambda line: not line.lstrip().startswith(_BEGUN), lines))
    return [first + at for at, line in enumerate(said) if f".{name}(" in line], first


def _goes_on(line: str) -> bool:
    return line[:1].isspace() or line.startswith((")", "]"))
