"""Arguments of any type and value never raise into the application."""

from __future__ import annotations

import opentracing
import pytest

from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import (
    HOSTILE_VALUES,
    Anything,
    Hostile,
    HostileDict,
    HostileText,
    pairs_of,
)

hostile = pytest.mark.parametrize(
    "value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES))
)


@pytest.fixture
def tracer() -> MemoryTracer:
    """Return a tracer that records everything."""
    return MemoryTracer()


@hostile
def test_any_operation_name(tracer: MemoryTracer, value: Anything) -> None:
    """A span with a name of any type is recorded, and its name is text."""
    span = tracer.start_span(value)
    span.finish()

    assert (True, str) == (span.is_sampled(), type(span.operation_name))
    assert [span] == tracer.spans


@hostile
def test_any_parent(tracer: MemoryTracer, value: Anything) -> None:
    """A parent of any type raises nothing; an invalid one starts a new trace."""
    assert tracer.start_span("op", child_of=value).parent_id is None


@hostile
def test_any_references(tracer: MemoryTracer, value: Anything) -> None:
    """With any references a span is started and recorded."""
    assert tracer.start_span("op", references=value).is_sampled()
    assert tracer.start_span("op", references=[value]).is_sampled()
    assert tracer.start_span("op", references=opentracing.child_of(value)).is_sampled()


@hostile
def test_any_tags(tracer: MemoryTracer, value: Anything) -> None:
    """With any tags a span is started and recorded."""
    assert tracer.start_span("op", tags=value).is_sampled()


@hostile
def test_any_tag(tracer: MemoryTracer, value: Anything) -> None:
    """With tags of any value a span is started, and `is_rpc` works."""
    tracer.one_span_per_rpc = True
    parent = SpanContext(1, 2, None, 1)

    tags: dict[str, Anything] = {
        "span.kind": value,
        "sampling.priority": value,
        "k": value,
    }
    span = tracer.start_span("op", child_of=parent, tags=tags)

    assert 1 == span.trace_id
    assert not span.is_rpc()


@hostile
def test_any_start_time(tracer: MemoryTracer, value: Anything) -> None:
    """With any start time a span is started, at a time that fits 64 bits of µs."""
    span = tracer.start_span("op", start_time=value)

    assert abs(span.start_time) * 1e6 < 2**63


@hostile
def test_context_of_rubbish(tracer: MemoryTracer, value: Anything) -> None:
    """A parent whose ids, flags and baggage are of any type raises nothing."""
    for context in (
        SpanContext(value, 2, 3, 1),
        SpanContext(1, value, 3, 1),
        SpanContext(1, 2, 3, value),
    ):
        assert isinstance(tracer.start_span("op", child_of=context), Span)
    context = SpanContext(1, 2, 3, 1)
    context._baggage = value
    assert isinstance(tracer.start_span("op", child_of=context), Span)


def test_span_that_cannot_be_started_is_not_recorded(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If starting fails, the span starts an unsampled trace, with a warning."""
    flags: Anything = "1"

    span = tracer.start_span("op", child_of=SpanContext(1, 2, 3, flags))

    assert (True, False) == (span.context.has_trace, span.is_sampled())
    assert caplog.messages[0].startswith("starting a span raised TypeError(")


def test_tags_that_are_no_mapping(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Tags that are not a mapping are ignored with a warning; the span is recorded."""
    tags: Anything = 5

    span = tracer.start_span("op", tags=tags)

    assert (True, []) == (span.is_sampled(), pairs_of(span))
    assert ["tags must be a mapping, got int; they are ignored"] == caplog.messages


def test_mapping_that_raises(tracer: MemoryTracer) -> None:
    """Tags whose own code raises are ignored; the span is recorded."""
    span = tracer.start_span("op", tags=HostileDict(a=1))

    assert (True, []) == (span.is_sampled(), pairs_of(span))


def test_parent_that_is_none(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A parent of another type is ignored with a warning; a new trace is started."""
    parent: Anything = 5

    span = tracer.start_span("op", child_of=parent)

    assert (True, None) == (span.is_sampled(), span.parent_id)
    assert [
        (
            "a parent must be a jaeger_client.Span or SpanContext, got int; "
            "it is ignored"
        ),
    ] == caplog.messages


@pytest.mark.parametrize(
    ("references", "got"),
    [(5, "'int' object is not iterable"), ([5], "int")],
)
def test_references_that_are_none(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
    references: Anything,
    got: str,
) -> None:
    """References of another type are ignored, with a warning."""
    span = tracer.start_span("op", references=references)

    assert [] == span.references
    assert [
        (f"references must be opentracing.Reference objects, got {got}; it is ignored"),
    ] == caplog.messages


def test_good_reference_beside_a_bad_one(tracer: MemoryTracer) -> None:
    """A reference of a wrong type does not affect the others."""
    good = opentracing.follows_from(SpanContext(1, 2, None, 1))
    references: Anything = [Hostile(), good]

    assert [good] == tracer.start_span("op", references=references).references


@pytest.mark.parametrize("name", ["key", "sampling.priority"])
def test_first_tag_with_a_key_that_raises(tracer: MemoryTracer, name: str) -> None:
    """A first tag whose key cannot be compared raises nothing."""
    tags: dict[str, object] = {HostileText(name): 1, "good": 2}

    assert isinstance(tracer.start_span("op", tags=tags), Span)
