"""Which script an execution lives by: the first that matches, in the order of registration."""

from __future__ import annotations

from dataclasses import dataclass, field

from rai_jobs.reasoners import ReasonerType

from ..script import JobScript

__all__ = ["ScriptBook", "ScriptEntry"]


@dataclass(eq=False)
class ScriptEntry:
    """One registered script, and for whom it is meant."""

    script: JobScript
    reasoner_type: ReasonerType | None = None
    """Only for this type; `None` for every type that the script fits."""
    name: str | None = None
    """Only for this reasoner; `None` for every one."""
    left: int | None = None
    """How many more executions it is for; `None` for any number."""

    def matches(self, kind: ReasonerType, name: str) -> bool:
        """Tell whether an execution on reasoner `name` of type `kind` lives by this script."""
        return (
            self.left != 0
            and self.reasoner_type in (None, kind)
            and self.name in (None, name)
            and self.script.fits(logic=kind.is_logic)
        )


@dataclass
class ScriptBook:
    """All registered scripts; what none matches completes at once."""

    entries: list[ScriptEntry] = field(default_factory=list[ScriptEntry])
    _default: ScriptEntry = field(default_factory=lambda: ScriptEntry(JobScript()))

    def add(self, entry: ScriptEntry) -> None:
        """Register a script behind those that are there."""
        self.entries.append(entry)

    def find(self, kind: ReasonerType, name: str) -> ScriptEntry:
        """Return the first entry that matches."""
        matching = (entry for entry in self.entries if entry.matches(kind, name))
        return next(matching, self._default)

    def use(self, entry: ScriptEntry) -> None:
        """Count one execution that was accepted under `entry`."""
        if entry.left is not None:
            entry.left -= 1
