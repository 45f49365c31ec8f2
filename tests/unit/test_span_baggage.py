"""Baggage set on a span."""

from __future__ import annotations

from jaeger_client.sampler import ConstSampler
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import fields_of


def test_baggage_replaces_the_context() -> None:
    """`set_baggage_item` gives the span a new context; the old one stays as it was."""
    span = MemoryTracer().start_span("op")
    before = span.context

    assert span is span.set_baggage_item("key", "value")

    assert span.context is not before
    assert ({}, {"key": "value"}) == (before.baggage, span.context.baggage)
    assert "value" == span.get_baggage_item("key")
    assert (before.trace_id, before.span_id, before.flags) == (
        span.trace_id,
        span.span_id,
        span.flags,
    )


def test_baggage_is_logged() -> None:
    """Each item is logged with event, key and value; a replacement with `override`."""
    span = MemoryTracer().start_span("op")

    span.set_baggage_item("key", "one").set_baggage_item("key", "two")

    expected = [
        {"event": "baggage", "key": "key", "value": "one"},
        {"event": "baggage", "key": "key", "value": "two", "override": "true"},
    ]
    assert expected == [fields_of(log) for log in span.logs]


def test_none_deletes_baggage() -> None:
    """The value `None` deletes an item and is logged as 'None'."""
    span = MemoryTracer().start_span("op").set_baggage_item("key", "value")

    span.set_baggage_item("key", None)

    assert ({}, None) == (span.context.baggage, span.get_baggage_item("key"))
    assert "None" == fields_of(span.logs[1])["value"]


def test_none_for_a_missing_item() -> None:
    """Deleting an item that is not there changes nothing."""
    span = MemoryTracer().start_span("op").set_baggage_item("missing", None)

    assert {} == span.context.baggage


def test_unsampled_span_carries_baggage() -> None:
    """An unsampled span carries baggage, and logs nothing of it."""
    tracer = MemoryTracer()
    tracer.sampler = ConstSampler(decision=False)

    span = tracer.start_span("op").set_baggage_item("key", "value")

    assert ({"key": "value"}, []) == (span.context.baggage, span.logs)


def test_children_carry_baggage_of_their_own() -> None:
    """A child begins with its parent's baggage; what it sets stays its own."""
    tracer = MemoryTracer()
    parent = tracer.start_span("parent").set_baggage_item("a", "1")

    child = tracer.start_span("child", child_of=parent).set_baggage_item("b", "2")

    assert {"a": "1"} == parent.context.baggage
    assert {"a": "1", "b": "2"} == child.context.baggage


def test_baggage_keeps_the_trace_state() -> None:
    """Setting a baggage item preserves the `tracestate` of the context."""
    tracer = MemoryTracer()
    context = SpanContext(1, 2, None, 1)
    context.trace_state = "vendor=1"

    child = tracer.start_span("child", child_of=context).set_baggage_item("a", "1")

    assert "vendor=1" == child.context.trace_state


def test_a_child_copies_the_baggage() -> None:
    """It keeps what the context of its parent had when the child started."""
    context = SpanContext(1, 2, None, 1, {"a": "b"})
    child = MemoryTracer().start_span("child", child_of=context)

    context.baggage["c"] = "d"

    assert {"a": "b"} == child.context.baggage
