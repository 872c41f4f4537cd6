"""What pytest made of a project's tests, read from its own report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

__all__ = ["ExampleError", "Outcomes", "outcomes_in"]


class ExampleError(RuntimeError):
    """An example does not do what it is there to show."""


@dataclass(frozen=True)
class Outcomes:
    """How each test ended, by its name as pytest spells it."""

    passed: frozenset[str]
    failed: Mapping[str, str]
    """With what it said."""
    skipped: frozenset[str]

    def require_green(self) -> None:
        """Do nothing where tests ran and all passed.

        Raises:
            ExampleError: no test ran, one failed, or one was skipped.
        """
        if self.failed or self.skipped:
            told = [f"{name}: {said}" for name, said in self.failed.items()]
            told += [f"{name} was skipped" for name in sorted(self.skipped)]
            raise ExampleError("\n".join(told))
        if not self.passed:
            raise ExampleError("No test ran.")


def outcomes_in(report: Path) -> Outcomes:
    """Read a report that pytest wrote by `--junitxml`."""
    passed: set[str] = set()
    failed: dict[str, str] = {}
    skipped: set[str] = set()
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - our own pytest wrote it
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        said = next((each for each in case if each.tag in ("failure", "error")), None)
        if said is not None:
            failed[name] = said.get("message", "")
        elif case.find("skipped") is not None:
            skipped.add(name)
        else:
            passed.add(name)
    return Outcomes(frozenset(passed), failed, frozenset(skipped))
