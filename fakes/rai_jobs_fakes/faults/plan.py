"""`FaultPlan`: the faults of one backend, which of them strikes a call, and how often each did.

The backend asks under its lock; what a strike looks like is the faces' to tell. Nothing here knows
a clock, a socket or chance: same faults, same calls, same strikes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from typing import Any

from ..machine.calls import Call
from ..machine.refusals import NotReady, Refusal, Refused
from ..whence import caller_line
from .fault import Fault, FaultKind
from .which import FaultError

__all__ = ["ActiveFault", "FaultPlan", "InjectedFault"]


class InjectedFault(Refusal):
    """A call that was struck; each face says it in its own words.

    Args:
        fault: what strikes it.
        operation: the call's.
        answer: what the backend answered, or the `Refusal` it answered with; `None` where it did
            not act.
    """

    def __init__(self, fault: Fault, operation: str, answer: object) -> None:
        # No word of the arguments: clients look for words in everything behind an error.
        super().__init__(f"a fault: {fault.kind.value.replace('_', ' ')}")
        self.fault = fault
        self.operation = operation
        self.answer = answer

    @property
    def acted(self) -> bool:
        """Whether the backend carried the call out."""
        return self.fault.acted

    @property
    def is_true(self) -> bool:
        """Whether `answer` is what is told, however late."""
        return self.fault.kind in {FaultKind.DELAYED, FaultKind.NOT_READY}

    def truth(self) -> Any:
        """Return what the backend answered.

        Raises:
            Refusal: it refused.
        """
        if isinstance(self.answer, Refusal):
            raise self.answer
        return self.answer


class ActiveFault:
    """A fault that was injected: what became of it."""

    def __init__(self, plan: FaultPlan, fault: Fault, number: int, injected_at: str) -> None:
        self._plan = plan
        self.fault = fault
        self.number = number
        self.injected_at = injected_at
        """Where the test injected it, as `folder/file:line`."""
        self.seen = 0
        """How many calls matched while it could still strike."""
        self.fired = 0
        """How many calls it struck."""

    def concerns(self, call: Call[Any], user: str, face: str) -> bool:
        """Tell whether the call is one of those that count.

        Raises:
            Refused: the test's own `where` failed.
        """
        try:
            return self.fault.concerns(call, user, face)
        except Exception as error:
            # The call is answered, not torn: the same over a socket as in memory.
            raise Refused(
                f"`where` of the fault that the test injected at {self.injected_at} failed:"
                f" {type(error).__name__}: {error}"
            ) from error

    def remove(self) -> None:
        """Withdraw it: it strikes no more, and nobody asks whether it did."""
        self._plan.remove(self)

    def __repr__(self) -> str:
        return f"<{self.fault!r} of {self.injected_at}: fired {self.fired} of {self.seen} calls>"


class FaultPlan:
    """The faults of a backend, in the order in which they were injected.

    Each counts every call that it matches, whichever fault strikes it. The first one that is due
    strikes; one call is struck once.

    Args:
        lock: the backend's, which may be entered again.
        users: gives the names of the users that there are.
    """

    def __init__(
        self, lock: AbstractContextManager[Any], users: Callable[[], Collection[str]]
    ) -> None:
        self._lock = lock
        self._users = users
        self._injected: list[ActiveFault] = []
        self._count = 0
        self.live: list[ActiveFault] = []
        """Those that can still strike: the same list for ever, empty when there are none."""

    def inject(self, fault: Fault) -> ActiveFault:
        """Have `fault` strike from now on.

        Returns:
            What tells how often it did, and withdraws it.

        Raises:
            FaultError: it can never fire: it names a user that does not exist; or it is no fault.
        """
        self.require(fault)
        with self._lock:
            active = ActiveFault(self, fault, self._count, caller_line())
            self._count += 1
            self._injected.append(active)
            self.live.append(active)
            return active

    def require(self, fault: Fault) -> None:
        """Check that `inject` would take `fault`.

        Raises:
            FaultError: it would not.
        """
        _require_fault(fault)
        user, users = fault.which.user, self._users()
        if user is not None and user not in users:
            raise FaultError(
                f"`user` {user!r} does not exist, so that this fault could never fire:"
                f" add_user({user!r}) first. There are: {', '.join(users)}."
            )

    def remove(self, active: ActiveFault) -> None:
        """Withdraw one fault; a second time does nothing."""
        with self._lock:
            for held in (self._injected, self.live):
                if active in held:
                    held.remove(active)

    def clear(self) -> None:
        """Withdraw all faults."""
        with self._lock:
            self._injected.clear()
            self.live.clear()

    def never_fired(self) -> tuple[ActiveFault, ...]:
        """Return those that have struck no call so far, without those that were withdrawn."""
        with self._lock:
            return tuple(active for active in self._injected if active.fired == 0)

    def strike(
        self, call: Call[Any], user: str, face: str, act: Callable[[], object]
    ) -> InjectedFault | None:
        """Return what strikes the call, `None` for nothing. The caller holds the lock.

        Args:
            call: the call.
            user: whose it is.
            face: where it came in.
            act: carries it out; called where the fault says that the backend acted.

        Raises:
            Refused: the `where` of a fault failed; no fault has counted the call then.
        """
        struck: ActiveFault | None = None
        for active in [each for each in self.live.copy() if each.concerns(call, user, face)]:
            which = active.fault.which
            active.seen += 1
            due = which.is_due(active.number, active.seen, active.fired)
            if due and struck is None:
                struck = active
                active.fired += 1
            if which.is_over(active.seen, active.fired) and active in self.live:
                self.live.remove(active)
        if struck is None:
            return None
        fault = struck.fault
        answer: object = NotReady(fault.message) if fault.kind is FaultKind.NOT_READY else None
        if fault.acted:
            try:
                answer = act()
            except Refusal as refusal:
                answer = refusal
        return InjectedFault(fault, call.operation, answer)

    def __iter__(self) -> Iterator[ActiveFault]:
        """Iterate over those that were injected and not withdrawn."""
        with self._lock:
            return iter(tuple(self._injected))

    def __len__(self) -> int:
        return len(self._injected)

    def __repr__(self) -> str:
        return f"<FaultPlan: {', '.join(map(repr, self)) or 'no faults'}>"


def _require_fault(given: object) -> None:
    if not isinstance(given, Fault):
        raise FaultError(f"`fault` must be made by a method of Fault; got {given!r:.200}.")
