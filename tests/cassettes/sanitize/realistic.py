"""A recording as projects have it: a whole conversation with the fake, over HTTP and over SQL."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import uuid
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from types import TracebackType
from typing import Any

import httpx

from rai_jobs import (
    ConnectorExecutor,
    HttpJobsGateway,
    JobsClientSync,
    SqlJobsGateway,
    StaticTokenAuth,
)
from rai_jobs_cassettes.interactions import Interaction, Tree
from rai_jobs_fakes import FakeBackend, JobScript, aborted, failed
from rai_jobs_fakes.generators import query_run, solver_run, training_run

__all__ = ["decoys", "fake_backend", "over_http", "over_sql"]

_ARTIFACTS = {
    "output.arrow": {"presigned_url": "https://storage.test/output?signature=s3cret", "size": 12},
    "metadata.json": {"presigned_url": "https://storage.test/metadata?signature=s3cret"},
}


class _Taping(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, tape: list[Interaction]) -> None:
        self._inner = inner
        self._tape = tape

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        asked: dict[str, Tree] = {
            "method": request.method,
            "url": str(request.url),
            "headers": dict(request.headers),
        }
        if request.read():
            asked["json"] = json.loads(request.content)
        answered: dict[str, Tree] = {
            "status": response.status_code,
            "headers": dict(response.headers),
        }
        if response.content:
            answered["json"] = json.loads(response.content)
        self._tape.append(Interaction(0.0, "http", asked, answered))
        return response


class _Cursor:
    def __init__(self, inner: Any, tape: list[Interaction]) -> None:
        self._inner = inner
        self._tape = tape

    def __enter__(self) -> _Cursor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._inner.close()

    def execute(self, statement: str, binds: Sequence[Any], **options: Any) -> None:
        asked: dict[str, Tree] = {
            "call": "execute",
            "statement": statement,
            "binds": list(binds),
            "user": "ann",
        }
        try:
            self._inner.execute(statement, binds, **options)
        except Exception as error:
            told: dict[str, Tree] = {"raised": type(error).__name__, "message": str(error)}
            self._tape.append(Interaction(0.0, "sql", asked, told))
            raise
        self.description = self._inner.description
        self._rows = self._inner.fetchall()
        answered: dict[str, Tree] = {
            "query_id": self._inner.sfqid,
            "columns": [{"name": each[0], "type": "TEXT"} for each in self.description or ()],
            "rows": [list(row) for row in self._rows],
            "rowcount": len(self._rows),
        }
        self._tape.append(Interaction(0.0, "sql", asked, answered))

    def fetchall(self) -> list[Any]:
        return self._rows


class _Connection:
    def __init__(self, inner: Any, tape: list[Interaction]) -> None:
        self._inner = inner
        self._tape = tape

    def cursor(self) -> _Cursor:
        return _Cursor(self._inner.cursor(), self._tape)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def fake_backend() -> FakeBackend:
    """Return a backend with a user and work of every kind."""
    backend = FakeBackend(event_page_size=5, seed=3)
    backend.add_user("ann")
    backend.script(solver_run(run_s=60), reasoner_type="Prescriptive", times=3)
    backend.script(JobScript(outcome=failed("no licence")), reasoner_type="Prescriptive", times=1)
    backend.script(training_run(run_s=60), reasoner_type="Predictive")
    problems = [{"type": "error", "message": "undefined: `foo`", "report": "1 | def bar = foo"}]
    backend.script(
        JobScript(outcome=aborted("transaction aborted", problems=problems)),
        reasoner_type="Logic",
        times=1,
    )
    run = query_run(run_s=30)
    backend.script(
        JobScript(run_s=30, events=run.events, artifacts=_ARTIFACTS), reasoner_type="Logic"
    )
    return backend


def _work(client: JobsClientSync) -> None:
    for kind in ("Prescriptive", "Predictive", "Logic"):
        payload: dict[str, Any] = {"dbname": "sales", "query": "def output = 1", "seed": 7}
        operations = [client.create(kind, "worker-1", payload) for _ in range(5)]
        for operation in operations:
            client.wait(kind, operation.id, timeout_s=600)
            token: str | None = ""
            while token is not None:
                token = client.get_events(kind, operation.id, token).continuation_token
            client.get(kind, operation.id, include={"details": True, "events": True})
        if kind == "Logic":
            for operation in operations:
                client.get(kind, operation.id, include={"artifacts": True, "problems": True})
        client.cancel(kind, operations[0].id)
        client.get(kind, "00000000-0000-0000-0000-000000000000")
    client.list(None, created_by="ann", limit=10)


def over_http() -> list[Interaction]:
    """Return what our client and the fake say over HTTP."""
    backend = fake_backend()
    tape: list[Interaction] = []
    gateway = HttpJobsGateway(
        "http://127.0.0.1:43121",
        auth=StaticTokenAuth(backend.token("ann")),
        transport=_Taping(backend.http_transport("ann"), tape),
        clock=backend.clock,
    )
    _work(JobsClientSync(gateway, clock=backend.clock))
    gateway.close()
    return tape


def over_sql() -> list[Interaction]:
    """Return what our client and the fake say over SQL, login first."""
    backend = fake_backend()
    asked: dict[str, Tree] = {"call": "connect", "account": "test", "user": "ann", "role": "R1"}
    session: dict[str, Tree] = {
        "account": "TEST",
        "user": "ANN",
        "host": "127.0.0.1",
        "session_id": 17592186044417,
        "parameters": {"TIMEZONE": "America/Los_Angeles"},
    }
    tape = [Interaction(0.0, "sql", asked, {"session": session})]
    connection = _Connection(backend.connection("ann"), tape)
    gateway = SqlJobsGateway(ConnectorExecutor(connection), clock=backend.clock)
    _work(JobsClientSync(gateway, clock=backend.clock))
    gateway.close()
    return tape


def decoys() -> list[Interaction]:
    """Return what looks random and is no secret, as answers have it."""
    digest = hashlib.sha256(b"x")
    numbers = base64.b64encode(struct.pack("<12q", *range(12))).decode()
    opaque = base64.b64encode(hashlib.sha512(b"page").digest()[:30]).decode()
    body: dict[str, Tree] = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, "a")),
        "trace": digest.hexdigest(),
        "sha": f"SHA256:{base64.b64encode(digest.digest()).decode()}",
        "etag": f'W/"{base64.b64encode(digest.digest()[:18]).decode()}"',
        "continuation_token": opaque,
        "numbers": numbers,
        "text": base64.b64encode(b'{"rows": 12, "columns": ["a", "b"]}').decode(),
        "when": ["2026-11-24T15:34:03.123456Z", "2026-11-24 15:34:03", "20261124T153403000Z"],
        "words": [
            "getOwnTransactionEventsOfReasonerV2",
            "com.example.solver.PresolveRule17/ApplyAllCuts",
            "REASONER_SIZE_XS_2026_11",
            "/v1alpha1/jobs/SOLVER/01b1e2c4-0001-a2b3-0000-000000000001/events/progress",
            "HIGHMEM_X64_S",
        ],
        "amount": [Decimal("12.50"), 1_700_000_000_000, 0.1],
        "at": datetime(2026, 11, 24, tzinfo=timezone.utc),
        "data": b"ARROW1\x00\x00" + bytes(range(256)),
        "token_count": 12,
    }
    headers: dict[str, Tree] = {
        "content-type": "application/json",
        "etag": f'"{digest.hexdigest()[:32]}"',
        "x-request-id": digest.hexdigest()[:16],
        "x-snowflake-authorization-token-type": "KEYPAIR_JWT",
        "retry-after": "3",
        "location": "/v1alpha1/jobs/SOLVER/1",
    }
    asked: dict[str, Tree] = {
        "method": "GET",
        "url": f"https://h.test/v1alpha1/jobs/SOLVER/1/events/progress?continuation_token={opaque}",
        "headers": {},
    }
    long: dict[str, Tree] = {
        "call": "execute",
        "statement": (
            "SELECT t.ID, COALESCE(t.REASONER_TYPE, 'LOGIC') AS KIND_2026 FROM RAI.api.JOBS t"
            " WHERE UPPER(TRIM(REASONER_TYPE)) IN (?, ?) AND t.ID = ? AND CURSOR_TOKEN = ?"
        ),
        "binds": ["SOLVER", "PRESCRIPTIVE", "01b1e2c4-0001-a2b3-0000-000000000001", opaque],
    }
    return [
        Interaction(0.0, "http", asked, {"status": 200, "headers": headers, "json": body}),
        Interaction(0.0, "sql", long, {"query_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, "q"))}),
    ]
