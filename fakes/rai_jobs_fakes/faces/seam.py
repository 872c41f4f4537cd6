"""What a face needs of the backend behind it: one function, who a token belongs to, and its time.

A recorder is a thing of the same shape, and may stand between the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from rai_jobs.clock import Clock

from ..faults.plan import InjectedFault
from ..machine.calls import Call
from ..machine.execution import User

__all__ = ["CallHandler", "Struck", "StruckApart", "told_late"]

_A = TypeVar("_A")


class CallHandler(Protocol):
    """Whatever answers calls."""

    def handle(self, call: Call[_A], *, user: User, face: str) -> _A:
        """Answer `call` now, as `user`, who came in through `face`.

        Raises:
            Refusal: the call is not carried out; an `InjectedFault` where a fault strikes it, at
                once: whoever tells it lets its delay pass.
        """
        ...

    def user_of_token(self, token: str) -> User | None:
        """Return whose `token` it is, `None` when nobody's."""
        ...

    @property
    def clock(self) -> Clock:
        """The backend's clock."""
        ...


Struck: TypeAlias = "Callable[[InjectedFault], Any]"
"""What comes of a call that a fault struck: an answer, or an exception."""


@dataclass(frozen=True)
class StruckApart:
    """A backend that leaves it to somebody else what comes of a call that a fault struck."""

    backend: CallHandler
    struck: Struck

    def handle(self, call: Call[_A], *, user: User, face: str) -> _A:
        """Answer `call`, or what comes of the fault that strikes it.

        Raises:
            Refusal: the call is not carried out.
        """
        try:
            return self.backend.handle(call, user=user, face=face)
        except InjectedFault as injected:
            return self.struck(injected)

    def user_of_token(self, token: str) -> User | None:
        """Return whose `token` it is, `None` when nobody's."""
        return self.backend.user_of_token(token)

    @property
    def clock(self) -> Clock:
        """The backend's clock."""
        return self.backend.clock


def told_late(backend: CallHandler, injected: InjectedFault) -> Any:
    """Let the delay of a fault pass, and return the true answer where that is all of the fault.

    Raises:
        Refusal: the true answer is one.
        InjectedFault: the fault is more than a delay.
    """
    if injected.fault.delay_s:
        backend.clock.sleep(injected.fault.delay_s)
    if not injected.is_true:
        raise injected
    return injected.truth()
