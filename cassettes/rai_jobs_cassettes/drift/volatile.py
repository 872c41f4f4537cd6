"""What differs by nature between two runs: rules that say by name how far a value may.

A rule names where it holds by the last names on the way to a value, whatever their case. Inside of
what users themselves put in (payloads, events, problems) only a rule that says so holds. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

__all__ = ["DEFAULT_VOLATILE", "How", "Rules", "Volatile"]

_CONTENT = frozenset({"events", "payload", "problems", "artifacts", "report", "inputs"})
"""Under these is what users, or their work, said: it does not differ by nature."""


class How(Enum):
    """How far a value may differ."""

    IGNORED = "ignored"
    """Not looked at, nor whether it is there."""
    NAMED = "named"
    """Made anew in each run; one stands for the other from then on, and for nothing else."""
    OPAQUE = "opaque"
    """Made anew at each answer; whether it is empty counts. It stands for the last one told."""
    INSTANT = "instant"
    """A time: how long after `created_on` beside it, or after the first one told, counts."""
    DURATION = "duration"
    """So many milliseconds, more or less."""


@dataclass(frozen=True)
class Volatile:
    """What may differ.

    Args:
        where: the last names on the way to it, joined by points, e.g. `created_on` or
            `headers.retry-after`.
        how: how far.
    """

    where: str
    how: How = How.IGNORED


class Rules:
    """Which rule holds where: the longest that is meant, and of those the last.

    Args:
        ignore: the rules.
    """

    def __init__(self, ignore: Iterable[Volatile]) -> None:
        self._by_name: dict[str, list[tuple[tuple[str, ...], How]]] = {}
        for each in ignore:
            names = tuple(each.where.lower().split("."))
            self._by_name.setdefault(names[-1], []).append((names, each.how))
        for rules in self._by_name.values():
            rules.reverse()
            rules.sort(key=lambda rule: -len(rule[0]))

    def at(self, way: Sequence[str]) -> How | None:
        """Return how far what stands at the end of a way may differ; `None` for not at all."""
        for names, how in self._by_name.get(way[-1], ()) if way else ():
            reach = len(way) - len(names)
            if reach >= 0 and tuple(way[reach:]) == names and not _CONTENT & {*way[:reach]}:
                return how
        return None


DEFAULT_VOLATILE: tuple[Volatile, ...] = (
    *(Volatile(each, How.NAMED) for each in ("id", "job_id", "txn_id", "transaction_id")),
    *(Volatile(each, How.NAMED) for each in ("query_id", "queryid", "sfqid")),
    Volatile("continuation_token", How.OPAQUE),
    Volatile("presigned_url", How.OPAQUE),
    Volatile("service_endpoint", How.OPAQUE),
    Volatile("privatelink_ingress_url", How.OPAQUE),
    *(Volatile(each, How.INSTANT) for each in ("created_on", "finished_at", "updated_on")),
    Volatile("suspends_at", How.INSTANT),
    Volatile("duration", How.DURATION),
    *(Volatile(each) for each in ("session_id", "request_id", "trace_id")),
)
"""Ids, tokens, presigned URLs, the address of the backend, and times."""
