"""A block of the README for a shell, run as it is pasted there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

__all__ = ["pasted"]

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PATIENCE_S = 120


def pasted(name: str, folder: Path) -> tuple[str, str]:
    """Run the block that names a file, in `folder` as folder and home.

    Args:
        name: the file.
        folder: an empty folder.

    Returns:
        What the block promises, in its last comment, and what it printed.
    """
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = [each for each in _BLOCK.findall(text) if name in each]
    # A link would not lead to what is installed in a virtual environment.
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    python.chmod(0o700)
    environment = {
        **os.environ,
        "HOME": str(folder),
        "PATH": os.pathsep.join([str(folder), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("src", "fakes")),
    }
    done = subprocess.run(
        ["sh", "-e"],  # noqa: S607
        input=block,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    return block.rpartition("# ")[2].strip(), done.stdout.strip()
