"""A process in a stranger's environment is told nothing of this one."""

from __future__ import annotations

import pytest

from .environment import strangers

OURS = ("PYTHONPATH", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "RAI_JOBS_HOST")


def test_what_is_told_to_us_is_not_told_to_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*OURS, "ANOTHER"):
        monkeypatch.setenv(name, "a")
    told = strangers()
    assert told["ANOTHER"] == "a"
    assert not told.keys() & set(OURS)


def test_a_path_is_told_where_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "a")
    assert strangers("b")["PYTHONPATH"] == "b"
