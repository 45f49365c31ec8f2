"""The place where jaeger-client 4.8 kept the metrics factories."""

from __future__ import annotations

from jaeger_client.metrics.factory import (
    LegacyMetricsFactory,
    Metrics,
    MetricsFactory,
)

__all__ = ["LegacyMetricsFactory", "Metrics", "MetricsFactory"]
