"""Breaks the machine in a thousand ways, one at a time, and tells which the tests do not notice.

`make mutants` runs it. mutmut changes an operator, a number, a text or an argument of a function,
and runs the tests that reach it. It wants one source folder by the name of `src`, so the packages
are laid out so in `build/mutants`. It leaves alone what is outside of functions, and properties:
the table, and what they say, are for `tests/properties`.

Fails when fewer than 95 in 100 are noticed, one that is not noticed has no reason in
`survivors.toml`, or one that stands there is noticed now or not made any more.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import tomli

from .conftest import PROFILE

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "build" / "mutants"
PACKAGES = ("src/rai_jobs", "fakes/rai_jobs_fakes", "cassettes/rai_jobs_cassettes")
TESTS = (
    "tests/fakes/machine",
    "tests/fakes/reports/test_explanation.py",
    "tests/fakes/test_backend_life.py",
)
"""Quick tests that are near the machine."""
SURVIVORS = Path(__file__).with_name("survivors.toml")
ENOUGH = 0.95
_NOT_NOTICED = {0, 5, 33}
"""mutmut's codes for tests that pass, and for no tests at all; a crash or a timeout is noticed."""
_TOO_LATE = {-24, 24, 36, 152, 255}
"""mutmut's codes for a timeout: that says more of a busy machine than of the tests."""
_SETTINGS = f"""
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
pythonpath = ["."]
markers = ["nightly: left out"]
filterwarnings = ["error"]

[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/rai_jobs_fakes/machine/*.py"]
use_git_change_detection = false
timeout_multiplier = 3.0
timeout_constant = 3.0
pytest_add_cli_args = ["-p", "no:randomly", "-p", "no:xdist", "--hypothesis-profile={PROFILE}"]
pytest_add_cli_args_test_selection = {json.dumps(TESTS)}
"""


@dataclass(frozen=True)
class Mutant:
    """A change that was not noticed: in which function, which lines, and what they became."""

    where: str
    was: str
    became: str

    def __str__(self) -> str:
        return f"{self.where}\n  - {self.was}\n  + {self.became}"


def main() -> int:
    """Make all mutants and judge; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--workers", type=int, default=2)
    lay_out()
    command = [sys.executable, "-m", "mutmut", "run", "--max-children"]
    workers = str(parser.parse_args().workers)
    subprocess.run([*command, workers], cwd=PLACE, check=True)  # noqa: S603 - our own words
    return judged()


def lay_out() -> None:
    """Put the packages and the tests where mutmut looks for them."""
    shutil.rmtree(PLACE, ignore_errors=True)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, PLACE / "src" / Path(package).name)
    shutil.copytree(ROOT / "tests", PLACE / "tests")
    shutil.copy(Path(__file__).with_name("conftest.py"), PLACE / "tests" / "conftest.py")
    (PLACE / "pyproject.toml").write_text(_SETTINGS, encoding="utf-8")


def judged() -> int:
    """Tell how many were noticed, and which were not; return the exit code."""
    codes = exit_codes()
    survivors = [mutant_of(name) for name, code in codes.items() if code in _NOT_NOTICED]
    known = [
        Mutant(each["where"], each["was"], each["became"])
        for each in tomli.loads(SURVIVORS.read_text(encoding="utf-8"))["survivor"]
    ]
    noticed = 1 - len(survivors) / len(codes)
    unknown = [each for each in survivors if each not in known]
    for mutant in unknown:
        print(f"Not noticed, and no reason in {SURVIVORS.name}: {mutant}")  # noqa: T201
    stale = [each for each in known if each not in survivors]
    if stale:
        late = [mutant_of(name) for name, code in codes.items() if code in _TOO_LATE]
        stale = [each for each in stale if each not in late]
    for mutant in stale:
        print(f"Noticed now, or not made any more; take it out of {SURVIVORS.name}: {mutant}")  # noqa: T201
    print(f"{noticed:.1%} of {len(codes):,} mutants are noticed.")  # noqa: T201
    return int(noticed < ENOUGH or bool(unknown or stale))


def exit_codes() -> dict[str, int]:
    """How the tests of each mutant ended, by mutmut's name for it."""
    found: dict[str, int] = {}
    for each in sorted(PLACE.glob("mutants/src/rai_jobs_fakes/machine/*.meta")):
        codes = json.loads(each.read_text(encoding="utf-8"))["exit_code_by_key"]
        if None in codes.values():
            raise SystemExit(f"mutmut did not come to an end in {each.stem}: run it again.")
        found.update(codes)
    return found


def mutant_of(name: str) -> Mutant:
    """What mutmut changed, from its own diff."""
    lines = _diff(name).splitlines()
    was, became = (
        " ".join(line[1:].strip() for line in lines if line[:1] == sign and line[:3] != sign * 3)
        for sign in "-+"
    )
    place = name.removeprefix("rai_jobs_fakes.machine.").rpartition("__mutmut_")[0]
    module, _, function = place.partition(".")
    # mutmut writes `x_` before a function, and joins a class and a method by a letter of its own.
    method = function.startswith("xǁ")
    path = function[2:].replace("ǁ", ".") if method else function.removeprefix("x_")
    return Mutant(f"{module}.{path}", was, became)


def _diff(name: str) -> str:
    show = [sys.executable, "-m", "mutmut", "show", name]
    shown = subprocess.run(show, cwd=PLACE, check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    return shown.stdout


if __name__ == "__main__":
    sys.exit(main())
