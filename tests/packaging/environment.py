"""A virtual environment as a stranger makes it, and what is told there: nothing of us."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

__all__ = ["new_environment", "pip", "ran", "said", "strangers"]

_OURS = ("PYTHON", "PYTEST_", "VIRTUAL_ENV", "RAI_JOBS_")
_PATIENCE_S = 600


def strangers(path: str = "") -> dict[str, str]:
    """Return the variables of this process without those that Python, pytest and we ourselves read.

    Args:
        path: where modules are looked for before those of the environment, as `PYTHONPATH` says it.
    """
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**theirs, "PYTHONPATH": path} if path else theirs


def new_environment(folder: Path, requirements: Iterable[str]) -> Path:
    """Make an environment with what is required, and return its Python.

    Compiled is only what is imported.

    Args:
        folder: where it is made.
        requirements: as pip takes them; options of pip may be among them.

    Raises:
        RuntimeError: it cannot be made, or what is required cannot be installed; says why.
    """
    said([sys.executable, "-m", "venv", str(folder)])
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip(python, "install", "--no-compile", *requirements)
    return python


def pip(python: Path, *arguments: str) -> None:
    """Run an environment's own pip: ours would need `--python`, which an old one does not know.

    Raises:
        RuntimeError: it fails; says why.
    """
    said([str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments])


def said(command: Sequence[str]) -> str:
    """Run a command as a stranger does, and return what it printed.

    Raises:
        RuntimeError: it fails; says why.
    """
    done = ran(command)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def ran(
    command: Sequence[str], folder: Path | None = None, told: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as a stranger does, whatever comes of it.

    Args:
        command: what is run.
        folder: where; here when not given.
        told: the variables; `strangers()` when not given.
    """
    return subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env=strangers() if told is None else told,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
