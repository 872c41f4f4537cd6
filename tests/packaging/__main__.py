"""`make package`: what would be released, in `dist/`, and whether it is what we promise."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from .contents import faults_of
from .empty import faults_of_installed, installed
from .wheel import ROOT, build, build_source, rebuild

_DIST = ROOT / "dist"


def _tools(*files: Path) -> list[str]:
    """Return what the tools of others have against the files, in words."""
    names = [str(each) for each in files]
    wheels = [name for name in names if name.endswith(".whl")]
    commands = (["twine", "check", "--strict", *names], ["check_wheel_contents", *wheels])
    faults: list[str] = []
    for command in commands:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            faults.append(f"{command[0]}:\n{done.stdout}{done.stderr}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.packaging", description=__doc__)
    parser.add_argument("--constraints", type=Path, default=ROOT / "tests/constraints.txt")
    constraints: Path = parser.parse_args().constraints
    shutil.rmtree(_DIST, ignore_errors=True)
    wheel, source = build(_DIST), build_source(_DIST)
    with TemporaryDirectory() as name:
        folder = Path(name)
        again = rebuild(source, folder / "again")
        faults = [*_tools(wheel, source), *faults_of(wheel)]
        if again.read_bytes() != wheel.read_bytes():
            faults.append("the source distribution makes another wheel than the checkout")
        (folder / "empty").mkdir()
        python = installed(wheel, folder / "environment", constraints)
        faults += faults_of_installed(python, folder / "empty", wheel.name.split("-")[1])
    for fault in faults:
        print(fault)  # noqa: T201
    if not faults:
        print(f"{wheel.name} and {source.name} are what we promise.")  # noqa: T201
    return len(faults) > 0


if __name__ == "__main__":
    sys.exit(main())
