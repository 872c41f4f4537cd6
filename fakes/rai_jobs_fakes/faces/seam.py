"""What a face needs of the backend behind it: one function, and who a token belongs to.

A recorder or a fault injector is a thing of the same shape, and may stand between the two.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from ..machine.calls import Call
from ..machine.execution import User

__all__ = ["CallHandler"]

_A = TypeVar("_A")


class CallHandler(Protocol):
    """Whatever answers calls."""

    def handle(self, call: Call[_A], *, user: User, face: str) -> _A:
        """Answer `call` now, as `user`, who came in through `face`.

        Raises:
            Refusal: the call is not carried out.
        """
        ...

    def user_of_token(self, token: str) -> User | None:
        """Return whose `token` it is, `None` when nobody's."""
        ...
