"""
The metrics of the tracer, recorded by OpenTelemetry's SDK.

It needs `pip install 'jaeger-client[otel-metrics]' opentelemetry-sdk`. A service would
use a reader that exports; this program prints what the reader collects.
"""

from __future__ import annotations

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from jaeger_client import Config
from jaeger_client.metrics.opentelemetry import OpenTelemetryMetricsFactory


def main() -> None:
    """Record three spans and print the metrics."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    tracer = Config(
        {"sampler": {"type": "const", "param": 1}},
        service_name="bakery",
        metrics_factory=OpenTelemetryMetricsFactory(provider.get_meter("bakery")),
    ).new_tracer()
    for _ in range(3):
        tracer.start_span("bake-bread").finish()
    tracer.close()
    if (data := reader.get_metrics_data()) is not None:
        print(data.to_json())
    provider.shutdown()


if __name__ == "__main__":
    main()
