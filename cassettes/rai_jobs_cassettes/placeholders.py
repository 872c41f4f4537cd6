"""Stand-ins: what is written where a secret, a name, or a value made anew each time stood.

A stand-in is `<kind-number>`; that of a host is a name that a URL can hold, and that never
resolves. Equal values have equal stand-ins in one recording. Reading, a stand-in in a request
stands for whatever the client sends there, and for the same thing from then on.
"""

from __future__ import annotations

import re

__all__ = ["HOST", "STAND_IN", "kind_of", "stand_in"]

HOST = "host"
_HOST_NAME = "recorded.invalid"

STAND_IN = re.compile(r"<[a-z]+(?:-[a-z]+)*-\d+>|\bhost-\d+\.recorded\.invalid\b")
"""What a stand-in looks like, wherever it stands in a text."""


def stand_in(kind: str, number: int) -> str:
    """Return the stand-in of the `number`th value of a kind.

    Args:
        kind: lower-case words joined by hyphens, e.g. `token`; `host` for the name of a host.
        number: from 1.
    """
    return f"host-{number}.{_HOST_NAME}" if kind == HOST else f"<{kind}-{number}>"


def kind_of(found: str) -> str:
    """Return the kind of a stand-in."""
    return HOST if found.endswith(_HOST_NAME) else found[1:].rpartition("-")[0]
