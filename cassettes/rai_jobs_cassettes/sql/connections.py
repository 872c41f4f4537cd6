"""What stands in place of a connection's methods while a cassette is in use."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from ..interactions import Tree
from ..tape import is_passing, passing
from . import codec
from .asking import Asking, Original, mapping
from .driver import replayed

__all__ = ["CONNECTION_METHODS"]


def _connecting(asking: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def connect(connection: Any, *args: Any, **given: Any) -> None:
        if is_passing():
            original(connection, *args, **given)
            return

        def initialise() -> None:
            original(connection, *args, **given)

        def perform() -> dict[str, Tree]:
            initialise()
            asking.was_opened(connection)
            return {}

        settings = _settings(given)
        asking.learn(settings)
        response = asking.ask(connection, codec.connect_request(settings), perform)
        if not asking.is_open_to_server(connection):
            session = mapping(response.get("session", {}))
            asking.driver.open(connection, settings, session, initialise)

    return connect


def _closing(asking: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def close(connection: Any, *args: Any, **kwargs: Any) -> None:
        if replayed(connection) is not None:
            asking.driver.close(connection)
            return
        # The connector 4 asks then after what still runs, in threads of its own.
        asking.closing.add(connection)
        with passing():
            original(connection, *args, **kwargs)

    return close


def _is_closed(_: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def is_closed(connection: Any) -> bool:
        mark = replayed(connection)
        return original(connection) if mark is None else mark.closed

    return is_closed


def _is_valid(_: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def is_valid(connection: Any) -> bool:
        mark = replayed(connection)
        if mark is not None:
            return not mark.closed
        with passing():
            return original(connection)

    return is_valid


def _is_expired(_: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def is_expired(connection: Any) -> bool:
        return replayed(connection) is None and original(connection)

    return is_expired


def _asking_status(call: str) -> Callable[[Asking, Original], Original]:
    def make(asking: Asking, original: Original) -> Original:
        @functools.wraps(original)
        def get_status(connection: Any, sf_qid: str) -> Any:
            if is_passing() or connection in asking.closing or connection.is_closed():
                return original(connection, sf_qid)
            found = asking.ask(
                connection,
                codec.query_request(call, sf_qid, asking.user(connection)),
                lambda: {"status": original(connection, sf_qid).name},
            )
            return asking.driver.statuses[found["status"]]

        return get_status

    return make


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """Return what a connection is opened with, as a dict; the connector 5 also takes an object."""
    config = given.get("config")
    return given if config is None else {**vars(config), **given}


Making: TypeAlias = Callable[[Asking, Original], Original]

CONNECTION_METHODS: dict[str, Making] = {
    "__init__": _connecting,
    "close": _closing,
    "is_closed": _is_closed,
    "is_valid": _is_valid,
    "is_expired": _is_expired,
    "get_query_status": _asking_status(codec.STATUS),
    "get_query_status_throw_if_error": _asking_status(codec.STATUS_OR_ERROR),
}
"""By the name of each method, what makes its stand-in of it."""
