"""The span context: ids, flags, baggage."""

from __future__ import annotations

import pytest

from jaeger_client.span_context import SpanContext


def test_parent_0_reads_as_none() -> None:
    """`parent_id=0` reads as `None`: a root."""
    context = SpanContext(trace_id=1, span_id=2, parent_id=0, flags=1)

    assert (1, 2, None, 1) == (
        context.trace_id,
        context.span_id,
        context.parent_id,
        context.flags,
    )


def test_baggage_is_stored_by_reference() -> None:
    """The caller's baggage dict is stored, not copied."""
    baggage = {"a": "1"}

    context = SpanContext(1, 2, 3, 1, baggage)

    assert context.baggage is baggage


def test_no_baggage_reads_as_empty() -> None:
    """A context without baggage has an empty mapping."""
    assert {} == SpanContext(1, 2, 3, 1).baggage


def test_private_baggage_can_be_set() -> None:
    """The attribute `_baggage` exists and may be set."""
    context = SpanContext(1, 2, 3, 1)

    context._baggage = {"a": "1"}

    assert {"a": "1"} == context.baggage


def test_with_baggage_item_copies() -> None:
    """`with_baggage_item` gives a copy that differs in one item."""
    context = SpanContext(1, 2, 3, 1, {"a": "1"}, debug_id="d")

    other = context.with_baggage_item("b", "2")

    assert ({"a": "1"}, {"a": "1", "b": "2"}) == (context.baggage, other.baggage)
    assert (1, 2, 3, 1, "d") == (
        other.trace_id,
        other.span_id,
        other.parent_id,
        other.flags,
        other.debug_id,
    )


def test_with_baggage_item_deletes() -> None:
    """`with_baggage_item` leaves an item out whose value is `None`."""
    context = SpanContext(1, 2, 3, 1, {"a": "1", "b": "2"})

    other = context.with_baggage_item("a", None).with_baggage_item("missing", None)

    assert {"b": "2"} == other.baggage


def test_with_baggage_item_keeps_the_trace_state() -> None:
    """A copy with another item has the same `tracestate`."""
    context = SpanContext(1, 2, 3, 1)
    context.trace_state = "vendor=1"

    assert "vendor=1" == context.with_baggage_item("a", "1").trace_state


def test_with_baggage_item_keeps_the_decision_open() -> None:
    """A copy with another item has the same `sampling_undecided`."""
    context = SpanContext(1, 2, 3, 0)
    context.sampling_undecided = True

    assert context.with_baggage_item("a", "1").sampling_undecided
    assert not SpanContext(1, 2, 3, 0).with_baggage_item("a", "1").sampling_undecided


def test_with_debug_id() -> None:
    """`with_debug_id` gives a context without a trace that carries the debug id."""
    context = SpanContext.with_debug_id("Coraline")

    assert context.is_debug_id_container_only
    assert not context.has_trace
    assert "Coraline" == context.debug_id
    assert "<SpanContext without trace, baggage={}, debug_id='Coraline'>" == repr(
        context
    )


def test_debug_id_beside_a_trace() -> None:
    """A context with a trace is more than a container of its debug id."""
    context = SpanContext(1, 2, None, 1, debug_id="Coraline")

    assert not context.is_debug_id_container_only
    assert context.has_trace


@pytest.mark.parametrize(
    ("ids", "has_trace"),
    [
        ((1, 2, 3, 1), True),
        ((1, 2, None, 0), True),
        ((0, 2, 3, 1), False),
        ((1, 0, 3, 1), False),
        ((1, 2, 3, None), False),
        ((None, None, None, None), False),
    ],
)
def test_has_trace(
    ids: tuple[int, int, int | None, int],
    has_trace: bool,
) -> None:
    """A context has a trace if it has trace id, span id and flags."""
    assert has_trace == SpanContext(*ids).has_trace


@pytest.mark.parametrize(
    ("flags", "is_sampled"),
    [(0, False), (1, True), (2, True), (3, True), (8, False)],
)
def test_is_sampled(flags: int, is_sampled: bool) -> None:
    """A context is sampled with either flag: debug implies it."""
    assert is_sampled == SpanContext(1, 2, 3, flags).is_sampled


def test_a_context_without_flags_is_not_sampled() -> None:
    """`is_sampled` of a context with baggage only is False."""
    assert not SpanContext(None, None, None, None, {"k": "v"}).is_sampled  # type: ignore[arg-type]  # no trace


def test_repr() -> None:
    """The repr shows the ids, or what a context without a trace carries."""
    assert "<SpanContext a:b:0:1>" == repr(SpanContext(10, 11, None, 1))
    assert "<SpanContext without trace, baggage={'a': '1'}, debug_id='d'>" == repr(
        SpanContext(0, 0, None, 0, {"a": "1"}, "d"),
    )
