"""What a fault is on the wire: the one place that says it.

The wire carries statements, so what fails behind a procedure is told as SQL tells it. What happens
to the connection, to its answer or to the session's token is told here, as HTTP and Snowflake have
it (wire §5); the connector then sends the same request again, which never runs twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...faults.fault import Fault, FaultKind
from ...faults.plan import InjectedFault
from ..http import Ending
from .messages import WireResponse, half_of
from .sessions import WireSession, WireSessions

__all__ = ["NotCarriedOut", "StruckStatement"]

# What the connector says of a connection that it lost: on the wire it is lost. [choice]
_LOST = range(250_000, 260_000)
_OF_THE_WIRE = {
    FaultKind.DROPPED,
    FaultKind.EXPIRED_TOKEN,
    FaultKind.MALFORMED,
    FaultKind.TRUNCATED,
    FaultKind.UNREACHABLE,
}


class NotCarriedOut(Exception):
    """A fault of the wire struck before the backend acted: the statement comes to nothing."""


class StruckStatement:
    """What faults make of one statement: told of each, it lets the truth go on where it can.

    What the statement truly came to is kept for when its request comes again; what is sent now is
    `told` or `refused`.
    """

    def __init__(self) -> None:
        self._delay_s = 0.0
        self._fault: Fault | None = None

    def __call__(self, injected: InjectedFault) -> Any:
        """Return what the backend answered to a call that was struck.

        Raises:
            Refusal: that is what it answered.
            InjectedFault: the fault is one that SQL has its own words for.
            NotCarriedOut: it is one of the wire, and the backend did not act.
        """
        fault = injected.fault
        self._delay_s += fault.delay_s
        if injected.is_true:
            return injected.truth()
        if fault.kind not in _OF_THE_WIRE and fault.errno not in _LOST:
            raise injected
        self._fault = fault
        if not fault.acted:
            raise NotCarriedOut
        return injected.truth()

    def told(self, response: WireResponse) -> WireResponse:
        """Return what is sent now in place of `response`, the true one."""
        fault, late = self._fault, replace(response, delay_s=self._delay_s)
        if fault is None:
            return late
        if fault.kind is FaultKind.TRUNCATED:
            return replace(late, body=half_of(response.body))
        if fault.kind is FaultKind.MALFORMED:
            return replace(
                late, body=fault.body or b"", headers={"content-type": fault.content_type}
            )
        if fault.half:
            return replace(late, ending=Ending.MID_BODY)
        never = fault.kind is FaultKind.UNREACHABLE
        return replace(late, ending=Ending.NO_CONNECTION if never else Ending.NO_ANSWER)

    def refused(
        self, session: WireSession, sessions: WireSessions, request_id: str | None
    ) -> WireResponse:
        """Return what is sent for a statement that was not carried out."""
        if self._fault is not None and self._fault.kind is FaultKind.EXPIRED_TOKEN:
            refusal = sessions.expire(session, request_id)
            return replace(refusal.response(), delay_s=self._delay_s)
        return self.told(WireResponse(200, b""))
