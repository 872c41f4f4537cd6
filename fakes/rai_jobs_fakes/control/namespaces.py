"""`Namespaces`: one backend for each suite that shares a server; none of them sees another.

Which namespace a request is for is said by the first of these that is there:

1. the header `X-Rai-Jobs-Namespace: NAME`;
2. the path: `/ns/NAME/…`, so that an address can say it;
3. the host: `ns-NAME.…`, or `rai-ns-NAME.…` as the endpoint of Direct Access beside an account;
4. on the wire, the account `ns-NAME`: at the login, or in the statement of a key pair; after a
   login, its session;

and else it is `default`. A name is 1 to 64 letters, digits, `_` and `-`. Case does not matter and
`_` is `-`, for a host name keeps neither. [choice]
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..clocks.paced_clock import PacedClock

if TYPE_CHECKING:
    from ..backend import FakeBackend

__all__ = [
    "DEFAULT",
    "HEADER",
    "NamespaceError",
    "Namespaces",
    "account_of",
    "name_of_account",
    "named_by",
]

DEFAULT = "default"
HEADER = "x-rai-jobs-namespace"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PATH = re.compile(r"/ns/([^/]*)(/.*)?", re.DOTALL)
_LABEL = re.compile(r"(?:rai-)?ns-([^.:]+)")
_ACCOUNT = "ns-"


class NamespaceError(ValueError):
    """No namespace can have that name, there is none, or there are too many."""


def canonical(name: str) -> str:
    """Return the one spelling of a name.

    Raises:
        NamespaceError: no namespace can have that name.
    """
    if _NAME.fullmatch(name) is None:
        raise NamespaceError(
            f"A namespace is named by 1 to 64 letters, digits, `_` and `-`; got {name[:80]!r}."
        )
    return name.lower().replace("_", "-")


def named_by(headers: Mapping[str, str], path: str) -> tuple[str | None, str]:
    """Return which namespace a request names, and its path without that.

    Args:
        headers: by name in lower case.
        path: as it was sent.

    Returns:
        The name, `None` when it names none; and the path.

    Raises:
        NamespaceError: no namespace can have that name.
    """
    by_path, rest = None, path
    found = _PATH.fullmatch(path)
    if found is not None:
        by_path, rest = canonical(found[1]), found[2] or "/"
    said = headers.get(HEADER)
    if said is not None:
        return canonical(said.strip()), rest
    if by_path is not None:
        return by_path, rest
    label = _LABEL.match(headers.get("host", "").lower())
    return (canonical(label[1]), rest) if label is not None else (None, rest)


def name_of_account(account: str) -> str | None:
    """Return the namespace that an account names, `None` when it names none.

    Raises:
        NamespaceError: no namespace can have that name.
    """
    folded = account.partition(".")[0].lower().replace("_", "-")
    return canonical(folded.removeprefix(_ACCOUNT)) if folded.startswith(_ACCOUNT) else None


def account_of(name: str) -> str:
    """Return the account that names a namespace.

    Raises:
        NamespaceError: no namespace can have that name.
    """
    return f"{_ACCOUNT}{canonical(name)}"


class Namespaces:
    """The backends of one server, by name. Threads may share it.

    Args:
        default: the backend of requests that name no namespace.
        make: makes the backend of a namespace that is asked for first.
        prepare: fills a backend that was made, or reset; what `default` held when it was given
            is its owner's.
        most: how many there may be.
    """

    def __init__(
        self,
        default: FakeBackend,
        make: Callable[[str], FakeBackend],
        *,
        prepare: Callable[[FakeBackend], object] | None = None,
        most: int = 1_000,
    ) -> None:
        self._make = make
        self._prepare = prepare
        self._most = most
        self._lock = threading.Lock()
        self._by_name = {DEFAULT: default}

    @property
    def names(self) -> tuple[str, ...]:
        """The names so far, the default one first."""
        return tuple(self._by_name)

    def named(self, name: str | None) -> FakeBackend:
        """Return the backend of a namespace, made now where it is asked for first.

        Raises:
            NamespaceError: no namespace can have that name, or there are too many.
        """
        key = DEFAULT if name is None else canonical(name)
        found = self._by_name.get(key)
        if found is not None:
            return found
        with self._lock:
            if key not in self._by_name:
                if len(self._by_name) >= self._most:
                    raise NamespaceError(
                        f"There are {self._most} namespaces already: drop one with"
                        " DELETE /control/namespaces/NAME."
                    )
                made = self._make(key)
                if self._prepare is not None:
                    self._prepare(made)
                self._by_name[key] = made
            return self._by_name[key]

    def of_session(self, authorization: str) -> str | None:
        """Return the namespace in which a session of the wire was opened, `None` for none."""
        for name, backend in tuple(self._by_name.items()):
            if backend.has_session(authorization):
                return name
        return None

    def reset(self, name: str) -> None:
        """Have the backend of a namespace be as it was at its start; its clock goes on."""
        backend = self.named(name)
        backend.reset()
        if self._prepare is not None:
            self._prepare(backend)

    def drop(self, name: str) -> None:
        """Forget a namespace and all that is in it; asked for again, it begins anew.

        Raises:
            NamespaceError: there is none of that name, or it is the default one.
        """
        key = canonical(name)
        if key == DEFAULT:
            raise NamespaceError(
                "The default namespace cannot be dropped: POST /control/reset empties it."
            )
        with self._lock:
            if self._by_name.pop(key, None) is None:
                raise NamespaceError(
                    f"There is no namespace {name!r}; there are: {', '.join(self._by_name)}."
                )

    def release(self) -> None:
        """Wake whoever sleeps on the backends' clocks: the server is about to stop."""
        for backend in tuple(self._by_name.values()):
            if isinstance(backend.clock, PacedClock):
                backend.clock.release()

    def __repr__(self) -> str:
        return f"<Namespaces {', '.join(self.names)}>"
