"""
What the client counts about itself, and whom it tells.

`PrometheusMetricsFactory` lives in `jaeger_client.metrics.prometheus`, which
alone needs `prometheus_client`.
"""

from __future__ import annotations

from jaeger_client.metrics.factory import (
    LegacyMetricsFactory,
    Metrics,
    MetricsFactory,
)
from jaeger_client.metrics.instruments import (
    ReporterMetrics,
    RpcMetrics,
    SamplerMetrics,
    ThrottlerMetrics,
    TracerMetrics,
)

__all__ = [
    "LegacyMetricsFactory",
    "Metrics",
    "MetricsFactory",
    "ReporterMetrics",
    "RpcMetrics",
    "SamplerMetrics",
    "ThrottlerMetrics",
    "TracerMetrics",
]
