"""The wheel in an environment that has nothing: does what the README promises come true there?"""

from __future__ import annotations

import re
from pathlib import Path

from .environment import new_environment, pip
from .first_screen import broken, readme_test, report_of, run, shown

__all__ = ["faults_of_installed", "installed"]


def installed(wheel: Path, folder: Path, constraints: Path) -> str:
    """Install a wheel with all that tests need, and return the Python that has it.

    Args:
        wheel: the file.
        folder: where the environment is made.
        constraints: the versions that are asked for, as pip reads them.

    Raises:
        RuntimeError: it cannot be installed, or what it needs does not fit; says why.
    """
    wanted = f"rai-jobs[testing] @ {wheel.resolve().as_uri()}"
    python = new_environment(folder, ["--constraint", str(constraints), wanted])
    pip(python, "check")
    return str(python)


def faults_of_installed(python: str, folder: Path, version: str) -> list[str]:
    """Return what does not come true, in words: the README's test passes, or fails with a reason.

    Args:
        python: that which has the wheel.
        folder: an empty one.
        version: what was built.
    """
    passed = run(readme_test(), folder, python)
    failed = run(broken(readme_test()), folder, python)
    # pytest lists what it found by an entry point, and nothing else.
    faults = [
        f"pytest shows no {each!r}:\n{passed}"
        for each in (f"rai-jobs-{version}", "collected 1 item")
        if each not in passed
    ]
    if not re.search(r"^=+ 1 passed in [\d.]+s =+$", passed, re.MULTILINE):
        faults.append(f"the README's test does not pass:\n{passed}")
    elif report_of(failed) != shown():
        faults.append(
            "the report is another than docs/pytest.md shows (run"
            f" `python -m tests.packaging.first_screen`):\n{report_of(failed)}"
        )
    return faults
