"""`import rai_jobs` in a new interpreter, beside `import httpx`."""

from __future__ import annotations

import subprocess
import sys

from .measure import Result, in_turns


def _import(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)  # noqa: S603


def measure() -> list[Result]:
    """Return the measurements of this file."""
    return [
        in_turns(
            "python -c 'import rai_jobs'",
            lambda: _import("rai_jobs"),
            "python -c 'import httpx'",
            lambda: _import("httpx"),
            rounds=10,
            goal="1.5x or less",
        )
    ]
