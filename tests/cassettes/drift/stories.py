"""A small recorder: the client on a fake, what passes between them kept as a cassette holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import httpx
from snowflake.connector.errors import Error as ConnectorError

from rai_jobs.client import JobsClientSync
from rai_jobs.gateways.http import HttpJobsGateway
from rai_jobs.gateways.sql import SqlJobsGateway
from rai_jobs.http.auth import StaticTokenAuth
from rai_jobs.retry import RetryPolicy
from rai_jobs.sql.executor import ConnectorExecutor
from rai_jobs_cassettes.interactions import Interaction, Kind, Tree
from rai_jobs_fakes import FakeBackend

Way: TypeAlias = Literal["http", "sql"]

_TYPES = {
    0: "FIXED", 1: "REAL", 2: "TEXT", 3: "DATE", 4: "TIMESTAMP", 5: "VARIANT", 6: "TIMESTAMP_LTZ",
    7: "TIMESTAMP_TZ", 8: "TIMESTAMP_NTZ", 9: "OBJECT", 10: "ARRAY", 11: "BINARY", 12: "TIME",
    13: "BOOLEAN",
}  # fmt: skip


class Story:
    """A backend on which something happens, and what was recorded of it."""

    def __init__(self, backend: FakeBackend) -> None:
        self.backend = backend
        self.interactions: list[Interaction] = []
        self._began = backend.clock.monotonic()

    def client(self, over: Way, user: str = "ann", *, guard_rails: bool = False) -> JobsClientSync:
        clock = self.backend.clock
        if over == "http":
            transport = _Transport(self, self.backend.http_transport(None))
            token = self.backend.token(user)
            gateway = HttpJobsGateway(
                "https://fake.rai-jobs.test",
                auth=StaticTokenAuth(token),
                transport=transport,
                clock=clock,
                retry=RetryPolicy(attempts=1),
                guard_rails=guard_rails,
            )
            return JobsClientSync(gateway, clock=clock)
        connection: Any = _Connection(self, self.backend.connection(user), user)
        sql = SqlJobsGateway(
            ConnectorExecutor(connection),
            app=self.backend.app,
            schema=self.backend.schema,
            clock=clock,
            retry=RetryPolicy(attempts=1),
        )
        return JobsClientSync(sql, clock=clock)

    def keep(self, kind: Kind, request: dict[str, Tree], response: dict[str, Tree]) -> None:
        at = round(self.backend.clock.monotonic() - self._began, 6)
        self.interactions.append(Interaction(at, kind, request, response))


class _Transport(httpx.BaseTransport):
    def __init__(self, story: Story, inner: httpx.BaseTransport) -> None:
        self._story = story
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked: dict[str, Tree] = {
            "method": request.method,
            "url": str(request.url),
            "headers": {name.lower(): value for name, value in request.headers.items()},
        }
        if body := request.read():
            asked["json"] = json.loads(body)
        try:
            response = self._inner.handle_request(request)
            content = response.read()
        except httpx.HTTPError as error:
            told: dict[str, Tree] = {
                "raised": f"httpx.{type(error).__name__}",
                "message": str(error),
            }
            self._story.keep("http", asked, told)
            raise
        answered: dict[str, Tree] = {
            "status": response.status_code,
            "headers": {"content-type": response.headers.get("content-type", "")},
        }
        if content:
            answered["json"] = json.loads(content)
        self._story.keep("http", asked, answered)
        return response


class _Connection:
    def __init__(self, story: Story, inner: Any, user: str) -> None:
        self._story = story
        self._inner = inner
        self._user = user
        story.keep("sql", {"call": "connect", "user": user}, {"session": {"user": user}})

    def is_closed(self) -> bool:
        return False

    def cursor(self) -> _Cursor:
        return _Cursor(self._story, self._inner.cursor(), self._user)


class _Cursor:
    def __init__(self, story: Story, inner: Any, user: str) -> None:
        self._story = story
        self._inner = inner
        self._user = user
        self._rows: list[Any] = []

    def __enter__(self) -> _Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()

    @property
    def description(self) -> Any:
        return self._inner.description

    def execute(self, statement: str, binds: Any, **options: Any) -> None:
        asked: dict[str, Tree] = {"call": "execute", "statement": statement, "user": self._user}
        if binds:
            asked["binds"] = list(binds)
        try:
            self._inner.execute(statement, binds, **options)
        except ConnectorError as error:
            told: dict[str, Tree] = {
                "raised": type(error).__name__,
                "message": str(error.raw_msg),
                "errno": error.errno,
                "sqlstate": error.sqlstate,
                "query_id": error.sfqid,
            }
            self._story.keep("sql", asked, told)
            raise
        self._rows = self._inner.fetchall()
        columns: list[Tree] = [
            {"name": each[0], "type": _TYPES[each[1]]} for each in self.description
        ]
        rows: list[Tree] = [list(row) for row in self._rows]
        answered: dict[str, Tree] = {
            "query_id": self._inner.sfqid,
            "rowcount": len(rows),
            "columns": columns,
            "rows": rows,
        }
        self._story.keep("sql", asked, answered)

    def fetchall(self) -> list[Any]:
        return self._rows


def rewritten(interactions: list[Interaction], rewrite: Callable[[str], str]) -> list[Interaction]:
    """Return interactions with every text rewritten, as a sanitiser or another run has it."""

    def anew(tree: Any) -> Any:
        if isinstance(tree, str):
            return rewrite(tree)
        if isinstance(tree, list):
            return [anew(each) for each in tree]  # pyright: ignore[reportUnknownVariableType]
        if isinstance(tree, Mapping):
            return {name: anew(value) for name, value in tree.items()}  # pyright: ignore[reportUnknownVariableType]
        return tree

    return [
        replace(each, request=anew(each.request), response=anew(each.response))
        for each in interactions
    ]
