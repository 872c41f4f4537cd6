"""Waiting for a module: done once, at the right moment, and leaving nothing behind."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest

from rai_jobs_cassettes.sql.on_import import OnImport

NAME = "a_module_of_a_test"


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    (tmp_path / f"{NAME}.py").write_text("LOADED = True\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    invalidate_caches()
    monkeypatch.setitem(sys.modules, NAME, None)  # so that it is forgotten afterwards
    del sys.modules[NAME]


def test_what_is_loaded_is_done_at_once() -> None:
    done: list[str] = []
    import_module(NAME)
    OnImport(NAME, lambda: done.append("done")).begin()
    assert done == ["done"]


def test_it_is_done_when_somebody_loads_it_and_once() -> None:
    done: list[bool] = []
    before = list(sys.meta_path)
    OnImport(NAME, lambda: done.append(sys.modules[NAME].LOADED)).begin()
    assert done == []
    module = import_module(NAME)
    import_module(NAME)
    assert done == [True]
    assert sys.meta_path == before
    assert module.__spec__ is not None
    assert type(module.__spec__.loader).__name__ != "_Telling"
    assert module.__loader__ is module.__spec__.loader


def test_it_is_not_done_once_it_is_called_off() -> None:
    done: list[str] = []
    before = list(sys.meta_path)
    waiting = OnImport(NAME, lambda: done.append("done"))
    waiting.begin()
    waiting.call_off()
    waiting.call_off()
    import_module(NAME)
    assert done == []
    assert sys.meta_path == before


def test_other_modules_are_no_matter() -> None:
    waiting = OnImport(NAME, lambda: None)
    assert waiting.find_spec("json", None) is None


PROGRAM = """
import sys
from rai_jobs_cassettes.sql.cursor_seam import patched

class Tape:
    def find(self, kind, request):
        return {"session": {"user": "u"}}

    def learn(self, settings):
        pass

with patched(Tape()):
    assert "snowflake.connector" not in sys.modules
    from snowflake.connector import connect
    connection = connect(user="u")
    assert connection.user == "u"
    patched_init = type(connection).__init__
    connection.close()
assert type(connection).__init__ is not patched_init
print("done")
"""


def test_the_connector_is_not_loaded_for_a_cassette_and_patched_when_it_is() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", PROGRAM], capture_output=True, check=False, text=True, timeout=60
    )
    assert done.stdout.strip() == "done", done.stderr
