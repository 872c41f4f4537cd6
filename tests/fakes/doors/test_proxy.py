"""The server as an HTTPS proxy: Snowflake's names lead to the fake, all others nowhere."""

from __future__ import annotations

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from rai_jobs.http.auth import IngressTokenSource
from rai_jobs.http.keys import KeyPair
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.proxy import FakeProxy, FakeProxyError
from rai_jobs_fakes.doors.server import FakeServer, FakeServerError

from ..faces.wire.talking import KEY, pem_of
from ..making import bearer

ACCOUNT_HOST = "acme-prod.snowflakecomputing.com"
INGRESS_HOST = "rai-acme-prod.snowflakecomputing.app"
PROGRAM = """
import json, os, sys
import httpx
import snowflake.connector

known = {"enable_server_session_keep_alive_auto_detection": False}
with snowflake.connector.connect(
    account="acme-prod", user="bob", password=os.environ["PASSWORD"], login_timeout=10, **known
) as connection:
    cursor = connection.cursor()
    [[account, user]] = cursor.execute("select current_account(), current_user()").fetchall()
    [[host]] = cursor.execute("call RELATIONALAI.app.service_endpoint(TRUE)").fetchall()
    cursor.execute("call RELATIONALAI.api.exec_job_async('ML', 'w', '{}')")
headers = {"authorization": f'Snowflake Token="{os.environ["TOKEN"]}"'}
jobs = httpx.get(f"https://{host}/v1alpha1/jobs", headers=headers).json()["jobs"]
refusals = []
for url in ("https://example.com/", "https://api.snowflakecomputing.com.example.com/"):
    try:
        refusals.append(str(httpx.get(url)))
    except httpx.ProxyError as error:
        refusals.append(str(error))
plain = httpx.get("http://example.com/")
print(json.dumps([account, user, host, [job["id"] for job in jobs], refusals, plain.status_code]))
"""


class Proxied:
    """A backend, its server, and the proxy of that."""

    def __init__(self) -> None:
        self.backend = FakeBackend()
        self.backend.add_user("bob", password="bobs own")
        self.backend.add_user("ann", public_key=pem_of(KEY))
        self.server: FakeServer = self.backend.serve()

    @property
    def environment(self) -> dict[str, str]:
        return self.server.proxy_environment()

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.environment["HTTPS_PROXY"].removeprefix("http://").partition(":")
        return host, int(port)

    @property
    def direct(self) -> tuple[str, int]:
        host, _, port = self.environment["RAI_FAKE_DIRECT"].partition(":")
        return host, int(port)

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.environment["SSL_CERT_FILE"])

    def client(self) -> httpx.Client:
        return httpx.Client(
            proxy=self.environment["HTTPS_PROXY"], verify=self.trust(), trust_env=False
        )

    def say(self, words: bytes) -> bytes:
        """Send bytes to the proxy and return all that comes back."""
        with socket.create_connection(self.address, 5) as raw:
            raw.sendall(words)
            parts: list[bytes] = []
            while part := raw.recv(65_536):
                parts.append(part)
        return b"".join(parts)


@pytest.fixture(scope="module")
def proxied() -> Generator[Proxied]:
    made = Proxied()
    with made.server:
        yield made


def test_a_program_that_names_only_its_account_reaches_the_fake(proxied: Proxied) -> None:
    secrets = {"PASSWORD": "bobs own", "TOKEN": proxied.backend.token("bob")}
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        # The connector 4 itself uses what its own TLS library deprecates.
        [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", PROGRAM],
        env={**os.environ, **proxied.environment, **secrets},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    account, user, host, jobs, refusals, plain = json.loads(done.stdout.decode().splitlines()[-1])
    assert (account, user, host) == ("ACME-PROD", "bob", INGRESS_HOST)
    views = proxied.backend.executions
    assert jobs
    assert sorted(jobs) == sorted(view.id for view in views if view.created_by == "bob")
    assert refusals == ["403 Forbidden"] * 2
    assert plain == 405


def test_a_key_pair_is_exchanged_for_a_token_of_direct_access(proxied: Proxied) -> None:
    source = IngressTokenSource(
        KeyPair("acme-prod", "ann", KEY),
        role="PUBLIC",
        endpoint_host=lambda: INGRESS_HOST,
        token_url=f"https://{ACCOUNT_HOST}/oauth/token",
        transport=httpx.HTTPTransport(
            proxy=proxied.environment["HTTPS_PROXY"], verify=proxied.trust()
        ),
    )
    token = source.fetch().value
    with proxied.client() as http:
        answer = http.get(f"https://{INGRESS_HOST}/v1alpha1/jobs", headers=bearer(token))
        assert answer.status_code == 200
        assert http.get(f"https://{INGRESS_HOST}/v1alpha1/jobs").status_code == 401


@pytest.mark.parametrize(
    "target",
    [
        "example.com:443",
        "snowflakecomputing.com:443",
        ".snowflakecomputing.com:443",
        "evilsnowflakecomputing.com:443",
        "acme.snowflakecomputing.com.example.com:443",
        "acme.snowflakecomputing.com:80",
        "acme.snowflakecomputing.com",
        "127.0.0.1:443",
        ":443",
    ],
)
def test_any_other_host_is_refused_in_clear_words(proxied: Proxied, target: str) -> None:
    answer = proxied.say(f"CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert f"{target} is not reached through this proxy of the fake".encode() in answer
    assert b"*.snowflakecomputing.com" in answer


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (b"GET http://example.com/ HTTP/1.1\r\n\r\n", 405),
        (b"nonsense\r\n\r\n", 400),
        (b"CONNECT a b c\r\n\r\n", 400),
        (b"CONNECT acme.snowflakecomputing.com:443 HTTP/1.1\r\n\r\n\x16", 400),
        (b"CONNECT acme.snowflakecomputing.com:443 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 400),
        (b"x" * 20_000, 400),
        (b"\x16\x03\x01\xff\xfe\r\n\r\n", 400),
    ],
)
def test_what_asks_for_no_tunnel_is_refused(proxied: Proxied, words: bytes, status: int) -> None:
    assert proxied.say(words).startswith(f"HTTP/1.1 {status} ".encode())


def test_case_does_not_matter_and_a_tunnel_is_used_many_times(proxied: Proxied) -> None:
    with proxied.client() as http:
        for _ in range(3):
            answer = http.get("https://ACME.SnowflakeComputing.COM/v1alpha1/jobs")
            assert answer.status_code == 401


def test_a_large_body_passes_whole_both_ways(proxied: Proxied) -> None:
    payload = json.dumps({"text": "x" * 3_000_000})
    body = {"job_type": "ML", "worker_name": "large", "payload": payload}
    headers = bearer(proxied.backend.token("bob"))
    with proxied.client() as http:
        url = f"https://{INGRESS_HOST}/v1alpha1/jobs"
        job_id = http.post(url, json=body, headers=headers).json()["id"]
        found = http.get(f"{url}/ML/{job_id}", headers=headers).json()["job"]
    assert json.loads(found["payload"]) == json.loads(payload)


def test_who_does_not_trust_it_gets_nothing_and_harms_nobody(proxied: Proxied) -> None:
    strangers = ssl.create_default_context()
    proxy = proxied.environment["HTTPS_PROXY"]
    with (
        httpx.Client(proxy=proxy, verify=strangers, trust_env=False) as http,
        pytest.raises(httpx.ConnectError),
    ):
        http.get(f"https://{ACCOUNT_HOST}/")
    with socket.create_connection(proxied.address, 5) as raw:
        raw.sendall(f"CONNECT {ACCOUNT_HOST}:443 HTTP/1.1\r\n\r\n".encode())
        assert raw.recv(1_000).startswith(b"HTTP/1.1 200 ")
    with proxied.client() as http:
        assert http.get(f"https://{ACCOUNT_HOST}/v1alpha1/jobs").status_code == 401


def test_who_takes_it_for_the_host_itself_gets_the_fake_by_the_name_in_tls(
    proxied: Proxied,
) -> None:
    ask = f"GET /v1alpha1/jobs HTTP/1.1\r\nhost: {INGRESS_HOST}\r\nconnection: close\r\n\r\n"
    for name in (INGRESS_HOST, ACCOUNT_HOST.upper()):
        with (
            socket.create_connection(proxied.direct, 5) as raw,
            proxied.trust().wrap_socket(raw, server_hostname=name) as secured,
        ):
            secured.sendall(ask.encode())
            assert secured.recv(1_000).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("name", ["example.com", "evilsnowflakecomputing.com", None])
def test_who_takes_it_for_another_host_gets_nothing(proxied: Proxied, name: str | None) -> None:
    trust = proxied.trust()
    trust.check_hostname = name is not None
    with socket.create_connection(proxied.direct, 5) as raw, pytest.raises(ssl.SSLError):
        trust.wrap_socket(raw, server_hostname=name)


def test_who_begins_without_tls_is_dropped(proxied: Proxied) -> None:
    with socket.create_connection(proxied.direct, 5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert _is_dropped(raw)


def test_the_environment_is_the_same_while_it_runs_and_names_one_authority(
    proxied: Proxied,
) -> None:
    first, again = proxied.environment, proxied.environment
    assert first == again
    assert first["HTTPS_PROXY"] == first["https_proxy"] == first["HTTP_PROXY"]
    assert "127.0.0.1" in first["NO_PROXY"]
    bundle = Path(first["REQUESTS_CA_BUNDLE"])
    assert bundle.read_text().count("BEGIN CERTIFICATE") == 1
    assert "PRIVATE" not in bundle.read_text()
    assert stat.S_IMODE(bundle.parent.stat().st_mode) == 0o700


def test_a_server_that_listens_everywhere_is_reached_by_loopback() -> None:
    server = FakeBackend().serve(host="0.0.0.0", allow_remote=True)  # noqa: S104
    with server:
        environment = server.proxy_environment()
        assert environment["HTTPS_PROXY"].startswith("http://127.0.0.1:")
        with httpx.Client(
            proxy=environment["HTTPS_PROXY"],
            verify=ssl.create_default_context(cafile=environment["SSL_CERT_FILE"]),
        ) as client:
            answer = client.get(f"https://{INGRESS_HOST}/v1alpha1/jobs")
    assert answer.status_code == 401


def test_it_stops_with_the_server_and_leaves_nothing() -> None:
    before = set(threading.enumerate())
    backend = FakeBackend()
    with backend.serve() as server:
        environment = server.proxy_environment()
        bundle = Path(environment["SSL_CERT_FILE"])
        assert bundle.is_file()
        port = int(environment["HTTPS_PROXY"].rpartition(":")[2])
        tunnel = socket.create_connection(("127.0.0.1", port), 5)
        tunnel.sendall(f"CONNECT {ACCOUNT_HOST}:443 HTTP/1.1\r\n\r\n".encode())
        assert tunnel.recv(1_000).startswith(b"HTTP/1.1 200 ")
        direct_port = int(environment["RAI_FAKE_DIRECT"].rpartition(":")[2])
        direct = socket.create_connection(("127.0.0.1", direct_port), 5)
    assert not bundle.parent.exists()
    assert set(threading.enumerate()) <= before
    with tunnel, direct:
        assert _is_dropped(tunnel)
        assert _is_dropped(direct)
    for each in (port, direct_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", each), 5)
    with pytest.raises(FakeServerError, match="not running"):
        server.proxy_environment()


def test_the_host_of_an_endpoint_of_another_name_is_served_too() -> None:
    proxy = FakeProxy("127.0.0.1", 1, ["https://Own.test:8443/x", "other.test"])
    try:
        assert proxy.serves("own.test")
        assert proxy.serves("OTHER.test")
        assert not proxy.serves("another.test")
    finally:
        proxy.stop()


def test_a_server_that_is_gone_is_a_bad_gateway() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy = FakeProxy("127.0.0.1", taken.getsockname()[1])
        proxy.start()
        try:
            with socket.create_connection(("127.0.0.1", proxy.port), 5) as raw:
                raw.sendall(f"CONNECT {ACCOUNT_HOST}:443 HTTP/1.1\r\n\r\n".encode())
                assert raw.recv(1_000).startswith(b"HTTP/1.1 502 ")
            trust = ssl.create_default_context(cafile=proxy.environment()["SSL_CERT_FILE"])
            with (
                socket.create_connection(("127.0.0.1", proxy.direct_port), 5) as raw,
                trust.wrap_socket(raw, server_hostname=ACCOUNT_HOST) as secured,
            ):
                assert _is_dropped(secured)
        finally:
            proxy.stop()
            proxy.stop()


def test_an_address_that_cannot_be_had_is_named() -> None:
    proxy = FakeProxy("192.0.2.1", 1)
    with pytest.raises(FakeProxyError, match=r"cannot listen on 192\.0\.2\.1"):
        proxy.start()


def _is_dropped(tunnel: socket.socket) -> bool:
    try:
        return tunnel.recv(1) == b""
    except (ConnectionResetError, ssl.SSLEOFError):
        return True
