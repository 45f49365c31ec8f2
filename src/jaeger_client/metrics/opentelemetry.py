"""Metrics for OpenTelemetry; the one module of this room that imports its API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from opentelemetry.metrics import Meter, get_meter

from jaeger_client.constants import __version__
from jaeger_client.metrics.factory import (
    CountFunction,
    MeasureFunction,
    MetricsFactory,
)
from jaeger_client.metrics.table import SECONDS, dotted, metric_of

METER_NAME: Final = "jaeger_client"
"""The scope of the metrics, where no meter is given."""

_FORBIDDEN: Final = re.compile(r"[^a-zA-Z0-9_./-]")
_MICROSECONDS: Final = 1e6


class OpenTelemetryMetricsFactory(MetricsFactory):
    """
    Makes instruments of OpenTelemetry's API, named `jaeger.traces`.

    Needs the API only; without an SDK nothing is kept. Names have a dot where the
    table has a colon, tags are attributes, gauges are synchronous gauges, and timers
    are histograms of seconds. Any number of factories may use one meter: instruments
    of one name are one.

    Args:
        meter: What makes the instruments; by default the meter `jaeger_client` of
            the global provider, which may be set later.
    """

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter = get_meter(METER_NAME, __version__) if meter is None else meter

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> CountFunction:
        """Return a function that adds to the counter."""
        unit, description = _unit_and_description(name)
        add = self._meter.create_counter(_allowed_name(name), unit, description).add
        attributes = dict(tags or {})
        return lambda value: add(value, attributes)

    def create_gauge(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that sets the gauge."""
        unit, description = _unit_and_description(name)
        gauge = self._meter.create_gauge(_allowed_name(name), unit, description)
        attributes = dict(tags or {})
        return lambda value: gauge.set(value, attributes)

    def create_timer(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that takes microseconds into a histogram of seconds."""
        metric = metric_of(name)
        record = self._meter.create_histogram(
            _allowed_name(name),
            SECONDS,
            name if metric is None else metric.help,
            # The SDK's own suit milliseconds.
            explicit_bucket_boundaries_advisory=metric.buckets if metric else None,
        ).record
        attributes = dict(tags or {})
        return lambda microseconds: record(microseconds / _MICROSECONDS, attributes)


def _unit_and_description(name: str) -> tuple[str, str]:
    """Return what the table says of *name*; applications may count others, too."""
    metric = metric_of(name)
    return ("", name) if metric is None else (metric.unit, metric.help)


def _allowed_name(name: str) -> str:
    """Return *name* as OpenTelemetry takes it: `jaeger.traces`."""
    return _FORBIDDEN.sub("_", dotted(name))
