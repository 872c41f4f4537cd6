"""Pages that are made from the code: `make docs` makes them again, a test holds them to it."""

from __future__ import annotations

from pathlib import Path

from rai_jobs import Config, errors
from rai_jobs.config import CONFIG_FILE_VARIABLE
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


def configuration_page() -> str:
    """Return `docs/configuration.md`: every setting, from the settings' own schema."""
    rows = [
        f"| `{name}` | `RAI_JOBS_{name.upper()}` | {_type_of(name)} | {_default_of(name)} |"
        f" {field.description} |"
        for name, field in Config.model_fields.items()
    ]
    return "\n".join(
        [
            "# Configuration",
            "",
            "Generated from `src/rai_jobs/config.py` by `make docs`.",
            "",
            "An argument of `Config` wins over the environment, and that over a TOML file with the"
            f" same names at its top level, which `config_file=` or `{CONFIG_FILE_VARIABLE}` names."
            " An unknown or wrong setting is a `JobConfigurationError` that names it and where it"
            " came from.",
            "",
            "| setting | environment | type | default | what it is |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def errors_page() -> str:
    """Return `docs/errors.md`: every error, from its own docstring."""
    rows: list[str] = []
    for name in errors.__all__:
        kind = getattr(errors, name)
        if not issubclass(kind, errors.JobError) or kind is errors.JobError:
            continue
        when, _, rest = (kind.__doc__ or "").partition("\n")
        remedy = rest.partition("What to do: ")[2].partition("\n")[0]
        family = next(base.__name__ for base in kind.__mro__ if base.__name__.startswith("Client"))
        rows.append(f"| `{name}` | `{family}` | {when} | {remedy} |")
    return "\n".join(
        [
            "# Errors",
            "",
            "Generated from `src/rai_jobs/errors.py` by `make docs`.",
            "",
            "Every error is a `JobError`, and at once a member of its general family: catch by"
            " either. One whose `transient` is true may well not come back when asked again;"
            " `wait` and `follow` bear with those.",
            "",
            "| error | family | when | what to do |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _type_of(name: str) -> str:
    annotation = str(Config.model_fields[name].annotation)
    words = {"SecretStr": "secret", "Path": "path", "dict": "table", "bool": "bool"}
    words |= {"float": "float", "int": "int", "str": "str"}
    return next(shown for word, shown in words.items() if word in annotation)


def _default_of(name: str) -> str:
    default = Config.model_fields[name].default
    return "" if default is None else f"`{default}`"


PAGES = {
    "docs/configuration.md": configuration_page,
    "docs/errors.md": errors_page,
    "docs/machine.md": machine_page,
}
"""Every generated page: its path, and what makes it."""


def main() -> None:
    for path, make in PAGES.items():
        (ROOT / path).write_text(make(), encoding="utf-8")
        print(f"made {path}")  # noqa: T201


if __name__ == "__main__":
    main()
