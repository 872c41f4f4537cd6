"""`python -m solverlog model.mps`: solves a file, and prints the solver's log."""

from __future__ import annotations

import sys
from pathlib import Path

import snowflake.connector

from .solving import solve
from .statements import by_connection


def main(path: Path) -> int:
    """Solve a file's model, print the log, and return the exit status."""
    with snowflake.connector.connect(  # pyright: ignore[reportUnknownMemberType] - typed as of 5
        connection_name="solver", paramstyle="qmark"
    ) as connection:
        model = path.read_text(encoding="utf-8")
        state = solve(by_connection(connection), "solver-1", model, print)
    print(state)
    return 0 if state == "COMPLETED" else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
