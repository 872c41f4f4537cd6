"""`connect_sync`, `from_session_sync` and `ClientSync`: from settings to a client.

Which transports and which token the settings mean is decided here, and nowhere else. They are made
at first use; `close` frees those that we made, and leaves alone what was given.
"""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .client import JobsClientSync
from .clock import Clock, require_clock
from .errors import JobConfigurationError, client_closed
from .observe import Observer
from .retry import RetryPolicy
from .sealing import sealed

if TYPE_CHECKING:
    import httpx

    from .config import Config
    from .gateways.protocol import JobsGatewaySync
    from .gateways.sql import SqlJobsGateway
    from .http.discovery import Endpoint

__all__ = ["ClientSync", "Transports", "connect_sync", "from_session_sync"]

_SECRET = ("token", "private_key_passphrase")
_PAT, _KEY_PAIR = "PROGRAMMATIC_ACCESS_TOKEN", "SNOWFLAKE_JWT"
# What the connector calls the same thing, and with which authenticator it means it ("" for any).
_CONNECTOR_NAMES: dict[tuple[str, str], tuple[str, ...]] = {
    ("token", _PAT): ("token", "password"),
    ("token_file", _PAT): ("token_file_path",),
    ("private_key_path", _KEY_PAIR): ("private_key_file",),
    ("private_key_passphrase", _KEY_PAIR): ("private_key_file_pwd",),
    ("account", ""): ("account",),
    ("user", ""): ("user",),
    ("role", ""): ("role",),
    ("host", ""): ("host",),
}


class ClientSync:
    """An open door to one backend; a context manager that closes what it made.

    One client may be shared by many threads.

    Args:
        config: how to connect.
        session: a Snowpark session to connect through, which stays its owner's.
        clock: the time that the client lives by; the system's when not given.
        on_event: who is told what the client does.

    Raises:
        JobConfigurationError: the settings do not say how to connect, or `clock` is none.
    """

    def __init__(
        self,
        config: Config,
        *,
        session: Any = None,
        clock: Clock | None = None,
        on_event: Observer | None = None,
    ) -> None:
        self._closed = True  # until it is whole: what cannot connect can be shown, not used
        self._lock = threading.Lock()
        self._jobs: JobsClientSync | None = None
        require_clock(clock, JobConfigurationError)
        self._transports = Transports(config, session, clock, on_event)
        self._closed = False

    @property
    @sealed
    def jobs(self) -> JobsClientSync:
        """The jobs client.

        Raises:
            JobInvalidRequestError: this client was closed.
            JobConfigurationError: a key or token cannot be read.
        """
        with self._lock:
            if self._closed:
                raise client_closed("jobs")
            if self._jobs is None:
                self._jobs = self._transports.client()
            return self._jobs

    def close(self) -> None:
        """Free the transports, if any were made; a second call does nothing."""
        with self._lock:
            jobs, self._jobs, self._closed = self._jobs, None, True
        if jobs is not None:
            jobs.close()

    def __enter__(self) -> ClientSync:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ClientSync({'closed' if self._closed else self._transports.way})"


@sealed
def connect_sync(
    *,
    config: Config | None = None,
    connection_name: str | None = None,
    token: str | None = None,
    clock: Clock | None = None,
    on_event: Observer | None = None,
) -> ClientSync:
    """Return a client of the backend that the settings name; nothing is sent yet.

    Args:
        config: the settings; read from the environment when not given.
        connection_name: a connection in Snowflake's `connections.toml`; wins over the settings'.
        token: the token to present over HTTP; wins over the settings'.
        clock: the time that the client lives by; the system's when not given (our choice: a test
            hands in a virtual one).
        on_event: who is told what the client does (our choice).

    Raises:
        JobConfigurationError: a setting is missing, unknown or wrong, or `clock` is none.
    """
    return ClientSync(
        _settled(config, connection_name=connection_name, token=token),
        clock=clock,
        on_event=on_event,
    )


@sealed
def from_session_sync(
    *,
    session: Any,
    config: Config | None = None,
    token: str | None = None,
    app_name: str | None = None,
    clock: Clock | None = None,
    on_event: Observer | None = None,
) -> ClientSync:
    """Return a client that goes through a Snowpark session, which stays its owner's.

    Args:
        session: the session.
        config: the settings; read from the environment when not given.
        token: the token to present over HTTP, with `direct_access`; wins over the settings'.
        app_name: the database of the native app; wins over the settings'.
        clock, on_event: as in `connect_sync`.

    Raises:
        JobConfigurationError: a setting is missing, unknown or wrong.
    """
    settled = _settled(config, app_name=app_name, token=token)
    return ClientSync(settled, session=session, clock=clock, on_event=on_event)


def _settled(config: Config | None, **given: Any) -> Config:
    from .config import Config  # pydantic is heavy: only who connects pays for it

    overrides = {name: value for name, value in given.items() if value is not None}
    if config is None:
        return Config(**overrides)
    return config.with_settings(**overrides) if overrides else config


class Transports:
    """What the settings mean: which gateways, and which token.

    Args:
        config, session, clock, on_event: as in `ClientSync`.

    Raises:
        JobConfigurationError: the settings do not say how to connect.
    """

    def __init__(
        self, config: Config, session: Any, clock: Clock | None, on_event: Observer | None
    ) -> None:
        self._config = config
        self._session = session
        self._clock = clock
        self._on_event = on_event
        self._connects = config.connection is not None or config.connection_name is not None
        self._has_sql = session is not None or self._connects
        if not self._has_sql and (config.base_url is None or config.direct_access):
            raise JobConfigurationError(
                "No way to connect: set `base_url` and `token` for Direct Access"
                " (`RAI_JOBS_BASE_URL`, `RAI_JOBS_TOKEN`), or `connection_name` or `connection`"
                " for SQL"
                f"{' (`direct_access` asks over SQL)' if config.direct_access else ''}; or use"
                " `from_session_sync`."
            )
        self._over_http = config.base_url is not None or config.direct_access
        if self._over_http:
            self._require_token()

    @property
    def way(self) -> str:
        """How it connects, in a word."""
        ways = {(True, True): "hybrid", (True, False): "Direct Access", (False, True): "SQL"}
        return ways[self._over_http, self._has_sql]

    def client(self) -> JobsClientSync:
        """Return a client over what the settings mean."""
        return JobsClientSync(
            self._gateway(), config=self._config, clock=self._clock, on_event=self._on_event
        )

    def _gateway(self) -> JobsGatewaySync:
        sql = self._sql() if self._has_sql else None
        if not self._over_http and sql is not None:
            return sql
        from .gateways.http import HttpJobsGateway

        config = self._config
        endpoint = self._endpoint(sql)
        http = HttpJobsGateway(
            endpoint,
            auth=self._auth(endpoint),
            transport=self._transport(),
            request_timeout_s=config.request_timeout_s,
            max_response_bytes=config.max_response_bytes,
            guard_rails=config.guard_rails,
            gi_setup_skipped=config.gi_setup_skipped,
            retry=self._retry(),
            clock=self._clock,
            on_event=self._on_event,
        )
        if sql is None:
            return http
        from .gateways.hybrid import HybridJobsGateway

        return HybridJobsGateway(http, sql)

    def _sql(self) -> SqlJobsGateway:
        from .gateways.sql import SqlJobsGateway
        from .sql.executor import ConnectorExecutor, SessionExecutor

        executor = (
            ConnectorExecutor(connect=self._connection)
            if self._session is None
            else SessionExecutor(self._session)
        )
        return SqlJobsGateway(
            executor,
            app=self._config.app_name,
            schema=self._config.schema,
            retry=self._retry(),
            clock=self._clock,
            on_event=self._on_event,
        )

    def _connection(self) -> Any:
        try:
            connector: Any = import_module("snowflake.connector")
        except ImportError as error:
            raise JobConfigurationError(
                "A connection over SQL needs the `sql` extra: pip install 'rai-jobs[sql]'."
            ) from error
        arguments = dict(self._config.connection or {})
        if self._config.connection_name is not None:
            arguments["connection_name"] = self._config.connection_name
        return connector.connect(**arguments)

    def _transport(self) -> httpx.BaseTransport | None:
        return None  # a test has another one here

    def _endpoint(self, sql: SqlJobsGateway | None) -> Endpoint:
        from .http.discovery import DiscoveredEndpoint, EndpointCache, FixedEndpoint

        config = self._config
        if config.base_url is not None or sql is None:
            return FixedEndpoint(config.base_url or "")
        return DiscoveredEndpoint(sql, cache=EndpointCache(config.endpoint_cache_path))

    def _auth(self, endpoint: Endpoint) -> httpx.Auth:
        from .http.auth import StaticTokenAuth, token_from_file

        token, token_file = self._identity("token"), self._identity("token_file")
        if token is not None:
            return StaticTokenAuth(token)
        if token_file is not None:
            return StaticTokenAuth(token_from_file(Path(token_file)))
        return self._key_pair_auth(endpoint)

    def _key_pair_auth(self, endpoint: Endpoint) -> httpx.Auth:
        from urllib.parse import urlsplit

        from .http.auth import IngressTokenSource, RenewedTokenAuth
        from .http.discovery import address_of
        from .http.keys import KeyPair, load_private_key

        # `_require_token` has seen to it that the first three are set.
        account, user = self._identity("account") or "", self._identity("user") or ""
        key = load_private_key(
            Path(self._identity("private_key_path") or ""),
            self._identity("private_key_passphrase"),
        )
        host = self._identity("host") or f"{account}.snowflakecomputing.com"
        source = IngressTokenSource(
            KeyPair(account, user, key),
            role=self._identity("role"),
            endpoint_host=lambda: urlsplit(endpoint.address()).netloc,
            token_url=f"{address_of(host, setting='host')}/oauth/token",
            clock=self._clock,
            request_timeout_s=self._config.request_timeout_s,
        )
        return RenewedTokenAuth(source, clock=self._clock, on_event=self._on_event)

    def _require_token(self) -> None:
        if self._identity("token") is not None or self._identity("token_file") is not None:
            return
        needed = ("account", "user", "private_key_path")
        missing = [name for name in needed if self._identity(name) is None]
        if missing:
            raise JobConfigurationError(
                "No token for Direct Access: set `token`, or `token_file`, or for a key pair all"
                f" of {', '.join(f'`{name}`' for name in needed)} (missing:"
                f" {', '.join(missing)}). For a browser or another OAuth login, connect over SQL"
                " alone: leave `direct_access` and `base_url` out."
            )

    def _identity(self, setting: str) -> str | None:
        """Return a setting of who we are; else what `connection` says of it to the connector."""
        value = getattr(self._config, setting)
        if value is not None:
            return value.get_secret_value() if setting in _SECRET else str(value)
        connection = self._config.connection or {}
        kind = str(connection.get("authenticator", "")).upper()
        names = _CONNECTOR_NAMES.get((setting, kind), _CONNECTOR_NAMES.get((setting, ""), ()))
        found = next((connection[name] for name in names if connection.get(name)), None)
        return None if found is None else str(found)

    def _retry(self) -> RetryPolicy:
        config = self._config
        return RetryPolicy(
            attempts=config.retry_attempts,
            first_wait_s=config.retry_first_wait_s,
            max_wait_s=config.retry_max_wait_s,
        )
