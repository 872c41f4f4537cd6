"""The handler of a stored procedure: the same solve, by the session that Snowflake gives."""

from __future__ import annotations

from .solving import solve
from .statements import Session, by_session


def handler(session: Session, model: str) -> str:
    """Return the log of the solve of `model`, and how it ended."""
    lines: list[str] = []
    state = solve(by_session(session), "solver-1", model, lines.append)
    return "\n".join([*lines, state])
