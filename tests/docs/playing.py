"""A page that is a story: its files are written, changed and tested in the order it tells them.

A block is a file, whose path is the line above it; a diff of such files; or a console, with a
command and what it must print. There `…` stands for lines that are left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.plugin_option import PLUGIN

__all__ = ["Block", "blocks_of", "differs", "play"]

ROOT = Path(__file__).parents[2]
INSTALL = "pip install 'rai-jobs[testing]'"
_BLOCK = re.compile(
    r"(?:^`(?P<path>[\w./]+)`:\n\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_PYTEST = "pytest -q"
_LEFT_OUT = "…"
_DURATION = re.compile(r" in \d+\.\d+s")
_PATIENCE_S = 120


@dataclass(frozen=True)
class Block:
    """One block of the page."""

    kind: str
    text: str
    path: str | None


def blocks_of(page: str) -> list[Block]:
    """Return all blocks of a page, in its order."""
    return [Block(each["kind"], each["text"], each["path"]) for each in _BLOCK.finditer(page)]


def play(page: str, folder: Path) -> int:
    """Do what a page says in a folder, and return how many consoles were true.

    Raises:
        AssertionError: what came is not what a console shows, or a block is of no known kind.
    """
    consoles = 0
    blocks = blocks_of(page)
    fences = len(re.findall(r"^```", page, re.MULTILINE))
    assert fences == 2 * len(blocks), f"{fences} fences, and {len(blocks)} blocks"
    for block in blocks:
        if block.kind == "python" and block.path is not None:
            path = folder / block.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.kind == "diff":
            _apply(block.text, folder)
        elif block.kind == "console":
            consoles += _console(block.text, folder)
        else:
            raise AssertionError(f"Nobody knows what to do with {block}")
    return consoles


def differs(shown: str, came: str) -> str | None:
    """Return the first part of what is shown that did not come, in its order; `None` if all did."""
    parts = re.split(rf"^{_LEFT_OUT}\n", _DURATION.sub("", shown), flags=re.MULTILINE)
    rest = _DURATION.sub("", came)
    if len(parts) == 1:
        return None if rest == parts[0] else parts[0]
    first, *between, last = parts
    if not rest.startswith(first):
        return first
    rest = rest[len(first) :]
    for part in between:
        _, found, rest = rest.partition(part)
        if not found:
            return part
    return None if rest.endswith(last) else last


def _console(text: str, folder: Path) -> int:
    command, _, shown = text.removeprefix("$ ").partition("\n")
    if command == INSTALL:  # `make examples` does it, from the wheel
        return 0
    assert command.startswith(_PYTEST), command
    came = _pytest(command.removeprefix(_PYTEST).split(), folder)
    missing = differs(shown, came)
    assert missing is None, f"`{command}` did not tell:\n{missing}\nbut:\n{came}"
    return 1


def _pytest(arguments: list[str], folder: Path) -> str:
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", *PLUGIN, *arguments]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**os.environ, "COLUMNS": "80", "PY_COLORS": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    return done.stdout + done.stderr


def _apply(diff: str, folder: Path) -> None:
    done = subprocess.run(
        ["git", "apply", "-"],  # noqa: S607
        input=diff,
        cwd=folder,
        # A repository around it would have git look for the files there.
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
