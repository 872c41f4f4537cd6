"""What certificates are trusted: read once, since reading them takes longer than many a request."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

import httpx

__all__ = ["trusted"]


def trusted() -> ssl.SSLContext:
    """Return httpx's own choice for this environment, shared by all clients that come after."""
    return _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=8)
def _context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    del cert_file, cert_dir  # httpx reads them itself; they tell one environment from another
    return httpx.create_ssl_context()
