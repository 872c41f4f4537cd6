"""The fake under `connect_sync`, `from_session_sync` and `ClientSync`: in place of the transports.

The settings keep their meaning: what would go over HTTP goes over the fake's HTTP face, what over
SQL over its SQL face; where they name no way at all, over the gateway face. [choice]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rai_jobs import connect
from rai_jobs.gateways.protocol import JobsGatewaySync

from .patching import Patching

if TYPE_CHECKING:
    import httpx

    from rai_jobs.clock import Clock
    from rai_jobs.config import Config
    from rai_jobs.http.discovery import Endpoint
    from rai_jobs.observe import Observer

    from ..ways import BackendWays

__all__ = ["install"]

_REAL = connect.Transports
"""What one on the fake is made of, also where one on another fake is installed already."""
_NOWHERE = "https://fake.rai-jobs.test"


def install(backend: BackendWays, patching: Patching, user: str | None) -> None:
    """Have every client that is made from now on talk to `backend`, on its clock."""

    class OntoTheFake(_REAL):
        def __init__(
            self, config: Config, session: Any, clock: Clock | None, on_event: Observer | None
        ) -> None:
            self._names_no_way = session is None and not _names_a_way(config)
            if self._names_no_way:
                config = config.with_settings(base_url=_NOWHERE, token=backend.token(user))
            elif session is not None:
                session = _session_of(backend, session, user)
            super().__init__(config, session, clock or backend.clock, on_event)

        @property
        def way(self) -> str:
            return "fake" if self._names_no_way else f"{super().way}, fake"

        def _gateway(self) -> JobsGatewaySync:
            if self._names_no_way:
                return backend.gateway(user, guard_rails=self._config.guard_rails)
            return super()._gateway()

        def _connection(self) -> Any:
            return backend.connection(user)

        def _transport(self) -> httpx.BaseTransport:
            return backend.http_transport(user)

        def _auth(self, endpoint: Endpoint) -> httpx.Auth:
            from rai_jobs.http.auth import StaticTokenAuth

            del endpoint
            # The one that the settings mean may have to be fetched, from where nobody listens.
            return StaticTokenAuth(backend.token(user))

    patching.setattr(connect, "Transports", OntoTheFake)


def _names_a_way(config: Config) -> bool:
    named = (config.base_url, config.connection, config.connection_name)
    return config.direct_access or any(each is not None for each in named)


def _session_of(backend: BackendWays, session: Any, user: str | None) -> Any:
    from ..doors.snowpark import FakeSession

    # One of a fake stays where its owner put it; any other leads out of here.
    return session if isinstance(session, FakeSession) else backend.session(user)
