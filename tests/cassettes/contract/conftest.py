"""Contract tests here run twice: recorded, then replayed."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import cast

import pytest

from .stories import story


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Play the test against a server while it is recorded, and from the recording."""
    given = pyfuncitem.funcargs
    if "subject" not in given:
        return None
    arguments = {name: given[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    way, path = cast("tuple[str, Path]", given["subject"])
    seen: list[object] = []
    for is_live in (True, False):
        with story(way, path, seen, is_live=is_live) as subject:
            pyfuncitem.obj(**{**arguments, "subject": subject})
    return True
