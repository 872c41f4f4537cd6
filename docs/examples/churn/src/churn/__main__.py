"""`python -m churn`: connects as `raiconfig.yaml` says, trains, and tells the job's id."""

from __future__ import annotations

import sys
from typing import cast

from relationalai.client import (  # pyright: ignore[reportMissingImports] - absent where types are checked
    connect_sync,  # pyright: ignore[reportUnknownVariableType] - so that its type is not known
)

from .training import Client, train


def main() -> int:
    """Train, tell the job's id, and return the exit status."""
    client = cast("Client", connect_sync())
    try:
        print(train(client.jobs, {"target": "churned", "epochs": 20}))
    finally:
        client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
