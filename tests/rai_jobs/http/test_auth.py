"""Tokens: static, from a file, and exchanged for a signed statement; when they are renewed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from rai_jobs.errors import JobAuthError, JobConfigurationError, JobServerError
from rai_jobs.http.auth import (
    IngressTokenSource,
    RenewedTokenAuth,
    StaticTokenAuth,
    Token,
    token_from_file,
)
from rai_jobs.http.keys import KeyPair, load_private_key
from rai_jobs.observe import ClientEvent
from rai_jobs_fakes import VirtualClock

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def written(path: Path, kind: PrivateFormat, how: KeySerializationEncryption) -> Path:
    path.write_bytes(KEY.private_bytes(Encoding.PEM, kind, how))
    return path


@pytest.mark.parametrize("kind", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("passphrase", [None, "s3cret-passphrase"])
def test_a_key_is_read_in_each_form(
    tmp_path: Path, kind: PrivateFormat, passphrase: str | None
) -> None:
    how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    path = written(tmp_path / "key.pem", kind, how)
    assert load_private_key(path, passphrase).private_numbers() == KEY.private_numbers()


def test_a_key_that_cannot_be_read_is_named_and_its_passphrase_is_not(tmp_path: Path) -> None:
    protected = written(
        tmp_path / "p.pem", PrivateFormat.PKCS8, BestAvailableEncryption(b"right-passphrase")
    )
    plain = written(tmp_path / "k.pem", PrivateFormat.PKCS8, NoEncryption())
    nonsense = tmp_path / "n.pem"
    nonsense.write_text("no key")
    elliptic = tmp_path / "e.pem"
    elliptic.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    cases: list[tuple[Path, str | None, str]] = [
        (protected, None, "is protected: set `private_key_passphrase`"),
        (protected, "wrong-passphrase", "no private key that can be read"),
        (plain, "wrong-passphrase", "is not protected"),
        (nonsense, None, "no private key"),
        (elliptic, None, "not RSA"),
        (tmp_path / "missing.pem", None, "cannot be read"),
    ]
    for path, passphrase, said in cases:
        with pytest.raises(JobConfigurationError, match=said) as caught:
            load_private_key(path, passphrase)
        assert "passphrase" not in str(caught.value).replace("private_key_passphrase", "").replace(
            "this passphrase", ""
        )


def test_a_statement_is_signed_as_snowflake_wants_it() -> None:
    clock = VirtualClock()
    keys = KeyPair("acme.eu-west-1", "ann", KEY)
    claims = jwt.decode(
        keys.signed(clock.now()),
        KEY.public_key(),
        algorithms=["RS256"],
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["sub"] == "ACME.ANN"
    assert claims["iss"] == f"ACME.ANN.{keys.fingerprint()}"
    assert claims["iss"].startswith("ACME.ANN.SHA256:")
    assert claims["exp"] - claims["iat"] == 59 * 60


class Exchange:
    """The other end of a token exchange."""

    def __init__(self, answer: Callable[[int], httpx.Response] | None = None) -> None:
        self.forms: list[dict[str, str]] = []
        self._answer = answer
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://acme.test/oauth/token"
        with self._lock:
            form = parse_qs(request.read().decode())
            self.forms.append({name: values[0] for name, values in form.items()})
            number = len(self.forms)
        if self._answer is not None:
            return self._answer(number)
        return httpx.Response(200, text=f"ingress-token-{number}")


_ROLES = iter(f"ROLE_{n}" for n in range(1000))


def source_of(exchange: Exchange, clock: VirtualClock, role: str | None = None) -> Any:
    return IngressTokenSource(
        KeyPair("acme", "ann", KEY),
        # Tokens are shared in the process by role: a role of its own keeps a test apart.
        role=role or next(_ROLES),
        endpoint_host=lambda: "endpoint.test",
        token_url="https://acme.test/oauth/token",
        transport=httpx.MockTransport(exchange),
        clock=clock,
    )


class Backend:
    """Notes the tokens that come, and refuses some."""

    def __init__(self, refuses: tuple[str, ...] = ()) -> None:
        self.seen: list[str] = []
        self._refuses = refuses

    def __call__(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].partition('"')[2].rstrip('"')
        self.seen.append(token)
        return httpx.Response(401 if token in self._refuses else 200)


def client_of(auth: httpx.Auth, backend: Backend) -> httpx.Client:
    return httpx.Client(
        base_url="https://endpoint.test", auth=auth, transport=httpx.MockTransport(backend)
    )


def test_the_exchange_is_asked_as_the_protocol_has_it() -> None:
    exchange, clock = Exchange(), VirtualClock()
    assert source_of(exchange, clock, "ADMIN").fetch().value == "ingress-token-1"
    [form] = exchange.forms
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert form["scope"] == "session:role:ADMIN endpoint.test"
    jwt.decode(
        form["assertion"],
        KEY.public_key(),
        algorithms=["RS256"],
        options={"verify_exp": False, "verify_iat": False},
    )


@pytest.mark.parametrize(
    ("answer", "life"),
    [
        ({"token": "t", "expires_in": 600}, 600),
        ({"access_token": "t"}, 3600),
        ({"access_token": "t", "expires_in": "soon"}, 3600),
    ],
)
def test_a_token_is_renewed_two_minutes_before_its_end(answer: dict[str, Any], life: int) -> None:
    clock = VirtualClock()
    exchange = Exchange(
        lambda number: httpx.Response(200, json={**answer, next(iter(answer)): f"t{number}"})
    )
    backend = Backend()
    client = client_of(RenewedTokenAuth(source_of(exchange, clock), clock=clock), backend)
    for seconds in (0, life - 121, 1):
        clock.advance(seconds)
        client.get("/")
    assert backend.seen == ["t1", "t1", "t2"]


def test_a_refused_token_is_renewed_once() -> None:
    clock = VirtualClock()
    backend = Backend(refuses=("ingress-token-1",))
    auth = RenewedTokenAuth(source_of(Exchange(), clock), clock=clock)
    assert client_of(auth, backend).get("/").status_code == 200
    assert backend.seen == ["ingress-token-1", "ingress-token-2"]


def test_a_token_that_is_refused_again_is_not_asked_for_a_third_time() -> None:
    clock, exchange = VirtualClock(), Exchange()
    backend = Backend(refuses=("ingress-token-1", "ingress-token-2", "ingress-token-3"))
    auth = RenewedTokenAuth(source_of(exchange, clock), clock=clock)
    assert client_of(auth, backend).get("/").status_code == 401
    assert len(exchange.forms) == 2


def test_many_threads_renew_a_token_once() -> None:
    clock, exchange, backend = VirtualClock(), Exchange(), Backend()
    client = client_of(RenewedTokenAuth(source_of(exchange, clock), clock=clock), backend)
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        client.get("/")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert backend.seen == ["ingress-token-1"] * 8
    assert len(exchange.forms) == 1


def test_clients_of_the_same_key_share_a_token_and_others_do_not() -> None:
    clock, exchange, backend = VirtualClock(), Exchange(), Backend()
    role = next(_ROLES)
    for used in (role, role, next(_ROLES)):
        auth = RenewedTokenAuth(source_of(exchange, clock, used), clock=clock)
        client_of(auth, backend).get("/")
    assert backend.seen == ["ingress-token-1", "ingress-token-1", "ingress-token-2"]


@pytest.mark.parametrize(
    ("status", "error", "transient"),
    [(400, JobAuthError, False), (401, JobAuthError, False), (503, JobServerError, True)],
)
def test_a_refused_exchange_says_what_to_check(
    status: int, error: type[Exception], transient: bool
) -> None:
    exchange = Exchange(lambda number: httpx.Response(status, text="eyJhbGciOi.eyJzdWIi.c2ln"))
    with pytest.raises(error, match=rf"acme\.test.*{status}") as caught:
        source_of(exchange, VirtualClock()).fetch()
    assert "eyJ" not in str(caught.value)
    assert getattr(caught.value, "transient") is transient  # noqa: B009


def test_an_exchange_that_is_not_there_may_be_tried_again() -> None:
    def fails(number: int) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    with pytest.raises(
        JobServerError, match=r"asking https://acme\.test/oauth/token failed"
    ) as caught:
        source_of(Exchange(fails), VirtualClock()).fetch()
    assert caught.value.transient


def test_fetching_is_told_without_the_token() -> None:
    clock = VirtualClock()
    told: list[ClientEvent] = []
    source = source_of(Exchange(), clock)
    auth = RenewedTokenAuth(source, clock=clock, on_event=told.append)
    client_of(auth, Backend()).get("/")
    assert [(event.kind, event.error) for event in told] == [("token", None)]
    assert "ingress-token" not in repr((told, auth, source, Token("x", clock.now())))


@pytest.mark.parametrize(
    "text",
    [
        "pat-123",
        "  pat-123\n",
        json.dumps({"token": "pat-123"}),
        json.dumps({"access_token": "pat-123"}),
        json.dumps({"pat": " pat-123 ", "other": 1}),
        json.dumps({"programmatic_access_token": "pat-123"}),
    ],
)
def test_a_token_file_is_text_or_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    assert token_from_file(path) == "pat-123"


@pytest.mark.parametrize("text", ["", "  ", "{}", '{"token": 3}', '{"tok', "a\x00b", 'a"b', "käse"])
def test_a_token_file_without_a_token_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    with pytest.raises(JobConfigurationError, match="token_file"):
        token_from_file(path)
    with pytest.raises(JobConfigurationError, match="cannot be read"):
        token_from_file(tmp_path / "missing")


def test_a_static_token_is_put_on_the_request_and_never_renewed() -> None:
    backend = Backend(refuses=("mine",))
    auth = StaticTokenAuth(" mine ")
    assert client_of(auth, backend).get("/").status_code == 401
    assert backend.seen == ["mine"]
    assert "mine" not in repr(auth)


def test_ends_are_counted_from_the_fetch() -> None:
    clock = VirtualClock()
    token = source_of(Exchange(), clock).fetch()
    assert token.ends_at == clock.now() + timedelta(hours=1)
