"""Pages that are made from the code: `make docs` makes them again, a test holds them to it."""

from __future__ import annotations

from pathlib import Path

from rai_jobs.states import TERMINAL_STATES
from rai_jobs_fakes.machine.table import TRANSITIONS, Kind, Trigger, initial_state

__all__ = ["PAGES", "ROOT"]

ROOT = Path(__file__).parents[2]

_TITLES = {Kind.TRANSACTION: "Transactions (Logic)", Kind.JOB: "Jobs (Prescriptive, Predictive)"}


def machine_page() -> str:
    """Return `docs/machine.md`: the machine's own table, drawn and listed."""
    order = ", then ".join(f"*{trigger.value}*" for trigger in Trigger if trigger.name != "CANCEL")
    parts = [
        "# The machine",
        "",
        "Generated from `fakes/rai_jobs_fakes/machine/table.py` by `make docs`: the pictures are"
        " the table.",
        "What each trigger means, and when it fires, is in `machine/execution.py`; who may cause it"
        " is in `machine/calls.py`.",
        "",
        f"When several are due in one instant, they fire in this order: {order}.",
        "Nothing leads out of a terminal state: "
        + ", ".join(sorted(f"`{state.value}`" for state in TERMINAL_STATES))
        + ".",
    ]
    for kind, rows in TRANSITIONS.items():
        moves = [
            (before.value, after.value, trigger.value)
            for before, by_trigger in rows.items()
            for trigger, after in by_trigger.items()
        ]
        arrows = [f"    {before} --> {after} : {why}" for before, after, why in moves]
        table = [f"| `{before}` | {why} | `{after}` |" for before, after, why in moves]
        parts += [
            "",
            f"## {_TITLES[kind]}",
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {initial_state().value} : accepted",
            *arrows,
            "```",
            "",
            "| state | trigger | next |",
            "|---|---|---|",
            *table,
        ]
    return "\n".join(parts) + "\n"


PAGES = {"docs/machine.md": machine_page}
"""Every generated page: its path, and what makes it."""


def main() -> None:
    for path, make in PAGES.items():
        (ROOT / path).write_text(make(), encoding="utf-8")
        print(f"made {path}")  # noqa: T201


if __name__ == "__main__":
    main()
