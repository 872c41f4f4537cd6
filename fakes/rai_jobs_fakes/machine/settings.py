"""What may be set of the machine: one field a setting, each with its unit and its source."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..kinds import is_count, is_number, is_span, is_whole

__all__ = ["MachineSettings"]


@dataclass(frozen=True)
class MachineSettings:
    """How the backend behaves where that is a matter of degree.

    Raises:
        ValueError: a value makes no sense; names the setting.
    """

    seed: int = 0
    """What ids and tokens are made from."""
    event_page_size: int = 100
    """The most events on one page. [choice]"""
    detach_grace_s: float = 60.0
    """How long, in seconds, the owner of a transaction with `abort_detached` may be silent before
    it is aborted. [choice]"""
    default_timeout_mins: int = 1440
    """The timeout of an execution that was created without one, in minutes from creation. [docs
    for transactions; choice for jobs]"""
    strict_reasoners: bool = False
    """Whether only reasoners that were added exist; else any name does. [choice]"""
    strict_scripts: bool = False
    """Whether an execution that no script matches is refused; else it completes at once. [choice]
    """
    retention_s: float = math.inf
    """How long, in seconds, an execution can still be seen after it has ended. [choice: for ever]
    """
    get_lag_s: float = 0.0
    """How long, in seconds, after its creation an execution is not found by its id. [choice]"""
    list_lag_s: float = 0.0
    """How far, in seconds, lists are behind: they show what was so long ago. [choice]"""

    def __post_init__(self) -> None:
        if not is_whole(self.seed):
            raise ValueError(f"`seed` must be an integer; got {self.seed!r}.")
        for name in ("event_page_size", "default_timeout_mins"):
            given = getattr(self, name)
            if not is_count(given):
                raise ValueError(f"`{name}` must be an integer, 1 or more; got {given!r}.")
        for name in ("detach_grace_s", "retention_s"):
            given = getattr(self, name)
            if not is_number(given) or not given > 0:
                raise ValueError(
                    f"`{name}` must be a number of seconds, more than 0; got {given!r}."
                )
        for name in ("get_lag_s", "list_lag_s"):
            given = getattr(self, name)
            if not is_span(given):
                raise ValueError(
                    f"`{name}` must be a finite number of seconds, 0 or more; got {given!r}."
                )
