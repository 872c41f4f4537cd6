"""Nothing secret is written: what must not be is replaced, consistently, and looked for again.

`sanitize` replaces in a whole recording, by the rules of `DEFAULT` and those of the user; `scan`
looks over what is about to be written and tells places and kinds, never values.
"""

from __future__ import annotations

from .defaults import DEFAULT, bind, body, column, header, known, pattern, query
from .knowledge import secrets_around, secrets_under
from .recording import Sanitized, sanitize
from .rules import Rule, Sanitizer
from .scanning import scan

__all__ = [
    "DEFAULT",
    "Rule",
    "Sanitized",
    "Sanitizer",
    "bind",
    "body",
    "column",
    "header",
    "known",
    "pattern",
    "query",
    "sanitize",
    "scan",
    "secrets_around",
    "secrets_under",
]
