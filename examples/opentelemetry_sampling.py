"""
OpenTelemetry's SDK with Jaeger's remote sampling, and spans over UDP to Jaeger.

It needs OpenTelemetry's SDK (`pip install "jaeger-client[opentelemetry]"
opentelemetry-sdk`), and a Jaeger on this machine that serves sampling strategies on
port 5778. Another address may be the argument:

    python examples/opentelemetry_sampling.py
    python examples/opentelemetry_sampling.py http://jaeger:5778/sampling

Until the strategy of the service `bakery` has arrived, one trace in a thousand is
recorded.
"""

from __future__ import annotations

import sys
import time

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased

from jaeger_client.otel import JaegerRemoteSampler, JaegerThriftUdpExporter

ENDPOINT = "http://localhost:5778/sampling"
ORDERS = 2_000
PAUSE = 0.001
"""Seconds between two orders."""


def main(endpoint: str) -> None:
    """Handle orders, and print how many of them were recorded."""
    sampler = JaegerRemoteSampler("bakery", endpoint=endpoint)
    provider = TracerProvider(
        # Only root spans are sampled; their children have the same decision.
        sampler=ParentBased(sampler),
        resource=Resource.create({"service.name": "bakery"}),
    )
    provider.add_span_processor(BatchSpanProcessor(JaegerThriftUdpExporter()))
    trace.set_tracer_provider(provider)
    tracer = trace.get_tracer("bakery")

    recorded = 0
    for _ in range(ORDERS):
        with tracer.start_as_current_span("order") as order:
            with tracer.start_as_current_span("bake"):
                pass
            recorded += order.is_recording()
        time.sleep(PAUSE)
    print(f"{recorded} of {ORDERS} orders recorded by {sampler.get_description()}")
    provider.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:] or [ENDPOINT])
