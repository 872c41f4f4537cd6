"""Virtual environments as a stranger makes them: from the built wheel, with nothing of this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..packaging.environment import new_environment, pip, ran, said, strangers
from .outcomes import ExampleError, Outcomes, outcomes_in

__all__ = ["Environment", "installed_apart", "made_environment"]


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    python: Path

    def run_tests(
        self, folder: Path, *options: str, first_on_path: Iterable[Path] = ()
    ) -> Outcomes:
        """Run the tests of a folder, in that folder.

        Args:
            folder: holds `tests` and a `pyproject.toml`.
            options: of pytest.
            first_on_path: where modules are looked for before the environment's own.
        """
        report = folder / "report.xml"
        report.unlink(missing_ok=True)
        path = os.pathsep.join(map(str, first_on_path))
        command = [str(self.python), "-m", "pytest", "-q", f"--junitxml={report}", *options]
        done = ran(command, folder, strangers(path))
        if not report.exists():
            raise ExampleError(
                f"pytest wrote no report in {folder.name}:\n{done.stdout}{done.stderr}"
            )
        return outcomes_in(report)

    def says(self, code: str) -> str:
        """Return what a line of Python prints there."""
        return said([str(self.python), "-c", code]).strip()


def made_environment(folder: Path, requirements: Iterable[str]) -> Environment:
    """Make an environment in a folder, with what is required; compiled is only what is imported."""
    return Environment(new_environment(folder, requirements))


def installed_apart(folder: Path, requirement: str) -> Path:
    """Install what is required into a folder, to be put before what an environment has."""
    pip(Path(sys.executable), "install", "--no-compile", "--target", str(folder), requirement)
    return folder
