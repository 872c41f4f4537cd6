"""A command line in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 30

FOLDERS = os.pathsep.join(str(ROOT / folder) for folder in ("src", "fakes"))
ENVIRONMENT = {
    # A proxy that this machine has is none of a test's.
    **{name: of for name, of in os.environ.items() if not name.lower().endswith("_proxy")},
    "PYTHONPATH": FOLDERS,
}


def start(*words: str, **more: str) -> subprocess.Popen[str]:
    """Start a command."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "rai_jobs_fakes", *words],
        env={**ENVIRONMENT, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(*words: str, **more: str) -> tuple[int, str, str]:
    """Run a command to its end: its status, its output and its errors."""
    process = start(*words, **more)
    out, err = process.communicate(timeout=TIMEOUT_S)
    return process.returncode, out, err


class Serving:
    """A server that says where it is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))
            if " has the token " in line:
                break

    @property
    def url(self) -> str:
        """Its address."""
        [line] = [line for line in self.lines if line.startswith("# serving ")]
        return line.removeprefix("# serving ")

    def end(self, number: int) -> tuple[int, str, str]:
        """Send a signal; return the status, what more it said, and its errors, at its end."""
        self.process.send_signal(number)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        # Not by `communicate`, which knows nothing of what was read ahead.
        out, err = self.process.stdout.read(), self.process.stderr.read()
        return self.process.wait(TIMEOUT_S), out, err


@contextmanager
def serving(*words: str, **more: str) -> Generator[Serving]:
    """A server that ends with the block."""
    process = start("serve", *words, **more)
    try:
        yield Serving(process)
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)
