"""All commands."""

from __future__ import annotations

import click

from rai_jobs.version import __version__

from .run import run
from .schema import schema
from .serve import serve

__all__ = ["commands"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def commands() -> None:
    """Run a fake RelationalAI jobs backend."""


for _command in (serve, run, schema):
    commands.add_command(_command)
