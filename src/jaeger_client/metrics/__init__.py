"""
What the client counts about itself, and the metrics systems it is passed to.

`PrometheusMetricsFactory` is in `jaeger_client.metrics.prometheus`, which alone needs
`prometheus_client`, and `OpenTelemetryMetricsFactory` in
`jaeger_client.metrics.opentelemetry`, which needs `opentelemetry-api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_from

if TYPE_CHECKING:
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
    from jaeger_client.metrics.table import METRICS, Label, Metric
else:
    # Imported on demand: see `lazy`.
    __getattr__, __dir__ = names_from(
        __name__,
        {
            "jaeger_client.metrics.instruments": "ReporterMetrics RpcMetrics "
            "SamplerMetrics ThrottlerMetrics TracerMetrics",
            "jaeger_client.metrics.metrics": "CallableMetricsFactory "
            "LegacyMetricsFactory Metrics MetricsFactory",
            "jaeger_client.metrics.table": "METRICS Label Metric",
        },
    )

__all__ = [
    "METRICS",
    "CallableMetricsFactory",
    "Label",
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
