"""What the unit tests share: HTTP gateways whose other end is a function, and a plain gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx

from rai_jobs import HttpJobsGateway, JobEvents, JobRecord, RetryPolicy, StaticTokenAuth
from rai_jobs.reasoners import ReasonerType

BASE_URL = "https://backend.test"
TOKEN = "tok-1"

Handler = Callable[[httpx.Request], httpx.Response]

JOB: dict[str, Any] = {"id": "j-1", "reasoner_type": "SOLVER", "state": "RUNNING"}
TRANSACTION: dict[str, Any] = {"id": "t-1", "state": "RUNNING"}


@dataclass(frozen=True)
class Operation:
    """One gateway operation on one kind of execution."""

    name: str
    """As errors name it."""
    call: Callable[[HttpJobsGateway], object]
    good: object
    """A body that it understands."""


OPERATIONS: dict[str, Operation] = {
    "get-job": Operation("get", lambda gateway: gateway.get("SOLVER", "j-1"), {"job": JOB}),
    "get-transaction": Operation(
        "get", lambda gateway: gateway.get("LOGIC", "t-1"), {"transaction": TRANSACTION}
    ),
    "create-job": Operation(
        "create", lambda gateway: gateway.create("SOLVER", "w-1", {"a": 1}), {"id": "j-1"}
    ),
    "create-transaction": Operation(
        "create",
        lambda gateway: gateway.create("LOGIC", "w-1", {"dbname": "d", "query": "q"}),
        {"id": "t-1"},
    ),
    "list-jobs": Operation("list", lambda gateway: gateway.list("SOLVER"), {"jobs": [JOB]}),
    "list-transactions": Operation(
        "list", lambda gateway: gateway.list("LOGIC"), {"transactions": [TRANSACTION]}
    ),
    "events-of-job": Operation(
        "events", lambda gateway: gateway.events("SOLVER", "j-1"), {"events": []}
    ),
    "events-of-transaction": Operation(
        "events", lambda gateway: gateway.events("LOGIC", "t-1"), {"events": []}
    ),
    "cancel-job": Operation("cancel", lambda gateway: gateway.cancel("SOLVER", "j-1"), {}),
    "cancel-transaction": Operation("cancel", lambda gateway: gateway.cancel("LOGIC", "t-1"), {}),
    "artifacts": Operation(
        "artifacts", lambda gateway: gateway.artifacts("LOGIC", "t-1"), {"results": []}
    ),
    "problems": Operation(
        "problems", lambda gateway: gateway.problems("LOGIC", "t-1"), {"problems": []}
    ),
}
READING = {key: each for key, each in OPERATIONS.items() if each.name != "cancel"}
"""The operations that read the body of an answer."""


def gateway_over(handler: Handler, **settings: Any) -> HttpJobsGateway:
    """Return a gateway whose requests are answered by `handler`, and that repeats none of them."""
    base_url, token = settings.pop("base_url", BASE_URL), settings.pop("token", TOKEN)
    settings = {"retry": RetryPolicy(attempts=1), "clock": ManualClock(), **settings}
    return HttpJobsGateway(
        base_url,
        auth=StaticTokenAuth(token),
        transport=httpx.MockTransport(handler),
        **settings,
    )


def answering(body: object, status: int = 200, **settings: Any) -> HttpJobsGateway:
    """Return a gateway whose every request is answered with `body`: bytes, text, or a JSON."""
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return gateway_over(lambda _: httpx.Response(status, content=content), **settings)


class Recorder:
    """A handler that keeps the requests and answers each with the same body."""

    def __init__(self, body: object = None, status: int = 200) -> None:
        self.requests: list[httpx.Request] = []
        self._body = body
        self._status = status

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._status, json=self._body)


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield `error` and all that it was raised from or during."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@dataclass
class GatewayDouble:
    """A gateway in memory: it keeps the calls, and fails where it is told to."""

    records: list[JobRecord] = field(default_factory=list[JobRecord])
    failing: dict[str, Exception] = field(default_factory=dict[str, Exception])
    calls: list[str] = field(default_factory=list[str])

    def get(self, _type: str, job_id: str) -> JobRecord | None:
        self._called("get")
        return next((record for record in self.records if record.id == job_id), None)

    def create(self, *_: object, **__: object) -> str:
        self._called("create")
        return self.records[0].id

    def list(self, reasoner_type: str, **_: object) -> list[JobRecord]:
        self._called("list")
        kind = ReasonerType.parse(reasoner_type)
        return [
            record for record in self.records if ReasonerType.find(record.reasoner_type) == kind
        ]

    def events(self, *_: object, **__: object) -> JobEvents:
        self._called("events")
        return JobEvents([{"type": "x"}], "")

    def cancel(self, *_: object, **__: object) -> None:
        self._called("cancel")

    def artifacts(self, *_: object) -> dict[str, Any]:
        self._called("artifacts")
        return {"a": {"FILENAME": "a"}}

    def problems(self, *_: object) -> dict[str, Any] | None:
        self._called("problems")
        return {"problems": [{"type": "x"}]}

    def close(self) -> None:
        self._called("close")

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise self.failing[name]


class ManualClock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
