"""What is built is what is released: the wheel's contents, and the same wheel from the source."""

from __future__ import annotations

import tarfile
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any
from zipfile import ZipFile

import pytest

from .contents import faults_of
from .wheel import ROOT, build, build_source, rebuild, unpack


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    assert faults_of(wheel) == []


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    again = rebuild(build_source(tmp_path / "source"), tmp_path / "again")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_a_source_distribution_is_unpacked_also_where_tarfile_knows_no_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.tar.gz"
    (tmp_path / "a.txt").write_text("a")
    with tarfile.open(source, "w:gz") as archive:
        archive.add(tmp_path / "a.txt", "a-1/a.txt")
    extract: Any = tarfile.TarFile.extractall
    trusting = {"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}

    def of_old(self: tarfile.TarFile, path: Path) -> None:
        extract(self, path, **trusting)

    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    monkeypatch.setattr(tarfile.TarFile, "extractall", of_old)
    top = unpack(source, tmp_path / "into")
    assert (top / "a.txt").read_text() == "a"


def _changed(wheel: Path, into: Path, *, without: str = "", more: str = "") -> Path:
    """Return a copy of a wheel without the files whose names end so, and with another."""
    changed = into / wheel.name
    with ZipFile(wheel) as archive, ZipFile(changed, "w") as copy:
        for name in archive.namelist():
            if not without or not name.endswith(without):
                copy.writestr(name, archive.read(name))
        if more:
            copy.writestr(more, b"")
    return changed


@pytest.mark.parametrize(
    "name",
    ["rai_jobs_fakes/py.typed", "cassette.schema.json", "licenses/LICENSE", "sitecustomize.py"],
)
def test_what_is_missing_from_a_wheel_is_named(name: str, wheel: Path, tmp_path: Path) -> None:
    faults = faults_of(_changed(wheel, tmp_path, without=name))
    assert faults
    assert all(name in each for each in faults)


def test_a_wheel_without_its_entry_point_is_refused(wheel: Path, tmp_path: Path) -> None:
    faults = faults_of(_changed(wheel, tmp_path, without="entry_points.txt"))
    assert any("pytest11" in each for each in faults)


@pytest.mark.parametrize("name", ["tests/test_a.py", "rai_jobs/__pycache__/a.pyc", "docs/a.md"])
def test_what_does_not_belong_into_a_wheel_is_named(name: str, wheel: Path, tmp_path: Path) -> None:
    assert faults_of(_changed(wheel, tmp_path, more=name)) == [
        f"{name} is in the wheel, and not of the checkout"
    ]


def test_what_is_needed_is_needed_also_where_the_checkout_has_lost_it(
    wheel: Path, tmp_path: Path
) -> None:
    # Other tests write there meanwhile.
    compiled = ignore_patterns("__pycache__")
    for each in ("src", "fakes", "cassettes"):
        copytree(ROOT / each, tmp_path / each, ignore=compiled)
    (tmp_path / "src/rai_jobs/py.typed").unlink()
    changed = _changed(wheel, tmp_path, without="rai_jobs/py.typed")
    assert faults_of(changed, tmp_path) == ["rai_jobs/py.typed is needed, and not there"]
