"""Playing something twice: recorded against a served fake, and replayed with nothing there."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from rai_jobs_cassettes.sql.cursor_seam import patched

from ...fakes.doors.wired import server
from .taping import MemoryTape, nothing_reachable

__all__ = ["NOWHERE", "both", "connector", "recorded", "replayed"]

# No password, no key, and a port where nobody listens: also what is no Python finds nothing.
NOWHERE: dict[str, Any] = {"account": "fake_account", "host": "127.0.0.1", "port": 1}


def connector() -> Any:
    """The connector's module; untyped, since the connector 4 does not tell its types."""
    return import_module("snowflake.connector")


def recorded(play: Callable[[dict[str, Any]], Any], **changed: Any) -> tuple[Any, MemoryTape]:
    """Record what `play` does with the connection parameters that it is given."""
    tape = MemoryTape()
    parameters = {**server().connection_parameters(), **changed}
    with patched(tape):
        return play(parameters), tape


def replayed(play: Callable[[dict[str, Any]], Any], tape: MemoryTape, user: str) -> Any:
    """Replay it; all that was recorded must be asked for."""
    again = MemoryTape(tape.kept)
    with nothing_reachable(), patched(again):
        came = play({**NOWHERE, "user": user})
    assert again.left == []
    return came


def _text_of(came: Any) -> str:
    """Return all of it as text, without the ids that the connector 5 makes and tells in errors."""
    return re.sub(r"request_id=[0-9a-f-]{36}", "request_id=…", repr(came))


def both(play: Callable[[dict[str, Any]], Any], user: str = "fake_user", **changed: Any) -> Any:
    """Return what `play` returned when it was recorded; the replay returned the same."""
    first, tape = recorded(play, **({"user": user} if user != "fake_user" else {}), **changed)
    second = replayed(play, tape, user)
    # Zones and the classes of numbers show in the text.
    assert _text_of(second) == _text_of(first), f"{second} is not {first}"
    return first
