"""OpenTelemetry: a span for each request that the client sends. Needs the `otel` extra.

An adapter over the event hook, nothing more: `connect_sync(on_event=otel_observer())`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .observe import ClientEvent, Observer

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

__all__ = ["otel_observer"]


def otel_observer(tracer: Tracer | None = None) -> Observer:
    """Return an observer that makes a client span of each request and its answer.

    Args:
        tracer: what makes the spans; the global provider's when not given.
    """
    from opentelemetry.trace import SpanKind, StatusCode, get_tracer

    spans = tracer or get_tracer("rai_jobs")
    # A request and its answer are told on one thread, so that is where the open span is kept.
    here = threading.local()

    def observe(event: ClientEvent) -> None:
        if event.kind == "request":
            here.span = spans.start_span(f"rai_jobs.{event.operation}", kind=SpanKind.CLIENT)
        elif event.kind == "response":
            span: Span | None = getattr(here, "span", None)
            if span is None:
                return
            for name, value in _attributes(event).items():
                span.set_attribute(name, value)
            if event.error is not None:
                span.set_status(StatusCode.ERROR, event.error)
            span.end()
            here.span = None

    return observe


def _attributes(event: ClientEvent) -> dict[str, str | int]:
    told: dict[str, str | int | None] = {
        "rai_jobs.attempt": event.attempt,
        "rai_jobs.execution_id": event.execution_id,
        "http.response.status_code": event.status,
        "error.type": event.error,
    }
    return {name: value for name, value in told.items() if value is not None}
