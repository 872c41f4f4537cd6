"""Bytes that no client sends a proxy: each is refused or dropped, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.proxy import FakeProxy
from rai_jobs_fakes.doors.tunnel import Opening

HOST = "acme.snowflakecomputing.com"
CONNECT = f"CONNECT {HOST}:443 HTTP/1.1\r\nhost: {HOST}:443\r\n\r\n".encode()
GET = f"GET /v1alpha1/jobs HTTP/1.1\r\nhost: {HOST}\r\n\r\n".encode()
ASKED = f"GET /v1alpha1/jobs HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n".encode()


class Noisy:
    """A proxy of a served backend, and what asyncio complains of meanwhile."""

    def __init__(self) -> None:
        self.backend = FakeBackend()
        self.server = self.backend.serve()
        self.server.start()
        self.proxy = FakeProxy(self.server.host, self.server.port)
        self.proxy.start()
        self.trust = ssl.create_default_context(cafile=self.proxy.environment()["SSL_CERT_FILE"])

    def stop(self) -> None:
        self.proxy.stop()
        self.server.stop()

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.proxy.port), 5)

    def tunnel(self) -> ssl.SSLSocket:
        """A tunnel that is open, with TLS in it."""
        raw = self.open()
        raw.sendall(CONNECT)
        assert raw.recv(1_000) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        return self.trust.wrap_socket(raw, server_hostname=HOST)

    def is_well(self) -> bool:
        """Whether a usual client is answered as usual."""
        with self.tunnel() as usual:
            usual.sendall(ASKED)
            return rest_of(usual).startswith(b"HTTP/1.1 401 ")

    def is_rid_of_all(self) -> bool:
        """Whether no connection is left, of those whose clients are gone."""
        waiting = threading.Event()
        return any(self.proxy.ends == 0 or waiting.wait(0.01) for _ in range(500))


class Complaints(logging.Handler):
    """What a loop says of exceptions that nobody has caught."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@pytest.fixture(scope="module")
def complaints() -> Generator[Complaints]:
    handler = Complaints()
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.fixture(scope="module")
def noisy(complaints: Complaints) -> Generator[Noisy]:
    made = Noisy()
    yield made
    made.stop()
    gc.collect()  # a task that nobody waits for complains when it goes
    assert complaints.told == []


def rest_of(connection: socket.socket) -> bytes:
    """All that comes until the other side ends it; five seconds without a byte are an error."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except (ConnectionError, ssl.SSLError):
        pass
    return b"".join(parts)


def hello() -> bytes:
    """The first words of TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    told = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=HOST)
    with pytest.raises(ssl.SSLWantReadError):
        told.do_handshake()
    return outgoing.read()


HELLO = hello()


def close(connection: socket.socket) -> None:
    connection.close()


def end(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


PIECES = st.one_of(
    st.sampled_from(
        [
            *(CONNECT, CONNECT, CONNECT, CONNECT[:20], CONNECT[:-2], CONNECT + b"\x16", HELLO),
            *(HELLO[:7], HELLO[:-1], HELLO.replace(b"\x03", b"\x00"), b"\x15\x03\x01\x00\x02\x02("),
            *(GET, GET[:9], b"\r\n", b"\r\n\r\n", b"\0" * 100, b"x" * 20_000, b"x: y\r\n" * 5_000),
            b"CONNECT a..snowflakecomputing.com:443 HTTP/1.1\r\n\r\n",
            b"CONNECT " + b"x" * 70 + b".snowflakecomputing.com:443 HTTP/1.1\r\n\r\n",
            b"CONNECT " + b"x" * 9_000 + b".snowflakecomputing.com:443 HTTP/1.1\r\n\r\n",
            b"CONNECT \xff\xfe.snowflakecomputing.com:443 HTTP/1.1\r\n\r\n",
            b"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
            b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n",
        ]
    ),
    st.binary(max_size=30),
)


@settings(deadline=None, max_examples=300)
@given(pieces=st.lists(PIECES, max_size=4), ending=st.sampled_from([close, end, end, reset]))
@example(pieces=[CONNECT, HELLO], ending=reset)
@example(pieces=[CONNECT, GET], ending=end)
@example(pieces=[CONNECT[:20]], ending=end)
def test_whatever_is_sent_is_refused_or_dropped_and_the_next_one_is_served(
    noisy: Noisy, pieces: list[bytes], ending: Callable[[socket.socket], None]
) -> None:
    with noisy.open() as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            ending(connection)
        except OSError:
            # It was refused already.
            ending = end
        answer = rest_of(connection) if ending is end else b""
    assert not answer or answer[:13] in {
        b"HTTP/1.1 200 ",
        b"HTTP/1.1 400 ",
        b"HTTP/1.1 403 ",
        b"HTTP/1.1 405 ",
    }
    assert b"Traceback" not in answer


def test_after_all_of_it_nothing_is_left_open(noisy: Noisy, complaints: Complaints) -> None:
    assert noisy.is_well()
    assert noisy.is_rid_of_all()
    gc.collect()
    assert complaints.told == []


@pytest.mark.parametrize(
    "host", ["a..b", "x" * 64, "my_account", ".".join(["x" * 60] * 4), "-a", "a/b", "xn--"]
)
def test_a_host_that_no_certificate_can_name_is_refused_in_words(noisy: Noisy, host: str) -> None:
    with noisy.open() as connection:
        connection.sendall(f"CONNECT {host}.snowflakecomputing.com:443 HTTP/1.1\r\n\r\n".encode())
        answer = rest_of(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert f"No certificate can be made for {host}.snowflakecomputing.com"[:200].encode() in answer


def test_half_a_request_that_ends_is_refused_in_words(noisy: Noisy) -> None:
    with noisy.open() as connection:
        connection.sendall(CONNECT[:-2])
        connection.shutdown(socket.SHUT_WR)
        assert b"This is no request for a tunnel." in rest_of(connection)


def test_tls_that_comes_before_its_leave_is_heard(noisy: Noisy) -> None:
    # The head is read by then, the tunnel maybe not open yet.
    for _ in range(20):
        with noisy.open() as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.sendall(CONNECT[:-1])
            raw.sendall(CONNECT[-1:])
            raw.sendall(HELLO)
            received = b""
            while len(received) < 60 and (more := raw.recv(65_536)):
                received += more
        # Refused, where both came as one; else both are heard.
        assert received.startswith(b"HTTP/1.1 400 ") or b"\r\n\r\n\x16\x03\x03" in received


def test_words_inside_the_tunnel_that_are_no_http_are_answered_by_the_server(noisy: Noisy) -> None:
    with noisy.tunnel() as tunnel:
        tunnel.sendall(b"\0" * 100 + b"\r\n\r\n")
        assert rest_of(tunnel).startswith(b"HTTP/1.1 400 ")
    with noisy.tunnel() as tunnel:
        tunnel.sendall(GET[:20])
    assert noisy.is_well()


def test_bytes_inside_the_tunnel_that_are_no_tls_drop_it(noisy: Noisy) -> None:
    # At once: it may come before the proxy has joined the two ends.
    for _ in range(20):
        tunnel = noisy.tunnel()
        with socket.socket(fileno=os.dup(tunnel.fileno())) as under, tunnel:
            under.sendall(b"GET / HTTP/1.1\r\n\r\n")
            under.settimeout(5)
            rest_of(under)
    assert noisy.is_well()
    assert noisy.is_rid_of_all()


@pytest.mark.parametrize("when", ["in the middle of the handshake", "at its end"])
def test_a_client_that_goes_before_there_is_a_tunnel_leaves_nothing_open(
    noisy: Noisy, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    went = threading.Event()

    async def start_tls(
        loop: object, transport: Any, protocol: Any, *rest: Any, **more: Any
    ) -> Any:
        transport.set_protocol(asyncio.Protocol())
        went.set()
        if when == "at its end":
            protocol.connection_lost(None)
            return transport
        # As asyncio has it: the protocol is told nothing.
        transport.abort()
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.BaseEventLoop, "start_tls", start_tls)
        with noisy.open() as connection:
            connection.sendall(CONNECT)
            assert went.wait(5)
            rest_of(connection)
    assert noisy.is_rid_of_all()


def test_nothing_is_read_between_the_head_and_tls() -> None:
    paused: list[bool] = []

    class Transport(asyncio.Transport):
        def pause_reading(self) -> None:
            paused.append(True)

    opening = Opening(set(), lambda opening, head: None)
    opening.connection_made(Transport())
    opening.data_received(CONNECT[:-1])
    assert paused == []
    opening.data_received(CONNECT[-1:])
    assert paused == [True]


def test_fifty_at_once_are_answered_or_refused_each(noisy: Noisy) -> None:
    gate = threading.Barrier(50)
    answered: list[bool] = []
    refused: list[bytes] = []

    def usual() -> None:
        gate.wait(10)
        answered.append(noisy.is_well())

    def unusual(number: int) -> None:
        words = [CONNECT[:20], b"x" * 20_000, CONNECT + GET, CONNECT.replace(b"acme", b"a..b")]
        gate.wait(10)
        with noisy.open() as connection:
            connection.sendall(words[number % 4])
            connection.shutdown(socket.SHUT_WR)
            refused.append(rest_of(connection)[:13])

    threads = [threading.Thread(target=usual) for _ in range(25)]
    threads += [threading.Thread(target=unusual, args=(number,)) for number in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answered == [True] * 25
    assert len(refused) == 25
    assert set(refused) <= {b"HTTP/1.1 400 ", b""}
    assert noisy.is_rid_of_all()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are not told here")
def test_a_stop_drops_each_of_them_wherever_it_is(complaints: Complaints) -> None:
    Noisy().stop()  # what is made once is made
    gc.collect()
    before, threads = len(list(Path("/proc/self/fd").iterdir())), set(threading.enumerate())
    noisy = Noisy()
    held: list[socket.socket] = [noisy.open(), noisy.tunnel(), noisy.tunnel()]
    held[2].sendall(GET[:20])
    for words in ([CONNECT[:20]], [CONNECT], [CONNECT, HELLO[:7]], [CONNECT, HELLO]):
        held.append(noisy.open())
        for each in words:
            held[-1].sendall(each)
            if each is CONNECT:
                assert held[-1].recv(1_000).startswith(b"HTTP/1.1 200 ")
    noisy.stop()
    while held:
        with held.pop() as connection:
            rest_of(connection)
    assert set(threading.enumerate()) <= threads
    del noisy
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert complaints.told == []
