"""`serve`: says where it is, does what it is told, and ends when it is told to."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from rai_jobs_fakes import WireSettings
from rai_jobs_fakes.cli.commands import commands
from rai_jobs_fakes.cli.making import made_of

from ..making import bearer
from .running import Serving, serving

JOB = b'{"job_type": "ML", "worker_name": "t", "payload": "{}"}'
SCRIPT = """\
settings: {seed: 3}
users: [{name: ann, token: t-ann}]
scripts: [{run_s: 3600}]
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scripts") / "day.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def virtual(script: Path) -> Generator[Serving]:
    """One server for the tests that leave it running: starting one takes a second."""
    with serving("--time", "virtual", "--script", str(script), "--seed", "9") as made:
        yield made


@pytest.fixture
def http() -> Generator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


class TestServing:
    """A server that runs."""

    def test_it_says_where_it_is_and_how_to_come_in(
        self, virtual: Serving, http: httpx.Client
    ) -> None:
        assert virtual.url.startswith("http://127.0.0.1:")
        assert f"# control API {virtual.url}/control/openapi.json" in virtual.lines
        assert not [line for line in virtual.lines if "control token" in line]
        assert [line for line in virtual.lines if "namespaces" in line]
        token = virtual.lines[-1].rpartition(" ")[2]
        answer = http.get(f"{virtual.url}/v1alpha1/jobs", headers=bearer(token))
        assert answer.json() == {"jobs": []}

    def test_the_script_fills_every_namespace_and_fills_it_again(
        self, virtual: Serving, http: httpx.Client
    ) -> None:
        for name in ("default", "a"):
            url = f"{virtual.url}/ns/{name}"
            for _ in range(2):
                answer = http.post(
                    f"{url}/v1alpha1/jobs", content=JOB, headers=bearer("t-ann")
                ).json()
                told = http.get(f"{url}/control/executions/{answer['id']}").json()
                assert (told["state"], told["created_by"]) == ("RUNNING", "ann")
                assert http.get(f"{url}/control/snapshot").json()["settings"]["seed"] == 9
                assert http.post(f"{url}/control/reset").status_code == 200

    def test_virtual_time_moves_when_it_is_told_to(
        self, virtual: Serving, http: httpx.Client
    ) -> None:
        url = f"{virtual.url}/ns/time"
        made = http.post(f"{url}/v1alpha1/jobs", content=JOB, headers=bearer("t-ann")).json()["id"]
        now = http.get(f"{url}/control/clock").json()["now"]
        assert now == "2026-01-01T00:00:00.000000Z"
        http.post(f"{url}/control/clock/advance", json={"seconds": 3600})
        told = http.get(f"{url}/control/executions/{made}").json()
        assert (told["state"], told["duration_ms"]) == ("COMPLETED", 3_600_000)


class TestEnding:
    """The end of one."""

    @pytest.mark.parametrize(
        ("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["TERM", "INT"]
    )
    def test_a_signal_ends_it_at_once_whatever_is_open(
        self, script: Path, http: httpx.Client, number: int, status: int
    ) -> None:
        with serving("--print-env", "--script", str(script)) as server:
            url = server.url
            host, port = url.removeprefix("http://").split(":")
            # An answer that is kept back for an hour, half a request, and an idle connection.
            late = {"kind": "delayed", "seconds": 3600, "operation": "list"}
            assert http.post(f"{url}/control/faults", json=late).status_code == 200
            waiting = threading.Thread(target=_ask, args=(f"{url}/v1alpha1/jobs",))
            waiting.start()
            while not http.get(f"{url}/control/faults").json()["faults"][0]["fired"]:
                pass
            half = socket.create_connection((host, int(port)), 5)
            half.sendall(b"POST /v1alpha1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
            http.get(f"{url}/healthz")
            ended, _, err = server.end(number)
            waiting.join(5)
            half.close()
        assert (ended, err) == (status, "")


class TestOptions:
    """What may be said; what is not known is refused before anything is served."""

    def test_a_token_is_printed_once_and_asked_for(self, http: httpx.Client) -> None:
        with serving("--host", "0.0.0.0", "--allow-remote", "--allowed-host", "fake") as server:  # noqa: S104
            [line] = [line for line in server.lines if "control token" in line]
            token = line.rpartition(" ")[2]
            url = server.url
            assert url.startswith("http://127.0.0.1:")
            shown = {"authorization": f"Bearer {token}"}
            assert http.get(f"{url}/control/users").status_code == 401
            assert http.get(f"{url}/control/users", headers=shown).status_code == 200
            named = {**shown, "host": "fake:8080"}
            assert http.get(f"{url}/control/users", headers=named).status_code == 200
            status, _, err = server.end(signal.SIGTERM)
        assert (status, err) == (0, "")

    def test_a_token_that_is_given_is_not_printed_and_the_environment_is_where_asked_for(
        self, http: httpx.Client
    ) -> None:
        words = ["--print-env", "--time", "x1000"]
        with serving(*words, RAI_JOBS_FAKE_CONTROL_TOKEN="s3cret") as server:
            assert http.get(f"{server.url}/control/clock").status_code == 401
            shown = {"authorization": "Bearer s3cret"}
            told = http.get(f"{server.url}/control/clock", headers=shown).json()
            status, out, err = server.end(signal.SIGTERM)
        assert (status, err) == (0, "")
        assert (told["kind"], told["factor"]) == ("paced", 1000)
        assert "s3cret" not in "\n".join([*server.lines, out])
        assert all(line.startswith("export ") for line in out.splitlines())
        assert "export HTTPS_PROXY=http://127.0.0.1:" in out
        assert "export SSL_CERT_FILE=/" in out

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--time", "fast"], "use one of virtual, real, x10"),
            (["--time", "x0"], "use one of virtual, real, x10"),
            (["--port", "70000"], "0<=x<=65535"),
            (["--host", "192.0.2.1"], "--allow-remote"),
            (["--host", "192.0.2.1", "--allow-remote"], "cannot be had"),
            (["--control-token", ""], "control token is empty"),
            (["--script", "nowhere.yaml"], "nowhere.yaml"),
            (["--seed", "x"], "not a valid integer"),
            (["--bogus"], "--bogus"),
            (["--wire", "token_s=5"], "use one of session_token_s, master_token_s"),
            (["--wire", "session_token_s"], "session_token_s: it should be a valid number; got ''"),
            (["--wire", "session_token_s=inf"], "session_token_s: it should be a finite number"),
            (["--wire", "sessions_kept=1.5"], "sessions_kept: it should be a valid integer"),
            (["--wire", "sessions_kept=0"], "sessions_kept: it should be greater than 0"),
        ],
    )
    def test_words_that_are_wrong_are_named(self, words: list[str], said: str) -> None:
        result = CliRunner().invoke(commands, ["serve", *words])
        assert result.exit_code in {1, 2}
        assert said in result.output

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("users: []\nscript: []\n", "day.yaml:2: script: 'script' is not known; use one of "),
            ("faults: [{kind: not_ready, user: bob}]\n", "`user` 'bob' does not exist"),
            ("settings: {start: 2027-01-01T00:00:00Z}\n", "use `--time virtual`"),
        ],
    )
    def test_a_script_that_is_wrong_is_named(self, tmp_path: Path, text: str, said: str) -> None:
        path = tmp_path / "day.yaml"
        path.write_text(text, encoding="utf-8")
        result = CliRunner().invoke(commands, ["serve", "--script", str(path)])
        assert result.exit_code == 1
        assert said in result.output

    def test_help_and_an_unknown_command_name_the_commands(self) -> None:
        told = CliRunner().invoke(commands, ["--help"]).output
        assert all(f"  {name} " in told for name in ("serve", "run", "schema"))
        assert CliRunner().invoke(commands, ["serv"]).exit_code == 2


def _ask(url: str) -> None:
    try:
        httpx.get(url, headers=bearer("t-ann"), trust_env=False, timeout=30)
    except httpx.TransportError:
        return


def test_what_the_command_says_of_the_wire_comes_before_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "day.yaml"
    path.write_text("settings: {wire: {sessions_kept: 3, requests_kept: 4}}\n", encoding="utf-8")
    settings = made_of(path, None, None, {"sessions_kept": 5}).backend.wire_face.settings
    assert settings == WireSettings(sessions_kept=5, requests_kept=4)
    assert made_of(path, None, None, {}).backend.wire_face.settings.sessions_kept == 3
    words = ["--wire", "session_token_s=5", "--wire", "sessions_kept=7", "--wire", "x=1"]
    said = CliRunner().invoke(commands, ["serve", *words]).output
    assert "session_token_s=" not in said
    assert "x: 'x' is not known" in said
