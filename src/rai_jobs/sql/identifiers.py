"""Identifiers that go into a statement's text: checked and, where need be, quoted (spec §5)."""

from __future__ import annotations

import re

from ..errors import JobConfigurationError
from ..validation import shown

__all__ = ["identifier"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_MAX_LENGTH = 255


def identifier(setting: str, value: str) -> str:
    """Return `value` as it stands in a statement: plain as it is, any other in quotes.

    Args:
        setting: the setting that it comes from, for the error.
        value: the name of a database or schema.

    Raises:
        JobConfigurationError: it is empty, too long (255 characters), or holds control characters.
    """
    if not value or len(value) > _MAX_LENGTH or not value.isprintable():
        raise JobConfigurationError(
            f"`{setting}` must name a database object: 1 to {_MAX_LENGTH} printable characters;"
            f" got {shown(value)}."
        )
    if _PLAIN.fullmatch(value):
        return value
    doubled = value.replace('"', '""')
    return f'"{doubled}"'
