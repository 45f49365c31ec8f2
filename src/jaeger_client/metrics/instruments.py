"""What each part of the library counts about itself, made from the table."""

from __future__ import annotations

from collections.abc import Mapping

from jaeger_client.metrics import table
from jaeger_client.metrics.factory import (
    CountFunction,
    LegacyMetricsFactory,
    MeasureFunction,
    Metrics,
    MetricsFactory,
)
from jaeger_client.metrics.maker import MetricMaker
from jaeger_client.metrics.table import DROP_CAUSES, STATUS_CLASSES


class TracerMetrics:
    """
    What the tracer counts: traces and spans begun, spans finished.

    Its functions are the factory's own, which may raise: the tracer catches that
    where it counts, which takes a call less for each span.
    """

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        self.is_noop: bool = type(metrics_factory) is MetricsFactory
        """Whether nobody listens, so that the hot path need not call at all."""
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
        """Carriers with a span context that could not be read."""
        self.dropped_baggage_items = make.counter(table.DROPPED_BAGGAGE_ITEMS)
        """Items of baggage over the limits. Never raises: codecs call it."""

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
    """What the reporter counts: spans sent, spans lost and why. Never raises."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        make = MetricMaker(metrics_factory)
        self.success = make.counter(table.REPORTER_SPANS, result="ok")
        self.failure = make.counter(table.REPORTER_SPANS, result="err")
        self.dropped = make.counter(table.REPORTER_SPANS, result="dropped")
        self.queue_length = make.gauge(table.REPORTER_QUEUE_LENGTH)
        self.dropped_by_cause: Mapping[str, CountFunction] = {
            cause: make.counter(table.REPORTER_DROPPED, cause=cause)
            for cause in DROP_CAUSES
        }
        """One counter for each of `DROP_CAUSES`."""
        self.truncated = make.counter(table.TRUNCATED_SPANS)
        """Spans that were shrunk to fit a packet."""
        self.send_seconds = make.timer(table.REPORTER_SEND_SECONDS)
        """Takes the seconds that one send took."""
        # The names of 4.8.
        self.reporter_success = self.success
        self.reporter_failure = self.failure
        self.reporter_dropped = self.dropped
        self.reporter_queue_length = self.queue_length


class SamplerMetrics:
    """What the remote sampler counts: its questions, their results. Never raises."""

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
    """What the remote throttler counts: its questions for credits. Never raises."""

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
        self.requests: Mapping[bool, CountFunction] = {
            error: make.counter(
                table.RPC_REQUESTS,
                endpoint=endpoint,
                error=str(error).lower(),
            )
            for error in (False, True)
        }
        """Whether the request failed, to the counter."""
        self.request_seconds: Mapping[bool, MeasureFunction] = {
            error: make.timer(
                table.RPC_LATENCY,
                endpoint=endpoint,
                error=str(error).lower(),
            )
            for error in (False, True)
        }
        """Whether the request failed, to the timer of its seconds."""
        self.http_requests: Mapping[str, CountFunction] = {
            status: make.counter(
                table.RPC_HTTP_REQUESTS,
                endpoint=endpoint,
                status_code=status,
            )
            for status in STATUS_CLASSES
        }
        """The class of the HTTP status, to the counter."""


def choose_factory(
    metrics_factory: MetricsFactory | None,
    metrics: Metrics | None,
) -> MetricsFactory:
    """Return the factory for the two parameters that 4.8 had for it."""
    if metrics_factory is not None:
        return metrics_factory
    if metrics is not None:
        return LegacyMetricsFactory(metrics)
    return MetricsFactory()
