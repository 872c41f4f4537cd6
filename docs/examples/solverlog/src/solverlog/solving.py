"""One solve, and its log, line by line as the solver writes it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from .statements import CREATE, EVENTS, GET, STATE_OF_GET, Ask

TYPE = "Prescriptive"
ENDED = ("COMPLETED", "FAILED", "CANCELED")


class SolverLog:
    """The log of a solve, read on from where the last reading ended."""

    def __init__(self, ask: Ask, job_id: str) -> None:
        self._ask, self._job_id = ask, job_id
        self._token = ""
        self._drained = False

    def read(self) -> list[str]:
        """Return what has come since the last reading, page by page."""
        lines: list[str] = []
        token = self._token
        while not self._drained:
            page = json.loads(self._ask(EVENTS, (TYPE, self._job_id, token))[0])
            lines += [each["event"]["message"] for each in page["events"]]
            token = page["continuation_token"]
            self._drained = token == ""
            if not page["events"]:
                break
        # Only now: a reading that fails in the middle is done again from its start.
        self._token = token
        return lines


def solve(
    ask: Ask,
    solver: str,
    model: str,
    write: Callable[[str], object],
    *,
    poll_s: float = 10,
    patience: int = 3,
) -> str:
    """Solve `model`, hand each line of the log to `write`, and return the state it ended in.

    Raises:
        Exception: the connector's, or Snowpark's, once more than `patience` readings in a row
            have failed.
    """
    job_id = ask(CREATE, (TYPE, solver, json.dumps({"model": model})))[0]
    log = SolverLog(ask, job_id)
    failures = 0
    while True:
        try:
            state = ask(GET, (TYPE, job_id))[STATE_OF_GET]
            lines = log.read()
        except Exception:  # the connector's errors and Snowpark's have no nearer parent
            failures += 1
            if failures > patience:
                raise
        else:
            failures = 0
            for line in lines:
                write(line)
            if state in ENDED:  # before the log was read: all of it is read
                return state
        time.sleep(poll_s)
