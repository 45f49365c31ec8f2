"""
Counts everything that jaeger-client 4.8 counts, and prints the scrape.

Runs with the old client and with this one.
"""

from __future__ import annotations

import threading
import time

from prometheus_client import REGISTRY, generate_latest

from jaeger_client import Config, SpanContext
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from jaeger_client.reporter import ReporterMetrics
from jaeger_client.sampler import SamplerMetrics
from jaeger_client.throttler import ThrottlerMetrics

SENT = "your_app_jaeger:reporter_spans_total"
SPANS = 3
TIMEOUT = 20.0


def main() -> None:
    """Trace something, count the rest by hand, print all of it."""
    factory = PrometheusMetricsFactory(
        namespace="your_app",
        service_name_label="shop",
    )
    tracer = Config(
        {"sampler": {"type": "const", "param": 1}},
        service_name="shop",
        metrics_factory=factory,
    ).initialize_tracer()
    assert tracer is not None
    caller = SpanContext(1, 2, None, 0)
    tracer.start_span("bake", tags={"span.kind": "server"}).finish()
    tracer.start_span("bake").finish()
    tracer.start_span("knead", child_of=SpanContext(1, 2, None, 1)).finish()
    tracer.start_span("knead", child_of=caller).finish()
    wait_until_sent()
    count_by_hand(factory)
    print(generate_latest(REGISTRY).decode())
    tracer.close()


def wait_until_sent() -> None:
    """Poll until the reporter has counted all spans: 4.8 has no flush."""
    deadline = time.monotonic() + TIMEOUT
    labels = {"result": "ok", "service": "shop"}
    while REGISTRY.get_sample_value(SENT, labels) != SPANS:
        assert time.monotonic() < deadline, "the spans were not sent"
        threading.Event().wait(0.01)


def count_by_hand(factory: PrometheusMetricsFactory) -> None:
    """Count what needs an outage or a server."""
    reporter = ReporterMetrics(factory)
    reporter.reporter_failure(2)
    reporter.reporter_dropped(3)
    sampler = SamplerMetrics(factory)
    sampler.sampler_retrieved(4)
    sampler.sampler_query_failure(5)
    sampler.sampler_updated(6)
    sampler.sampler_update_failure(7)
    throttler = ThrottlerMetrics(factory)
    throttler.throttler_update_success(8)
    throttler.throttler_update_failure(9)


if __name__ == "__main__":
    main()
