"""
The metrics of each part of the library; the attributes have the names of 4.8.

Only `MetricMaker` calls the methods of a factory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.limits import with_method
from jaeger_client.metrics import table
from jaeger_client.metrics.metrics import (
    CountFunction,
    LegacyMetricsFactory,
    MeasureFunction,
    Metrics,
    MetricsFactory,
)
from jaeger_client.metrics.table import Metric

_Value = TypeVar("_Value", int, float)

_MICROSECONDS: Final = 1e6
_FAILED: Final = RateLimitedWarning(
    "%s was not counted: a function of the metrics factory raised %r. Counts are too "
    "low until this is fixed; no span is lost"
)


class TracerMetrics:
    """
    Counts of the tracer.

    Its functions are the factory's own and may raise. The tracer catches the error
    where it counts, which saves a call for each span.
    """

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        self.is_noop: bool = type(metrics_factory) is MetricsFactory
        """Whether the metrics do nothing and spans need not call them; constant."""
        make = MetricMaker(metrics_factory)
        traces, count = table.TRACES, make.bare_counter
        self.traces_started_sampled = count(traces, state="started", sampled="y")
        self.traces_started_not_sampled = count(traces, state="started", sampled="n")
        self.traces_joined_sampled = count(traces, state="joined", sampled="y")
        self.traces_joined_not_sampled = count(traces, state="joined", sampled="n")
        self.spans_started_sampled = count(table.STARTED_SPANS, sampled="y")
        self.spans_started_not_sampled = count(table.STARTED_SPANS, sampled="n")
        self.spans_finished = count(table.FINISHED_SPANS)
        self.throttled_debug_spans = count(table.THROTTLED_DEBUG_SPANS)
        """Debug spans that the throttler did not allow."""
        self.decoding_errors = count(table.DECODING_ERRORS)
        """Carriers whose span context could not be read."""
        self.dropped_baggage_items = count(table.DROPPED_BAGGAGE_ITEMS)
        """Baggage items, debug ids and trace states that were dropped."""
        self.dropped_tags = count(table.DROPPED_TAGS)
        """Tags and log fields over the limits of a span."""
        self.dropped_logs = count(table.DROPPED_LOGS)
        """Logs over the limit of a span."""

    def count_start(self, *, sampled: bool, joined: bool | None) -> None:
        """Count a span and, unless *joined* is `None`, its trace."""
        if sampled:
            self.spans_started_sampled(1)
        else:
            self.spans_started_not_sampled(1)
        if joined is None:
            return
        if joined and sampled:
            self.traces_joined_sampled(1)
        elif joined:
            self.traces_joined_not_sampled(1)
        elif sampled:
            self.traces_started_sampled(1)
        else:
            self.traces_started_not_sampled(1)


class ReporterMetrics:
    """Counts of the reporter: spans sent, spans lost by cause. Never raises."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        make = MetricMaker(metrics_factory)
        self.reporter_success = make.counter(table.REPORTER_SPANS, result="ok")
        self.reporter_failure = make.counter(table.REPORTER_SPANS, result="err")
        self.reporter_dropped = make.counter(table.REPORTER_SPANS, result="dropped")
        self.reporter_queue_length = make.gauge(table.REPORTER_QUEUE_LENGTH)
        self.dropped_by_cause: Mapping[str, CountFunction] = {
            cause: make.counter(table.REPORTER_DROPPED, cause=cause)
            for cause in table.DROP_CAUSES
        }
        """One counter for each of `DROP_CAUSES`."""
        self.truncated = make.counter(table.TRUNCATED_SPANS)
        """Spans that were shrunk to fit a packet."""
        self.send_seconds = make.timer(table.REPORTER_SEND_SECONDS)
        """Records the duration of one send in seconds."""


class SamplerMetrics:
    """Counts of the remote sampler: requests and updates. Never raises."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        make = MetricMaker(metrics_factory)
        self.sampler_retrieved = make.counter(table.SAMPLER_QUERIES, result="ok")
        self.sampler_query_failure = make.counter(table.SAMPLER_QUERIES, result="err")
        self.sampler_updated = make.counter(table.SAMPLER_UPDATES, result="ok")
        self.sampler_update_failure = make.counter(table.SAMPLER_UPDATES, result="err")


class ThrottlerMetrics:
    """Counts of the remote throttler: requests for credits. Never raises."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        make = MetricMaker(metrics_factory)
        count = make.counter
        self.throttler_update_success = count(table.THROTTLER_UPDATE, result="ok")
        self.throttler_update_failure = count(table.THROTTLER_UPDATE, result="err")


class RpcMetrics:
    """Requests and latencies of one endpoint of a server. Never raises."""

    def __init__(self, metrics_factory: MetricsFactory, endpoint: str) -> None:
        make = MetricMaker(metrics_factory)
        texts = {False: "false", True: "true"}
        self.requests: Mapping[bool, CountFunction] = {
            error: make.counter(table.RPC_REQUESTS, endpoint=endpoint, error=text)
            for error, text in texts.items()
        }
        """Counters by whether the request failed."""
        self.request_seconds: Mapping[bool, MeasureFunction] = {
            error: make.timer(table.RPC_LATENCY, endpoint=endpoint, error=text)
            for error, text in texts.items()
        }
        """Timers, in seconds, by whether the request failed."""
        self.http_requests: Mapping[str, CountFunction] = {
            status: make.counter(
                table.RPC_HTTP_REQUESTS, endpoint=endpoint, status_code=status
            )
            for status in table.STATUS_CLASSES
        }
        """Counters by the class of the HTTP status."""


def choose_factory(
    metrics_factory: MetricsFactory | None, metrics: Metrics | None
) -> MetricsFactory:
    """
    Return *metrics_factory*, else a factory for *metrics*, else one that does nothing.

    Raises:
        ConfigError: If *metrics_factory* is not a factory.
    """
    if metrics_factory is not None:
        return with_method("metrics_factory", metrics_factory, "create_counter")
    if metrics is not None:
        return LegacyMetricsFactory(metrics)
    return MetricsFactory()


class MetricMaker:
    """
    Creates metrics of the table with a factory, which may be the application's.

    The functions that it returns never raise: errors of the factory's functions are
    logged once a minute. Errors of the factory itself, at start-up, are not caught.
    """

    def __init__(self, factory: MetricsFactory) -> None:
        self._factory = factory

    def counter(self, metric: Metric, **labels: str) -> CountFunction:
        """Return a function that adds to the counter."""
        return _guarded(metric.name, self.bare_counter(metric, **labels))

    def bare_counter(self, metric: Metric, **labels: str) -> CountFunction:
        """Return the factory's own function; the caller catches what it raises."""
        # Exactly the calls of 4.8: tests of applications pass a mock as the factory.
        if labels:
            return self._factory.create_counter(name=metric.name, tags=labels)
        return self._factory.create_counter(name=metric.name)

    def gauge(self, metric: Metric) -> MeasureFunction:
        """Return a function that sets the gauge."""
        return _guarded(metric.name, self._factory.create_gauge(name=metric.name))

    def timer(self, metric: Metric, **labels: str) -> MeasureFunction:
        """Return a function that records seconds, as microseconds in the factory's."""
        record = self._factory.create_timer(name=metric.name, tags=labels or None)
        return _guarded(metric.name, lambda seconds: record(seconds * _MICROSECONDS))


def _guarded(name: str, update: Callable[[_Value], object]) -> Callable[[_Value], None]:
    """Return a function that calls *update* and logs its errors."""

    def update_or_log(value: _Value) -> None:
        try:
            update(value)
        except Exception as error:  # noqa: BLE001 - the factory is the application's
            _FAILED.warn(name, error)

    return update_or_log
