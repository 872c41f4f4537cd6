"""Why the machine does not do what it was asked: values that each face says in its own way."""

from __future__ import annotations

__all__ = ["NotFound", "NotReady", "Refusal", "Refused"]


class Refusal(Exception):
    """The call was not carried out; the message is the backend's."""


class NotFound(Refusal):
    """No such execution, or somebody else's: the same answer, so that ids do not leak (spec §3)."""

    @staticmethod
    def of(label: str, execution_id: str) -> NotFound:
        """Return the refusal for an id of one type: the one text for absent and for foreign."""
        return NotFound(f"no {label} execution {execution_id[:80]!r}")


class Refused(Refusal):
    """The call is invalid: a validation error, with what is wrong."""


class NotReady(Refusal):
    """The reasoner does not accept jobs now (spec §5, §6)."""
