"""What may be shown of text that came from outside: an excerpt, without secrets.

A backend's answer can hold presigned URLs and echo tokens. Whatever goes into a message passes
through `excerpt`.
"""

from __future__ import annotations

import re

__all__ = ["EXCERPT_LENGTH", "excerpt", "redacted"]

EXCERPT_LENGTH = 200
"""How much of an answer an error shows, in characters."""

# A URL's query is where a presigned URL keeps its signature; its user part may be a password.
_URL_QUERY = re.compile(r"(https?://[^\s\"'<>?\\]+)\?[^\s\"'<>\\]+")
_URL_USER = re.compile(r"(https?://)[^\s\"'<>/@]+@")
# Quotes may be escaped: a token that is echoed in a JSON text.
_TOKEN = re.compile(
    r"""(?i)\b((?:snowflake\s+)?token\s*=\s*|bearer\s+)[\\"']*[^\s\\"',;]+[\\"']*"""
)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")


def redacted(text: str) -> str:
    """Return `text` with URL queries and users, token headers and JWTs replaced."""
    text = _URL_QUERY.sub(r"\1?<redacted>", text)
    text = _URL_USER.sub(r"\1<redacted>@", text)
    text = _TOKEN.sub(r"\1<redacted>", text)
    return _JWT.sub("<redacted>", text)


def excerpt(text: str, limit: int = EXCERPT_LENGTH) -> str:
    """Return the first `limit` characters of `text` on one line, redacted before they are cut."""
    plain = " ".join(redacted(text[: limit * 50]).split())
    return plain if len(plain) <= limit else f"{plain[:limit]}…"
