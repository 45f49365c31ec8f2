"""Tracing never raises into the application, even if its parts raise."""

from __future__ import annotations

from typing import NoReturn

import opentracing
import pytest

from jaeger_client.metrics import MetricsFactory
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.testing import MemoryTracer
from jaeger_client.tracer import Tracer
from tests.unit.spans import (
    Anything,
    Hostile,
    pairs_of,
)


class Broken:
    """A sampler, reporter, throttler and scope manager whose every method raises."""

    def _raise(self, *_args: object, **_named: object) -> NoReturn:
        msg = "broken"
        raise RuntimeError(msg)

    is_sampled = report_span = flush = close = is_allowed = _raise
    getrandbits = _raise
    active = property(_raise)

    def set_process(self, **process: object) -> None:
        """Do nothing."""

    def set_client_id(self, client_id: int) -> None:
        """Do nothing."""

    def __repr__(self) -> str:
        return "<Broken>"


class BrokenMetrics(MetricsFactory):
    """Makes counters that raise."""

    def create_counter(self, name: str, tags: Anything = None) -> Anything:
        def count(_value: int) -> None:
            msg = f"cannot count {name}"
            raise RuntimeError(msg)

        return count


@pytest.fixture
def tracer() -> MemoryTracer:
    """Return a tracer that records everything."""
    return MemoryTracer()


def test_broken_sampler(tracer: MemoryTracer, caplog: pytest.LogCaptureFixture) -> None:
    """A sampler that raises samples nothing, with a warning."""
    sampler: Anything = Broken()
    tracer.sampler = sampler

    span = tracer.start_span("op")

    assert not span.is_sampled()
    assert [
        "sampler <Broken> raised RuntimeError('broken'); the trace is not sampled",
    ] == caplog.messages


@pytest.mark.parametrize("result", [None, True, (True,), (Hostile(), {}), (True, 5)])
def test_sampler_with_an_invalid_result(tracer: MemoryTracer, result: Anything) -> None:
    """A sampler with an invalid result raises nothing."""
    sampler: Anything = Broken()
    sampler.is_sampled = lambda _trace_id, _operation: result  # pyright: ignore[reportUnknownLambdaType]  # any arguments
    tracer.sampler = sampler

    assert not tracer.start_span("op").is_sampled()


def test_broken_reporter(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If a reporter raises, the span is lost, with a warning."""
    reporter: Anything = Broken()
    tracer.reporter = reporter

    tracer.start_span("op").finish()

    assert [
        "reporter <Broken> raised RuntimeError('broken'); the span is lost",
    ] == caplog.messages


def test_broken_throttler(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A throttler that raises allows nothing, with a warning."""
    throttler: Anything = Broken()
    tracer.throttler = throttler
    span = tracer.start_span("op").set_tag("sampling.priority", 1)

    assert (False, []) == (span.is_debug(), pairs_of(span))
    assert [
        (
            "throttler <Broken> raised RuntimeError('broken'); "
            "the debug trace is not allowed"
        ),
    ] == caplog.messages


def test_broken_random_source(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """If the random source raises, the span is not recorded, but it has ids."""
    random: Anything = Broken()
    tracer.random = random

    span = tracer.start_span("op")

    assert not span.is_sampled()
    assert span.trace_id
    assert span.span_id
    (line,) = caplog.messages
    assert line.startswith("starting a span raised RuntimeError('broken');")


def test_broken_scope_manager() -> None:
    """If a scope manager raises, the span is not recorded."""
    manager: Anything = Broken()
    tracer = Tracer(
        "svc",
        InMemoryReporter(),
        ConstSampler(decision=True),
        scope_manager=manager,
    )

    assert not tracer.start_span("op").is_sampled()


def test_broken_metrics(caplog: pytest.LogCaptureFixture) -> None:
    """If metrics raise, the span is still started, finished and reported."""
    reporter = InMemoryReporter()
    throttler: Anything = Broken()
    tracer = Tracer(
        "svc",
        reporter,
        ConstSampler(decision=True),
        metrics_factory=BrokenMetrics(),
        throttler=throttler,
    )

    span = tracer.start_span("op").set_tag("sampling.priority", 1)
    span.finish()
    with pytest.raises(opentracing.SpanContextCorruptedException):
        tracer.extract("text_map", {"uber-trace-id": "rubbish"})

    assert [span] == reporter.get_spans()
    assert "raised RuntimeError('cannot count jaeger:" in caplog.messages[0]


def test_broken_parts_can_be_closed() -> None:
    """If parts raise, `flush` and `close` do not, and return that not all was sent."""
    part: Anything = Broken()
    tracer = Tracer("svc", part, part, throttler=part)

    assert (False, False) == (tracer.flush(), tracer.close().result())
