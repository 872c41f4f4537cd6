"""Who we say we are over Direct Access: one class a kind of token (spec §6).

A token that can be renewed is renewed two minutes before it ends, and once when the backend does
not accept it; many threads renew it once. Tokens show in no repr.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, cast

import httpx

from ..clock import Clock, SystemClock
from ..errors import JobAuthError, JobConfigurationError, JobServerError
from ..observe import ClientEvent, Observer, logged
from ..redact import redacted, remember
from ..sealing import sealed, without_secrets
from .keys import KeyPair
from .tls import trusted

__all__ = [
    "IngressTokenSource",
    "RenewedTokenAuth",
    "StaticTokenAuth",
    "Token",
    "TokenSource",
    "authorization_header",
    "token_from_file",
]

_RENEW_BEFORE = timedelta(minutes=2)
_USUAL_LIFE = timedelta(minutes=60)
_LONGEST_LIFE_S = 1e8
_TOKEN_KEYS = ("token", "access_token", "pat", "programmatic_access_token")
_CACHE: dict[tuple[str, ...], Token] = {}
_CACHE_LOCK = threading.Lock()


@dataclass(frozen=True)
class Token:
    """A token and its end."""

    value: str = field(repr=False)
    ends_at: datetime
    """Aware, UTC."""
    renew_at: datetime | None = None
    """When to fetch another; two minutes before the end when not given."""

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether it need not be renewed yet."""
        return now < (self.renew_at or self.ends_at - _RENEW_BEFORE)


class TokenSource(Protocol):
    """Where a token that can be renewed comes from."""

    @property
    def key(self) -> tuple[str, ...]:
        """Whose it is, and for what: tokens with the same key are the same."""
        ...

    def fetch(self) -> Token:
        """Fetch a new one.

        Raises:
            JobAuthError: it is not given.
        """
        ...


def authorization_header(token: str) -> str:
    """Return the value of the `Authorization` header for `token`."""
    return f'Snowflake Token="{token}"'


class StaticTokenAuth(httpx.Auth):
    """A token that the caller holds and renews, such as a programmatic access token.

    Args:
        token: the token as it was issued; it never shows in this object's repr.

    Raises:
        JobConfigurationError: it is empty, or cannot stand in a header.
    """

    @sealed
    def __init__(self, token: str) -> None:
        self._token = _usable(token, "token")

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token on the request."""
        request.headers["Authorization"] = authorization_header(self._token)
        yield request

    def __repr__(self) -> str:
        return "StaticTokenAuth(token=<redacted>)"


class RenewedTokenAuth(httpx.Auth):
    """A token that is fetched, kept for all clients of the same key, and renewed in time.

    Args:
        source: where it comes from.
        clock: the time that its end is measured by; the system's when not given.
        on_event: who is told when one is fetched.
    """

    def __init__(
        self,
        source: TokenSource,
        *,
        clock: Clock | None = None,
        on_event: Observer | None = None,
    ) -> None:
        self._source = source
        self._clock = clock or SystemClock()
        self._observe = logged(on_event)
        self._lock = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put a token on the request; where it is not accepted, a new one, once."""
        token = self._current(refused=None)
        request.headers["Authorization"] = authorization_header(token.value)
        response = yield request
        if response.status_code == 401:
            token = self._current(refused=token)
            request.headers["Authorization"] = authorization_header(token.value)
            yield request

    def _current(self, *, refused: Token | None) -> Token:
        with self._lock:
            with _CACHE_LOCK:
                held = _CACHE.get(self._source.key)
            # Another thread may have renewed it since this one was refused.
            if held is None or held == refused or not held.is_fresh(self._clock.now()):
                held = self._fetched()
                with _CACHE_LOCK:
                    _CACHE[self._source.key] = held
            return held

    def _fetched(self) -> Token:
        started = self._clock.monotonic()
        error: str | None = None
        try:
            return self._source.fetch()
        except Exception as failure:
            error = type(failure).__name__
            raise
        finally:
            took = self._clock.monotonic() - started
            self._observe(ClientEvent("token", "token", duration_s=took, error=error))

    def __repr__(self) -> str:
        return f"RenewedTokenAuth({type(self._source).__name__})"


class IngressTokenSource:
    """An ingress token for Direct Access, in exchange for a statement signed by a private key.

    Args:
        keys: whose key.
        role: the role that the token is for; the user's default when not given.
        endpoint_host: gives the host that the token is for.
        token_url: where to exchange: `https://<account host>/oauth/token`.
        transport: an `httpx` transport to send through; the network when not given.
        clock: the time that statements are signed at; the system's when not given.
        request_timeout_s: how long connecting, sending, and each read may take, in seconds.
    """

    def __init__(
        self,
        keys: KeyPair,
        *,
        role: str | None,
        endpoint_host: Callable[[], str],
        token_url: str,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
        request_timeout_s: float = 60.0,
    ) -> None:
        self._keys = keys
        self._role = role
        self._endpoint_host = endpoint_host
        self._token_url = token_url
        self._transport = transport
        self._clock = clock or SystemClock()
        self._request_timeout_s = request_timeout_s

    @property
    def key(self) -> tuple[str, ...]:
        """Account, user, role, endpoint, and where and with which key it is exchanged."""
        keys = self._keys
        who = (keys.account_name, keys.user.upper(), (self._role or "").upper())
        return (*who, self._endpoint_host(), self._token_url, keys.fingerprint())

    def fetch(self) -> Token:
        """Exchange a statement signed now for a token.

        Raises:
            JobAuthError: the exchange was refused.
            JobConfigurationError: it was granted, with nothing that can be a token.
            JobServerError: it could not be reached, or answered what is no token.
        """
        now = self._clock.now()
        host = self._endpoint_host()
        scope = f"session:role:{self._role} {host}" if self._role else host
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "scope": scope,
            "assertion": self._keys.signed(now),
        }
        text, status = self._exchanged(form)
        if status != 200:
            hint = "Check account, user and role, and that the user bears this public key."
            if status >= 500 or status == 429:
                raise _come_back_later(self._token_url, status)
            raise JobAuthError(
                f"token: {self._token_url} gave no token for {self._keys.user}: HTTP {status}."
                f" {hint}"
            )
        value, life = _token_in(text)
        ends_at = now + life
        # One that does not live long is used for half of its life.
        return Token(
            _usable(value, "ingress token"), ends_at, ends_at - min(_RENEW_BEFORE, life / 2)
        )

    def _exchanged(self, form: dict[str, str]) -> tuple[str, int]:
        transport = self._transport
        try:
            with httpx.Client(
                transport=transport, verify=trusted(), timeout=self._request_timeout_s
            ) as client:
                response = client.post(self._token_url, data=form)
                return response.text, response.status_code
        except httpx.HTTPError as error:
            failure = JobServerError(
                f"token: asking {self._token_url} failed: {type(error).__name__}:"
                f" {redacted(str(error))}. Is the account right, and the network there?",
                operation="token",
            )
            failure.transient = True
            # The frames of the sending hold the signed statement.
            raise failure from without_secrets(error, beyond=None)


@sealed
def token_from_file(path: Path, *, setting: str = "token_file") -> str:
    """Return the token in a file: plain text, or JSON under one of its usual names (spec §6).

    Raises:
        JobConfigurationError: the file cannot be read, or holds no token.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise JobConfigurationError(f"`{setting}` cannot be read: {path}: {why}.") from None
    if not text.startswith("{"):
        return _usable(text, setting)
    held = _json_object(text)
    for name in _TOKEN_KEYS:
        value = held.get(name)
        if isinstance(value, str) and value.strip():
            return _usable(value, setting)
    raise JobConfigurationError(
        f"`{setting}` names a JSON file without a token: {path}. Put it under one of"
        f" {', '.join(_TOKEN_KEYS)}."
    )


def _usable(token: str, what: str) -> str:
    value = token.strip()
    if not value or not value.isascii() or not value.isprintable() or '"' in value:
        raise JobConfigurationError(
            f"The `{what}` is empty, or holds characters that no token has; it has"
            f" {len(value)} characters."
        )
    remember(value)
    return value


def _token_in(text: str) -> tuple[str, timedelta]:
    """Return the token of an exchange, bare or in JSON, and its life: an hour if none is told."""
    held = _json_object(text)
    if not held:
        return text, _USUAL_LIFE
    value = next((held[name] for name in _TOKEN_KEYS if isinstance(held.get(name), str)), "")
    life = held.get("expires_in")
    if isinstance(life, (int, float)) and 0 < life < _LONGEST_LIFE_S:
        return str(value), timedelta(seconds=life)
    return str(value), _USUAL_LIFE


def _json_object(text: str) -> dict[str, object]:
    try:
        body: object = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", body) if isinstance(body, dict) else {}


def _come_back_later(url: str, status: int) -> JobServerError:
    error = JobServerError(
        f"token: {url} answered HTTP {status}: try again later.", operation="token", status=status
    )
    error.transient = True
    return error
