"""What came of the matrix, as it is kept: a file for each environment, and why two clients differ.

`python -m tests.interop.outcomes` plays every level here and keeps what came.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rai_jobs_fakes.doors.proxy import STARTUP

from .ways import WAYS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["KEPT", "Kept", "Reason", "Where", "kept_outcomes", "played", "reasons"]

KEPT = Path(__file__).with_name("outcomes")
_REASONS = Path(__file__).with_name("reasons.toml")
_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 570

Outcome = dict[str, str]


@dataclass(frozen=True)
class Kept:
    """What came in one environment.

    Args:
        environment: its name.
        versions: of the packages in it.
        outcomes: by level, then by case.
    """

    environment: str
    versions: dict[str, str]
    outcomes: dict[str, dict[str, Outcome]]


@dataclass(frozen=True)
class Where:
    """Where a reason is one.

    Args:
        cases: patterns of cases' names.
        over: transports; every one when empty.
        levels: patterns of levels' names.
        environments: patterns of environments' names.
    """

    cases: tuple[str, ...]
    over: tuple[str, ...]
    levels: tuple[str, ...]
    environments: tuple[str, ...]

    def holds(self, environment: str, level: str, case: str) -> bool:
        """Tell whether a case on a level is there."""
        return (not self.over or WAYS[level].transport in self.over) and all(
            any(fnmatchcase(name, pattern) for pattern in patterns)
            for name, patterns in (
                (environment, self.environments),
                (level, self.levels),
                (case, self.cases),
            )
        )


@dataclass(frozen=True)
class Reason:
    """Why two clients differ, or why something is impossible.

    Args:
        why: in words, for the page.
        by: who chose it: `ours` (on purpose), `theirs`, or `nature`.
        impossible: whether it is why something is impossible, not why they differ.
        where: where it is one.
    """

    why: str
    by: str
    impossible: bool
    where: tuple[Where, ...]

    def explains(self, environment: str, level: str, case: str, *, came: str) -> bool:
        """Tell whether it is the reason of what came of a case on a level.

        Args:
            environment, level, case: where it came.
            came: `same`, `differs` or `impossible`.
        """
        return (came == "impossible") is self.impossible and any(
            each.holds(environment, level, case) for each in self.where
        )


def reasons() -> list[Reason]:
    """Return every reason, in the order of the notes."""
    held: list[dict[str, Any]] = tomllib.loads(_REASONS.read_text(encoding="utf-8"))["reason"]
    return [
        Reason(
            why=each["why"],
            by=each["by"],
            impossible=each.get("impossible", False),
            where=tuple(_where(row) for row in each["where"]),
        )
        for each in held
    ]


def _where(row: dict[str, list[str]]) -> Where:
    unknown = row.keys() - Where.__annotations__
    if unknown:
        raise ValueError(f"reasons.toml: `where` has no {sorted(unknown)}.")
    return Where(
        cases=tuple(row["cases"]),
        over=tuple(row.get("over", ())),
        levels=tuple(row.get("levels", ["*"])),
        environments=tuple(row.get("environments", ["*"])),
    )


def kept_outcomes() -> list[Kept]:
    """Return what is kept, by the environment's name."""
    return [
        Kept(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(KEPT.glob("*.json"))
    ]


def played(level: str) -> dict[str, Outcome]:
    """Play a level in a process of its own, and return what came of its cases."""
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-m", "tests.interop.play", level],
        cwd=_ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode:
        raise RuntimeError(f"Level {level!r} did not come to its end:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _environment() -> dict[str, str]:
    """Return an environment in which Python begins as it does in the proxy's."""
    path = [str(STARTUP), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def main() -> None:
    """Play every level, or those that are named, two at once, and keep what came."""
    from concurrent.futures import ThreadPoolExecutor

    from .levels import ENVIRONMENT, LEVELS, VERSIONS

    path = KEPT / f"{ENVIRONMENT.replace(', ', '-').replace(' ', '-')}.json"
    names = sys.argv[1:] or [level.name for level in LEVELS]
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(names, pool.map(played, names), strict=True))
    if path.exists():
        found = {**json.loads(path.read_text(encoding="utf-8"))["outcomes"], **found}
    kept = {"environment": ENVIRONMENT, "versions": VERSIONS, "outcomes": found}
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"kept {path.relative_to(_ROOT)}")  # noqa: T201


if __name__ == "__main__":
    if find_spec("relationalai") is None:
        sys.exit("The published relationalai package is not installed here: see `make interop`.")
    main()
