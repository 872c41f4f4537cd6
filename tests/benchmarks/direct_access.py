"""Requests of Direct Access on our server, beside a bare application that answers a constant.

The client is a socket and no more: it costs next to nothing, so the two servers are compared.
"""

from __future__ import annotations

import socket

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rai_jobs.http.auth import authorization_header
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.server import FakeServer

from .measure import Result, in_turns

_GETS = 200


class _Bare:
    """An application that answers every path with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        answer = Response(self._answer, media_type="application/json")
        await answer(scope, receive, send)


class Client:
    """One connection; as little of a client as can be.

    Args:
        server: what it is connected to.
    """

    def __init__(self, server: FakeServer) -> None:
        self._socket = socket.create_connection((server.host, server.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """Send a request as it stands, and return the body of its answer."""
        self._socket.sendall(request)
        received = b""
        while True:
            received += self._socket.recv(65_536)
            head, found, body = received.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            if found and len(body) >= length:
                assert head.startswith(b"HTTP/1.1 200 ")
                return body

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


def get_request(server: FakeServer, path: str) -> bytes:
    """Return a request of Direct Access, as it is sent."""
    token = authorization_header(server.token())
    return f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\r\n".encode()


def measure() -> list[Result]:
    """Return the measurements of this file."""
    backend = FakeBackend()
    job_id = backend.jobs().create("Predictive", "worker-1", {"a": 1}).id
    path = f"/v1alpha1/jobs/ML/{job_id}"
    with backend.serve() as ours:
        us, request = Client(ours), get_request(ours, path)
        bare_app = _Bare(us.ask(request))
        with FakeServer(bare_app, backend.token, host="127.0.0.1", port=0) as bare:
            them = Client(bare)

            def many(client: Client) -> None:
                for _ in range(_GETS):
                    client.ask(request)

            result = in_turns(
                f"{_GETS} x get, Direct Access by a bare socket",
                lambda: many(us),
                "bare application",
                lambda: many(them),
                rounds=40,
                goal="1.43x or less (0.7x requests/s)",
            )
            them.close()
        us.close()
    return [result]
