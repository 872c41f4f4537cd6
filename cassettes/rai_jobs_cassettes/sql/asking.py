"""Asking a tape, and the server where the tape knows nothing: the same for all that is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary, WeakSet

from ..errors import CassetteError
from ..interactions import Tree
from ..tape import Tape, passing
from . import codec
from .driver import Driver, reading_tuples, replayed
from .failures import raised_by

__all__ = ["Asking", "Original", "mapping"]

Original: TypeAlias = Callable[..., Any]
"""A method of the connector, as it is without a cassette."""

_Told: TypeAlias = "tuple[dict[str, Any], dict[str, Tree]]"


class Asking:
    """What all patched methods of one cassette share. Many threads may ask at once.

    Args:
        tape: what is asked.
        driver: knows the connector.
    """

    def __init__(self, tape: Tape, driver: Driver) -> None:
        self.driver = driver
        self.closing: WeakSet[Any] = WeakSet()
        self._tape = tape
        self._lock = threading.Lock()
        # What each connection that reaches a server said of itself: names, and parameters.
        self._told: WeakKeyDictionary[Any, _Told] = WeakKeyDictionary()

    def learn(self, settings: dict[str, Any]) -> None:
        """Have the tape know the secrets that a connection is opened with."""
        self._tape.learn(settings)

    def was_opened(self, connection: Any) -> None:
        """Note that a connection was opened here, and is yet to say anything of itself."""
        with self._lock:
            self._told[connection] = ({}, {})

    def is_open_to_server(self, connection: Any) -> bool:
        """Tell whether a connection was opened here, to a server."""
        with self._lock:
            return connection in self._told

    def ask(
        self,
        connection: Any,
        request: dict[str, Tree],
        perform: Callable[[], dict[str, Tree]],
        cursor: Any = None,
    ) -> dict[str, Tree]:
        """Return the answer of the tape, or of the server.

        Args:
            connection: which connection asks.
            request: what is asked.
            perform: asks the server, and returns the response.
            cursor: which cursor asks, where one does.

        Raises:
            Exception: what the server raised, or what is recorded of that.
        """
        found = self._tape.find("sql", request)
        statement = request.get("statement")
        text = statement if isinstance(statement, str) else None
        if found is None:
            return self._carry_out(connection, request, perform, text)
        raised = codec.raised_of(found)
        if raised is not None:
            opened = None if request["call"] == codec.CONNECT else connection
            self.driver.raise_again(raised, text, opened, cursor)
        if "session" in found and replayed(connection) is not None:
            self.driver.update(connection, mapping(found["session"]))
        return found

    def _carry_out(
        self,
        connection: Any,
        request: dict[str, Tree],
        perform: Callable[[], dict[str, Tree]],
        statement: str | None,
    ) -> dict[str, Tree]:
        self._reach_server(connection)
        try:
            with passing(), reading_tuples():
                response = perform()
        except CassetteError:
            raise
        except Exception as error:
            self._tape.keep("sql", request, raised_by(error, statement).tree())
            raise
        news = self._news(connection)
        if news:
            response["session"] = news
        self._tape.keep("sql", request, response)
        return response

    def _reach_server(self, connection: Any) -> None:
        """Open a connection that was replayed, now that something new is asked over it."""
        mark = replayed(connection)
        if mark is None:
            return
        with mark.opening:
            if replayed(connection) is not mark:
                return
            with passing():
                mark.open_really()
            names, parameters = self._says(connection)
            with self._lock:
                self._told[connection] = (names, parameters)

    def _says(self, connection: Any) -> _Told:
        with passing():
            names = {n: v for n, v in self.driver.names(connection).items() if v is not None}
            return names, codec.parameters_to_keep(self.driver.parameters(connection))

    def _news(self, connection: Any) -> dict[str, Tree]:
        """Return what a connection says of itself that it did not say when last looked at."""
        if connection.is_closed():
            return {}
        names, parameters = self._says(connection)
        with self._lock:
            before = self._told.get(connection)
            self._told[connection] = (names, parameters)
        if before is None:  # opened before the cassette was: what it said then is unknown
            return {}
        news: dict[str, Tree] = _changed(before[0], names)
        changed = _changed(before[1], parameters)
        return {**news, "parameters": changed} if changed else news

    def show(self, cursor: Any, response: dict[str, Tree], statement: str | None) -> None:
        """Have a cursor show a response.

        Args:
            cursor: the cursor.
            response: what came.
            statement: what was run; `None` where the connector knows no text.
        """
        self.driver.show(cursor, codec.answer_of(response), statement)

    def user(self, connection: Any) -> str | None:
        """Return whose connection it is."""
        with passing():
            return connection.user


def mapping(tree: Tree) -> dict[str, Any]:
    """Return a tree that should be a mapping as one; an empty one for any other."""
    return dict(tree) if isinstance(tree, dict) else {}


def _changed(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Tree]:
    """Return what is new or other now, and `None` for what is gone."""
    news = {name: value for name, value in now.items() if before.get(name) != value}
    return {**news, **{name: None for name in before if name not in now}}
