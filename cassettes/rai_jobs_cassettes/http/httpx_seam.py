"""Where an httpx client meets the world: between the client and whatever transport it has.

A client asks itself which transport a URL goes by (`_transport_for_url`) once for each request that
is sent: each redirect, each renewal of a token. What it gets there is asked about last, so every
client is met, whenever it was made and whatever its transport is; a patch of transports, as
vcrpy's, misses those that it does not know. The name is httpx's own, the same from 0.27 to 0.28.
[choice]
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from typing import Any, cast

import httpx

from ..errors import CassetteError
from ..interactions import Tree
from ..tape import Tape, is_passing, passing
from .httpx_codec import httpx_answer, httpx_request, httpx_response
from .raised import raised_of

__all__ = ["patched"]

_SEAM = "_transport_for_url"


@contextmanager
def patched(tape: Tape) -> Generator[None]:
    """Put a tape between every httpx client, sync or async, and its transport.

    A response is read to its end before a client gets it, so that it can be kept. [choice]

    Args:
        tape: what is asked first.

    Raises:
        CassetteError: this httpx is of a version that has no such place.
    """
    seams = ((httpx.Client, _OnTape), (httpx.AsyncClient, _OnTapeAsync))
    originals = [(client, _original(client)) for client, _ in seams]
    try:
        for (client, original), (_, wrapping) in zip(originals, seams, strict=True):
            setattr(client, _SEAM, _leading_by(original, wrapping, tape))
        yield
    finally:
        for client, original in originals:
            setattr(client, _SEAM, original)


def _original(client: type) -> Callable[..., Any]:
    original: object = vars(client).get(_SEAM)
    if not callable(original):
        raise CassetteError(
            f"httpx {httpx.__version__} has no `{client.__name__}.{_SEAM}`, where a recorder must"
            " stand: use httpx 0.27 or 0.28, and tell us."
        )
    return original


def _leading_by(
    original: Callable[..., Any],
    wrapping: Callable[[Any, Tape], Any],
    tape: Tape,
) -> Callable[..., Any]:
    @wraps(original)
    def transport_for_url(client: object, url: httpx.URL) -> object:
        transport = original(client, url)
        return transport if is_passing() else wrapping(transport, tape)

    return transport_for_url


class _OnTape(httpx.BaseTransport):
    """A transport for one request: from the tape, or by the real one onto it."""

    def __init__(self, real: httpx.BaseTransport, tape: Tape) -> None:
        self._real = real
        self._tape = tape

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = httpx_request(request, request.read())
        found = self._tape.find("http", asked)
        if found is not None:
            return httpx_response(found, request)
        try:
            with passing():
                response = self._real.handle_request(request)
                response.request = request
                kept = self._taken(response)
        except Exception as error:
            _keep_raised(self._tape, asked, error)
            raise
        self._tape.keep("http", asked, kept)
        return response

    @staticmethod
    def _taken(response: httpx.Response) -> dict[str, Tree]:
        if response.is_stream_consumed:
            return httpx_answer(response, response.content, is_decoded=True)
        stream = cast("httpx.SyncByteStream", response.stream)
        try:
            body = b"".join(stream)
        finally:
            stream.close()
        response.stream = httpx.ByteStream(body)
        return httpx_answer(response, body, is_decoded=False)


class _OnTapeAsync(httpx.AsyncBaseTransport):
    """A transport for one request: from the tape, or by the real one onto it."""

    def __init__(self, real: httpx.AsyncBaseTransport, tape: Tape) -> None:
        self._real = real
        self._tape = tape

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = httpx_request(request, await request.aread())
        found = self._tape.find("http", asked)
        if found is not None:
            return httpx_response(found, request)
        try:
            with passing():
                response = await self._real.handle_async_request(request)
                response.request = request
                kept = await self._taken(response)
        except Exception as error:
            _keep_raised(self._tape, asked, error)
            raise
        self._tape.keep("http", asked, kept)
        return response

    @staticmethod
    async def _taken(response: httpx.Response) -> dict[str, Tree]:
        if response.is_stream_consumed:
            return httpx_answer(response, response.content, is_decoded=True)
        stream = cast("httpx.AsyncByteStream", response.stream)
        try:
            body = b"".join([part async for part in stream])
        finally:
            await stream.aclose()
        response.stream = httpx.ByteStream(body)
        return httpx_answer(response, body, is_decoded=False)


def _keep_raised(tape: Tape, asked: dict[str, Tree], error: Exception) -> None:
    # What a recorder says is no answer of the world.
    if not isinstance(error, CassetteError):
        tape.keep("http", asked, raised_of(error))
