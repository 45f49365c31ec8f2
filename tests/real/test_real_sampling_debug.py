"""Debug traces under a throttler that requests credits from a real Jaeger."""

from __future__ import annotations

from opentracing import Format

from jaeger_client import Span, Tracer
from tests.real.jaeger_query import query_until
from tests.real.sampling_jaeger import FileJaeger

SERVICE = "polls-credits"
AT_ONCE = 10
"""Number of debug traces of one operation that the local policy allows at once."""


def debug_span(tracer: Tracer) -> Span:
    """Start the trace of a request with a debug id."""
    headers = {"jaeger-debug-id": "why so slow"}
    context = tracer.extract(Format.HTTP_HEADERS, headers)
    return tracer.start_span("debugged", child_of=context)


def test_local_policy_lets_debug_traces_begin(file_jaeger: FileJaeger) -> None:
    """
    Jaeger responds to a request for credits with a strategy: the local policy decides.

    The first request is refused, because nothing was polled yet. After Jaeger's
    response a debug trace is recorded, although the sampler records nothing, and is
    stored.
    """
    config = {
        "sampler": {"type": "const", "param": False},
        "throttler": {
            "port": file_jaeger.ports["SAMPLING_PORT"],
            "refresh_interval": 0.5,
        },
    }
    with file_jaeger.sampled_tracer(SERVICE, **config) as tracer:
        first = debug_span(tracer)
        span = query_until(lambda: debug_span(tracer), lambda span: span.is_debug())
        others = [debug_span(tracer) for _ in range(5 * AT_ONCE)]
        span.finish()
    traces = file_jaeger.query.traces(SERVICE, 1)

    assert (False, True) == (first.is_debug(), span.is_debug())
    # Later ones are allowed at one a second.
    assert AT_ONCE - 1 <= sum(other.is_debug() for other in others) < 2 * AT_ONCE
    assert [(f"{span.trace_id:016x}", "why so slow")] == [
        (trace["traceID"], tag["value"])
        for trace in traces
        for tag in trace["spans"][0]["tags"]
        if tag["key"] == "jaeger-debug-id"
    ]
