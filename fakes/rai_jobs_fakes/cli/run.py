"""`run`: a command that finds a fake where it looks for Snowflake."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click

from ..doors.proxy import FakeProxyError
from ..doors.server import FakeServer, FakeServerError
from .making import made_of, making_options
from .stopping import Stopping

__all__ = ["run"]

_NOT_EXECUTABLE = 126
_NOT_FOUND = 127
_SIGNALLED = 128


@click.command(context_settings={"allow_interspersed_args": False})
@making_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(
    *,
    script: Path | None,
    factor: float | None,
    seed: int | None,
    wire: dict[str, float],
    command: tuple[str, ...],
) -> None:
    """Run COMMAND with a fake in Snowflake's place, and return its exit status.

    It reaches the fake through a proxy that its environment names, and nothing else. At its end the
    timeline is printed, on standard error.
    """
    made = made_of(script, factor, seed, wire)
    try:
        with made.backend.serve(prepare=made.fill) as server:
            status = _status_of(command, _environment(server))
    except (FakeServerError, FakeProxyError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(str(made.backend.timeline()), err=True)
    sys.exit(status)


def _environment(server: FakeServer) -> dict[str, str]:
    # The first two say where it is to a program that wants to know that it runs on a fake.
    told = {"RAI_FAKE_URL": server.url, "RAI_FAKE_TOKEN": server.token()}
    if "RAI_JOBS_BASE_URL" in os.environ:
        told |= {"RAI_JOBS_BASE_URL": server.url, "RAI_JOBS_TOKEN": server.token()}
    return {**os.environ, **server.proxy_environment(), **told}


def _status_of(command: tuple[str, ...], environment: dict[str, str]) -> int:
    child: subprocess.Popen[bytes] | None = None
    early: list[signal.Signals] = []

    def pass_on(number: signal.Signals) -> None:
        if child is None:
            early.append(number)
        elif not (number is signal.SIGINT and sys.stdin.isatty()):
            # A terminal sends its interrupt to both of us.
            child.send_signal(number)

    with Stopping(pass_on):
        try:
            child = subprocess.Popen(command, env=environment)  # noqa: S603 - it is what was asked
        except OSError as error:
            click.echo(f"{command[0]}: {error.strerror}", err=True)
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        for number in early:
            child.send_signal(number)
        status = child.wait()
    return _SIGNALLED - status if status < 0 else status
