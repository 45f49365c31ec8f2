"""
The metrics of the tracer, for Prometheus.

It needs `pip install 'jaeger-client[prometheus]'`. A service would call
`prometheus_client.start_http_server(9000)`, from which Prometheus scrapes the metrics;
this program prints what it would scrape.
"""

from __future__ import annotations

from prometheus_client import REGISTRY, generate_latest

from jaeger_client import Config
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory


def main() -> None:
    """Record three spans and print the metrics."""
    tracer = Config(
        {"sampler": {"type": "const", "param": 1}},
        service_name="bakery",
        metrics_factory=PrometheusMetricsFactory(namespace="bakery"),
    ).new_tracer()
    for _ in range(3):
        tracer.start_span("bake-bread").finish()
    tracer.close()
    for line in generate_latest(REGISTRY).decode().splitlines():
        if line.startswith("bakery_jaeger:"):
            print(line)


if __name__ == "__main__":
    main()
