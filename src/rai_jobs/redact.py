"""What may be shown of text that came from outside: an excerpt, without secrets.

A backend's answer can hold presigned URLs and echo tokens. Whatever goes into a message passes
through `excerpt`.
"""

from __future__ import annotations

import re

__all__ = ["EXCERPT_LENGTH", "excerpt", "redacted", "remember"]

EXCERPT_LENGTH = 200
"""How much of an answer an error shows, in characters."""

# A URL's query is where a presigned URL keeps its signature; its user part may be a password.
# In JSON, slashes and ampersands of a URL may be escaped.
_URL_QUERY = re.compile(r"""(?i)(https?:(?:\\?/){2}[^\s"'<>?]+)\?[^\s"'<>]+""")
_URL_USER = re.compile(r"""(?i)(https?:(?:\\?/){2})[^\s"'<>/@]+@""")
# Quotes may be escaped: a token that is echoed in a JSON text.
_TOKEN = re.compile(
    r"""(?i)\b((?:snowflake\s+)?token\s*=\s*|bearer\s+)[\\"']*[^\s\\"',;]+[\\"']*"""
)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")


_MOST_READ = 1_000_000
_SHORTEST_SECRET = 8
_MOST_SECRETS = 256
_SECRETS: dict[str, None] = {}


def remember(secret: str) -> None:
    """Have `secret` replaced wherever it stands, as long as it is among the last 256.

    One of fewer than 8 characters is not: it would stand in ordinary words.
    """
    if len(secret) >= _SHORTEST_SECRET:
        _SECRETS.pop(secret, None)
        _SECRETS[secret] = None
        if len(_SECRETS) > _MOST_SECRETS:
            _SECRETS.pop(next(iter(_SECRETS)), None)


def redacted(text: str) -> str:
    """Return `text` with known secrets, URL queries and users, token headers and JWTs replaced."""
    for secret in tuple(_SECRETS):
        text = text.replace(secret, "<redacted>")
    text = _URL_QUERY.sub(r"\1?<redacted>", text)
    text = _URL_USER.sub(r"\1<redacted>@", text)
    text = _TOKEN.sub(r"\1<redacted>", text)
    return _JWT.sub("<redacted>", text)


def excerpt(text: str, limit: int = EXCERPT_LENGTH) -> str:
    """Return the first `limit` characters of `text` on one line, redacted before they are cut."""
    plain = " ".join(text[:_MOST_READ].split())
    if len(text) > _MOST_READ or len(plain) > limit * 50:
        # The last word may be half of a secret, which would not be known for one.
        plain = plain[: limit * 50].rpartition(" ")[0] or plain[:limit]
    plain = redacted(plain)
    return plain if len(plain) <= limit else f"{plain[:limit]}…"
