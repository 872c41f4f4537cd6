"""What a wheel of ours must hold: three packages, whole, their licence, and nothing else."""

from __future__ import annotations

from collections.abc import Set
from configparser import ConfigParser
from pathlib import Path
from zipfile import ZipFile

from .wheel import ROOT

__all__ = ["faults_of"]

_PACKAGES = (
    "src/rai_jobs",
    "fakes/rai_jobs_fakes",
    "cassettes/rai_jobs_cassettes",
)
_KINDS = (".py", ".json", ".yaml", ".typed")
"""What a package consists of; that which lies about beside is none of it."""
_NEEDED = (
    "rai_jobs/py.typed",
    "rai_jobs_fakes/py.typed",
    "rai_jobs_fakes/scripts.schema.json",
    "rai_jobs_fakes/doors/startup/sitecustomize.py",
    "rai_jobs_cassettes/py.typed",
    "rai_jobs_cassettes/format/cassette.schema.json",
    "rai_jobs_cassettes/recordings/solve-over-http.yaml",
    "rai_jobs_cassettes/recordings/solve-over-sql.yaml",
)
"""What code reads at run time, or others do, and no import would miss."""
_ABOUT = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
_ENTRY_POINTS = {"pytest11": {"rai_jobs": "rai_jobs_fakes.plugin"}}


def faults_of(wheel: Path, root: Path = ROOT) -> list[str]:
    """Return in what a wheel is not what it should be, in words; nothing where it is.

    Args:
        wheel: the file.
        root: the checkout that it was built from.
    """
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [about] = {name.split("/")[0] for name in names if ".dist-info/" in name}
        named = f"{about}/entry_points.txt"
        told = archive.read(named).decode() if named in names else ""
    points = ConfigParser()
    points.read_string(told)
    found = {section: dict(points[section]) for section in points.sections()}
    ours = {name for name in names if not name.startswith(f"{about}/")}
    faults = [
        *_different("the checkout", _sources(root), ours),
        *_different("a release", {f"{about}/{each}" for each in _ABOUT}, names - ours),
        *(f"{each} is needed, and not there" for each in _NEEDED if each not in names),
    ]
    if found != _ENTRY_POINTS:
        faults.append(f"its entry points are {found}, and should be {_ENTRY_POINTS}")
    return faults


def _different(where: str, expected: Set[str], seen: Set[str]) -> list[str]:
    return [
        *(f"{each} is of {where}, and not in the wheel" for each in sorted(expected - seen)),
        *(f"{each} is in the wheel, and not of {where}" for each in sorted(seen - expected)),
    ]


def _sources(root: Path) -> set[str]:
    return {
        path.relative_to((root / package).parent).as_posix()
        for package in _PACKAGES
        for path in (root / package).rglob("*")
        if path.suffix in _KINDS
    }
