"""`python -m rai_jobs_fakes`: the commands are in `cli`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that was asked for."""
    try:
        from .cli.commands import commands
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is not installed: pip install 'rai-jobs[testing]'.")
    commands(prog_name="python -m rai_jobs_fakes")


if __name__ == "__main__":
    main()
