"""
What the tracer counts about itself, by OpenTelemetry's metrics.

Needs `pip install 'jaeger-client[otel-metrics]' opentelemetry-sdk`. A service would
give its provider a reader that exports; this program prints what a reader gets.
"""

from __future__ import annotations

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from jaeger_client import Config
from jaeger_client.metrics.opentelemetry import OpenTelemetryMetricsFactory


def main() -> None:
    """Trace something and print what was counted."""
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
