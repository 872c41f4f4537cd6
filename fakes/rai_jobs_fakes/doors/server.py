"""The HTTP face on a real loopback socket: uvicorn in a thread of its own."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["FakeServer", "FakeServerError"]

_STOP_TIMEOUT_S = 5.0


class FakeServerError(RuntimeError):
    """The server cannot be started, or is not running; the message says what to do."""


class FakeServer:
    """A server that runs while its `with` block lasts.

    Args:
        app: the application to serve.
        token_of: gives a user's token by name.
        host: the address to listen on.
        port: the port; 0 for any that is free.
    """

    def __init__(
        self, app: ASGIApp, token_of: Callable[[str | None], str], *, host: str, port: int
    ) -> None:
        self._app = app
        self._token_of = token_of
        self.host = host
        self._wanted_port = port
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

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
    def running(self) -> bool:
        """Whether it listens now."""
        return self._socket is not None

    @property
    def url(self) -> str:
        """The base URL.

        Raises:
            FakeServerError: the server is not running.
        """
        return f"http://{self.host}:{self.port}"

    def token(self, user: str | None = None) -> str:
        """Return the token that a user presents; `fake_user`'s when not given.

        Raises:
            ValueError: there is no such user.
        """
        return self._token_of(user)

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
            self._app, log_config=None, access_log=False, lifespan="off", date_header=False
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name="rai-jobs-fake-server",
            daemon=True,
        )
        self._thread.start()
        self._server.ready.wait()

    def stop(self) -> None:
        """Finish what is being answered and stop; a second call does nothing.

        Raises:
            FakeServerError: the server did not stop within 5 seconds.
        """
        if self._thread is None or self._server is None or self._socket is None:
            return
        self._server.should_exit = True
        self._thread.join(_STOP_TIMEOUT_S)
        if self._thread.is_alive():
            raise FakeServerError(
                f"The server on {self.url} did not stop within {_STOP_TIMEOUT_S:g} s: is a client"
                " still in the middle of a request?"
            )
        self._socket.close()
        self._socket = self._server = self._thread = None

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


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready, and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()


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
