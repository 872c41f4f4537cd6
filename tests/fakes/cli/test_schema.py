"""`schema`: prints what is shipped."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

import rai_jobs_fakes
from rai_jobs_fakes.cli.commands import commands


def test_the_schema_is_printed_as_it_is_shipped() -> None:
    result = CliRunner().invoke(commands, ["schema"])
    shipped = Path(rai_jobs_fakes.__file__).parent / "scripts.schema.json"
    assert result.exit_code == 0
    assert json.loads(result.output) == json.loads(shipped.read_text(encoding="utf-8"))
