"""Faults as they are written down: the words of `Fault`'s methods, and which calls they strike.

`kind` is the method's name; every other field is an argument of it, by its own name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from ..faults.fault import Fault
from .containment import CallContains
from .strict import AnyObject, Strict

__all__ = ["LONGEST_DELAY_S", "FaultSaid"]

LONGEST_DELAY_S = 1_000_000_000
"""Some thirty years: a later answer is a slip of the unit, and no clock goes so far. [choice]"""

_Operation = Literal["get", "create", "list", "events", "cancel", "artifacts", "problems"]
_Operations = Annotated[
    Annotated[_Operation, Tag("one")] | Annotated[list[_Operation], Tag("several")],
    Discriminator(lambda value: "several" if isinstance(value, list) else "one"),
]


class _Fault(Strict):
    """Which calls a fault strikes; left out, it strikes the first one that matches."""

    operation: _Operations | None = None
    """One of the operations, or several; any when left out."""
    nth: int | None = Field(default=None, ge=1)
    """That one matching call alone, counted from 1."""
    after: int = Field(default=0, ge=0)
    """How many matching calls are let pass first."""
    times: int | None = Field(default=1, ge=1)
    """How many calls it strikes; null for all."""
    probability: float | None = Field(default=None, gt=0, le=1)
    """How likely it strikes a matching call."""
    seed: int = 0
    """What `probability` is drawn from: same seed, same calls, same strikes."""
    where: AnyObject = Field(default_factory=dict[str, Any])
    """Only calls whose arguments, as the transcript tells them in JSON, have these values."""
    user: str | None = None
    """Only calls of this user."""
    face: Literal["gateway", "http", "sql"] | None = None
    """Only calls through this face."""
    delay_s: float = Field(default=0.0, ge=0, le=LONGEST_DELAY_S)
    """How late the answer, or its failure, comes: in seconds on the backend's clock."""

    @model_validator(mode="after")
    def _makes_sense(self) -> _Fault:
        self.made()
        return self

    def made(self) -> Fault:
        """Return the fault.

        Raises:
            FaultError: it contradicts itself, or can never fire.
        """
        # What was left out is not said: `nth` beside `times` would contradict it.
        arguments: dict[str, Any] = self.model_dump(exclude_unset=True)
        method = getattr(Fault, arguments.pop("kind"))
        if "where" in arguments:
            arguments["where"] = CallContains(arguments["where"])
        return method(**arguments)


class HttpSaid(_Fault):
    """An answer of a status."""

    kind: Literal["http"]
    status: int = Field(ge=200, le=599)
    """From 200 to 599; a 2xx needs a `body`."""
    body: str | AnyObject | list[Any] | None = None
    """Text, or a JSON value; a message with the status's name when left out."""
    headers: dict[str, str] | None = None
    """Of the answer, e.g. `Retry-After`."""
    acted: bool = False
    """Whether the backend carries the call out all the same."""


class DroppedSaid(_Fault):
    """The connection is dropped once the request was sent."""

    kind: Literal["dropped"]
    at: Literal["before", "after", "mid-body"] = "before"
    """Before or after the backend acted; or after, with half of the answer."""


class UnreachableSaid(_Fault):
    """The connection is refused."""

    kind: Literal["unreachable"]


class DelayedSaid(_Fault):
    """A true answer that is late."""

    kind: Literal["delayed"]
    seconds: float = Field(gt=0, le=LONGEST_DELAY_S)
    """How late, on the backend's clock."""


class TruncatedSaid(_Fault):
    """Half of the answer, as if it were the whole; the backend acted."""

    kind: Literal["truncated"]


class MalformedSaid(_Fault):
    """Success with what is not the protocol's: somebody's sign-in page."""

    kind: Literal["malformed"]
    acted: bool = False
    """Whether the backend carries the call out all the same."""


class StaleEndpointSaid(_Fault):
    """The service is no longer at this address."""

    kind: Literal["stale_endpoint"]


class ExpiredTokenSaid(_Fault):
    """The caller's token is refused as expired."""

    kind: Literal["expired_token"]


class NotReadySaid(_Fault):
    """The reasoner does not accept jobs."""

    kind: Literal["not_ready"]


class SqlSaid(_Fault):
    """Snowflake's own error; there is none over HTTP."""

    kind: Literal["sql"]
    errno: int = Field(ge=1)
    """Snowflake's number; 250000 to 259999 are the connector's, of a lost connection."""
    message: str = "SQL execution internal error."
    """What is wrong, without the numbers."""
    sqlstate: str = "XX000"
    """The SQLSTATE, five characters."""
    acted: bool = False
    """Whether the backend carries the call out all the same."""


FaultSaid = Annotated[
    HttpSaid
    | DroppedSaid
    | UnreachableSaid
    | DelayedSaid
    | TruncatedSaid
    | MalformedSaid
    | StaleEndpointSaid
    | ExpiredTokenSaid
    | NotReadySaid
    | SqlSaid,
    Field(discriminator="kind"),
]
"""One thing that goes wrong, by its `kind`."""
