"""Every metric the client keeps about itself: its name, its tags, its meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from jaeger_client.metrics.factory import (
    CountFunction,
    LegacyMetricsFactory,
    MeasureFunction,
    Metrics,
    MetricsFactory,
)

DROP_CAUSES: Final = (
    "queue_full",
    "too_large",
    "send_failed",
    "closed",
    "not_encodable",
)
"""Why a span was lost; the same words as the fields of `SpanLosses`."""

_MICROSECONDS: Final = 1e6


class TracerMetrics:
    """What the tracer counts: traces and spans begun, spans finished."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        self.is_noop: bool = type(metrics_factory) is MetricsFactory
        """Whether nobody listens, so that the hot path need not call at all."""
        trace = _counters(metrics_factory, "jaeger:traces")
        self.traces_started_sampled = trace(state="started", sampled="y")
        self.traces_started_not_sampled = trace(state="started", sampled="n")
        self.traces_joined_sampled = trace(state="joined", sampled="y")
        self.traces_joined_not_sampled = trace(state="joined", sampled="n")
        started = _counters(metrics_factory, "jaeger:started_spans")
        self.spans_started_sampled = started(sampled="y")
        self.spans_started_not_sampled = started(sampled="n")
        self.spans_finished = metrics_factory.create_counter(
            name="jaeger:finished_spans",
        )
        self.throttled_debug_spans = metrics_factory.create_counter(
            name="jaeger:throttled_debug_spans",
        )
        """Debug spans that the throttler did not allow."""
        self.decoding_errors = metrics_factory.create_counter(
            name="jaeger:span_context_decoding_errors",
        )
        """Carriers with a span context that could not be read."""
        self.dropped_baggage_items = metrics_factory.create_counter(
            name="jaeger:dropped_baggage_items",
        )
        """Items of baggage that were over the limits, coming in or going out."""

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
    """What the reporter counts: spans sent, spans lost and why."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        spans = _counters(metrics_factory, "jaeger:reporter_spans")
        self.success = spans(result="ok")
        self.failure = spans(result="err")
        self.dropped = spans(result="dropped")
        self.queue_length: MeasureFunction = metrics_factory.create_gauge(
            name="jaeger:reporter_queue_length",
        )
        cause_of_drop = _counters(metrics_factory, "jaeger:reporter_dropped")
        self.dropped_by_cause: Mapping[str, CountFunction] = {
            cause: cause_of_drop(cause=cause) for cause in DROP_CAUSES
        }
        """One counter for each of `DROP_CAUSES`."""
        self.truncated = metrics_factory.create_counter(name="jaeger:truncated_spans")
        """Spans that were shrunk to fit a packet."""
        self.send_seconds = _seconds_timer(
            metrics_factory,
            "jaeger:reporter_send_seconds",
        )
        """Takes the seconds that one send took."""


class SamplerMetrics:
    """What the remote sampler counts: its questions, and what came of them."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        queries = _counters(metrics_factory, "jaeger:sampler_queries")
        self.query_success = queries(result="ok")
        self.query_failure = queries(result="err")
        updates = _counters(metrics_factory, "jaeger:sampler_updates")
        self.update_success = updates(result="ok")
        self.update_failure = updates(result="err")


class ThrottlerMetrics:
    """What the remote throttler counts: its questions for credits."""

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        updates = _counters(metrics_factory, "jaeger:throttler_update")
        self.updates_success = updates(result="ok")
        self.updates_failure = updates(result="err")


class RpcMetrics:
    """Requests and latencies of one endpoint of a server."""

    def __init__(self, metrics_factory: MetricsFactory, endpoint: str) -> None:
        requests = _counters(metrics_factory, "jaeger-rpc:requests")
        self.requests: Mapping[bool, CountFunction] = {
            error: requests(endpoint=endpoint, error=str(error).lower())
            for error in (False, True)
        }
        """Whether the request failed, to the counter."""
        self.request_seconds: Mapping[bool, MeasureFunction] = {
            error: _seconds_timer(
                metrics_factory,
                "jaeger-rpc:request_latency",
                {"endpoint": endpoint, "error": str(error).lower()},
            )
            for error in (False, True)
        }
        """Whether the request failed, to the timer of its seconds."""
        http_requests = _counters(metrics_factory, "jaeger-rpc:http_requests")
        self.http_requests: Mapping[str, CountFunction] = {
            digit: http_requests(endpoint=endpoint, status_code=f"{digit}xx")
            for digit in "2345"
        }
        """The first digit of the HTTP status, to the counter."""


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


def _counters(factory: MetricsFactory, name: str) -> Callable[..., CountFunction]:
    """Return a function that makes counters of one name from their tags."""

    def create(**tags: str) -> CountFunction:
        return factory.create_counter(name=name, tags=tags)

    return create


def _seconds_timer(
    factory: MetricsFactory,
    name: str,
    tags: dict[str, str] | None = None,
) -> MeasureFunction:
    """Return a function that takes seconds; timers themselves take microseconds."""
    take = factory.create_timer(name=name, tags=tags)
    return lambda seconds: take(seconds * _MICROSECONDS)
