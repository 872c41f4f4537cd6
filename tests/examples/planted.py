"""A bug that an example once had, kept as a diff that puts it back.

Above the diff stands what it does, which test finds it, and the placement of a fault that this test
names. No other test may notice: that is what the example is there to show.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .outcomes import ExampleError, Outcomes

__all__ = ["PLANTED", "Planted", "plant", "planted_in"]

PLANTED = "planted.diff"
_HEAD = re.compile(r"(?P<says>.+)\n\nFails: (?P<fails>.+)\nPlacement: (?P<placement>.+)\n\n--- a/")
_PLACEMENT = re.compile(r"Fault\.\w+\(.*?\) at call \d+")


@dataclass(frozen=True)
class Planted:
    """A bug, and what must be seen of it."""

    says: str
    fails: str
    placement: str

    def require_found(self, clean: Outcomes, ran: Outcomes) -> None:
        """Do nothing where its test alone found it, and named the placement first.

        Args:
            clean: what came of the tests without it.
            ran: what came of them with it.

        Raises:
            ExampleError: another test found it, or none, or by another placement.
        """
        if set(ran.failed) != {self.fails}:
            found = ", ".join(sorted(ran.failed)) or "no test"
            raise ExampleError(
                f"{self.says!r} is found by {found}; by {self.fails} alone, it says."
            )
        if ran.passed != clean.passed - {self.fails}:
            raise ExampleError(f"With {self.says!r} not every other test passed: {ran}")
        named = _PLACEMENT.search(ran.failed[self.fails])
        if named is None or named.group() != self.placement:
            raise ExampleError(
                f"{self.fails} names {named and named.group()!r} first, and not {self.placement!r}:"
                f"\n{ran.failed[self.fails]}"
            )


def planted_in(project: Path) -> Planted:
    """Return the bug of a project.

    Raises:
        ExampleError: its diff does not begin as it must.
    """
    head = _HEAD.match((project / PLANTED).read_text(encoding="utf-8"))
    if head is None:
        raise ExampleError(f"{project.name}: {PLANTED} must begin as\n{_HEAD.pattern}")
    return Planted(**head.groupdict())


def plant(project: Path) -> None:
    """Put the bug back into a copy of a project.

    Raises:
        ExampleError: the diff does not fit the project any more.
    """
    # A repository around it would have git look for the files there.
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(project.resolve().parent)}
    done = subprocess.run(  # noqa: S603
        ["git", "apply", PLANTED],  # noqa: S607
        cwd=project,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ExampleError(f"{project.name}: {PLANTED} does not apply: {done.stderr}")
