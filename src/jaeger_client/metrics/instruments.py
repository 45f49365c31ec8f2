"""
What each part of the library counts about itself.

Only `MetricMaker` calls the methods of a factory, and only for rows of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from jaeger_client._internal.diagnostics import Notice
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
_FAILED: Final = Notice(
    "%s was not counted: the function of the metrics factory raised %r. Counts are "
    "too low until it works; no span is lost by that"
)


class TracerMetrics:
    """
    Counts of the tracer.

    Its functions are the factory's own, which may raise: the tracer catches that
    where it counts, which saves a call for each span.
    """

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        self.is_noop: bool = type(metrics_factory) is MetricsFactory
        """Whether the metrics do nothing, so that the hot path need not call them."""
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
        """Baggage that was dropped; the table has the details."""
        self.dropped_tags = count(table.DROPPED_TAGS)
        """Tags and log fields over the limits of a span."""
        self.dropped_logs = count(table.DROPPED_LOGS)
        """Logs over the limit of a span."""

    def count_start(self, *, sampled: bool, joined: bool | None) -> None:
        """Count a span and, unless *joined* is `None`, the trace it begins here."""
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
        self.success = make.counter(table.REPORTER_SPANS, result="ok")
        self.failure = make.counter(table.REPORTER_SPANS, result="err")
        self.dropped = make.counter(table.REPORTER_SPANS, result="dropped")
        self.queue_length = make.gauge(table.REPORTER_QUEUE_LENGTH)
        self.dropped_by_cause: Mapping[str, CountFunction] = {
            cause: make.counter(table.REPORTER_DROPPED, cause=cause)
            for cause in table.DROP_CAUSES
        }
        """One counter for each of `DROP_CAUSES`."""
        self.truncated = make.counter(table.TRUNCATED_SPANS)
        """Spans that were shrunk to fit a packet."""
        self.send_seconds = make.timer(table.REPORTER_SEND_SECONDS)
        """Takes the duration of one send in seconds."""
        # The names of 4.8.
        self.reporter_success = self.success
        self.reporter_failure = self.failure
        self.reporter_dropped = self.dropped
        self.reporter_queue_length = self.queue_length


class SamplerMetrics:
    """Counts of the remote sampler: requests and updates. Never raises."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        make = MetricMaker(metrics_factory)
        self.query_success = make.counter(table.SAMPLER_QUERIES, result="ok")
        self.query_failure = make.counter(table.SAMPLER_QUERIES, result="err")
        self.update_success = make.counter(table.SAMPLER_UPDATES, result="ok")
        self.update_failure = make.counter(table.SAMPLER_UPDATES, result="err")
        # The names of 4.8.
        self.sampler_retrieved = self.query_success
        self.sampler_query_failure = self.query_failure
        self.sampler_updated = self.update_success
        self.sampler_update_failure = self.update_failure


class ThrottlerMetrics:
    """Counts of the remote throttler: requests for credits. Never raises."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        make = MetricMaker(metrics_factory)
        self.updates_success = make.counter(table.THROTTLER_UPDATE, result="ok")
        self.updates_failure = make.counter(table.THROTTLER_UPDATE, result="err")
        # The names of 4.8.
        self.throttler_update_success = self.updates_success
        self.throttler_update_failure = self.updates_failure


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
        """Timers, of seconds, by whether the request failed."""
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
    """Return the factory for the two parameters that 4.8 had for it."""
    if metrics_factory is not None:
        return metrics_factory
    if metrics is not None:
        return LegacyMetricsFactory(metrics)
    return MetricsFactory()


class MetricMaker:
    """
    Makes metrics of the table by a factory, which may be the application's.

    The functions it returns never raise: what the factory's functions raise is logged
    once a minute. What the factory itself raises, at start-up, is not caught.
    """

    def __init__(self, factory: MetricsFactory) -> None:
        self._factory = factory

    def counter(self, metric: Metric, **labels: str) -> CountFunction:
        """Return a function that adds to the counter."""
        return _guarded(metric.name, self.bare_counter(metric, **labels))

    def bare_counter(self, metric: Metric, **labels: str) -> CountFunction:
        """Return the factory's own function; the caller catches what it raises."""
        _check(metric, table.COUNTER, labels)
        if labels:
            return self._factory.create_counter(name=metric.name, tags=labels)
        return self._factory.create_counter(name=metric.name)

    def gauge(self, metric: Metric) -> MeasureFunction:
        """Return a function that sets the gauge."""
        _check(metric, table.GAUGE, {})
        return _guarded(metric.name, self._factory.create_gauge(name=metric.name))

    def timer(self, metric: Metric, **labels: str) -> MeasureFunction:
        """Return a function that takes seconds; the factory's takes microseconds."""
        _check(metric, table.TIMER, labels)
        take = self._factory.create_timer(name=metric.name, tags=labels or None)
        return _guarded(metric.name, lambda seconds: take(seconds * _MICROSECONDS))


def _guarded(name: str, take: Callable[[_Value], object]) -> Callable[[_Value], None]:
    """Return a function that calls *take* and logs what it raises."""

    def take_or_log(value: _Value) -> None:
        try:
            take(value)
        except Exception as error:  # noqa: BLE001 - the factory is the application's
            _FAILED.warn(name, error)

    return take_or_log


def _check(metric: Metric, kind: str, labels: dict[str, str]) -> None:
    """Raise an error for a metric that is not in the table: a bug of this library."""
    known = {label.name: label.values for label in metric.labels}
    is_known = table.metric_of(metric.name) is metric
    if not is_known or metric.kind != kind or known.keys() != labels.keys():
        msg = f"the table of metrics has no {kind} {metric.name!r} with {labels!r}"
        raise ValueError(msg)
    for name, value in labels.items():
        if known[name] and value not in known[name]:
            msg = f"{metric.name}: {name} is one of {known[name]!r}, got {value!r}"
            raise ValueError(msg)
