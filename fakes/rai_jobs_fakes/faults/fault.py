"""What goes wrong, as data: `Fault`, one value for what happens; on which calls is in `which`.

A fault knows no face and no backend: what it looks like over HTTP or SQL is told there, and which
of several strikes a call is decided by `plan`. One that contradicts itself, or can never
fire, is refused when it is made, with the argument at fault.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, cast

from ..machine.calls import Call
from .which import (
    FaultError,
    FaultOptions,
    Which,
    named,
    require_count,
    require_seconds,
    which_of,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Fault", "FaultKind"]

_BODILESS = (204, 205, 304)
_NAME_OF_STATUS = {status.value: status.phrase for status in HTTPStatus}
_PAGE = b"<html><head><title>Sign in</title></head><body>Please sign in to go on.</body></html>"
# 503, not 404: who does not know the text shall not take it for an absent id. [choice]
_STALE = (503, "Could not find the service associated with endpoint, it may have moved.")
_EXPIRED = (401, "the token has expired")


class FaultKind(Enum):
    """What happens, by the name of the method that makes it."""

    HTTP = "http"
    DROPPED = "dropped"
    UNREACHABLE = "unreachable"
    DELAYED = "delayed"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    STALE_ENDPOINT = "stale_endpoint"
    EXPIRED_TOKEN = "expired_token"
    NOT_READY = "not_ready"
    SQL = "sql"


@dataclass(frozen=True, repr=False)
class Fault:
    """One thing that goes wrong. Made by its methods; `repr` shows the one that made it.

    Raises:
        FaultError: by each of the methods: an argument contradicts another, or can never be.
    """

    kind: FaultKind
    acted: bool
    """Whether the backend carries the call out."""
    which: Which
    delay_s: float = 0.0
    status: int | None = None
    """The status of the answer, where the fault is one that tells it."""
    message: str = ""
    """What the answer complains of, where it has no body of its own."""
    body: bytes | None = None
    """The answer's own body."""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    half: bool = False
    """Of a dropped connection: whether half of the answer came."""
    errno: int = 0
    sqlstate: str = ""
    told: tuple[str, ...] = field(default=(), compare=False)
    """The arguments of its own, as they were given."""

    @classmethod
    def http(
        cls,
        status: int,
        *,
        body: str | bytes | Mapping[str, Any] | Sequence[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        acted: bool = False,
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Answer with a status. Over SQL it is how the service behind the procedure answered.

        Args:
            status: from 200 to 599; a 2xx needs a `body`.
            body: text, bytes, or a JSON value; a message with the status's name if not given.
            headers: of the answer, e.g. `Retry-After`.
            acted: whether the backend carries the call out all the same.
            options: which calls, and how late.
        """
        require_count("status", status, least=200, most=599)
        if status in _BODILESS and body is not None:
            raise FaultError(f"`body` cannot be: an answer of status {status} has none.")
        if status < 300 and status not in _BODILESS and body is None:
            raise FaultError(
                f"`status` {status} without a `body` is no failure: give the body that is wrong,"
                " or use Fault.malformed()."
            )
        named = _headers(headers)
        held, content_type = (b"", "") if status in _BODILESS else _encoded(body)
        return _made(
            FaultKind.HTTP,
            [repr(status)],
            {"body": body, "headers": headers, "acted": acted or None},
            options,
            acted=acted,
            status=status,
            message=_NAME_OF_STATUS.get(status, f"status {status}"),
            body=held,
            content_type=named.pop("content-type", content_type),
            headers=named,
        )

    @classmethod
    def dropped(
        cls,
        at: Literal["before", "after", "mid-body"] = "before",
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Drop the connection once the request was sent.

        Args:
            at: `before`: the backend did not act, and no answer came; `after`: it acted, and no
                answer came; `mid-body`: it acted, and half of the answer came.
            options: which calls, and how late.
        """
        if at not in {"before", "after", "mid-body"}:
            raise FaultError(f"`at` must be 'before', 'after' or 'mid-body'; got {at!r}.")
        half = at == "mid-body"
        return _made(FaultKind.DROPPED, [repr(at)], {}, options, acted=at != "before", half=half)

    @classmethod
    def unreachable(cls, **options: Unpack[FaultOptions]) -> Fault:
        """Refuse the connection: nothing was sent."""
        return _made(FaultKind.UNREACHABLE, [], {}, options)

    @classmethod
    def delayed(cls, seconds: float, **options: Unpack[FaultOptions]) -> Fault:
        """Answer as if nothing were wrong, but late.

        Args:
            seconds: how late, on the backend's clock: more than 0.
            options: which calls.
        """
        if "delay_s" in options:
            raise FaultError("`delay_s` is `seconds` already: Fault.delayed() takes one of them.")
        require_seconds("seconds", seconds, above=True)
        options["delay_s"] = seconds
        return _made(FaultKind.DELAYED, [repr(seconds)], {}, options, acted=True)

    @classmethod
    def truncated(cls, **options: Unpack[FaultOptions]) -> Fault:
        """Send half of the answer as if it were the whole; the backend acted."""
        return _made(FaultKind.TRUNCATED, [], {}, options, acted=True)

    @classmethod
    def malformed(cls, *, acted: bool = False, **options: Unpack[FaultOptions]) -> Fault:
        """Answer with success, and with what is not the protocol's: somebody's sign-in page.

        Args:
            acted: whether the backend carries the call out all the same.
            options: which calls, and how late.
        """
        return _made(
            FaultKind.MALFORMED,
            [],
            {"acted": acted or None},
            options,
            acted=acted,
            status=200,
            body=_PAGE,
            content_type="text/html; charset=utf-8",
        )

    @classmethod
    def stale_endpoint(cls, **options: Unpack[FaultOptions]) -> Fault:
        """Answer that the service is no longer at this address (spec §6)."""
        status, message = _STALE
        return _made(FaultKind.STALE_ENDPOINT, [], {}, options, status=status, message=message)

    @classmethod
    def expired_token(cls, **options: Unpack[FaultOptions]) -> Fault:
        """Refuse the caller's token as expired."""
        status, message = _EXPIRED
        return _made(FaultKind.EXPIRED_TOKEN, [], {}, options, status=status, message=message)

    @classmethod
    def not_ready(cls, **options: Unpack[FaultOptions]) -> Fault:
        """Refuse as the backend itself does where a reasoner does not accept jobs (spec §5, §6)."""
        message = "the reasoner is not ready to accept jobs: it is SUSPENDED"
        return _made(FaultKind.NOT_READY, [], {}, options, message=message)

    @classmethod
    def sql(
        cls,
        errno: int,
        message: str = "SQL execution internal error.",
        sqlstate: str = "XX000",
        *,
        acted: bool = False,
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Fail the statement with Snowflake's own error; there is none over HTTP.

        Args:
            errno: Snowflake's number; 250000 to 259999 are the connector's, of a lost connection.
            message: what is wrong, without the numbers.
            sqlstate: the SQLSTATE, five characters.
            acted: whether the backend carries the call out all the same.
            options: which calls, and how late.
        """
        require_count("errno", errno, least=1)
        if len(sqlstate) != 5:
            raise FaultError(f"`sqlstate` must have five characters; got {sqlstate!r}.")
        if not message.strip():
            raise FaultError(f"`message` must say what is wrong; got {message!r}.")
        if options.get("face") == "http":
            raise FaultError(
                "`face` 'http' has no errors of SQL, so that this fault could never fire: use"
                " Fault.http(), or another face."
            )
        return _made(
            FaultKind.SQL,
            [repr(errno)],
            {"message": message, "sqlstate": sqlstate, "acted": acted or None},
            options,
            acted=acted,
            errno=errno,
            message=message,
            sqlstate=sqlstate,
        )

    @property
    def text(self) -> str:
        """The body of the answer as text; that of `message` where it has none of its own."""
        if self.body is not None:
            return self.body.decode("utf-8", errors="replace")
        return json.dumps({"message": self.message}, separators=(",", ":"))

    def concerns(self, call: Call[Any], user: str, face: str) -> bool:
        """Tell whether the call is one of those that count, on a face that can have this fault."""
        return not (self.kind is FaultKind.SQL and face == "http") and self.which.matches(
            call, user, face
        )

    def placed(self, nth: int, operations: tuple[str, ...]) -> Fault:
        """Return this fault as it first strikes the `nth` matching call of these operations."""
        which = replace(self.which, operations=operations)
        once = which.times == 1
        place = replace(which, nth=nth) if once else replace(which, after=nth - 1)
        return replace(self, which=place)

    def __repr__(self) -> str:
        parts = [*self.told, *self.which.told()]
        if self.delay_s and self.kind is not FaultKind.DELAYED:
            parts.append(f"delay_s={self.delay_s!r}")
        return f"Fault.{self.kind.value}({', '.join(parts)})"


def _made(
    kind: FaultKind,
    positional: list[str],
    own: Mapping[str, object],
    options: FaultOptions,
    *,
    acted: bool = False,
    **fields: Any,
) -> Fault:
    delay_s = options.get("delay_s", 0.0)
    require_seconds("delay_s", delay_s)
    told = [*positional, *named(own)]
    return Fault(kind, acted, which_of(options), delay_s=delay_s, told=tuple(told), **fields)


def _headers(given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise FaultError(f"`headers` must be lines of text by name; got {given!r:.200}.")
    pairs = list(cast("Mapping[object, object]", given).items())
    for name, value in pairs:
        if not (isinstance(name, str) and isinstance(value, str)) or {"\r", "\n"} & set(value):
            raise FaultError(f"`headers` must be lines of text by name; got {name!r}: {value!r}.")
    return {str(name).lower(): str(value) for name, value in pairs}


def _encoded(body: object) -> tuple[bytes | None, str]:
    """Return a body as bytes, and what it is; text that is JSON is taken as JSON."""
    if body is None:
        return None, "application/json"
    if isinstance(body, (str, bytes)):
        try:
            json.loads(body)
        except ValueError:
            kind = "text/plain; charset=utf-8"
        else:
            kind = "application/json"
        return (body.encode() if isinstance(body, str) else body), kind
    try:
        return json.dumps(body).encode(), "application/json"
    except (TypeError, ValueError) as error:
        raise FaultError(f"`body` must be text, bytes or a JSON value: {error}.") from error
