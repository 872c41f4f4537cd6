"""Run by a Python that starts in the proxy's environment: Snowflake's names lead to the fake.

Some clients take no proxy from their environment (aiohttp's is one) and resolve the name
themselves: here they are told the proxy's second port. It stands alone: the program's Python may
be another one, without this package.
"""

from __future__ import annotations

import os
import socket
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any

_HTTPS = (443, "443", b"443", "https", b"https")
_resolve = socket.getaddrinfo


def _getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
    # Asked each time: a program that clears its environment is told the truth again.
    address = os.environ.get("RAI_FAKE_DIRECT")
    if address and port in _HTTPS and _leads_to_the_fake(host):
        host, _, port = address.rpartition(":")
    return _resolve(host, port, *args, **options)


def _leads_to_the_fake(host: Any) -> bool:
    name = (host.decode("latin-1") if isinstance(host, bytes) else str(host)).lower()
    known = os.environ.get("RAI_FAKE_HOSTS", "").split(",")
    return any(name == each or (each[:1] == "." and name.endswith(each)) for each in known)


def _run_the_next() -> None:
    """Run the `sitecustomize` that this one stands before."""
    here = __file__.rpartition(os.sep)[0]
    spec = PathFinder.find_spec(__name__, [each for each in sys.path if each != here])
    if spec is not None and spec.loader is not None and spec.origin != __file__:
        sys.modules[__name__] = module = module_from_spec(spec)
        spec.loader.exec_module(module)


socket.getaddrinfo = _getaddrinfo
_run_the_next()
