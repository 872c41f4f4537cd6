"""The server as an HTTPS proxy: whoever asks it for Snowflake gets the fake, nobody gets further.

A client opens a tunnel (CONNECT) to `<account>.snowflakecomputing.com`; TLS ends here, by an
authority that is made up at the start, and what was inside goes to the server on loopback. Every
other host is refused: no byte leaves the machine. `trustme` makes the certificates.

A client that takes no proxy from its environment resolves the name itself. A Python program is told
our second port then (see `startup/sitecustomize.py`), on which TLS begins at once.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
import threading
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

from .tunnel import ClientSide, Direct, Opening, Side

__all__ = ["STARTUP", "FakeProxy", "FakeProxyError"]

_SUFFIXES = (".snowflakecomputing.com", ".snowflakecomputing.app")
_HTTPS = 443
_TIMEOUT_S = 5.0
_HANDSHAKE_S = 10.0
_CONTEXTS_KEPT = 100
_NO_PROXY = "localhost,127.0.0.1,::1"
_REASONS = {
    200: "Connection established",
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    502: "Bad Gateway",
}

STARTUP = Path(__file__).with_name("startup")
"""What stands first in the `PYTHONPATH` of a program."""


class FakeProxyError(RuntimeError):
    """The proxy cannot be started, or does not stop; the message says why."""


class FakeProxy:
    """A proxy in a thread of its own.

    Args:
        host: the address to listen on, and where the server listens.
        port: the server's port.
        proxied: further addresses that it stands for, e.g. a Direct Access of another name.
        reached_by: the address by which this machine reaches both; `host`, unless that is all.
    """

    def __init__(
        self,
        host: str,
        port: int,
        proxied: Sequence[str] = (),
        *,
        reached_by: str | None = None,
    ) -> None:
        self._host = host
        self._reached_by = reached_by or host
        self._server_port = port
        self._hosts = frozenset(_host_of(address) for address in proxied)
        self._authority = trustme.CA(organization_name="rai-jobs fake")
        # Whoever asks may name a new host each time.
        self._context = lru_cache(_CONTEXTS_KEPT)(self._context_of)
        self._folder = tempfile.TemporaryDirectory(prefix="rai-jobs-fake-")
        self._bundle = Path(self._folder.name) / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self._bundle))
        self._ends: set[Side] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="rai-jobs-fake-proxy", daemon=True)
        self.port = 0
        """The port that it listens on; 0 before it does."""
        self.direct_port = 0
        """The port on which it is taken for the hosts themselves; 0 before it listens."""

    def start(self) -> None:
        """Listen, until `stop`.

        Raises:
            FakeProxyError: there is no port to be had.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            self._folder.cleanup()
            raise FakeProxyError(f"The proxy cannot listen on {self._host}: {self._failure}.")

    def stop(self) -> None:
        """Drop every tunnel, forget the authority, and stop; a second call does nothing.

        Raises:
            FakeProxyError: it did not stop within 5 seconds.
        """
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_TIMEOUT_S)
            if self._thread.is_alive():
                raise FakeProxyError(f"The proxy did not stop within {_TIMEOUT_S:g} s.")
        self._folder.cleanup()

    @property
    def ends(self) -> int:
        """How many connections are open, from clients and to the server."""
        return len(self._ends)

    def environment(self) -> dict[str, str]:
        """Return the variables that send a program's requests here, and have it trust us alone."""
        proxy, bundle = f"http://{self._reached_by}:{self.port}", str(self._bundle)
        ways = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": _NO_PROXY}
        path = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
        if str(STARTUP) not in path:
            path = [str(STARTUP), *path]
        return {
            **ways,
            **{name.lower(): value for name, value in ways.items()},
            # In turn: requests and the connector 4; httpx and the connector 5; curl.
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "CURL_CA_BUNDLE": bundle,
            # The connector would ask the metadata services of three clouds whether it runs there.
            "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true",
            # For a Python program that takes no proxy: what it runs first, and what that goes by.
            "PYTHONPATH": os.pathsep.join(path),
            "RAI_FAKE_DIRECT": f"{self._reached_by}:{self.direct_port}",
            "RAI_FAKE_HOSTS": ",".join((*_SUFFIXES, *sorted(self._hosts))),
        }

    def serves(self, host: str) -> bool:
        """Tell whether the proxy stands for `host`."""
        name = host.lower()
        return name in self._hosts or (name.endswith(_SUFFIXES) and not name.startswith("."))

    def __repr__(self) -> str:
        return f"<FakeProxy on {self._host}:{self.port}>"

    def _run(self) -> None:
        self._loop = loop = asyncio.new_event_loop()
        try:
            servers = [
                loop.run_until_complete(loop.create_server(side, self._host, 0))
                for side in (
                    lambda: Opening(self._ends, self._asked),
                    lambda: Direct(self._ends, self._came),
                )
            ]
        except OSError as error:
            self._failure = error
            loop.close()
            self._ready.set()
            return
        self.port, self.direct_port = (
            int(server.sockets[0].getsockname()[1]) for server in servers
        )
        self._ready.set()
        loop.run_forever()
        # Who is being let in must be an end before the server closes, or nobody drops it.
        for listener in (each for server in servers for each in server.sockets):
            loop.remove_reader(listener)
        loop.run_until_complete(_rounds())
        for server in servers:
            server.close()
        for end in list(self._ends):
            end.abort()
        for task in list(self._tasks):
            task.cancel()
        loop.run_until_complete(_settled(self._tasks))
        loop.close()

    def _asked(self, client: Opening, head: bytes) -> None:
        """Answer a client that asks for a tunnel."""
        status, told = self._answer(head)
        if status != 200:
            _refuse(client, status, told)
        else:
            self._do(self._open(client, told))

    def _came(self, client: Direct) -> None:
        """Let a client in that takes us for the host that it names in TLS."""
        self._do(self._lead(client, self._any_context()))

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _answer(self, head: bytes) -> tuple[int, str]:
        """Return the status that a request for a tunnel gets, and the host, or why not."""
        line = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        # Nothing may come behind it, before it has its answer.
        whole = head.partition(b"\r\n\r\n")[1:] == (b"\r\n\r\n", b"")
        if len(line) != 3 or not line[2].startswith("HTTP/1.") or not whole:
            return 400, "This is no request for a tunnel."
        method, target, _ = line
        if method != "CONNECT":
            return 405, "Only tunnels (CONNECT) are served here: use https."
        host, _, port = target.rpartition(":")
        if port != str(_HTTPS) or not self.serves(host):
            known = ", ".join(f"*{each}" for each in (*_SUFFIXES, *sorted(self._hosts)))
            return 403, (
                f"{target[:200]} is not reached through this proxy of the fake: it stands for"
                f" {known} on port {_HTTPS}, and leads nowhere beyond this machine."
            )
        return 200, host.lower()

    async def _open(self, client: Opening, host: str) -> None:
        """Let what `client` sends from now on reach the server, as if that were `host`."""
        try:
            context = self._context(host)
        except ValueError as error:
            _refuse(client, 400, f"No certificate can be made for {host[:200]}: {error}.")
            return
        server = await self._server()
        if server is None:
            _refuse(client, 502, "The fake's server does not answer.")
            return
        if client.transport is not None:
            client.transport.write(_head(200))
        await self._lead(client, context, server)

    async def _lead(
        self, client: ClientSide, context: ssl.SSLContext, server: Side | None = None
    ) -> None:
        """Join `client` to the server, by TLS from now on."""
        plain, secured = client.transport, None
        # TLS would wait for one who is gone.
        if plain is not None and not plain.is_closing():
            # A client that does not trust us hangs up; another one never spoke TLS.
            with suppress(OSError):
                secured = await asyncio.get_running_loop().start_tls(
                    plain, client, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_S
                )
        if secured is not None and client.transport is plain:
            client.transport = secured
            server = server or await self._server()
            if server is not None and client.transport is secured:
                client.join(server)
                return
        for end in (secured, plain, server):
            if end is not None:
                end.abort()
        # Of one that goes in the middle of the handshake, nobody tells the end.
        client.connection_lost(None)

    async def _server(self) -> Side | None:
        """Return the server's end of a tunnel; `None` when it does not answer."""
        loop = asyncio.get_running_loop()
        try:
            _, server = await loop.create_connection(
                lambda: Side(self._ends), self._reached_by, self._server_port
            )
        except OSError:
            return None
        return server

    def _any_context(self) -> ssl.SSLContext:
        """Return the TLS of whatever host a client names, of those that we stand for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def be(asked: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> int | None:
            if host is not None and self.serves(host):
                with suppress(ValueError):  # no certificate can be made for it
                    asked.context = self._context(host.lower())
                    return None
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

        context.sni_callback = be
        return context

    def _context_of(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate: Any = self._authority.issue_cert(host)
        certificate.configure_cert(context)
        return context


async def _settled(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
    # In which what was dropped is told so.
    await _rounds()


async def _rounds() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def _head(status: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def _refuse(client: Side, status: int, why: str) -> None:
    if client.transport is not None:
        body = f"{why}\n".encode("ascii", errors="replace")
        head = _head(
            status,
            "content-type: text/plain",
            f"content-length: {len(body)}",
            "connection: close",
        )
        client.transport.write(head + body)
        client.transport.close()


def _host_of(address: str) -> str:
    return (urlsplit(address if "://" in address else f"//{address}").hostname or "").lower()
