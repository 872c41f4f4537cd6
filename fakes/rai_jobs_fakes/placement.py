"""`Placement`: a fault of a schedule and the call that it struck, so told that it strikes it again.

A schedule places a fault at the nth call of all that are struck; a reader wants the nth of its own
operation. Both name the same call; the second one is found here, in the transcript.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .faults.fault import Fault
from .faults.plan import InjectedFault
from .reports.transcript import Entry, Transcript

__all__ = ["Placement", "ScheduleError", "count_of", "told_placements"]


class ScheduleError(RuntimeError):
    """The placements cannot be gone through; the message says why, and what to do."""


@dataclass(frozen=True)
class Placement:
    """A fault, and the first call that it struck."""

    fault: Fault
    call: int
    """Which call of the transcript it was, from 1."""
    entry: Entry
    """That call in the transcript."""

    def __str__(self) -> str:
        return f"{self.fault!r} at call {self.call}, {self.entry.asked}"


def told_placements(
    transcript: Transcript, faults: tuple[Fault, ...], set_up: int
) -> tuple[tuple[Placement, ...], Transcript]:
    """Return where each fault struck first, in the order of `faults`, and the transcript.

    Both tell a fault by the call of its own operation that it struck.
    """
    told: dict[int, tuple[Fault, int]] = {}
    entries = list(transcript)
    for number, entry in enumerate(transcript, start=1):
        injected = entry.answer
        if isinstance(injected, InjectedFault) and any(injected.fault is each for each in faults):
            key = id(injected.fault)
            if key not in told:
                told[key] = _narrowed(injected.fault, transcript[set_up:number]), number
            answer = InjectedFault(told[key][0], injected.operation, injected.answer)
            entries[number - 1] = replace(entry, answer=answer)
    found = [told[id(each)] for each in faults if id(each) in told]
    placements = tuple(Placement(each, number, entries[number - 1]) for each, number in found)
    return placements, Transcript(entries)


def _narrowed(fault: Fault, until: Transcript) -> Fault:
    """Return a fault that strikes the last of these calls as the nth of its own operation."""
    if fault.which.nth is None:
        return fault
    operations = (until[-1].call.operation,)
    narrow = fault.placed(1, operations)
    return narrow.placed(count_of(narrow, until), operations)


def count_of(fault: Fault, entries: Transcript) -> int:
    """Return how many of these calls `fault` matches."""
    return sum(_concerns(fault, entry) for entry in entries)


def _concerns(fault: Fault, entry: Entry) -> bool:
    try:
        return fault.concerns(entry.call, entry.user, entry.face)
    except Exception as error:
        raise ScheduleError(
            f"`where` of {fault!r} failed for {entry.asked}: {type(error).__name__}: {error}. It"
            " must tell of every call whether it matches."
        ) from error
