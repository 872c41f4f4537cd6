"""Where Direct Access is: a fixed address, or one that the app tells and that is remembered.

An address that the app told is kept per account, app and user: in memory, and, where a file is
named, on disk with permissions for its owner alone. It holds no secret; a stranger who could change
it could send tokens elsewhere, hence the permissions.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import threading
from pathlib import Path
from typing import Protocol, cast

from ..errors import JobConfigurationError, JobServerError
from ..redact import redacted

__all__ = ["DiscoveredEndpoint", "Endpoint", "EndpointCache", "FixedEndpoint", "address_of"]

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:]+")
_SHARED: dict[str, str] = {}
_SHARED_LOCK = threading.Lock()


def address_of(text: str, *, setting: str = "base_url") -> str:
    """Return `text` as a base URL; `https://` is meant where it bears no scheme (spec §5).

    Raises:
        JobConfigurationError: it is no HTTP address, or bears a user or a query.
    """
    import httpx

    plain = text.strip()
    try:
        url = httpx.URL(plain if "://" in plain else f"https://{plain}")
    except httpx.InvalidURL:
        url = httpx.URL("")
    known = url.scheme in {"http", "https"} and _HOST.fullmatch(url.host) is not None
    if not known or url.userinfo or url.query or url.fragment:
        # What stands before a sign that a secret may follow.
        shown = redacted(plain).partition("?")[0].rpartition("@")[2][:100]
        raise JobConfigurationError(
            f"`{setting}` must be an address such as https://host or http://host:port, without"
            f" user or query; got {shown!r}."
        )
    return str(url).rstrip("/")


class EndpointTeller(Protocol):
    """Whatever asks the app where Direct Access is."""

    def service_endpoint(self) -> str:
        """Return the host, as the app tells it."""
        ...

    def identity(self) -> str:
        """Return whose answer that is: account, user and app."""
        ...


class Endpoint(Protocol):
    """The base URL of Direct Access."""

    def address(self) -> str:
        """Return the base URL to use now."""
        ...

    def refreshed(self, stale: str) -> str | None:
        """Return another base URL than `stale`, asked for anew; `None` when there is no asking."""
        ...


class FixedEndpoint:
    """An address from the settings.

    Raises:
        JobConfigurationError: it is no HTTP address.
    """

    def __init__(self, base_url: str) -> None:
        self._address = address_of(base_url)

    def address(self) -> str:
        """Return the address."""
        return self._address

    def refreshed(self, stale: str) -> None:
        """Return nothing: whoever set it must set another."""
        del stale


class EndpointCache:
    """What apps told before, by account, user and app.

    Args:
        path: a file to keep it in as well; memory alone when not given.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def get(self, key: str) -> str | None:
        """Return what was told for `key`; a file that cannot be read or trusted says nothing."""
        with _SHARED_LOCK:
            return _SHARED.get(key) or self._stored().get(key)

    def put(self, key: str, address: str) -> None:
        """Remember what was told.

        Raises:
            JobConfigurationError: the file cannot be written.
        """
        with _SHARED_LOCK:
            _SHARED[key] = address
            if self._path is not None:
                _write(self._path, {**self._stored(), key: address})

    @staticmethod
    def forget_all() -> None:
        """Forget what is remembered in memory."""
        with _SHARED_LOCK:
            _SHARED.clear()

    def _stored(self) -> dict[str, str]:
        if self._path is None:
            return {}
        try:
            status = self._path.stat()
            foreign = hasattr(os, "getuid") and status.st_uid != os.getuid()
            if foreign or status.st_mode & 0o022:
                return {}
            held: object = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(held, dict):
            return {}
        entries = cast("dict[object, object]", held).items()
        return {k: v for k, v in entries if isinstance(k, str) and isinstance(v, str)}


class DiscoveredEndpoint:
    """An address that the app tells, asked for once and again when it is stale.

    Args:
        app: asks the app, over SQL, and says whose connection that is.
        cache: where it is remembered.
    """

    def __init__(self, app: EndpointTeller, *, cache: EndpointCache) -> None:
        self._app = app
        self._cache = cache
        self._lock = threading.Lock()
        self._address: str | None = None

    def address(self) -> str:
        """Return the address, remembered or asked for now; many threads ask once."""
        with self._lock:
            if self._address is None:
                self._address = self._cache.get(self._app.identity()) or self._asked()
            return self._address

    def refreshed(self, stale: str) -> str:
        """Ask again, unless another thread has found another address than `stale` already."""
        with self._lock:
            if self._address is None or self._address == stale:
                self._address = self._asked()
            return self._address

    def _asked(self) -> str:
        told = self._app.service_endpoint()
        try:
            address = address_of(told, setting="service_endpoint")
        except JobConfigurationError as error:
            raise JobServerError(
                f"discover: the app told no address of Direct Access: {error}", operation="discover"
            ) from None
        self._cache.put(self._app.identity(), address)
        return address


def _write(path: Path, entries: dict[str, str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made by its owner for its owner, then put in place at once: never half a file.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entries, file, indent=2, sort_keys=True)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise JobConfigurationError(
            f"`endpoint_cache_path` cannot be written: {path}: {error.strerror or error}. Name"
            " another file, or leave it out."
        ) from error
