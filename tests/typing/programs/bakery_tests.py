"""Tests of an application, with the fakes and fixtures of `jaeger_client.testing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jaeger_client import Config, Span, Tracer
from jaeger_client.testing import (
    CountingIds,
    FakeClock,
    MemorySender,
    MemoryTracer,
    fake_clock,
    global_jaeger_tracer,
    jaeger_tracer,
    memory_tracer,
)

if TYPE_CHECKING:
    from typing_extensions import assert_type

__all__ = ["fake_clock", "global_jaeger_tracer", "jaeger_tracer"]


@pytest.fixture
def tracer(jaeger_tracer: MemoryTracer) -> Tracer:
    """Return the tracer of the application."""
    jaeger_tracer.random = CountingIds()
    return jaeger_tracer


def test_time(
    tracer: Tracer, jaeger_tracer: MemoryTracer, fake_clock: FakeClock
) -> None:
    """Spans take their times from the clock."""
    with tracer.start_active_span("bake"):
        fake_clock.advance(2.0)
        fake_clock.sleep(0.5)

    (span,) = jaeger_tracer.spans
    if TYPE_CHECKING:
        assert_type(span, Span)
        assert_type(fake_clock.sleeps, list[float])


def test_without_fixtures() -> None:
    """A context manager does the same."""
    with memory_tracer("bakery", clock=FakeClock(), set_global=True) as tracer:
        if TYPE_CHECKING:
            assert_type(tracer, MemoryTracer)
    Config({}, service_name="bakery", clock=FakeClock(time=1.0)).new_tracer().close()
    assert MemorySender().payloads == []

    FakeClock(1.0)  # wrong
    FakeClock().advance("a moment")  # wrong
    MemoryTracer("bakery", clock=1.0)  # wrong
    Config({}, clock=MemorySender())  # wrong
    memory_tracer(set_global="yes")  # wrong
