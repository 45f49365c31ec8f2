"""Tests of a traced application; run them with `pytest examples/testing`."""

from __future__ import annotations

import time
from collections.abc import Callable

import opentracing
import pytest

from jaeger_client.testing import FakeClock, MemoryTracer

BAKING_TIME = 90.0


def bake(tracer: opentracing.Tracer, cake: str) -> None:
    """Bake a cake; the tracer is an argument."""
    with tracer.start_active_span("bake", tags={"cake": cake}):
        tracer.start_span("heat-oven").finish()


def deliver(wait: Callable[[float], object] = time.sleep) -> None:
    """Deliver a cake when it is baked; the tracer is the global one."""
    with opentracing.global_tracer().start_active_span("deliver"):
        wait(BAKING_TIME)


def test_spans_and_tags(jaeger_tracer: MemoryTracer) -> None:
    """Finished spans are in `spans`, in the order in which they finished."""
    bake(jaeger_tracer, "strudel")

    heat, whole = jaeger_tracer.spans
    assert [heat.operation_name, whole.operation_name] == ["heat-oven", "bake"]
    assert heat.parent_id == whole.span_id
    assert ("cake", "strudel") in [(tag.key, tag.value) for tag in whole.tags]


@pytest.mark.usefixtures("global_jaeger_tracer")
def test_global_tracer_and_time(
    jaeger_tracer: MemoryTracer, fake_clock: FakeClock
) -> None:
    """Spans take their times from a clock that only the test advances."""
    start = fake_clock.time()
    deliver(wait=fake_clock.sleep)

    (span,) = jaeger_tracer.spans
    assert (span.start_time, span.end_time) == (start, start + BAKING_TIME)
