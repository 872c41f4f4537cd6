"""What a user of the last release would find broken, by name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import griffe

from .listing import FOLDERS, PACKAGES, ROOT, lines_of, loaded, public

__all__ = ["breaking", "last_release", "said_of"]


def last_release(root: Path = ROOT) -> str | None:
    """Return the tag of the last release before this commit; `None` where there is none."""
    command = ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]
    done = subprocess.run(  # noqa: S603
        command, cwd=root, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None


def breaking(tag: str, root: Path = ROOT) -> dict[str, str]:
    """Return what is broken since a release: each public name, and what of it.

    What has another home is not: users have it from where it is listed. Nor is that which is listed
    as it was: a version is another in every release.
    """
    before, now = _released(tag, root), loaded(root)
    found: dict[str, str] = {}
    for package in PACKAGES:
        had, names = public(before[package]), public(now[package])
        gone = had.keys() - names.keys()
        for name in sorted(gone):
            # What was of a class has gone with it.
            if name.rpartition(".")[0] not in gone:
                found[name] = f"{name}: is public no more"
        changed = {
            name: target.path
            for name, target in names.items()
            if name in had and [*lines_of(had[name], name)] != [*lines_of(target, name)]
        }
        for each in griffe.find_breaking_changes(before[package], now[package]):
            for name, path in changed.items():
                if path == each.obj.path:
                    found[name] = f"{name}: {each}"
    return found


def _released(tag: str, root: Path) -> dict[str, griffe.Module]:
    """Return the packages of a release; read as those of a checkout are, all at once."""
    with TemporaryDirectory() as name:
        archive = Path(name) / "release.zip"
        command = ["git", "archive", "--output", str(archive), tag, *FOLDERS]
        subprocess.run(command, cwd=root, check=True)  # noqa: S603
        with ZipFile(archive) as packed:
            packed.extractall(name)
        return loaded(Path(name))


def said_of(name: str, changelog: str) -> bool:
    """Tell whether the newest section of a changelog names what has changed or gone.

    Args:
        name: a dotted path; its last part is looked for, and for `__init__` the class's.
        changelog: the text of `CHANGELOG.md`.
    """
    newest = re.split(r"^## ", changelog, flags=re.MULTILINE)[1]
    told = re.findall(r"^### (?:Changed|Removed)\n(.*?)(?=^### |\Z)", newest, re.M | re.S)
    last = re.escape(name.removesuffix(".__init__").rpartition(".")[2])
    return any(re.search(rf"`[^`]*\b{last}\b", each) for each in told)
