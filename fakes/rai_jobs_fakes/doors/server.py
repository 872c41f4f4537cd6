"""The HTTP and wire faces on a real loopback socket: uvicorn in a thread of its own.

A fault that drops the connection really drops it. One that keeps it from being made cannot: the
socket listens, so that the connection is made, and ends without an answer.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import TYPE_CHECKING, Any

import h11
import uvicorn

from ..control.namespaces import account_of
from .answering import DROP, UNREADY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .proxy import FakeProxy

__all__ = ["FakeServer", "FakeServerError"]

_STOP_TIMEOUT_S = 5.0
_GRACE_S = 0.5
_CLIENT_TIMEOUT_S = 10
_ACCOUNT = "fake_account"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is only compared with


class FakeServerError(RuntimeError):
    """The server cannot be started, or is not running; the message says what to do."""


class FakeServer:
    """A server that runs while its `with` block lasts.

    Args:
        app: the application to serve.
        token_of: gives a user's token by name.
        host: the address to listen on.
        port: the port; 0 for any that is free.
        login_of: gives a user's name and password by name, for Snowflake's clients.
        proxied: further addresses that the proxy stands for.
        release: wakes what keeps answers back, when the server stops.
        control_token: what the control API asks for, for whoever started the server.
    """

    def __init__(
        self,
        app: ASGIApp,
        token_of: Callable[[str | None], str],
        *,
        host: str,
        port: int,
        login_of: Callable[[str | None], tuple[str, str]] | None = None,
        proxied: Sequence[str] = (),
        release: Callable[[], None] = lambda: None,
        control_token: str | None = None,
    ) -> None:
        self._login_of = login_of
        self._release = release
        self.control_token = control_token
        self._proxied = tuple(proxied)
        self._proxy: FakeProxy | None = None
        self._app = app
        self._token_of = token_of
        self.host = host
        self._wanted_port = port
        self._address = ""  # uvicorn closes the socket early, and then it has no name
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    @property
    def port(self) -> int:
        """The port that is listened on.

        Raises:
            FakeServerError: the server is not running.
        """
        if self._socket is None:
            raise FakeServerError(
                "The server is not running: use it in a block, `with backend.serve() as server:`."
            )
        return int(self._socket.getsockname()[1])

    @property
    def _reached_by(self) -> str:
        # What listens everywhere is reached from here by loopback.
        return "127.0.0.1" if self.host == _EVERYWHERE else self.host

    @property
    def running(self) -> bool:
        """Whether it listens now."""
        return self._socket is not None

    @property
    def url(self) -> str:
        """The base URL.

        Raises:
            FakeServerError: the server is not running.
        """
        return f"http://{self._reached_by}:{self.port}"

    def token(self, user: str | None = None) -> str:
        """Return the token that a user presents; `fake_user`'s when not given.

        Raises:
            ValueError: there is no such user.
        """
        return self._token_of(user)

    def connection_parameters(
        self, user: str | None = None, *, namespace: str | None = None
    ) -> dict[str, Any]:
        """Return what makes `snowflake.connector.connect(**parameters)` reach this server.

        Snowpark's `Session.builder.configs(parameters)` takes the same. With the connector 5, set
        `SNOWFLAKE_DISABLE_PLATFORM_DETECTION=true`, or it asks clouds whether it runs there.

        Args:
            user: who connects; `fake_user` when not given.
            namespace: the namespace that the sessions are opened in; the default one if not given.

        Raises:
            ValueError: there is no such user, or no namespace can have that name.
            FakeServerError: the server is not running, or serves no logins.
        """
        if self._login_of is None:
            raise FakeServerError("This server serves no logins: make one with `backend.serve()`.")
        name, password = self._login_of(user)
        return {
            "host": self._reached_by,
            "port": self.port,
            "protocol": "http",
            "account": _ACCOUNT if namespace is None else account_of(namespace),
            "user": name,
            "password": password,
            **_patience(),
        }

    def proxy_environment(self) -> dict[str, str]:
        """Return the environment in which a program reaches this server as if it were Snowflake.

        The server stands as an HTTPS proxy for `*.snowflakecomputing.com` and `.app`, and refuses
        every other host. The program trusts its throwaway authority and no other, since it can
        reach nothing else. `PYTHONPATH` is this process's, with a folder before it: a Python client
        that takes no proxy from its environment, as aiohttp's, finds those hosts here too.

        Raises:
            FakeServerError: the server is not running, or `trustme` is not installed.
            FakeProxyError: the proxy cannot listen.
        """
        if self._socket is None:
            raise FakeServerError(
                "The server is not running: use it in a block, `with backend.serve() as server:`."
            )
        if self._proxy is None:
            try:
                from .proxy import FakeProxy
            except ImportError as error:
                raise FakeServerError(
                    "The proxy needs the `testing` extra: pip install 'rai-jobs[testing]'."
                ) from error
            proxy = FakeProxy(self.host, self.port, self._proxied, reached_by=self._reached_by)
            proxy.start()
            self._proxy = proxy
        return self._proxy.environment()

    def start(self) -> None:
        """Listen and serve, until `stop`.

        Raises:
            FakeServerError: it is running already, or the port cannot be had.
        """
        if self._thread is not None:
            raise FakeServerError(
                f"The server is running already, on {self.url}: use that one, or make another"
                " with `backend.serve()`."
            )
        self._socket = _listening(self.host, self._wanted_port)
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            date_header=False,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name="rai-jobs-fake-server",
            daemon=True,
        )
        self._address = self.url
        self._thread.start()
        self._server.ready.wait()

    def stop(self) -> None:
        """Finish what is being answered and stop; a second call does nothing, or tries again.

        Who is still in the middle of a request half a second later is dropped.

        Raises:
            FakeServerError: the server did not stop within 5 seconds.
        """
        if self._thread is None or self._server is None or self._socket is None:
            return
        if self._proxy is not None:
            self._proxy.stop()
            self._proxy = None
        # Who waits for something is woken while it can still be told that the end is near.
        self._stopping = True
        self._release()
        self._server.should_exit = True
        self._thread.join(_GRACE_S)
        if self._thread.is_alive():
            self._server.drop_all()
        self._thread.join(_STOP_TIMEOUT_S)
        if self._thread.is_alive():
            raise FakeServerError(
                f"The server on {self._address} did not stop within {_STOP_TIMEOUT_S:g} s: is a"
                " client still waiting for a late answer?"
            )
        self._socket.close()
        self._socket = self._server = self._thread = None
        self._stopping = False

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be the application, and tell it how to drop the connection that a request came on."""

        def drop() -> None:
            for connection in self._server.server_state.connections if self._server else ():
                transport: asyncio.Transport = connection.transport
                if transport.get_extra_info("peername") == scope["client"]:
                    transport.close()

        extensions = {**scope.get("extensions", {}), DROP: drop}
        if self._stopping:
            extensions[UNREADY] = "The server is about to stop: ask another one, or start it again."
        await self._app({**scope, "extensions": extensions}, receive, send)

    def __enter__(self) -> FakeServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<FakeServer {self.url if self._socket else 'not running'}>"


def _patience() -> dict[str, Any]:
    """Return how the connector that is installed is told to give up soon, as loopback allows."""
    try:
        major = int(version("snowflake-connector-python").partition(".")[0])
    except PackageNotFoundError:
        major = 4
    told: dict[str, Any] = {"login_timeout": _CLIENT_TIMEOUT_S}
    if major < 5:
        # The 4 would ask the metadata services of three clouds whether it runs there.
        return {
            **told,
            "network_timeout": _CLIENT_TIMEOUT_S,
            "platform_detection_timeout_seconds": 0.0,
        }
    # The 5 warns of the older name, and when the other is left open.
    return {
        **told,
        "request_timeout": _CLIENT_TIMEOUT_S,
        "enable_server_session_keep_alive_auto_detection": False,
    }


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready, and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def drop_all(self) -> None:
        """Drop all connections, from whatever thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._drop_all)

    def _drop_all(self) -> None:
        for connection in list(self.server_state.connections):
            transport: asyncio.Transport = connection.transport
            transport.abort()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            parser: Any = getattr(connection, "conn", None)
            # The rest of a request may never come.
            if parser is not None and parser.their_state is h11.SEND_BODY:
                connection.transport.close()
        await super().shutdown(sockets)


def _listening(host: str, port: int) -> socket.socket:
    # With the protocol named, asyncio turns Nagle's algorithm off: without it, 40 ms a request.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is in use" if taken else f"cannot be had ({error})"
        raise FakeServerError(
            f"Port {port} on {host} {why}: choose another, or 0 for any that is free."
        ) from error
    return listener
