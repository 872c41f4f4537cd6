"""What `jobs_client` of a test talks to, and whether a test runs once for each of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from .markers import calling
from .options import faces_given, faces_named, is_live_allowed

__all__ = ["faces_of", "parametrize_over"]

_HOME = f"{__package__}.fixtures"


def faces_of(config: pytest.Config, node: pytest.Item) -> tuple[str, ...]:
    """Return what `jobs_client` of a test talks to: by marker, option, or the gateway.

    Args:
        config: the options.
        node: the test.

    Raises:
        pytest.fail.Exception: the marker names no face, or one that is not known.
    """
    marker = node.get_closest_marker("jobs_over")
    if marker is None:
        return faces_given(config)
    faces: tuple[str, ...] = calling(node, marker, _named)
    if "live" in faces and not is_live_allowed(config):
        return tuple(each for each in faces if each != "live") or ("live",)
    return faces


def parametrize_over(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each face that is asked for, unless it says by itself over which."""
    if _says_itself(metafunc):
        return
    try:
        faces = faces_of(metafunc.config, metafunc.definition)
    except pytest.fail.Exception:
        return  # the fixture says it again, where it is the test's own error
    if len(faces) > 1:
        metafunc.parametrize("jobs_over", faces, indirect=True)


def _named(*faces: object) -> tuple[str, ...]:
    if not all(isinstance(each, str) for each in faces):
        raise TypeError(f"takes names of faces; got {', '.join(map(repr, faces))}")
    return faces_named(",".join(map(str, faces)))


def _says_itself(metafunc: pytest.Metafunc) -> bool:
    for mark in metafunc.definition.iter_markers("parametrize"):
        names: str | Sequence[str] = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        split = names.replace(",", " ").split() if isinstance(names, str) else names
        if "jobs_over" in split:
            return True
    # What pytest knows of fixtures it shows to nobody; without it, one that is redefined is
    # parametrised as ours is.
    known: Mapping[str, Sequence[Any]] = getattr(metafunc, "_arg2fixturedefs", {})
    defined = known.get("jobs_over", ())
    return bool(defined) and getattr(defined[-1].func, "__module__", "") != _HOME
