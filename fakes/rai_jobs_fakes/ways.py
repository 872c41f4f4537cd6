"""The ways to the faces: a client, a gateway, a transport, a connection, an application.

Faces and doors that need heavy packages are loaded when asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, cast

from rai_jobs.client import JobsClientSync
from rai_jobs.clock import Clock, require_clock

from .core import BackendCore
from .faces.async_gateway import FakeAsyncGateway
from .faces.gateway import FakeGateway
from .faces.http import HttpDialect, HttpFace
from .instants import NEVER, datetime_of, seconds_of
from .kinds import is_count, is_text
from .machine.execution import User
from .machine.settings import MachineSettings
from .wire_settings import WireSettings

if TYPE_CHECKING:
    import httpx
    import respx
    from starlette.routing import Router

    from .doors.dbapi import FakeConnection
    from .doors.server import FakeServer
    from .doors.snowpark import FakeSession
    from .faces.sql import ReasonerRow, SqlFace
    from .faces.wire import WireFace
    from .install.patching import Patching

__all__ = ["BackendWays", "FaceSettings"]

BASE_URL = "https://fake.rai-jobs.test"
"""The address of the faces that need none; the name can never resolve."""


@dataclass(frozen=True)
class FaceSettings:
    """How the faces of a backend are; the arguments of `FakeBackend` of the same names."""

    app: str
    schema: str
    http_dialect: HttpDialect
    max_body_bytes: int
    older_app: bool
    service_endpoint: str | None
    wire: WireSettings | None
    namespace: str | None


class BackendWays(BackendCore):
    """The machine, held, and every way to talk to it but a server.

    Args:
        settings, clock, clock_skew_s, transcript_limit: as in `BackendCore`.
        faces: how the faces are.

    Raises:
        ValueError: a number makes no sense; names it.
    """

    def __init__(
        self,
        settings: MachineSettings,
        faces: FaceSettings,
        *,
        clock: Clock,
        clock_skew_s: float,
        transcript_limit: int | None,
    ) -> None:
        if not is_count(faces.max_body_bytes):
            raise ValueError(
                f"`max_body_bytes` must be an integer, 1 or more; got {faces.max_body_bytes!r}."
            )
        for argument in ("app", "schema"):
            if not is_text(getattr(faces, argument)):
                raise ValueError(f"`{argument}` must be a name; got {getattr(faces, argument)!r}.")
        if not isinstance(cast("object", faces.wire), (WireSettings, type(None))):
            raise ValueError(f"`wire` must be WireSettings, or None; got {faces.wire!r:.200}.")
        require_clock(clock, ValueError)
        super().__init__(
            settings, clock=clock, clock_skew_s=clock_skew_s, transcript_limit=transcript_limit
        )
        self._faces = faces
        self._servers: list[FakeServer] = []
        self._http = HttpFace(self, faces.http_dialect, max_body_bytes=faces.max_body_bytes)

    @property
    def app(self) -> str:
        """The name of the native app."""
        return self._faces.app

    @property
    def schema(self) -> str:
        """The app's API schema."""
        return self._faces.schema

    def jobs(
        self, user: str | None = None, over: Literal["gateway", "http", "sql"] = "gateway"
    ) -> JobsClientSync:
        """Return a client on this backend and its clock.

        Args:
            user: who is asking; `fake_user` when not given.
            over: the face that the client talks to.

        Raises:
            ValueError: there is no such user or face.
        """
        if over == "gateway":
            return JobsClientSync(self.gateway(user), clock=self.clock)
        if over == "http":
            from rai_jobs.gateways.http import HttpJobsGateway
            from rai_jobs.http.auth import StaticTokenAuth

            gateway = HttpJobsGateway(
                BASE_URL,
                auth=StaticTokenAuth(self.token(user)),
                transport=self.http_transport(user),
                clock=self.clock,
            )
            return JobsClientSync(gateway, clock=self.clock)
        if over == "sql":
            from rai_jobs.gateways.sql import SqlJobsGateway
            from rai_jobs.sql.executor import ConnectorExecutor

            sql = SqlJobsGateway(
                ConnectorExecutor(self.connection(user)),
                app=self.app,
                schema=self.schema,
                clock=self.clock,
            )
            return JobsClientSync(sql, clock=self.clock)
        raise ValueError(f"`over` must be 'gateway', 'http' or 'sql'; got {over!r}.")

    def gateway(self, user: str | None = None, *, guard_rails: bool = False) -> FakeGateway:
        """Return the gateway face: for our client, or for the published one.

        Args:
            user: who is asking; `fake_user` when not given.
            guard_rails: whether executions created through it are held to the guard rails.

        Raises:
            ValueError: there is no such user.
        """
        return FakeGateway(self, self._accounts.named(user), guard_rails=guard_rails, app=self.app)

    def async_gateway(
        self, user: str | None = None, *, guard_rails: bool = False
    ) -> FakeAsyncGateway:
        """Return the gateway face to be awaited: for the published asynchronous client.

        Args:
            user, guard_rails: as in `gateway`.

        Raises:
            ValueError: there is no such user.
        """
        return FakeAsyncGateway(self.gateway(user, guard_rails=guard_rails))

    def http_transport(self, user: str | None = None) -> httpx.BaseTransport:
        """Return the HTTP face as a transport for `httpx.Client`.

        Args:
            user: who is asking, whatever token the request bears; `None` to go by the token.

        Raises:
            ValueError: there is no such user.
        """
        from .doors.httpx_transport import FakeTransport

        return FakeTransport(self._http, None if user is None else self._accounts.named(user))

    def async_http_transport(self, user: str | None = None) -> httpx.AsyncBaseTransport:
        """Return the HTTP face as a transport for `httpx.AsyncClient`.

        Args:
            user: as in `http_transport`.

        Raises:
            ValueError: there is no such user.
        """
        from .doors.httpx_async_transport import FakeAsyncTransport

        return FakeAsyncTransport(self._http, None if user is None else self._accounts.named(user))

    def mount(self, router: respx.MockRouter, *, base_url: str = BASE_URL) -> respx.Route:
        """Put the HTTP face behind a `respx` router, for code that makes its own `httpx` client.

        Args:
            router: the router, e.g. the `respx_mock` fixture.
            base_url: the address that the code under test talks to.

        Returns:
            The route that was added, whose calls can be looked at.
        """
        from .doors.respx_routes import mount

        return mount(router, self._http, base_url)

    def install(
        self,
        monkeypatch: Patching,
        *,
        user: str | None = None,
        connect: bool | None = None,
        connector: bool | None = None,
        http: bool | None = None,
        snowpark: bool | None = None,
        relationalai: bool | None = None,
        time: bool | str | Sequence[str] | None = None,
    ) -> None:
        """Put this backend under code that makes its own clients, until `monkeypatch` undoes it.

        Where one is named, the others are left alone; where none is, all are put on the fake that
        are installed here, and time. [choice] Names that were imported before lead here too.

        Args:
            monkeypatch: pytest's fixture of that name, or `pytest.MonkeyPatch.context()`.
            user: who is asking, where the code does not name a user of this backend.
            connect: `rai_jobs.connect_sync`, `from_session_sync` and `ClientSync`.
            connector: `snowflake.connector.connect`.
            http: `httpx.Client` and `httpx.AsyncClient`, but those with a transport of their own.
            snowpark: Snowpark's session builder, and its active session.
            relationalai: `connect_sync` and `connect` of the published package.
            time: `time.sleep`, `time.monotonic` and their like, `asyncio.run` and
                `asyncio.sleep`, in code that is no installed library; or in these packages alone.

        Raises:
            ValueError: a library that is asked for is not installed, there is no such user, or
                `monkeypatch` is none.
        """
        from .install import install_on

        libraries = {
            "connect": connect,
            "connector": connector,
            "http": http,
            "snowpark": snowpark,
            "relationalai": relationalai,
        }
        install_on(self, monkeypatch, user=user, libraries=libraries, time=time)

    def asgi_app(self) -> Router:
        """Return the HTTP face and the wire face as one ASGI application."""
        from .doors.asgi import application

        return application(self._http, self.wire_face)

    def connection(self, user: str | None = None) -> FakeConnection:
        """Return the SQL face as a DB-API connection, as `snowflake.connector.connect` gives one.

        Raises:
            ValueError: there is no such user.
        """
        from .doors.dbapi import FakeConnection

        return FakeConnection(self._sql, self._accounts.named(user))

    def session(self, user: str | None = None) -> FakeSession:
        """Return the SQL face as a Snowpark-like session.

        Raises:
            ValueError: there is no such user.
        """
        from .doors.snowpark import FakeSession

        return FakeSession(self._sql, self._accounts.named(user))

    def token(self, user: str | None = None) -> str:
        """Return the token that a user presents over HTTP.

        Raises:
            ValueError: there is no such user.
        """
        return self._accounts.token(self._accounts.named(user).name)

    def password(self, user: str | None = None) -> str:
        """Return the password that a user logs in with over Snowflake's wire.

        Raises:
            ValueError: there is no such user.
        """
        return self._accounts.password(self._accounts.named(user).name)

    def user_of_token(self, token: str) -> User | None:
        """Return whose `token` it is, `None` when nobody's."""
        return self._accounts.user_of_token(token)

    def user_named(self, login: str | None, otherwise: str | None) -> str | None:
        """Return the user who logs in as `login`, `otherwise` where there is no such user."""
        found = None if login is None else self._accounts.user_of_login(login)
        return otherwise if found is None else found.name

    @property
    def served_at(self) -> tuple[str, ...]:
        """The addresses of the servers of this backend that run."""
        return tuple(server.url for server in self._servers if server.running)

    def has_session(self, authorization: str) -> bool:
        """Tell whether a request to Snowflake's wire bears a token of a session opened here."""
        return "wire_face" in vars(self) and self.wire_face.sessions.holds(authorization)

    @cached_property
    def _sql(self) -> SqlFace:
        from .faces.sql import SqlFace

        return SqlFace(
            self,
            app=self.app,
            schema=self.schema,
            endpoint=self._endpoint,
            reasoners=self._reasoners,
            older_app=self._faces.older_app,
            now=lambda: datetime_of(self._now()),
        )

    @cached_property
    def wire_face(self) -> WireFace:
        """The face that speaks Snowflake's HTTP protocol, for other doors than the server's."""
        from .faces.wire import WireFace

        return WireFace(
            self._sql,
            self._accounts,
            now=lambda: datetime_of(self._now()),
            clock=self.clock,
            settings=self._faces.wire,
            seed=_wire_seed(self._machine.settings.seed, self._faces.namespace),
            tells_ingress=self._faces.service_endpoint is None,
        )

    def _login(self, name: str | None) -> tuple[str, str]:
        user = self._accounts.named(name).name
        return user, self._accounts.password(user)

    def _endpoint(self) -> str:
        running = [server.url for server in self._servers if server.running]
        own = running[-1] if running else BASE_URL
        path = "" if self._faces.namespace is None else f"/ns/{self._faces.namespace}"
        return self._faces.service_endpoint or f"{own}{path}"

    def _reasoners(self) -> list[ReasonerRow]:
        from .faces.sql import ReasonerRow

        with self._held():
            self._machine.settle(self._now())
            return [
                ReasonerRow(
                    name=name,
                    type=kind.label,
                    status=lane.status.value,
                    auto_suspend_mins=_minutes_of(lane.limits.auto_suspend),
                    suspends_at=_datetime_of(lane.suspends_at),
                )
                for (kind, name), lane in self._machine.lanes.items()
            ]


def _wire_seed(seed: int, namespace: str | None) -> int:
    # A session's token alone says in which namespace it was opened.
    if namespace is None:
        return seed
    digest = blake2b(f"{seed}:{namespace}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _minutes_of(duration: int | None) -> int | None:
    endless = duration is None or duration >= NEVER
    return None if endless else math.ceil(seconds_of(duration or 0) / 60)


def _datetime_of(instant: int | None) -> datetime | None:
    return None if instant is None else datetime_of(instant)
