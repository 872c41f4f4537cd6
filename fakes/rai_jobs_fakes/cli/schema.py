"""`schema`: print the JSON schema of a file of scripts."""

from __future__ import annotations

import json

import click

from ..scripts_file import schema as schema_of_scripts

__all__ = ["schema"]


@click.command()
def schema() -> None:
    """Print the JSON schema of a file of scripts."""
    click.echo(json.dumps(schema_of_scripts(), indent=2))
