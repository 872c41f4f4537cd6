"""A script as the machine reads it: times in whole microseconds, events laid out by stream.

Made once a script, however many executions live by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..instants import micros
from ..script import STREAMS, End, JobScript

__all__ = ["Plan", "Stream"]


@dataclass(frozen=True)
class Stream:
    """The events that a script has for one stream, in order."""

    after: tuple[int, ...]
    """When each comes, in microseconds after the start."""
    events: tuple[str, ...]
    """Each as JSON text: who reads one gets a value of their own."""

    @staticmethod
    def of(script: JobScript, name: str) -> Stream:
        """Lay out the events of stream `name`; those of one instant stay in the script's order."""
        told = [at for at in script.events if at.stream == name]
        lines = [(micros(at.after_s), json.dumps(at.event)) for at in told]
        lines.sort(key=lambda line: line[0])
        return Stream(tuple(line[0] for line in lines), tuple(line[1] for line in lines))


class Plan:
    """When what happens to an execution that lives by `script`, all in microseconds.

    Args:
        script: the script.
    """

    __slots__ = (
        "cancel_latency",
        "completes",
        "created",
        "fits",
        "guard_rail_after",
        "queue",
        "run",
        "script",
        "streams",
    )

    def __init__(self, script: JobScript) -> None:
        self.script = script
        self.created = micros(script.created_s)
        self.queue = micros(script.queue_s)
        self.run = micros(script.run_s)
        self.cancel_latency = micros(script.cancel_latency_s)
        after = script.guard_rail_after_s
        self.guard_rail_after = None if after is None else micros(after)
        self.completes = script.outcome.end is End.COMPLETED
        self.fits = {logic: script.fits(logic=logic) for logic in (False, True)}
        """Whether a job, or a transaction (`True`), can live by it."""
        self.streams = {name: Stream.of(script, name) for name in STREAMS}

    @property
    def starts_at_once(self) -> bool:
        """Whether it may take a slot in the instant of its creation."""
        return self.created == self.queue == 0
