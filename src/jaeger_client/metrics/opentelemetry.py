"""Metrics for OpenTelemetry; the only module in `metrics` that imports its API."""

from __future__ import annotations

import re
from typing import Final

from jaeger_client.constants import __version__
from jaeger_client.metrics.metrics import (
    CountFunction,
    MeasureFunction,
    MetricsFactory,
    Tags,
)
from jaeger_client.metrics.table import SECONDS, dotted, metric_of

try:
    from opentelemetry.metrics import Meter, get_meter
except ModuleNotFoundError as error:
    msg = f"{error}: it is part of the extra, pip install 'jaeger-client[otel-metrics]'"
    raise ModuleNotFoundError(msg, name=error.name) from error

METER_NAME: Final = "jaeger_client"
"""The instrumentation scope of the metrics if no meter is passed."""

_FORBIDDEN: Final = re.compile(r"[^a-zA-Z0-9_./-]")
_MICROSECONDS: Final = 1e6


class OpenTelemetryMetricsFactory(MetricsFactory):
    """
    Creates instruments of OpenTelemetry's API, named `jaeger.traces`.

    Needs the API only; without an SDK nothing is recorded. Names have a dot where the
    table has a colon, tags are attributes, gauges are synchronous gauges, and timers
    are histograms of seconds. Any number of factories may use one meter: they share
    instruments of the same name.

    Args:
        meter: Creates the instruments; by default the meter `jaeger_client` of
            the global provider, which may be set later.
    """

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter = get_meter(METER_NAME, __version__) if meter is None else meter

    def create_counter(self, name: str, tags: Tags = None) -> CountFunction:
        """Return a function that adds to the counter."""
        add = self._meter.create_counter(*_name_unit_description(name)).add
        attributes = dict(tags or {})
        return lambda value: add(value, attributes)

    def create_gauge(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that sets the gauge."""
        gauge = self._meter.create_gauge(*_name_unit_description(name))
        attributes = dict(tags or {})
        return lambda value: gauge.set(value, attributes)

    def create_timer(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that records microseconds in a histogram of seconds."""
        metric = metric_of(name)
        allowed_name, _, description = _name_unit_description(name)
        record = self._meter.create_histogram(
            allowed_name,
            SECONDS,
            description,
            # The SDK's default buckets are for milliseconds.
            explicit_bucket_boundaries_advisory=metric.buckets if metric else None,
        ).record
        attributes = dict(tags or {})
        return lambda microseconds: record(microseconds / _MICROSECONDS, attributes)


def _name_unit_description(name: str) -> tuple[str, str, str]:
    """Return name, unit and description; applications may have metrics of their own."""
    metric = metric_of(name)
    unit, description = ("", name) if metric is None else (metric.unit, metric.help)
    return _FORBIDDEN.sub("_", dotted(name)), unit, description
