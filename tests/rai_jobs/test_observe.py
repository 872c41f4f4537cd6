"""What the client tells: the hook, the log, and spans."""

from __future__ import annotations

import logging

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rai_jobs import (
    ClientEvent,
    HttpJobsGateway,
    HybridJobsGateway,
    JobsClientSync,
    RetryPolicy,
    StaticTokenAuth,
    otel_observer,
)
from rai_jobs.observe import Observer
from rai_jobs_fakes import FakeBackend, JobScript, VirtualClock


def jobs_of(on_event: Observer | None) -> JobsClientSync:
    """A client whose every second request is refused with 503."""
    clock = VirtualClock()
    backend = FakeBackend(clock=clock)
    backend.script(JobScript(run_s=2))
    inner = backend.http_transport("fake_user")
    count = 0

    def flaky(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return httpx.Response(503) if count % 2 == 0 else inner.handle_request(request)

    gateway = HttpJobsGateway(
        "https://backend.test",
        auth=StaticTokenAuth("s3cret-token"),
        transport=httpx.MockTransport(flaky),
        retry=RetryPolicy(jitter=0),
        clock=clock,
        on_event=on_event,
    )
    return JobsClientSync(gateway, clock=clock, on_event=on_event)


def test_the_hook_is_told_of_each_step_in_order() -> None:
    told: list[ClientEvent] = []
    jobs = jobs_of(told.append)
    operation = jobs.create("Predictive", "worker", {"secret": "s3cret-payload"})
    operation.wait(poll_interval_s=2)
    story = [(event.kind, event.operation, event.attempt, event.status) for event in told]
    assert story == [
        ("request", "create", 1, None),
        ("response", "create", 1, 200),
        ("request", "get", 1, None),
        ("response", "get", 1, 503),
        ("retry", "get", 1, None),
        ("request", "get", 2, None),
        ("response", "get", 2, 200),
        ("poll", "wait", 1, None),
        ("request", "get", 1, None),
        ("response", "get", 1, 503),
        ("retry", "get", 1, None),
        ("request", "get", 2, None),
        ("response", "get", 2, 200),
        ("poll", "wait", 1, None),
    ]
    assert {event.execution_id for event in told[2:]} == {operation.id}
    assert all(
        (event.duration_s is not None) == (event.kind in {"response", "retry"}) for event in told
    )
    assert "s3cret" not in repr(told)


def test_the_log_is_quiet_until_it_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="rai_jobs"):
        jobs_of(None).list("Predictive")
    assert [record for record in caplog.records if record.name.startswith("rai_jobs")] == []
    with caplog.at_level(logging.DEBUG, logger="rai_jobs"):
        jobs_of(None).list("Predictive")
    said = [record.getMessage() for record in caplog.records if record.name == "rai_jobs"]
    assert len(said) == 2
    assert "s3cret" not in "".join(said)


def test_a_span_is_made_of_each_request() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    jobs = jobs_of(otel_observer(provider.get_tracer("test")))
    operation = jobs.create("Predictive", "worker", {})
    jobs.get("Predictive", operation.id)
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["rai_jobs.create", "rai_jobs.get", "rai_jobs.get"]
    assert [dict(span.attributes or {}) for span in spans] == [
        {"rai_jobs.attempt": 1, "http.response.status_code": 200},
        {
            "rai_jobs.attempt": 1,
            "rai_jobs.execution_id": operation.id,
            "http.response.status_code": 503,
        },
        {
            "rai_jobs.attempt": 2,
            "rai_jobs.execution_id": operation.id,
            "http.response.status_code": 200,
        },
    ]


def test_a_span_of_a_failure_says_so() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    def refuses(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    gateway = HttpJobsGateway(
        "https://backend.test",
        auth=StaticTokenAuth("t"),
        transport=httpx.MockTransport(refuses),
        retry=RetryPolicy(attempts=1),
        on_event=otel_observer(provider.get_tracer("test")),
    )
    with pytest.raises(Exception, match="Connection refused"):
        gateway.get("LOGIC", "x")
    [span] = exporter.get_finished_spans()
    assert dict(span.attributes or {})["error.type"] == "ConnectError"
    assert not span.status.is_ok


def test_each_route_of_a_hybrid_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    backend = FakeBackend()
    backend.add_user("root", admin=True)
    backend.script(JobScript(run_s=60))
    transaction = backend.jobs().create("Logic", "e", {"dbname": "d", "query": "q"})
    http = backend.jobs("root", over="http").gateway
    hybrid = JobsClientSync(HybridJobsGateway(http, backend.gateway("root")))
    with caplog.at_level(logging.DEBUG, logger="rai_jobs.hybrid"):
        for _ in range(2):
            hybrid.list("Logic")
            hybrid.cancel("Logic", transaction.id, all_users=True)
    assert [record.getMessage() for record in caplog.records if "goes over" in record.message] == [
        "list goes over Direct Access",
        "cancel(all_users=True) goes over SQL",
    ]
    faces = [entry.face for entry in backend.transcript if entry.call.operation == "cancel"]
    assert faces == ["gateway", "gateway"]
