"""
Metrics of the client itself, and factories that pass them to metrics systems.

`PrometheusMetricsFactory` is in `jaeger_client.metrics.prometheus`, which requires
`prometheus_client`, and `OpenTelemetryMetricsFactory` in
`jaeger_client.metrics.opentelemetry`, which requires `opentelemetry-api`.
"""

from __future__ import annotations

from jaeger_client.metrics.instruments import (
    ReporterMetrics,
    RpcMetrics,
    SamplerMetrics,
    ThrottlerMetrics,
    TracerMetrics,
)
from jaeger_client.metrics.metrics import (
    CallableMetricsFactory,
    LegacyMetricsFactory,
    Metrics,
    MetricsFactory,
)
from jaeger_client.metrics.table import METRICS, Metric

__all__ = [
    "METRICS",
    "CallableMetricsFactory",
    "LegacyMetricsFactory",
    "Metric",
    "Metrics",
    "MetricsFactory",
    "ReporterMetrics",
    "RpcMetrics",
    "SamplerMetrics",
    "ThrottlerMetrics",
    "TracerMetrics",
]
