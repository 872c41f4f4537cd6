"""The published client's own `connect`, by nothing but its user's settings.

The server stands as the proxy of a program of its own; nothing in that program knows of a fake.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from rai_jobs import SystemClock
from rai_jobs_fakes import FakeBackend

from ..docs.pasting import pasted
from .generation import OLD, SCHEMA

pytestmark = pytest.mark.skipif(
    find_spec("relationalai") is None,
    reason="the published relationalai package is not installed here: `make interop` runs this",
)

CALLED = Path(__file__).with_name("their_script.py")
AWAITED = Path(__file__).with_name("their_awaited_script.py")
# The older one has jobs in a schema of their own.
NEWER = pytest.mark.skipif(OLD, reason="1.0 has no Direct Access by its settings, nor that schema")


def ran(program: Path, folder: Path, *, direct: bool = False) -> FakeBackend:
    """Run a program on a server of its own to its good end; return what was behind it."""
    # The program is another process: its time is the system's.
    backend = FakeBackend(clock=SystemClock(), schema=SCHEMA)
    backend.add_user("bob", password="bobs own")
    who = "authenticator: username_password, password: bobs own"
    if direct:
        who = f"authenticator: programmatic_access_token, token: {backend.token('bob')}"
    settings = folder / "raiconfig.yaml"
    settings.write_text(
        f"connections:\n  fake: {{type: snowflake, {who}, account: acme-prod, warehouse: w,"
        f" user: bob}}\ndirect_access: {str(direct).lower()}\n"
    )
    with backend.serve() as server:
        environment = {
            **os.environ,
            **server.proxy_environment(),
            "RAI_CONFIG_FILE_PATH": str(settings),
            "HOME": str(folder),  # it keeps addresses there
        }
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
            [sys.executable, str(program)],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines()[-1] == "COMPLETED bob SUCCEEDED"
    return backend


@pytest.mark.parametrize("program", [CALLED, AWAITED])
def test_it_connects_and_solves(program: Path, tmp_path: Path) -> None:
    backend = ran(program, tmp_path)
    [solved] = backend.executions
    assert (solved.submission.owner, solved.submission.reasoner_name) == ("bob", "solver-1")
    assert {entry.face for entry in backend.transcript} == {"sql"}


@NEWER
@pytest.mark.parametrize("program", [CALLED, AWAITED])
def test_it_goes_by_http_and_again_by_the_address_that_it_kept(
    program: Path, tmp_path: Path
) -> None:
    for _ in range(2):  # the second server has another port
        backend = ran(program, tmp_path, direct=True)
        assert {entry.face for entry in backend.transcript} == {"http"}
        kept = (tmp_path / ".rai" / "endpoints.json").read_text()
        assert "https://rai-acme-prod.snowflakecomputing.app" in kept


@NEWER
@pytest.mark.parametrize("program", [CALLED, AWAITED])
def test_an_address_of_the_real_backend_that_it_kept_leads_to_the_fake(
    program: Path, tmp_path: Path
) -> None:
    kept = tmp_path / ".rai" / "endpoints.json"
    kept.parent.mkdir()
    real = "https://x1-org.snowflakecomputing.app"
    entry = {"cached_at": SystemClock().now().timestamp(), "value": real}
    kept.write_text(json.dumps({"acme-prod.RELATIONALAI.service_endpoint.external=true": entry}))
    backend = ran(program, tmp_path, direct=True)
    assert {entry.face for entry in backend.transcript} == {"http"}
    assert real in kept.read_text()


@NEWER
def test_the_script_of_the_readme_runs_as_pasted(tmp_path: Path) -> None:
    promised, came = pasted("their_script.py", tmp_path)
    assert came == promised == "COMPLETED bob"
