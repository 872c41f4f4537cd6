"""What goes wrong over HTTP, as data: a transport that does it in front of a real backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

__all__ = ["FAULTS", "Fault", "FaultyTransport"]

Inner = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class Fault:
    """What happens to a request, and to how many."""

    happens: Callable[[httpx.Request, Inner], httpx.Response]
    times: int | None = None
    """How many requests it happens to; `None` for all."""


class FaultyTransport(httpx.BaseTransport):
    """A transport in which a fault stands before the backend."""

    def __init__(self, inner: httpx.BaseTransport, fault: Fault) -> None:
        self._inner = inner
        self._fault = fault
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        times = self._fault.times
        if times is not None and len(self.requests) > times:
            return self._inner.handle_request(request)
        return self._fault.happens(request, self._inner.handle_request)


class TornStream(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, start: bytes) -> None:
        self._start = start

    def __iter__(self) -> Iterator[bytes]:
        yield self._start
        raise httpx.ReadError("the connection was dropped")


def raises(make: Callable[[], Exception]) -> Callable[[httpx.Request, Inner], httpx.Response]:
    def happens(request: httpx.Request, inner: Inner) -> httpx.Response:
        raise make()

    return happens


def answers(
    status: int, text: str = "", **headers: str
) -> Callable[[httpx.Request, Inner], httpx.Response]:
    def happens(request: httpx.Request, inner: Inner) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, text=text, headers=named)

    return happens


def acts_and_times_out(request: httpx.Request, inner: Inner) -> httpx.Response:
    inner(request)
    raise httpx.ReadTimeout("timed out")


def acts_and_fails(request: httpx.Request, inner: Inner) -> httpx.Response:
    inner(request)
    return httpx.Response(500, text="after the fact")


def breaks_off(request: httpx.Request, inner: Inner) -> httpx.Response:
    body = inner(request).read()
    return httpx.Response(200, stream=TornStream(body[: len(body) // 2]))


def truncated(request: httpx.Request, inner: Inner) -> httpx.Response:
    body = inner(request).read()
    return httpx.Response(200, content=body[:-1])


def wrong_shape(request: httpx.Request, inner: Inner) -> httpx.Response:
    inner(request)
    return httpx.Response(200, text="42")


HTML = "<html><body>" + "Bad gateway " * 100 + "</body></html>"
STALE = '{"message": "the service associated with endpoint x could not be found"}'
DNS = "[Errno -2] Name or service not known"

FAULTS: dict[str, Fault] = {
    "connection refused": Fault(raises(lambda: httpx.ConnectError("Connection refused"))),
    "DNS failure": Fault(raises(lambda: httpx.ConnectError(DNS))),
    "connect timeout": Fault(raises(lambda: httpx.ConnectTimeout("timed out"))),
    "read timeout before it acted": Fault(raises(lambda: httpx.ReadTimeout("timed out"))),
    "read timeout after it acted": Fault(acts_and_times_out),
    "dropped mid-body": Fault(breaks_off),
    "truncated JSON": Fault(truncated),
    "HTML with 200": Fault(answers(200, HTML)),
    "wrong shape": Fault(wrong_shape),
    "400": Fault(answers(400, '{"message": "validation error", "details": "no such column"}')),
    "401 once": Fault(answers(401, '{"message": "expired"}'), times=1),
    "401 always": Fault(answers(401, '{"message": "expired"}')),
    "403": Fault(answers(403, '{"message": "forbidden"}')),
    "404": Fault(answers(404, '{"message": "not found"}')),
    "429 with Retry-After, then good": Fault(answers(429, retry_after="7"), times=1),
    "429 always": Fault(answers(429)),
    "500 before it acted": Fault(answers(500, "oops")),
    "500 after it acted": Fault(acts_and_fails),
    "503 then good": Fault(answers(503), times=1),
    "stale endpoint": Fault(answers(404, STALE), times=1),
}
