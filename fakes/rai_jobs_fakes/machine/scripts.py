"""Which script an execution lives by: the first that matches, in the order of registration."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rai_jobs.reasoners import ReasonerType

from ..script import JobScript
from .plan import Plan
from .refusals import Refused

__all__ = ["Payload", "ScriptBook", "ScriptEntry"]

Payload = dict[str, Any]


@dataclass(eq=False)
class ScriptEntry:
    """One registered script, or what makes scripts, and for whom it is meant."""

    script: JobScript | Callable[[Payload], JobScript | None]
    """The script; or what is asked for one with each payload, `None` for "not mine"."""
    reasoner_type: ReasonerType | None = None
    """Only for this type; `None` for every type that the script fits."""
    name: str | None = None
    """Only for this reasoner; `None` for every one."""
    left: int | None = None
    """How many more executions it is for; `None` for any number."""
    where: Callable[[Payload], bool] | None = None
    """Only for payloads of which this is true; `None` for every one."""
    registered_at: str = ""
    """Where the test registered it, as `file:line`."""
    used: int = 0
    """How many executions live by it."""
    _plan: Plan | None = None

    def plan_for(self, kind: ReasonerType, name: str, payload: Payload) -> Plan | None:
        """Return how an execution lives by this entry; `None` when it does not match.

        Raises:
            Refused: what the test gave to be called failed, or gave what cannot be.
        """
        if (
            self.left == 0
            or self.reasoner_type not in (None, kind)
            or self.name not in (None, name)
        ):
            return None
        # User code gets a copy, so that it cannot change what was asked.
        if self.where is not None and not self._asked(self.where, copy.deepcopy(payload)):
            return None
        if isinstance(self.script, JobScript):
            if self._plan is None:
                self._plan = Plan(self.script)
            return self._plan if self._plan.fits[kind.is_logic] else None
        script = self._asked(self.script, copy.deepcopy(payload))
        if script is None:
            return None
        if not isinstance(script, JobScript) or not script.fits(logic=kind.is_logic):
            raise Refused(
                f"the on_create callback registered at {self.registered_at} must return a JobScript"
                f" that {kind.label} can live by, or None; got {script!r:.200}"
            )
        return Plan(script)

    def use(self) -> None:
        """Count one execution that was accepted under this entry."""
        self.used += 1
        if self.left is not None:
            self.left = max(0, self.left - 1)

    def __str__(self) -> str:
        kind = self.reasoner_type.label if self.reasoner_type else "any type"
        name = "any reasoner" if self.name is None else repr(self.name)
        which = ", where its predicate holds" if self.where else ""
        spent = "" if self.left is None else f", {self.left} left"
        return f"{self.registered_at or 'a script'}: {kind}, {name}{which}{spent}"

    def _asked(self, function: Callable[[Payload], Any], payload: Payload) -> Any:
        try:
            return function(payload)
        except Exception as error:
            # The call is answered, not torn: the same over a socket as in memory.
            raise Refused(
                f"what the test registered at {self.registered_at} failed:"
                f" {type(error).__name__}: {error}"
            ) from error


@dataclass
class ScriptBook:
    """All registered scripts; what none matches completes at once, or is refused if `strict`."""

    strict: bool = False
    entries: list[ScriptEntry] = field(default_factory=list[ScriptEntry])
    _default: ScriptEntry = field(default_factory=lambda: ScriptEntry(JobScript()))
    _spent: int = 0
    """How many entries at the head are used up: a test may register one for each execution."""

    def add(self, entry: ScriptEntry) -> None:
        """Register a script behind those that are there."""
        self.entries.append(entry)

    def find(self, kind: ReasonerType, name: str, payload: Payload) -> tuple[ScriptEntry, Plan]:
        """Return the first entry that matches, and how an execution lives by it.

        Raises:
            Refused: none matches, under `strict`; or what the test gave to be called failed.
        """
        entries = self.entries
        while self._spent < len(entries) and entries[self._spent].left == 0:
            self._spent += 1
        for place in range(self._spent, len(entries)):
            plan = entries[place].plan_for(kind, name, payload)
            if plan is not None:
                return entries[place], plan
        if self.strict:
            known = "; ".join(map(str, self.entries)) or "none"
            raise Refused(
                f"no script matches {kind.label} on {name!r} (strict_scripts). Registered: {known}"
            )
        plan = self._default.plan_for(kind, name, payload)
        assert plan is not None, "the default script fits everything"  # noqa: S101
        return self._default, plan

    def unused(self) -> list[ScriptEntry]:
        """Return the entries that no execution lived by, in the order of registration."""
        return [entry for entry in self.entries if not entry.used]

    def forget(self, entries: list[ScriptEntry]) -> None:
        """Take `entries` out."""
        self.entries = [entry for entry in self.entries if entry not in entries]
        self._spent = 0
