"""The gateway face to be awaited: the same answers as the other, in the same shape."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from typing import Any

import pytest

from rai_jobs import JobNotFoundError, JobServerError
from rai_jobs_fakes import (
    At,
    FakeAsyncGateway,
    FakeBackend,
    FakeGateway,
    Fault,
    JobScript,
    VirtualClock,
)

QUERY = {"dbname": "sales", "query": "def output = 1"}
SCRIPT = JobScript(
    run_s=1,
    events=[At(0, {"type": "Tick"})],
    artifacts={"out.arrow": {"presigned_url": "https://storage.test/out"}},
    problems=[{"type": "WARNING"}],
)


def now(answer: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(answer)


def test_it_has_every_call_of_the_gateway_with_the_same_arguments() -> None:
    calls = {name for name in vars(FakeGateway) if not name.startswith("_")}
    awaited = {name for name in vars(FakeAsyncGateway) if not name.startswith("_")}
    assert awaited == (calls - {"close"}) | {"aclose"}
    for name in calls - {"close"}:
        each = getattr(FakeAsyncGateway, name)
        assert inspect.iscoroutinefunction(each)
        assert inspect.signature(each) == inspect.signature(getattr(FakeGateway, name))


def test_every_answer_is_the_gateways() -> None:
    backend = FakeBackend()
    backend.script(SCRIPT)
    plain, awaited = backend.gateway(), backend.async_gateway()
    job_id = now(awaited.create("LOGIC", "engine", QUERY, timeout_mins=7))
    backend.clock.sleep(1)
    record = now(awaited.get("LOGIC", job_id))
    assert (record.id, record.state) == (job_id, "COMPLETED")
    assert [getattr(entry.call, "timeout_mins", 7) for entry in backend.transcript] == [7, 7]
    assert record == plain.get("LOGIC", job_id)
    for name in ("events", "artifacts", "problems"):
        found = now(getattr(awaited, name)("LOGIC", job_id))
        assert found == getattr(plain, name)("LOGIC", job_id)
        assert found
    assert now(awaited.list("LOGIC", name="ENGINE", limit=1, offset=0)) == [record]
    assert now(awaited.list("LOGIC", name="other")) == []
    assert now(awaited.events("LOGIC", job_id, "", stream_name="profiler")).events == []
    now(awaited.aclose())
    assert len(backend.executions) == 1


def test_a_cancel_is_the_users_own_or_an_admins_for_all() -> None:
    backend = FakeBackend()
    backend.add_user("root", admin=True)
    backend.script(JobScript(run_s=60))
    job_id = now(backend.async_gateway().create("LOGIC", "engine", QUERY))
    backend.add_user("eve")
    with pytest.raises(JobNotFoundError):
        now(backend.async_gateway("eve").cancel("LOGIC", job_id))
    now(backend.async_gateway("root").cancel("LOGIC", job_id, all_users=True))
    assert [each.state.value for each in backend.executions] == ["CANCELED"]


def test_guard_rails_hold_what_is_created_through_it() -> None:
    backend = FakeBackend()
    backend.script(JobScript(run_s=60, guard_rail_after_s=1))
    for guarded in (False, True):
        now(backend.async_gateway(guard_rails=guarded).create("LOGIC", "engine", QUERY))
    backend.clock.sleep(2)
    assert [each.state.value for each in backend.executions] == ["RUNNING", "ABORTED"]


def test_a_fault_is_told_as_the_gateway_tells_it_and_late() -> None:
    backend = FakeBackend()
    backend.faults.inject(Fault.http(503, operation="list", delay_s=5))
    with pytest.raises(JobServerError):
        now(backend.async_gateway().list("ML"))
    assert isinstance(backend.clock, VirtualClock)
    assert backend.clock.monotonic() == 5


def test_nobody_else_may_ask() -> None:
    with pytest.raises(ValueError, match="nobody"):
        FakeBackend().async_gateway("nobody")
