"""What is released, built from this checkout; nothing is downloaded for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["ROOT", "build", "build_source", "rebuild", "unpack"]

ROOT = Path(__file__).parents[2]


def build(into: Path) -> Path:
    """Build the wheel, and return where it is.

    Args:
        into: the folder, made where it is not there.

    Raises:
        RuntimeError: it cannot be built; says why.
    """
    return _built("wheel", into, ROOT)


def build_source(into: Path) -> Path:
    """Build the source distribution; as `build`."""
    return _built("sdist", into, ROOT)


def rebuild(source: Path, into: Path) -> Path:
    """Build the wheel from a source distribution; as `build`."""
    return _built("wheel", into, unpack(source, into / "unpacked"))


def unpack(source: Path, into: Path) -> Path:
    """Unpack a source distribution into a new folder, and return its one folder there."""
    with tarfile.open(source) as archive:
        # Python 3.10 has filters from 3.10.12 on; without one, our own build is trusted.
        if hasattr(tarfile, "data_filter"):
            archive.extractall(into, filter="data")
        else:
            archive.extractall(into)  # noqa: S202
    [top] = into.iterdir()
    return top


def _built(target: str, into: Path, root: Path) -> Path:
    into.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made:
        command = [sys.executable, "-m", "hatchling", "build", "--target", target, "-d", made]
        done = subprocess.run(  # noqa: S603 - our own interpreter
            command, cwd=root, capture_output=True, text=True, check=False
        )
        files = list(Path(made).iterdir())
        if done.returncode != 0 or len(files) != 1:
            raise RuntimeError(f"The {target} could not be built:\n{done.stdout}{done.stderr}")
        return Path(shutil.move(files[0], into / files[0].name))
