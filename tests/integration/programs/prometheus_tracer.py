"""A tracer that counts for Prometheus, requests included; the test is its agent."""

from __future__ import annotations

from jaeger_client import Config, Tracer
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory


def make_tracer() -> Tracer:
    """Return a tracer that samples everything."""
    settings = {"sampler": {"type": "const", "param": 1}, "rpc_metrics": True}
    return Config(
        settings,
        service_name="shop",
        metrics_factory=PrometheusMetricsFactory(namespace="bakery"),
    ).new_tracer()
