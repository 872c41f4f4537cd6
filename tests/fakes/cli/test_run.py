"""`run`: a command finds a fake where it looks for Snowflake; its end is ours."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from click.testing import CliRunner

from rai_jobs_fakes.cli.commands import commands
from rai_jobs_fakes.cli.stopping import stop_signals

from .running import TIMEOUT_S, done, start

ASK = """
import os, sys
import httpx
token = os.environ["RAI_FAKE_TOKEN"]
shown = {"authorization": f'Snowflake Token="{token}"'}
job = {"job_type": "ML", "worker_name": "t", "payload": "{}"}
with httpx.Client() as http:
    for host in ("https://rai-acme.snowflakecomputing.app", os.environ["RAI_FAKE_URL"]):
        answer = http.post(f"{host}/v1alpha1/jobs", json=job, headers=shown)
        assert answer.status_code == 200, answer.text
    try:
        http.get("https://example.org")
    except httpx.ProxyError:
        print("nothing else is reached")
sys.exit(7)
"""
WAIT = """
import signal, sys
def leave(number, frame):
    print("told", signal.Signals(number).name, flush=True)
    sys.exit(4)
signal.signal(signal.SIGTERM, leave)
print("waiting", flush=True)
signal.pause()
"""


def test_a_command_reaches_the_fake_and_its_status_is_returned(tmp_path: Path) -> None:
    script = tmp_path / "day.yaml"
    script.write_text("scripts: [{name: t, run_s: 3600}]", encoding="utf-8")
    words = ["--script", str(script), "--time", "x2", "--seed", "5"]
    status, out, err = done("run", *words, "--", sys.executable, "-c", ASK)
    assert (status, out) == (7, "nothing else is reached\n"), err
    head, *lives = err.splitlines()
    assert "RUNNING" in head
    assert len(lives) == 2
    assert all("Predictive t" in life and life.endswith("RUNNING") for life in lives)


def test_a_signal_is_passed_on_and_the_command_decides() -> None:
    process = start("run", "--", sys.executable, "-c", WAIT)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, out) == (4, "told SIGTERM\n")
    assert err == "(no executions)\n"


def test_a_command_that_a_signal_ended_is_told_by_the_status() -> None:
    result = CliRunner().invoke(commands, ["run", "--", "sh", "-c", "kill -9 $$"])
    assert result.exit_code == 128 + signal.SIGKILL
    assert result.output == "(no executions)\n"


def test_a_command_that_cannot_be_run_is_told_by_the_status(tmp_path: Path) -> None:
    result = CliRunner().invoke(commands, ["run", "no-such-command-anywhere"])
    assert result.exit_code == 127
    assert "no-such-command-anywhere: No such file" in result.output
    plain = tmp_path / "plain"
    plain.touch()
    assert CliRunner().invoke(commands, ["run", str(plain)]).exit_code == 126
    assert CliRunner().invoke(commands, ["run"]).exit_code == 2


def test_the_options_of_the_command_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "words"
    words = ["sh", "-c", f'echo "$@" > {path}', "sh", "--seed", "x", "--help"]
    assert CliRunner().invoke(commands, ["run", *words]).exit_code == 0
    assert path.read_text(encoding="utf-8") == "--seed x --help\n"


def test_the_handlers_of_signals_are_as_they_were() -> None:
    before = [signal.getsignal(number) for number in stop_signals()]
    CliRunner().invoke(commands, ["run", "true"])
    assert [signal.getsignal(number) for number in stop_signals()] == before
