"""How a door to ASGI sends the answer of a face: late where it says so, and as far as it says.

ASGI has no word for dropping a connection. A server that can do it says how in the scope, under
`DROP`; ours does. Under any other, a fault that drops one is an error that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from starlette.types import Receive, Scope, Send

from rai_jobs.clock import Clock

from ..clocks.event_loop import let_pass
from ..faces.http import Ending

__all__ = [
    "DROP",
    "UNREADY",
    "Answer",
    "CannotDropError",
    "body_of",
    "headers_of",
    "send_answer",
]

_BODILESS = (204, 304)
DROP = "rai_jobs_fakes.drop"
"""The scope's extension: a function that drops the connection once all that was sent has gone."""
_HEADERS = "rai_jobs_fakes.headers"

UNREADY = "rai_jobs_fakes.unready"
"""The scope's extension: why the server wants no further requests, where that is so."""


class CannotDropError(RuntimeError):
    """A fault drops the connection, which this ASGI server has no way to do."""


class Answer(Protocol):
    """What a face answers."""

    @property
    def status(self) -> int:
        """The status of HTTP."""
        ...

    @property
    def body(self) -> bytes:
        """The whole body."""
        ...

    @property
    def received(self) -> bytes:
        """What of the body comes."""
        ...

    @property
    def delay_s(self) -> float:
        """How late it comes, in seconds on the backend's clock."""
        ...

    @property
    def ending(self) -> Ending:
        """How far it comes."""
        ...


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request, by name in lower case; the scope keeps them for the next."""
    kept: dict[str, str] | None = scope.get(_HEADERS)
    if kept is None:
        kept = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        scope[_HEADERS] = kept
    return kept


async def body_of(receive: Receive, max_bytes: int) -> bytes | None:
    """Return the body, or a little more than `max_bytes` of one that is larger.

    `None` when the client went away before all of it had come: nothing may be made of a part.
    """
    parts: list[bytes] = []
    size = 0
    while size <= max_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        parts.append(part)
        if not message.get("more_body", False):
            break
    return b"".join(parts)


async def send_answer(
    answer: Answer,
    headers: Mapping[str, str],
    clock: Clock,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Send what comes of `answer`, when it comes; a connection that was made cannot be unmade.

    Args:
        answer: the answer.
        headers: its headers, without the length of the body.
        clock: the backend's.
        scope: the request's.
        receive: the request's.
        send: the request's.

    Raises:
        CannotDropError: a fault drops the connection, and the server does not say how.
    """
    if answer.delay_s:
        # The clock may be a real one, and others are served meanwhile.
        await let_pass(clock, answer.delay_s)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if answer.status not in _BODILESS and "content-length" not in headers:
        raw.append((b"content-length", str(len(answer.body)).encode()))
    start = {"type": "http.response.start", "status": answer.status, "headers": raw}
    if answer.ending is Ending.WHOLE:
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})
        return
    drop = scope.get("extensions", {}).get(DROP)
    if drop is None:
        raise CannotDropError(
            "A fault drops the connection, but this ASGI server has no way to do that: use"
            " `backend.serve()` or `backend.http_transport()`, or another fault."
        )
    if answer.ending is Ending.MID_BODY:
        await send(start)
        await send({"type": "http.response.body", "body": answer.received, "more_body": True})
    drop()
    while (await receive())["type"] != "http.disconnect":
        pass
