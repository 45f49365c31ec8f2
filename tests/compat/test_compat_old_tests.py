"""
Tests as authors of old applications wrote them.

They patch clocks and random numbers, classes and private names, which must still exist
and must still be used.
"""

# pyright: reportPrivateUsage=false
# Old tests set `Config._initialized`.

from __future__ import annotations

import os
import random
import time
from unittest import mock

import opentracing
import pytest

from jaeger_client import Config, ConstSampler, SpanContext, Tracer
from jaeger_client.metrics import Metrics, MetricsFactory
from jaeger_client.reporter import (
    BaseReporter,
    CompositeReporter,
    InMemoryReporter,
    LoggingReporter,
    NullReporter,
)
from jaeger_client.sampler import Sampler
from jaeger_client.span import Span

CONST = {"sampler": {"type": "const", "param": True}}


def new_tracer() -> tuple[Tracer, InMemoryReporter]:
    """Return a tracer that stores its spans."""
    reporter = InMemoryReporter()
    return Tracer("test", reporter, ConstSampler(True)), reporter


def test_time_can_be_patched() -> None:
    """Start, log and finish call `time.time()` when they happen."""
    tracer, _ = new_tracer()

    with mock.patch("time.time", return_value=100.0):
        span = tracer.start_span("op")
    with mock.patch("time.time", return_value=101.0):
        span.log_kv({"event": "x"})
    with mock.patch.object(time, "time", return_value=102.5):
        span.finish()

    assert (100.0, 102.5) == (span.start_time, span.end_time)
    assert 101_000_000 == span.logs[0].timestamp


def test_random_ids_can_be_patched() -> None:
    """Ids come from `random.Random.getrandbits`, looked up at each call."""
    tracer, _ = new_tracer()

    with mock.patch("random.Random.getrandbits", return_value=0xABC):
        span = tracer.start_span("op")
    with mock.patch.object(random.Random, "getrandbits", return_value=0xDEF):
        child = tracer.start_span("op", child_of=span)

    assert 0xABC == span.trace_id
    assert (0xABC, 0xDEF) == (child.trace_id, child.span_id)


def test_the_reporter_can_be_patched() -> None:
    """A Config creates a `jaeger_client.config.Reporter`."""
    config = Config(CONST, service_name="test")

    with mock.patch("jaeger_client.config.Reporter") as reporter:
        tracer = config.new_tracer()

    assert 1 == reporter.call_count
    assert tracer.reporter is reporter.return_value
    assert 20_000 == reporter.call_args.kwargs["queue_capacity"]
    tracer.close()


def test_a_mock_as_global_tracer(fresh_start: None) -> None:
    """`create_tracer` and `_initialize_global_tracer` can be patched."""
    tracer = mock.MagicMock()
    config = Config(CONST, service_name="test")

    with (
        mock.patch("jaeger_client.config.Config.create_tracer", return_value=tracer),
        mock.patch.object(Config, "_initialize_global_tracer") as initialize,
    ):
        assert config.initialize_tracer() is tracer

    initialize.assert_called_once_with(tracer=tracer)


def test_initialization_can_be_undone(fresh_start: None) -> None:
    """After `Config._initialized` is set to False, a tracer can be initialized."""
    first = Config(CONST, service_name="first").initialize_tracer()
    assert Config(CONST, service_name="second").initialize_tracer() is None

    with Config._initialized_lock:
        Config._initialized = False
    second = Config(CONST, service_name="second").initialize_tracer()

    assert second is opentracing.tracer
    assert second is not first
    for tracer in (first, second):
        assert tracer is not None
        tracer.close()


def test_variables_can_be_patched() -> None:
    """`os.environ` is read when a value is needed."""
    with mock.patch.dict(os.environ, {"JAEGER_AGENT_HOST": "patched"}):
        config = Config({}, service_name="test")
        assert "patched" == config.local_agent_reporting_host

    assert "localhost" == config.local_agent_reporting_host


def test_a_bad_sampler_is_an_error_when_it_is_read() -> None:
    """The error is raised when the sampler is read, not when the Config is created."""
    config = Config({"sampler": {"type": "bad-sampler"}}, service_name="test")

    with pytest.raises(ValueError, match="bad-sampler"):
        config.sampler.is_sampled(0)  # type: ignore[union-attr]  # as it was written


def test_an_object_is_accepted_as_sampler() -> None:
    """The object need not call `super().__init__()`."""

    class Mine(Sampler):
        def __init__(self) -> None:
            pass

    sampler = Mine()

    assert sampler is Config({"sampler": sampler}, service_name="test").sampler


def test_a_mock_as_tracer_of_a_span() -> None:
    """A mock that has only the maximum lengths can be a span's tracer."""
    tracer = mock.MagicMock()
    tracer.max_tag_value_length = 10
    tracer.max_traceback_length = 10
    context = SpanContext(trace_id=1, span_id=2, parent_id=3, flags=1)

    span = Span(context=context, tracer=tracer, operation_name="x")
    span.set_tag("key", "a long, long value")
    span.finish()

    assert "a long, lo" == span.tags[0].vStr
    assert tracer.report_span.called


def test_reporters_can_be_mocks() -> None:
    """A composite forwards every call to each of its reporters."""
    mocks = [mock.MagicMock(spec=BaseReporter) for _ in range(2)]
    tracer = Tracer("test", CompositeReporter(*mocks), ConstSampler(True))

    span = tracer.start_span("op")
    span.finish()

    for reporter in mocks:
        reporter.set_process.assert_called_once_with(
            service_name="test",
            tags=mock.ANY,
            max_length=1024,
        )
        reporter.report_span.assert_called_once_with(span)


def test_the_logging_reporter_can_be_given_a_mock() -> None:
    """One line is logged for each span."""
    logger = mock.MagicMock()
    reporter = LoggingReporter(logger)

    reporter.report_span("span")  # type: ignore[arg-type]  # any object, as it was

    logger.info.assert_called_with("Reporting span %s", "span")


def test_finish_can_be_replaced_on_a_span() -> None:
    """Any attribute can be set on a span."""
    tracer, reporter = new_tracer()
    span = tracer.start_span("op")

    span.finish = mock.MagicMock()  # type: ignore[method-assign]  # as it was
    setattr(span, "mine", 1)  # noqa: B010 - as a program has it
    span.finish()

    assert span.finish.called
    assert [] == reporter.get_spans()


def test_metrics_can_be_patched() -> None:
    """The functions of a `Metrics` are looked up when something is counted."""
    metrics = Metrics()
    tracer = Tracer("test", NullReporter(), ConstSampler(True), metrics=metrics)

    with mock.patch.object(metrics, "count") as count:
        tracer.start_span("op").finish()

    count.assert_any_call("jaeger:traces.sampled_y.state_started", 1)
    count.assert_any_call("jaeger:finished_spans", 1)


def test_a_factory_can_be_a_mock() -> None:
    """The factory is called for each metric with keyword arguments."""
    factory = mock.MagicMock(spec=MetricsFactory)

    Tracer("test", NullReporter(), ConstSampler(True), metrics_factory=factory)

    factory.create_counter.assert_any_call(
        name="jaeger:traces",
        tags={"state": "started", "sampled": "y"},
    )
    factory.create_counter.assert_any_call(name="jaeger:finished_spans")
