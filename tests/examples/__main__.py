"""`make examples`: every project of `docs/examples`, installed and tested as by a stranger.

Fails where a test fails or none ran, and where a planted bug is not found by its own test alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from ..packaging.wheel import ROOT, build
from .environments import Environment, installed_apart, made_environment
from .outcomes import ExampleError
from .planted import plant, planted_in

EXAMPLES = ROOT / "docs" / "examples"
TOGETHER = (("churn",), ("overnight", "solverlog"))
"""Which examples share an environment: the published package wants one of its own."""
TOOLS = ("pytest-randomly", "pytest-xdist")
OLDER = "pytest==8.*"
_IS_PUBLISHED = "from importlib.util import find_spec; print(find_spec('relationalai') is not None)"
_VERSION = "import pytest; print(pytest.__version__)"


@dataclass(frozen=True)
class Rooms:
    """The folders of one run, all outside of the repository."""

    wheel: Path
    older: Path
    """Holds the older pytest."""
    root: Path


def main() -> int:
    with TemporaryDirectory(prefix="rai-jobs-examples-") as name, ThreadPoolExecutor() as threads:
        root = Path(name)
        older = threads.submit(installed_apart, root / "older", OLDER)
        rooms = Rooms(build(root), older.result(), root)
        try:
            shared = [threads.submit(tried_together, each, rooms) for each in TOGETHER]
            for future in shared:
                sys.stdout.write("\n".join(future.result()) + "\n")
                sys.stdout.flush()
        except RuntimeError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def tried_together(examples: Sequence[str], rooms: Rooms) -> list[str]:
    """Try examples in an environment of theirs, and return what there is to tell of each."""
    projects = [f"{EXAMPLES / each}[test]" for each in examples]
    wheel = f"rai-jobs[testing] @ {rooms.wheel.as_uri()}"
    environment = made_environment(rooms.root / "-".join(examples), [wheel, *projects, *TOOLS])
    is_published = environment.says(_IS_PUBLISHED) == "True"
    if is_published != (examples == ("churn",)):
        raise ExampleError(f"relationalai is where it must not be, or is not: {examples}")
    return [tried(each, environment, rooms) for each in examples]


def tried(example: str, environment: Environment, rooms: Rooms) -> str:
    """Run an example's tests as it is, on both pytests, and with its bug; return what came of it.

    Raises:
        ExampleError: not as it must.
    """
    project = EXAMPLES / example
    # The tests alone: what they test is what is installed.
    folder = rooms.root / f"{example}-tests"
    copytree(project / "tests", folder / "tests")
    (folder / "pyproject.toml").write_bytes((project / "pyproject.toml").read_bytes())
    clean = environment.run_tests(folder, "-n", "2")
    clean.require_green()
    older = environment.run_tests(folder, "-p", "no:randomly", first_on_path=[rooms.older])
    older.require_green()

    planted = planted_in(project)
    copy = rooms.root / f"{example}-planted"
    copytree(project, copy)
    plant(copy)
    ran = environment.run_tests(copy, "-p", "no:randomly", first_on_path=[copy / "src"])
    planted.require_found(clean, ran)
    return (
        f"{example}: {len(clean.passed)} passed on pytest {environment.says(_VERSION)},"
        f" {len(older.passed)} on {OLDER}; the planted bug is found by {planted.placement}"
    )


if __name__ == "__main__":
    sys.exit(main())
