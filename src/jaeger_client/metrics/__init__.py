"""
What the client counts about itself, and the metrics systems it is passed to.

`PrometheusMetricsFactory` is in `jaeger_client.metrics.prometheus`, which alone needs
`prometheus_client`, and `OpenTelemetryMetricsFactory` in
`jaeger_client.metrics.opentelemetry`, which needs `opentelemetry-api`.
"""

from __future__ import annotations

from jaeger_client.metrics.instruments import ReporterMetrics as ReporterMetrics
from jaeger_client.metrics.instruments import RpcMetrics as RpcMetrics
from jaeger_client.metrics.instruments import SamplerMetrics as SamplerMetrics
from jaeger_client.metrics.instruments import ThrottlerMetrics as ThrottlerMetrics
from jaeger_client.metrics.instruments import TracerMetrics as TracerMetrics
from jaeger_client.metrics.metrics import (
    CallableMetricsFactory as CallableMetricsFactory,
)
from jaeger_client.metrics.metrics import LegacyMetricsFactory as LegacyMetricsFactory
from jaeger_client.metrics.metrics import Metrics as Metrics
from jaeger_client.metrics.metrics import MetricsFactory as MetricsFactory
from jaeger_client.metrics.table import METRICS as METRICS
from jaeger_client.metrics.table import Metric as Metric
