"""What `serve` and `run` share: their options, and the backend that is made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from rai_jobs.clock import Clock

from ..backend import FakeBackend
from ..clocks.paced_clock import PacedClock
from ..clocks.virtual_clock import VirtualClock
from ..control.setup import ScriptsFile, WireSaid
from ..control.strict import problems_of
from ..scripts_file import ScriptsFileError, load_scripts
from ..wire_settings import WireSettings

__all__ = ["Made", "made_of", "making_options"]

_F = TypeVar("_F", bound=Callable[..., Any])
_WIRE = [each.name for each in fields(WireSettings)]
_FASTER = re.compile("[x\N{MULTIPLICATION SIGN}]" r"(\d+(?:\.\d+)?)")


class Made:
    """A backend, and what fills those of other namespaces, or itself again."""

    def __init__(self, backend: FakeBackend, fill: Callable[[FakeBackend], object]) -> None:
        self.backend = backend
        self.fill = fill


def making_options(command: _F) -> _F:
    """Give a command the options that a backend is made of."""
    options = (
        click.option(
            "--script",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A file of scripts, in YAML: settings, users, reasoners, scripts, faults.",
        ),
        click.option(
            "--time",
            "factor",
            callback=_factor,
            default="real",
            show_default=True,
            help="How time passes: real; x10, ten times as fast; virtual, by the control API alone,"
            " so that a client that sleeps waits for ever.",
        ),
        click.option("--seed", type=int, help="What ids and tokens are made from."),
        click.option(
            "--wire",
            multiple=True,
            callback=_wire,
            metavar="NAME=VALUE",
            help="A life or bound of Snowflake's wire, e.g. session_token_s=5: one of"
            f" {', '.join(_WIRE)}.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def made_of(
    script: Path | None, factor: float | None, seed: int | None, wire: Mapping[str, float]
) -> Made:
    """Return the backend that the options say; they come before what the file says.

    Raises:
        click.ClickException: the file cannot be read, or cannot be done.
    """
    try:
        said = ScriptsFile() if script is None else load_scripts(script)
    except ScriptsFileError as error:
        raise click.ClickException(str(error)) from error
    arguments = said.settings.arguments()
    if seed is not None:
        arguments["seed"] = seed
    try:
        if wire:
            arguments["wire"] = replace(arguments.get("wire", WireSettings()), **wire)
        backend = FakeBackend(clock=_clock(said, factor), **arguments)
        said.fill(backend)
    except ValueError as error:
        raise click.ClickException(f"{script}: {error}") from error
    return Made(backend, said.fill)


def _wire(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> dict[str, float]:
    """Return settings of the wire by name."""
    pairs = [(name, value) for name, _, value in (each.partition("=") for each in values)]
    told: dict[str, Any] = {name: _number(value) for name, value in pairs}
    try:
        WireSaid(**told)
    except ValidationError as error:
        wrong = "; ".join(map(str, problems_of(error, told)))
        raise click.BadParameter(f"{wrong}.", context, option) from error
    return told


def _number(text: str) -> float | str:
    """Return the number that a text is, or the text where it is none."""
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        return float(text)
    return text


def _factor(context: click.Context, option: click.Parameter, value: str) -> float | None:
    """Return how fast time passes, `None` for not at all."""
    if value == "virtual":
        return None
    found = _FASTER.fullmatch(value)
    factor = 1.0 if value == "real" else float(found[1]) if found is not None else 0.0
    if not factor:
        raise click.BadParameter(
            f"{value!r} is not known; use one of virtual, real, x10 (or any xN).", context, option
        )
    return factor


def _clock(said: ScriptsFile, factor: float | None) -> Clock:
    start = said.settings.start
    if factor is not None:
        if start is not None:
            raise ValueError("`settings.start` is for virtual time alone: use `--time virtual`")
        return PacedClock(factor)
    return VirtualClock() if start is None else VirtualClock(start)
