"""`serve`: a server until it is told to stop."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path

import click

from ..accounts import DEFAULT_USER
from ..control.namespaces import HEADER
from ..doors.server import FakeServer, FakeServerError
from .making import made_of, making_options
from .stopping import Stopping

__all__ = ["serve"]

_INTERRUPTED = 130


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="0 for any that is free.")
@making_options
@click.option("--allow-remote", is_flag=True, help="Let --host be another address than loopback.")
@click.option(
    "--control-token",
    envvar="RAI_JOBS_FAKE_CONTROL_TOKEN",
    help="What the control API asks for; made up with --allow-remote.",
)
@click.option(
    "--allowed-host",
    "hosts",
    multiple=True,
    help="A name that the control API may be called by, beside loopback's.",
)
@click.option("--print-env", is_flag=True, help="Print the proxy's environment, as exports.")
def serve(
    *,
    host: str,
    port: int,
    script: Path | None,
    factor: float | None,
    seed: int | None,
    wire: dict[str, float],
    allow_remote: bool,
    control_token: str | None,
    hosts: tuple[str, ...],
    print_env: bool,
) -> None:
    """Serve a fake until SIGTERM or SIGINT: Direct Access, the wire, and the control API."""
    made = made_of(script, factor, seed, wire)
    try:
        server = made.backend.serve(
            host=host,
            port=port,
            allow_remote=allow_remote,
            control_token=control_token,
            control_hosts=hosts,
            prepare=made.fill,
        )
        with Stopping() as stopping, server:
            _tell(server, given=control_token is not None)
            if print_env:
                _export(server)
            came = stopping.wait()
    except (FakeServerError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(_INTERRUPTED if came is signal.SIGINT else 0)


def _tell(server: FakeServer, *, given: bool) -> None:
    click.echo(f"# serving {server.url}")
    click.echo(f"# control API {server.url}/control/openapi.json")
    click.echo(f"# namespaces: header {HEADER}, path /ns/NAME, host ns-NAME, account ns-NAME")
    if server.control_token is not None and not given:
        # Once, and nowhere else: whoever gave one knows it.
        click.echo(f"# control token {server.control_token}")
    click.echo(f"# {DEFAULT_USER} has the token {server.token()}")
    sys.stdout.flush()


def _export(server: FakeServer) -> None:
    for name, value in server.proxy_environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()
