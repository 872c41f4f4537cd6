"""The two ends of a tunnel, in asyncio: what comes in at one goes out at the other.

No rule is here: who may open a tunnel, and where it leads, is the proxy's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

__all__ = ["ClientSide", "Direct", "Opening", "Side"]

_LONGEST_HEAD = 16_384
_END_OF_HEAD = b"\r\n\r\n"


class Side(asyncio.Protocol):
    """One end.

    Args:
        ends: all that are open, for whoever has to drop them.
    """

    def __init__(self, ends: set[Side]) -> None:
        self._ends = ends
        self.transport: asyncio.Transport | None = None
        self.other: Side | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be open."""
        self.transport = cast("asyncio.Transport", transport)
        self._ends.add(self)

    def data_received(self, data: bytes) -> None:
        """Pass on what came."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        """Have the other end read no more than this one can send."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Have the other end read again."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other end too; what broke here breaks there."""
        self._ends.discard(self)
        if self.transport is not None:
            # That of TLS is not closed by itself when the one beneath it is.
            self.transport.close()
        self.transport = None
        if self.other is None or self.other.transport is None:
            return
        if exc is None:
            self.other.transport.close()
        else:
            self.other.transport.abort()

    def abort(self) -> None:
        """Drop it at once."""
        if self.transport is not None:
            self.transport.abort()


class ClientSide(Side):
    """The client's end, whose other one is joined to it later.

    Args:
        ends: all that are open.
    """

    def __init__(self, ends: set[Side]) -> None:
        super().__init__(ends)
        self._early: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Pass on what came."""
        if self.other is None:
            # The first request comes along with the last word of TLS.
            self._early.append(data)
        super().data_received(data)

    def join(self, other: Side) -> None:
        """Be one end of a tunnel from now on, whose other one that is."""
        self.other, other.other = other, self
        early, self._early = b"".join(self._early), []
        if early:
            super().data_received(early)


class Opening(ClientSide):
    """The end of a client that first asks for a tunnel.

    Args:
        ends: all that are open.
        asked: is told the head of the request, once.
    """

    def __init__(self, ends: set[Side], asked: Callable[[Opening, bytes], None]) -> None:
        super().__init__(ends)
        self._asked: Callable[[Opening, bytes], None] | None = asked
        self._head = b""

    def eof_received(self) -> None:
        """Tell one who ends before the end of the head; whatever this says, it is closed."""
        if self._asked is not None and self._head:
            self._ask(self._asked)

    def data_received(self, data: bytes) -> None:
        """Gather the head; after it, pass on what came."""
        if self._asked is None:
            super().data_received(data)
            return
        self._head += data
        if _END_OF_HEAD in self._head or len(self._head) > _LONGEST_HEAD:
            self._ask(self._asked)

    def _ask(self, asked: Callable[[Opening, bytes], None]) -> None:
        self._asked = None
        if self.transport is not None:
            # What comes now is TLS already; whoever starts that has it read again.
            self.transport.pause_reading()
        asked(self, self._head)


class Direct(ClientSide):
    """The end of a client that takes us for the host itself, and begins with TLS.

    Args:
        ends: all that are open.
        came: is told of the client, before anything of it is read.
    """

    def __init__(self, ends: set[Side], came: Callable[[Direct], None]) -> None:
        super().__init__(ends)
        self._came = came

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be open, and tell of it; once, not again when TLS is under it."""
        super().connection_made(transport)
        self._came(self)
