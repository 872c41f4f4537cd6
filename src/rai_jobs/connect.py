"""`connect_sync` and `ClientSync`: from settings to a client.

The transport is made at first use, and freed by `close`.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING

from .client import JobsClientSync
from .clock import Clock
from .errors import JobConfigurationError, JobInvalidRequestError

if TYPE_CHECKING:
    from .config import Config
    from .gateways.protocol import JobsGatewaySync

__all__ = ["ClientSync", "connect_sync"]


class ClientSync:
    """An open door to one backend; a context manager that closes what it made.

    Args:
        config: where to connect to.
        clock: the time that the client lives by; the system's when not given.
    """

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: JobsClientSync | None = None
        self._closed = False

    @property
    def jobs(self) -> JobsClientSync:
        """The jobs client.

        Raises:
            JobInvalidRequestError: this client was closed.
            JobConfigurationError: the settings do not say how to connect.
        """
        with self._lock:
            if self._closed:
                raise JobInvalidRequestError(
                    "This client is closed: make a new one with `connect_sync()`."
                )
            if self._jobs is None:
                gateway = _gateway(self._config)
                self._jobs = JobsClientSync(gateway, config=self._config, clock=self._clock)
            return self._jobs

    def close(self) -> None:
        """Free the transport, if one was made; a second call does nothing."""
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
        return f"ClientSync(base_url={self._config.base_url!r})"


def connect_sync(
    *,
    config: Config | None = None,
    connection_name: str | None = None,
    token: str | None = None,
    clock: Clock | None = None,
) -> ClientSync:
    """Return a client of the backend that the settings name; nothing is sent yet.

    Args:
        config: the settings; read from the environment when not given.
        connection_name: a named Snowflake connection.
        token: the token to present; wins over the settings'.
        clock: the time that `wait` and `follow` live by; the system's when not given (our choice:
            a test hands in a virtual one).

    Raises:
        JobConfigurationError: a setting is missing, unknown or wrong.
    """
    from .config import Config  # pydantic is heavy: only who connects pays for it

    config = config or Config()
    if token is not None:
        given = {name: getattr(config, name) for name in config.model_fields_set}
        config = Config(**{**given, "token": token})
    if connection_name is not None:
        raise JobConfigurationError(
            "`connection_name` needs a connection over SQL, which this version does not have yet:"
            " use `Config(base_url=…, token=…)`."
        )
    _require_reachable(config)
    return ClientSync(config, clock=clock)


def _require_reachable(config: Config) -> None:
    missing = [name for name in ("base_url", "token") if getattr(config, name) is None]
    if missing:
        raise JobConfigurationError(
            f"No way to connect: {' and '.join(f'`{name}`' for name in missing)} not set. Give"
            " Config(base_url=…, token=…), or set RAI_JOBS_BASE_URL and RAI_JOBS_TOKEN."
        )


def _gateway(config: Config) -> JobsGatewaySync:
    from .gateways.http import HttpJobsGateway
    from .http.auth import StaticTokenAuth

    _require_reachable(config)
    return HttpJobsGateway(
        config.base_url or "",
        auth=StaticTokenAuth(config.token.get_secret_value() if config.token else ""),
        request_timeout_s=config.request_timeout_s,
        max_response_bytes=config.max_response_bytes,
        guard_rails=config.guard_rails,
        gi_setup_skipped=config.gi_setup_skipped,
    )
