"""A recorded request, put to a fake; its answer, as a recording would hold it.

The fake is known by a protocol alone: nothing of it is imported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlencode

from rai_jobs.clock import Clock

from ..interactions import Tree
from ..lives.readings import Caller, Reading
from .callers import Role

if TYPE_CHECKING:
    import httpx

__all__ = ["Asker", "Backend"]

_API = "/v1alpha1/"
_NOT_SENT = frozenset({"host", "content-length", "transfer-encoding", "content-encoding"})
# The connector's own numbers. [docs]
_TYPES = {
    0: "FIXED", 1: "REAL", 2: "TEXT", 3: "DATE", 4: "TIMESTAMP", 5: "VARIANT", 6: "TIMESTAMP_LTZ",
    7: "TIMESTAMP_TZ", 8: "TIMESTAMP_NTZ", 9: "OBJECT", 10: "ARRAY", 11: "BINARY", 12: "TIME",
    13: "BOOLEAN",
}  # fmt: skip


class Backend(Protocol):
    """As much of `rai_jobs_fakes.FakeBackend` as is asked."""

    @property
    def clock(self) -> Clock:
        """Its time, which moves when somebody sleeps on it."""
        ...

    def add_user(self, name: str, *, admin: bool = False) -> None:
        """Make a user exist."""
        ...

    def token(self, user: str | None = None) -> str:
        """Return the token of a user; a `ValueError` where there is none."""
        ...

    def http_transport(self, user: str | None = None) -> httpx.BaseTransport:
        """Return HTTP as a user; `None` to go by the token."""
        ...

    def connection(self, user: str | None = None) -> Any:
        """Return SQL as a user, as the connector gives it."""
        ...


class Asker:
    """Puts requests to a fake, each as whom it was asked.

    Args:
        backend: the fake; users that it does not have are added.
        roles: as whom each caller asks.
    """

    def __init__(self, backend: Backend, roles: Mapping[Caller, Role]) -> None:
        self._backend = backend
        self._roles = roles
        self._connections: dict[str, Any] = {}
        for role in roles.values():
            if role.name and not role.is_refused:
                _add(backend, role)

    def refusal(self, reading: Reading) -> str | None:
        """Return why something cannot be asked of a fake; `None` where it can."""
        request = reading.interaction.request
        if reading.interaction.kind == "http":
            url = str(request.get("url", ""))
            return None if _API in url else "no path of the jobs API"
        if request.get("call") in self._calls() or request.get("call") == "connect":
            return None
        return f"the call `{request.get('call')}` has no answer in memory"

    def ask(self, reading: Reading, request: dict[str, Tree]) -> dict[str, Tree] | None:
        """Return the answer to a request; `None` for one that has nothing to compare.

        Args:
            reading: the recorded one.
            request: as it is asked now.
        """
        role = self._roles[reading.caller]
        if reading.interaction.kind == "http":
            return self._http(role, request)
        if request.get("call") == "connect":
            self._connection(role)
            return None
        return self._sql(role, request)

    def _http(self, role: Role, request: dict[str, Tree]) -> dict[str, Tree]:
        import httpx

        headers, content = _headers_of(request), _content_of(request)
        asked = httpx.Request(
            str(request["method"]), str(request["url"]), headers=headers, content=content
        )
        transport = self._backend.http_transport(None if role.is_refused else role.name)
        try:
            response = transport.handle_request(asked)
            response.read()
        except httpx.HTTPError as error:
            return {"raised": f"httpx.{type(error).__name__}", "message": str(error)}
        found: dict[str, Tree] = {"status": response.status_code}
        found["headers"] = {name.lower(): value for name, value in response.headers.items()}
        if response.content:
            found.update(_body_of(response))
        return found

    def _calls(self) -> Mapping[str, Callable[[Any, dict[str, Any]], dict[str, Tree]]]:
        return {
            "execute": _execute,
            "executemany": _execute_many,
            "execute_async": _execute_async,
            "results": _results,
            "status": _status,
        }

    def _sql(self, role: Role, request: dict[str, Tree]) -> dict[str, Tree]:
        connection = self._connection(role)
        try:
            return self._calls()[str(request["call"])](connection, cast("dict[str, Any]", request))
        except Exception as error:
            if not hasattr(error, "sfqid"):
                raise
            return _raised(error)

    def _connection(self, role: Role) -> Any:
        if role.name not in self._connections:
            self._connections[role.name] = self._backend.connection(role.name)
        return self._connections[role.name]


def _add(backend: Backend, role: Role) -> None:
    try:
        backend.token(role.name)
    except ValueError:
        backend.add_user(role.name, admin=role.is_admin)


def _headers_of(request: dict[str, Tree]) -> list[tuple[str, str]]:
    headers = request.get("headers")
    return [
        (name, str(each))
        for name, value in (headers.items() if isinstance(headers, dict) else ())
        if name.lower() not in _NOT_SENT
        for each in _several(value)
    ]


def _several(value: Tree) -> list[Tree]:
    return value if isinstance(value, list) else [value]


def _content_of(request: dict[str, Tree]) -> bytes:
    if "json" in request:
        return json.dumps(request["json"]).encode()
    if "form" in request:
        return urlencode(cast("dict[str, Any]", request["form"]), doseq=True).encode()
    if "text" in request:
        return str(request["text"]).encode()
    body = request.get("body")
    return body if isinstance(body, bytes) else b""


def _body_of(response: httpx.Response) -> dict[str, Tree]:
    if "json" in response.headers.get("content-type", ""):
        try:
            return {"json": response.json()}
        except ValueError:
            pass
    try:
        return {"text": response.content.decode()}
    except UnicodeDecodeError:
        return {"body": response.content}


def _execute(connection: Any, request: dict[str, Any]) -> dict[str, Tree]:
    cursor = connection.cursor()
    cursor.execute(request["statement"], _binds(request.get("binds")))
    return _answer(cursor)


def _execute_many(connection: Any, request: dict[str, Any]) -> dict[str, Tree]:
    cursor = connection.cursor()
    cursor.executemany(request["statement"], list(map(_binds, request.get("binds") or ())))
    return _answer(cursor)


def _execute_async(connection: Any, request: dict[str, Any]) -> dict[str, Tree]:
    cursor = connection.cursor()
    cursor.execute_async(request["statement"], _binds(request.get("binds")))
    return {"query_id": cursor.sfqid}


def _results(connection: Any, request: dict[str, Any]) -> dict[str, Tree]:
    cursor = connection.cursor()
    cursor.get_results_from_sfqid(request["query_id"])
    return _answer(cursor)


def _status(connection: Any, request: dict[str, Any]) -> dict[str, Tree]:
    return {"status": connection.get_query_status(request["query_id"]).name}


def _binds(binds: Any) -> Any:
    return tuple(cast("Sequence[Any]", binds)) if isinstance(binds, list) else binds


def _answer(cursor: Any) -> dict[str, Tree]:
    columns: list[Tree] = [
        {"name": each[0], "type": _TYPES.get(each[1], each[1])} for each in cursor.description or ()
    ]
    rows: list[Tree] = [list(row) for row in cursor.fetchall()]
    return {"query_id": cursor.sfqid, "columns": columns, "rows": rows}


def _raised(error: Any) -> dict[str, Tree]:
    found: dict[str, Tree] = {"raised": type(error).__name__, "message": str(error.raw_msg)}
    for name, held in (("errno", "errno"), ("sqlstate", "sqlstate"), ("query_id", "sfqid")):
        value = getattr(error, held, None)
        if value is not None:
            found[name] = value
    return found
