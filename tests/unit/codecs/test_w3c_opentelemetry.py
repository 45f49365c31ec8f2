"""W3C's headers between our tracer and OpenTelemetry's SDK."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.baggage import get_all
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from jaeger_client import ConstSampler, Tracer
from jaeger_client.codecs import W3CCodec
from jaeger_client.reporter import NullReporter

HTTP = "http_headers"
THEIRS = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])


def our_tracer() -> Tracer:
    """Return a tracer with W3C's headers."""
    codecs = {HTTP: W3CCodec()}
    sampler = ConstSampler(decision=True)
    return Tracer("w3c", NullReporter(), sampler, extra_codecs=codecs)


def through_opentelemetry(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers of a call that OpenTelemetry's SDK makes for a request."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    incoming = THEIRS.extract(headers)
    span = tracer.start_span("serve", incoming)
    outgoing: dict[str, str] = {}
    THEIRS.inject(outgoing, trace.set_span_in_context(span, incoming))
    return outgoing


@pytest.mark.parametrize("debug", [False, True])
def test_opentelemetry_passes_our_flags_on(*, debug: bool) -> None:
    """OpenTelemetry's SDK keeps the random-id flag and debug."""
    tracer = our_tracer()
    root = tracer.start_span("root").set_baggage_item("Key%20a", "v%")
    if debug:
        root.set_tag("sampling.priority", 1)
    headers: dict[str, str] = {}
    tracer.inject(root, HTTP, headers)

    context = tracer.extract(HTTP, through_opentelemetry(headers))

    assert context is not None
    assert root.trace_id == context.trace_id
    assert root.flags == context.flags
    assert context.has_random_trace_id
    assert "v%" in context.baggage.values()


def test_our_tracer_passes_opentelemetrys_flags_on() -> None:
    """Our tracer keeps the random-id flag, which does not mean debug."""
    provider = TracerProvider(shutdown_on_exit=False)
    root = provider.get_tracer("test").start_span("root", Context())
    headers: dict[str, str] = {}
    THEIRS.inject(headers, trace.set_span_in_context(root, Context()))
    tracer = our_tracer()

    span = tracer.start_span("serve", child_of=tracer.extract(HTTP, headers))
    outgoing: dict[str, str] = {}
    tracer.inject(span, HTTP, outgoing)

    found = trace.get_current_span(THEIRS.extract(outgoing)).get_span_context()
    assert root.get_span_context().trace_id == found.trace_id
    assert root.get_span_context().trace_flags == found.trace_flags == 3
    assert not span.is_debug()


def test_opentelemetry_reads_our_baggage() -> None:
    """OpenTelemetry reads values as they were set."""
    tracer = our_tracer()
    span = tracer.start_span("root").set_baggage_item("user", "Zoë 1+1=2; 50%")
    headers: dict[str, str] = {}
    tracer.inject(span, HTTP, headers)

    assert {"user": "Zoë 1+1=2; 50%"} == dict(get_all(THEIRS.extract(headers)))
