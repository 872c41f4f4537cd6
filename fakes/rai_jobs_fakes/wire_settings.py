"""How the wire face behaves where Snowflake has a number for it, and where nobody knows one."""

from __future__ import annotations

from dataclasses import dataclass, fields

from .kinds import is_number

__all__ = ["WireSettings"]


@dataclass(frozen=True)
class WireSettings:
    """Lives, in seconds of the backend's time, and bounds of the wire face.

    Raises:
        ValueError: one of them is not more than 0.
    """

    session_token_s: float = 3_600
    """How long a session's token lives; then it is renewed with the master token."""
    master_token_s: float = 14_400
    """How long a session that is neither renewed nor kept alive lives."""
    ingress_token_s: float = 3_600
    """How long a token of Direct Access lives that a key pair was exchanged for."""
    max_body_bytes: int = 64_000_000
    """The largest body that is read, packed or unpacked. [choice]"""
    gzip_from_bytes: int = 10_000
    """From what size on an answer is packed, where the client takes it. [choice]"""
    sessions_kept: int = 1_000
    """How many sessions there are at once; the oldest gives way. [choice]"""
    requests_kept: int = 100
    """How many answers of a session are kept for when their request comes again. [choice]"""
    request_bytes_kept: int = 8_000_000
    """The most bytes that those answers hold together, beside the newest. [choice]"""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not is_number(value) or not value > 0:
                raise ValueError(f"`{each.name}` must be more than 0; got {value!r}.")
