"""A tracer with a clock of its own: its spans take every time from there."""

from __future__ import annotations

import time

import pytest

from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import FakeClock
from jaeger_client.tracer import Tracer

NOW = 1_000.0


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock whose time is `NOW`."""
    return FakeClock(time=NOW)


@pytest.fixture
def tracer(clock: FakeClock) -> Tracer:
    """Return a tracer that reads *clock*."""
    return Tracer("shop", InMemoryReporter(), ConstSampler(decision=True), clock=clock)


def test_a_span_starts_and_ends_by_the_tracers_clock(
    tracer: Tracer, clock: FakeClock
) -> None:
    """Start and end times are read from the clock."""
    span = tracer.start_span("op")
    clock.advance(2.5)
    span.finish()

    assert (NOW, NOW + 2.5) == (span.start_time, span.end_time)


def test_every_span_of_the_tracer_reads_its_clock(
    tracer: Tracer, clock: FakeClock
) -> None:
    """Children too, also those of a span that was passed its start time."""
    root = tracer.start_span("root", start_time=1.0)
    clock.advance(1.0)
    child = tracer.start_span("child", child_of=root)
    clock.advance(1.0)
    child.finish()
    root.finish()

    assert (NOW + 1, NOW + 2) == (child.start_time, child.end_time)
    assert (1.0, NOW + 2) == (root.start_time, root.end_time)


def test_an_unsampled_span_starts_by_the_tracers_clock(clock: FakeClock) -> None:
    """The start time does not depend on the sampler."""
    sampler = ConstSampler(decision=False)
    tracer = Tracer("shop", InMemoryReporter(), sampler, clock=clock)

    assert NOW == tracer.start_span("op").start_time


def test_a_log_is_written_at_the_time_of_the_tracers_clock(
    tracer: Tracer, clock: FakeClock
) -> None:
    """Microseconds since the epoch, by that clock."""
    span = tracer.start_span("op")
    clock.advance(0.25)
    span.log_kv({"event": "x"})

    assert [int((NOW + 0.25) * 1e6)] == [log.timestamp for log in span.logs]


def test_a_span_created_without_start_span_reads_its_tracers_clock(
    tracer: Tracer, clock: FakeClock
) -> None:
    """`Span(context, tracer, ...)`, the constructor of 4.8, does as `start_span`."""
    span = Span(SpanContext(1, 2, None, 1), tracer, "op")
    clock.advance(1.0)
    span.finish()

    assert (NOW, NOW + 1) == (span.start_time, span.end_time)


def test_an_unusable_time_is_replaced_by_that_of_the_tracers_clock(
    tracer: Tracer,
) -> None:
    """Milliseconds instead of seconds: the clock's time is used, with a warning."""
    span = tracer.start_span("op", start_time=1e13)
    span.finish(1e13)

    assert (NOW, NOW) == (span.start_time, span.end_time)


def test_a_tracer_with_a_clock_ignores_a_patched_one(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was passed takes precedence over what a test has replaced."""
    monkeypatch.setattr(time, "time", lambda: 42.0)
    span = tracer.start_span("op")
    span.finish()

    assert (NOW, NOW) == (span.start_time, span.end_time)


def test_a_clock_that_raises_costs_the_span_only() -> None:
    """`start_span` never raises: the span is not recorded."""

    class BrokenClock(FakeClock):
        def time(self) -> float:
            raise RuntimeError

    tracer = Tracer(
        "shop",
        InMemoryReporter(),
        ConstSampler(decision=True),
        clock=BrokenClock(),
    )

    assert not tracer.start_span("op").is_sampled()
