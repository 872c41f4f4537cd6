"""`FakeBackend`: the machine with a clock, users and a lock, and the way to every face.

Every call, from whichever face, passes through `handle`: time is let pass, the machine answers,
the transcript is written. Faces and doors that need heavy packages are loaded when asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from rai_jobs.client import JobsClientSync
from rai_jobs.clock import Clock
from rai_jobs.reasoners import ReasonerType

from .faces.gateway import FakeGateway
from .faces.http import HttpDialect, HttpFace
from .instants import instant_of
from .machine.calls import Call, ExecutionView
from .machine.execution import Fact, User
from .machine.machine import Machine
from .machine.refusals import Refusal
from .machine.scripts import ScriptEntry
from .script import JobScript, ScriptError
from .timeline import render_timeline
from .transcript import Entry, Transcript
from .virtual_clock import VirtualClock

if TYPE_CHECKING:
    import httpx
    import respx
    from starlette.routing import Router

    from .doors.dbapi import FakeConnection
    from .doors.server import FakeServer
    from .doors.snowpark import FakeSession
    from .faces.sql import ReasonerRow, SqlFace

__all__ = ["DEFAULT_USER", "FakeBackend"]

DEFAULT_USER = "fake_user"
"""Who is asking when a test does not say."""

BASE_URL = "https://fake.rai-jobs.test"
"""The address of the faces that need none; the name can never resolve."""

_A = TypeVar("_A")


class FakeBackend:
    """A RelationalAI jobs backend in memory.

    Same seed, same calls: same ids, times, tokens and transcript, byte for byte.

    Args:
        clock: the backend's time; a new `VirtualClock` when not given. Hand the same clock to the
            client (or let `jobs` do it), so that waiting costs nothing.
        app: the name of the native app, as SQL names it.
        schema: the app's API schema, as SQL names it.
        event_page_size: the most events on one page. [choice]
        detach_grace_s: how long, in seconds, the owner of a transaction with `abort_detached` may
            be silent before it is aborted. [choice]
        default_timeout_mins: the timeout of an execution that was created without one, in minutes
            from creation. [docs for transactions; choice for jobs]
        strict_reasoners: whether only reasoners that were added exist; else any name does.
        seed: what ids and tokens are made from.
        http_dialect: how the HTTP face spells what the protocol leaves open.
        service_endpoint: the address of Direct Access that SQL tells; that of the running server
            when not given.
        older_app: whether the app's `exec_async_v2` knows no `abort_detached` yet (spec §5).
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        app: str = "RELATIONALAI",
        schema: str = "api",
        event_page_size: int = 100,
        detach_grace_s: float = 60.0,
        default_timeout_mins: int = 1440,
        strict_reasoners: bool = False,
        seed: int = 0,
        http_dialect: HttpDialect | None = None,
        older_app: bool = False,
        service_endpoint: str | None = None,
    ) -> None:
        if event_page_size < 1 or default_timeout_mins < 1 or not detach_grace_s > 0:
            raise ValueError(
                "`event_page_size` and `default_timeout_mins` must be 1 or more and"
                f" `detach_grace_s` more than 0; got {event_page_size!r},"
                f" {default_timeout_mins!r} and {detach_grace_s!r}."
            )
        self.clock: Clock = clock or VirtualClock()
        self._now = _instants_of(self.clock)
        self.app = app
        self.schema = schema
        self._seed = seed
        self._lock = threading.RLock()
        self._machine = Machine(
            seed=seed,
            event_page_size=event_page_size,
            detach_grace_s=detach_grace_s,
            default_timeout_mins=default_timeout_mins,
            strict_reasoners=strict_reasoners,
            now=self._now(),
        )
        self._users: dict[str, User] = {}
        self._tokens: dict[str, str] = {}
        self._log: list[tuple[int, str, str, Call[Any], object, tuple[Fact, ...]]] = []
        self._facts_told = 0
        self._servers: list[FakeServer] = []
        self._older_app = older_app
        self._service_endpoint = service_endpoint
        self._http = HttpFace(self, http_dialect or HttpDialect())
        self.add_user(DEFAULT_USER)

    def add_user(self, name: str, *, admin: bool = False, token: str | None = None) -> None:
        """Make a user exist, or change one that does.

        Args:
            name: the name, as `created_by` shows it.
            admin: whether they hold the admin application role, which sees everybody's executions
                and cancels anybody's transactions.
            token: the token that they present over HTTP; one made from the seed when not given.

        Raises:
            ValueError: the token is another user's.
        """
        made = blake2b(f"{self._seed}:token:{name}".encode(), digest_size=12).hexdigest()
        token = token or f"fake-token-{made}"
        with self._lock:
            if self._tokens.get(token, name) != name:
                raise ValueError(f"The token given for {name!r} is another user's already.")
            self._tokens = {held: of for held, of in self._tokens.items() if of != name}
            self._tokens[token] = name
            self._users[name] = User(name, admin)

    def add_reasoner(
        self,
        name: str,
        reasoner_type: str,
        *,
        max_running: int | None = None,
        status: str = "READY",
    ) -> None:
        """Make a reasoner exist, or change one that does.

        Args:
            name: its name; the case matters.
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            max_running: how many executions run at once; `None` for no bound.
            status: whether it accepts jobs: only `READY` does.

        Raises:
            JobInvalidRequestError: `reasoner_type` names no type.
            ValueError: `max_running` is less than 1.
        """
        kind = ReasonerType.parse(reasoner_type)
        if max_running is not None and max_running < 1:
            raise ValueError(f"`max_running` must be 1 or more, or None; got {max_running!r}.")
        with self._lock:
            self._machine.settle(self._now())
            self._machine.add_reasoner(kind, name, max_running=max_running, status=status.upper())

    def script(
        self,
        script: JobScript,
        *,
        reasoner_type: str | None = None,
        name: str | None = None,
        times: int | None = None,
    ) -> None:
        """Say what will happen to executions that are created from now on.

        The first script that matches, in the order of registration, is the one. What none matches
        completes at once. A script with `failed()` matches jobs only, one with `aborted()`,
        artifacts or problems matches transactions only.

        Args:
            script: what will happen.
            reasoner_type: only to executions of this type.
            name: only to executions on this reasoner.
            times: only to so many; `None` for any number.

        Raises:
            JobInvalidRequestError: `reasoner_type` names no type.
            ScriptError: the script cannot be for that type, or `times` is less than 1.
        """
        kind = None if reasoner_type is None else ReasonerType.parse(reasoner_type)
        if times is not None and (times < 1 or times != int(times)):
            raise ScriptError(f"`times` must be 1 or more, or None for any number; got {times!r}.")
        if kind is not None and not script.fits(logic=kind.is_logic):
            raise ScriptError(
                f"This script cannot be for {kind.label}: only jobs end with failed(), and only"
                " Logic transactions with aborted(), artifacts, problems, a profiler stream or a"
                " guard rail."
            )
        with self._lock:
            self._machine.scripts.add(ScriptEntry(script, kind, name, times))

    def handle(self, call: Call[_A], *, user: User, face: str) -> _A:
        """Answer one call now: the one way in that all faces share.

        Raises:
            Refusal: the call is not carried out.
        """
        with self._lock:
            self._machine.settle(self._now())
            try:
                answer = call.answer(self._machine, user)
            except Refusal as refusal:
                self._record(call, refusal, user, face)
                raise
            self._record(call, answer, user, face)
            return answer

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
        return FakeGateway(self, self._user(user), guard_rails=guard_rails)

    def http_transport(self, user: str | None = None) -> httpx.BaseTransport:
        """Return the HTTP face as a transport for `httpx.Client`.

        Args:
            user: who is asking, whatever token the request bears; `None` to go by the token.

        Raises:
            ValueError: there is no such user.
        """
        from .doors.httpx_transport import FakeTransport

        return FakeTransport(self._http, None if user is None else self._user(user))

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

    def asgi_app(self) -> Router:
        """Return the HTTP face as an ASGI application; requests go by their token."""
        from .doors.asgi import application

        return application(self._http)

    def serve(self, *, host: str = "127.0.0.1", port: int = 0) -> FakeServer:
        """Return a server of the HTTP face on a real socket; start it with `with`.

        Args:
            host: the address to listen on: loopback.
            port: the port; 0 for any that is free.

        Raises:
            FakeServerError: on entering, when the port cannot be had.
        """
        from .doors.server import FakeServer

        server = FakeServer(self.asgi_app(), self.token, host=host, port=port)
        self._servers.append(server)
        return server

    def connection(self, user: str | None = None) -> FakeConnection:
        """Return the SQL face as a DB-API connection, as `snowflake.connector.connect` gives one.

        Raises:
            ValueError: there is no such user.
        """
        from .doors.dbapi import FakeConnection

        return FakeConnection(self._sql, self._user(user))

    def session(self, user: str | None = None) -> FakeSession:
        """Return the SQL face as a Snowpark-like session.

        Raises:
            ValueError: there is no such user.
        """
        from .doors.snowpark import FakeSession

        return FakeSession(self._sql, self._user(user))

    def token(self, user: str | None = None) -> str:
        """Return the token that a user presents over HTTP.

        Raises:
            ValueError: there is no such user.
        """
        name = self._user(user).name
        with self._lock:
            return next(token for token, of in self._tokens.items() if of == name)

    def user_of_token(self, token: str) -> User | None:
        """Return whose `token` it is, `None` when nobody's."""
        with self._lock:
            name = self._tokens.get(token)
            return None if name is None else self._users[name]

    @property
    def executions(self) -> tuple[ExecutionView, ...]:
        """All executions as they are now, in the order of their creation, whoever's they are."""
        with self._lock:
            self._machine.settle(self._now())
            now = self._machine.now
            return tuple(ExecutionView.of(each, now) for each in self._machine.executions())

    @property
    def transcript(self) -> Transcript:
        """Who asked what so far, what was answered, and what happened."""
        with self._lock:
            return Transcript([Entry(*line) for line in self._log])

    def timeline(self) -> str:
        """Return the lives of all executions so far as a text chart."""
        return render_timeline(self.executions, self._now())

    @cached_property
    def _sql(self) -> SqlFace:
        from .faces.sql import SqlFace

        return SqlFace(
            self,
            app=self.app,
            schema=self.schema,
            endpoint=self._endpoint,
            reasoners=self._reasoners,
            older_app=self._older_app,
            now=self.clock.now,
        )

    def _endpoint(self) -> str:
        running = [server.url for server in self._servers if server.running]
        return self._service_endpoint or (running[-1] if running else BASE_URL)

    def _reasoners(self) -> list[ReasonerRow]:
        from .faces.sql import ReasonerRow

        with self._lock:
            return [
                ReasonerRow(name=name, type=kind.label, status=lane.status)
                for (kind, name), lane in self._machine.lanes.items()
            ]

    def __repr__(self) -> str:
        return (
            f"<FakeBackend at {self.clock.now().isoformat()}: {len(self._log)} calls,"
            f" {sum(1 for _ in self._machine.executions())} executions>"
        )

    def _user(self, name: str | None) -> User:
        user = self._users.get(DEFAULT_USER if name is None else name)
        if user is None:
            raise ValueError(
                f"There is no user {name!r}: add_user({name!r}) first. There are:"
                f" {', '.join(self._users)}."
            )
        return user

    def _record(self, call: Call[Any], answer: object, user: User, face: str) -> None:
        facts = self._machine.facts
        told = tuple(facts[self._facts_told :]) if len(facts) > self._facts_told else ()
        self._facts_told = len(facts)
        # Kept as bare tuples: most are never looked at, and polls are many.
        self._log.append((self._machine.now, face, user.name, call, answer, told))


def _instants_of(clock: Clock) -> Callable[[], int]:
    if isinstance(clock, VirtualClock):
        return clock.instant
    return lambda: instant_of(clock.now())
