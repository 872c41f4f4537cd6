"""What `list` asks for, as a value, and what it means where a gateway filters (spec §7).

A transport that can filter at its source compiles the same value instead of calling `select`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TypeVar

from .models import JobRecord
from .states import is_terminal

__all__ = ["ListFilter", "aware", "creation_key", "page"]

_T = TypeVar("_T")
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class ListFilter:
    """Every filter that a record must pass; `None` asks nothing."""

    job_id: str | None = None
    """The id, exactly."""
    state: str | None = None
    """The state, in any case; given, it beats `only_active`."""
    name: str | None = None
    """The reasoner's name, in any case."""
    created_by: str | None = None
    """The creator, in any case; ignored with `all_users`."""
    only_active: bool = False
    """Only what has not ended (our choice: all five active states)."""
    all_users: bool = False
    """Whoever created it."""

    @property
    def creator(self) -> str | None:
        """The creator that is asked for; `None` where `all_users` makes it not count."""
        return None if self.all_users else self.created_by

    def matches(self, record: JobRecord) -> bool:
        """Tell whether `record` passes every filter."""
        if self.state is None and self.only_active and is_terminal(record.state):
            return False
        return (
            (self.job_id is None or record.id == self.job_id)
            and _same_text(self.state, record.state)
            and _same_text(self.name, record.reasoner_name)
            and _same_text(self.creator, record.created_by)
        )

    def select(
        self, records: Iterable[JobRecord], *, limit: int | None, offset: int | None
    ) -> list[JobRecord]:
        """Return what passes, newest first, without the first `offset`, at most `limit`."""
        found = sorted(filter(self.matches, records), key=creation_key, reverse=True)
        return page(found, limit=limit, offset=offset)


def page(items: list[_T], *, limit: int | None, offset: int | None) -> list[_T]:
    """Return `items` without the first `offset`, at most `limit` of them."""
    start = offset or 0
    return items[start:] if limit is None else items[start : start + max(limit, 0)]


def creation_key(record: JobRecord) -> datetime:
    """Return what to sort by: the creation; naive means UTC, none at all is oldest (spec §7)."""
    return aware(record.created_on) or _NEVER


def aware(instant: datetime | None) -> datetime | None:
    """Return `instant` with its zone: a naive one, of a foreign gateway, means UTC (spec §7)."""
    if instant is None or instant.tzinfo:
        return instant
    return instant.replace(tzinfo=timezone.utc)


def _same_text(wanted: str | None, found: str | None) -> bool:
    return wanted is None or (found is not None and found.lower() == wanted.lower())
