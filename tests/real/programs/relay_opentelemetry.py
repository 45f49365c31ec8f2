"""
The service of `relay.py`, traced by OpenTelemetry's SDK.

`OTEL_PROPAGATORS` selects the formats; that of an order is not used.
"""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry import baggage, context, propagate, trace
from opentelemetry.sdk.trace import TracerProvider, sampling
from relay import Order, Service, post, serve

SAMPLED = {
    True: TracerProvider(sampling.ParentBased(sampling.ALWAYS_ON)),
    False: TracerProvider(sampling.ParentBased(sampling.ALWAYS_OFF)),
}
"""Providers by whether they sample new traces."""


class OpenTelemetryService(Service):
    """Executes one order per request."""

    def execute(self, order: Order, headers: Mapping[str, str]) -> dict[str, object]:
        """Execute an order, in spans."""
        tracer = SAMPLED[order.get("sampled", False)].get_tracer("relay")
        incoming = propagate.extract(headers)
        for key, value in (order.get("baggage") or {}).items():
            incoming = baggage.set_baggage(key, value, incoming)
        context.attach(incoming)
        response: dict[str, object] = {"client": None, "next": None}
        caller = trace.get_current_span()
        with tracer.start_as_current_span("serve", kind=trace.SpanKind.SERVER) as span:
            response["server"] = seen(span, caller)
            if order.get("next"):
                response |= call(tracer, order["next"])
        return response


def call(tracer: trace.Tracer, following: Order) -> dict[str, object]:
    """Call the next service in a client span; return that span and the response."""
    caller = trace.get_current_span()
    with tracer.start_as_current_span("call", kind=trace.SpanKind.CLIENT) as span:
        headers = {"Content-Type": "application/json"}
        propagate.inject(headers)
        response = post(following["url"], following["order"], headers)
        return {"client": seen(span, caller), "next": response}


def seen(span: trace.Span, caller: trace.Span) -> dict[str, object]:
    """Return what OpenTelemetry knows about the span."""
    ids = span.get_span_context()
    return {
        "trace_id": f"{ids.trace_id:x}",
        "span_id": f"{ids.span_id:x}",
        "parent_id": f"{caller.get_span_context().span_id:x}",
        "sampled": ids.trace_flags.sampled,
        "debug": ids.trace_state.get("jaeger") == "debug",
        "baggage": dict(baggage.get_all()),
    }


if __name__ == "__main__":
    serve(OpenTelemetryService)
