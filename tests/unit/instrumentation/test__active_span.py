"""The active span in sections of a request."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from typing import Any

import opentracing
import pytest
from opentracing.mocktracer import MockTracer
from opentracing.scope_managers import ThreadLocalScopeManager

from jaeger_client.instrumentation._active_span import ActiveSpan, nothing_active
from jaeger_client.testing import MemoryTracer, memory_tracer


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer."""
    with memory_tracer() as tracer:
        yield tracer


def test_block(tracer: MemoryTracer) -> None:
    """The span is active in the block, and the previous one after it."""
    span = tracer.start_span("request")
    active = ActiveSpan(tracer.scope_manager, span)

    with tracer.start_active_span("outer") as outer:
        with active.running():
            assert tracer.active_span is span
        assert tracer.active_span is outer.span
    assert tracer.active_span is None


def test_scope_that_spans_blocks(tracer: MemoryTracer) -> None:
    """It is active in the following block, and nowhere else, until it is closed."""
    span = tracer.start_span("request")
    active = ActiveSpan(tracer.scope_manager, span)

    with active.running():
        inner = tracer.start_active_span("inner")
    assert tracer.active_span is None
    with active.running():
        active_spans = [tracer.active_span]
        inner.close()
        active_spans.append(tracer.active_span)

    assert [inner.span, span] == active_spans


def test_exception(tracer: MemoryTracer) -> None:
    """It passes, and the previous span is active again."""
    active = ActiveSpan(tracer.scope_manager, tracer.start_span("request"))

    with pytest.raises(LookupError), active.running():
        raise LookupError
    assert tracer.active_span is None


def test_block_that_ends_in_another_context(tracer: MemoryTracer) -> None:
    """The active span of that context stays."""
    active = ActiveSpan(tracer.scope_manager, tracer.start_span("request"))
    block = active.running()
    contextvars.copy_context().run(block.__enter__)

    with tracer.start_active_span("other") as other:
        block.__exit__(None, None, None)
        assert tracer.active_span is other.span


def test_nothing_active(tracer: MemoryTracer) -> None:
    """The span that was active before the block is active again after it."""
    with tracer.start_active_span("outer") as outer:
        with nothing_active(tracer):
            assert tracer.active_span is None
        assert tracer.active_span is outer.span


def test_nothing_active_of_another_tracer() -> None:
    """It is left as it is."""
    tracer = MockTracer(ThreadLocalScopeManager())

    with tracer.start_active_span("outer") as outer, nothing_active(tracer):
        assert tracer.active_span is outer.span


def test_other_scope_manager() -> None:
    """It makes the span active in each block."""
    tracer = MockTracer(ThreadLocalScopeManager())
    span = tracer.start_span("request")
    active = ActiveSpan(tracer.scope_manager, span)

    for _ in range(2):
        with active.running():
            assert tracer.active_span is span
        assert tracer.active_span is None
    assert [] == tracer.finished_spans()


def test_scope_manager_that_raises() -> None:
    """The block runs without an active span; its own exceptions pass."""

    class Broken(opentracing.ScopeManager):  # type: ignore[misc]  # untyped base
        def activate(self, span: Any, finish_on_close: bool) -> Any:
            raise LookupError

    active = ActiveSpan(Broken(), opentracing.tracer.start_span())

    with active.running():
        pass
    with pytest.raises(LookupError), active.running():
        raise LookupError
