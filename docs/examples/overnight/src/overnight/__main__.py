"""`python -m overnight 2026-03-01.json`: solves the models of a night."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rai_jobs import connect_sync

from .night import Night


def main(path: Path) -> int:
    """Solve the models of a file, tell how each ended, and return the exit status."""
    models = json.loads(path.read_text(encoding="utf-8"))
    with connect_sync() as client:
        report = Night(client.jobs, path.stem).run(models)
    for name, status in report.statuses.items():
        print(f"{name}: {status}")
    if report.gave_up is not None:
        print(f"gave up: {report.gave_up}", file=sys.stderr)
    return 0 if report.gave_up is None else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
