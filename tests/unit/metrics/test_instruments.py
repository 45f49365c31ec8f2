"""Every metric: its name, its tags and its values."""

from __future__ import annotations

from jaeger_client.metrics import (
    LegacyMetricsFactory,
    Metrics,
    MetricsFactory,
    ReporterMetrics,
    RpcMetrics,
    SamplerMetrics,
    ThrottlerMetrics,
    TracerMetrics,
)
from jaeger_client.metrics.instruments import choose_factory
from tests.unit.metrics.recording_factory import RecordingFactory


def test_the_tracers_metrics_are_named_as_in_4_8() -> None:
    """Each of the tracer's counters has its name and tags."""
    factory = RecordingFactory()
    metrics = TracerMetrics(factory)

    metrics.traces_started_sampled(1)
    metrics.traces_started_not_sampled(2)
    metrics.traces_joined_sampled(3)
    metrics.traces_joined_not_sampled(4)
    metrics.spans_started_sampled(5)
    metrics.spans_started_not_sampled(6)
    metrics.spans_finished(7)
    metrics.throttled_debug_spans(8)
    metrics.decoding_errors(9)
    metrics.dropped_baggage_items(10)
    metrics.dropped_tags(11)
    metrics.dropped_logs(12)

    assert {
        "jaeger:traces{state=started,sampled=y}": 1,
        "jaeger:traces{state=started,sampled=n}": 2,
        "jaeger:traces{state=joined,sampled=y}": 3,
        "jaeger:traces{state=joined,sampled=n}": 4,
        "jaeger:started_spans{sampled=y}": 5,
        "jaeger:started_spans{sampled=n}": 6,
        "jaeger:finished_spans": 7,
        "jaeger:throttled_debug_spans": 8,
        "jaeger:span_context_decoding_errors": 9,
        "jaeger:dropped_baggage_items": 10,
        "jaeger:dropped_tags": 11,
        "jaeger:dropped_logs": 12,
    } == factory.values


def test_the_tracers_metrics_know_whether_they_do_nothing() -> None:
    """`is_noop` is true for the base factory only."""
    assert TracerMetrics(MetricsFactory()).is_noop
    assert not TracerMetrics(RecordingFactory()).is_noop


def test_the_reporters_metrics_are_named_as_in_4_8() -> None:
    """Each of the reporter's metrics has its attribute, name and tags."""
    factory = RecordingFactory()
    metrics = ReporterMetrics(factory)

    metrics.reporter_success(1)
    metrics.reporter_failure(2)
    metrics.reporter_dropped(3)
    metrics.reporter_queue_length(4)
    metrics.truncated(5)
    for number, count in enumerate(metrics.dropped_by_cause.values(), 6):
        count(number)

    assert {
        "jaeger:reporter_spans{result=ok}": 1,
        "jaeger:reporter_spans{result=err}": 2,
        "jaeger:reporter_spans{result=dropped}": 3,
        "jaeger:reporter_queue_length": 4,
        "jaeger:truncated_spans": 5,
        "jaeger:reporter_dropped{cause=queue_full}": 6,
        "jaeger:reporter_dropped{cause=too_large}": 7,
        "jaeger:reporter_dropped{cause=send_failed}": 8,
        "jaeger:reporter_dropped{cause=closed}": 9,
        "jaeger:reporter_dropped{cause=not_encodable}": 10,
    } == factory.values


def test_the_time_of_a_send_reaches_the_timer_in_microseconds() -> None:
    """The reporter passes seconds; timers expect microseconds, as in 4.8."""
    factory = RecordingFactory()

    ReporterMetrics(factory).send_seconds(0.25)

    assert {"jaeger:reporter_send_seconds": 250_000.0} == factory.values


def test_the_samplers_metrics_are_named_as_in_4_8() -> None:
    """Queries and updates are counted by result."""
    factory = RecordingFactory()
    metrics = SamplerMetrics(factory)

    metrics.sampler_retrieved(1)
    metrics.sampler_query_failure(2)
    metrics.sampler_updated(3)
    metrics.sampler_update_failure(4)

    assert {
        "jaeger:sampler_queries{result=ok}": 1,
        "jaeger:sampler_queries{result=err}": 2,
        "jaeger:sampler_updates{result=ok}": 3,
        "jaeger:sampler_updates{result=err}": 4,
    } == factory.values


def test_the_throttlers_metrics_are_named_as_in_4_8() -> None:
    """Updates are counted by result."""
    factory = RecordingFactory()
    metrics = ThrottlerMetrics(factory)

    metrics.throttler_update_success(1)
    metrics.throttler_update_failure(2)

    assert {
        "jaeger:throttler_update{result=ok}": 1,
        "jaeger:throttler_update{result=err}": 2,
    } == factory.values


def test_the_metrics_of_requests_are_named_as_in_other_clients() -> None:
    """An endpoint has counters by error and by status, and timers by error."""
    factory = RecordingFactory()
    metrics = RpcMetrics(factory, "shop")

    metrics.requests[True](1)
    metrics.request_seconds[False](0.5)
    metrics.http_requests["4xx"](2)

    assert {
        "jaeger-rpc:requests{endpoint=shop,error=true}": 1,
        "jaeger-rpc:request_latency{endpoint=shop,error=false}": 500_000.0,
        "jaeger-rpc:http_requests{endpoint=shop,status_code=4xx}": 2,
    } == factory.values


def test_the_factory_takes_precedence_over_the_functions() -> None:
    """The factory takes precedence; without both, metrics do nothing."""
    factory = RecordingFactory()

    assert factory is choose_factory(factory, Metrics())
    assert isinstance(choose_factory(None, Metrics()), LegacyMetricsFactory)
    assert MetricsFactory is type(choose_factory(None, None))
