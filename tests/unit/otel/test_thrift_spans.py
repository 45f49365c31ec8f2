"""Spans of OpenTelemetry's SDK as the Thrift encoders read them."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util import BoundedList
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Link, SpanKind
from opentelemetry.trace.status import Status, StatusCode

from jaeger_client.encoding.jaeger_binary import JaegerBinaryEncoder
from jaeger_client.encoding.packing import duration_us
from jaeger_client.encoding.plain import PlainSpan
from jaeger_client.otel.thrift_spans import ThriftConverter, process_of
from tests.foreign.decoders import decode_batch, tag_pairs
from tests.foreign.otel_spans import (
    RESOURCE,
    SPAN_ID,
    START_NS,
    TRACE_ID,
    make_context,
    make_span,
    many_spans,
)

DEBUG: Final = [("jaeger", "debug")]


def converted(span: ReadableSpan) -> PlainSpan:
    """Return *span* as the Thrift encoders read it."""
    return ThriftConverter().convert(span)


def tags(span: ReadableSpan) -> dict[str, object]:
    """Return the tags of *span* in Thrift."""
    return dict(converted(span).tag_items)


def test_ids_and_parent() -> None:
    """They are those of the contexts."""
    ids = converted(make_span(parent=make_context(span_id=5, is_remote=True))).ids

    assert (TRACE_ID, SPAN_ID, 5) == (ids.trace_id, ids.span_id, ids.parent_id)


@pytest.mark.parametrize(
    ("flags", "state", "expected"),
    [(1, [], 1), (3, [], 1), (0, [], 0), (1, DEBUG, 3), (1, [("jaeger", "x")], 1)],
)
def test_the_random_id_flag_is_not_the_debug_flag(
    flags: int, state: list[tuple[str, str]], expected: int
) -> None:
    """Debug is in the trace state; W3C's flag 2 means a random trace id."""
    span = make_span(context=make_context(flags=flags, state=state))

    assert expected == converted(span).ids.flags


def test_fields_that_thrift_lacks_become_tags() -> None:
    """Their names are those of OpenTelemetry's specification."""
    span = make_span(
        context=make_context(state=[("a", "b"), ("c", "d")]),
        attributes={"own": [1, "x"]},
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR, "burnt"),
    )

    assert {
        "own": '[1,"x"]',
        "otel.scope.name": "baking",
        "otel.scope.version": "1.2",
        "span.kind": "server",
        "otel.status_code": "ERROR",
        "otel.status_description": "burnt",
        "error": True,
        "w3c.tracestate": "a=b,c=d",
    } == tags(span)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status(StatusCode.UNSET), {}),
        (Status(StatusCode.OK), {"otel.status_code": "OK"}),
        (Status(StatusCode.ERROR), {"otel.status_code": "ERROR", "error": True}),
    ],
)
def test_a_status_becomes_tags(status: Status, expected: dict[str, object]) -> None:
    """One that is not set becomes none."""
    shown = tags(make_span(status=status, scope=None))

    assert {"span.kind": "internal"} | expected == shown


def test_a_scope_without_version() -> None:
    """Only its name is a tag."""
    shown = tags(make_span(scope=InstrumentationScope("a")))

    assert {"span.kind": "internal", "otel.scope.name": "a"} == shown


def test_events_become_logs() -> None:
    """Times are rounded down; an attribute `event` replaces the name."""
    dropped = BoundedAttributes(1, {"a": 1, "b": 2})
    events = [
        Event("first", {"k": [1]}, 1_999),
        Event("second", {"event": "other"}, 2_000),
        Event("third", dropped, 3_000),
    ]

    assert [
        (1, [("event", "first"), ("k", "[1]")]),
        (2, [("event", "other")]),
        (3, [("event", "third"), ("b", 2), ("otel.event.dropped_attributes_count", 1)]),
    ] == converted(make_span(events=events)).log_items


def test_links_become_references() -> None:
    """The attribute `opentracing.ref_type` selects CHILD_OF."""
    links = [
        Link(make_context(1, 2), {"opentracing.ref_type": "child_of"}),
        Link(make_context(3, 4), {"other": 1}),
        Link(INVALID_SPAN_CONTEXT, {"a": 1}),
    ]
    body = JaegerBinaryEncoder().encode(
        [converted(make_span(links=links))], limit=9_999
    )
    (span,) = decode_batch(next(body).body).spans

    assert [(0, 1, 2), (1, 3, 4)] == [
        (int(link.refType), link.traceIdLow, link.spanId) for link in span.references
    ]


@given(st.integers(0, 2**51 - 1), st.integers(0, 10**15), st.integers(0, 999))
def test_microseconds_are_exact(start_us: int, duration: int, rest: int) -> None:
    """What the encoders compute from floats is start and duration, rounded down."""
    start_ns = start_us * 1000 + rest
    span = converted(
        make_span(start_ns=start_ns, end_ns=start_ns + duration * 1000 + rest)
    )

    assert start_us == int(span.start_time * 1e6)
    assert max(1, duration) == duration_us(span.start_time, span.end_time)


def test_a_span_without_end() -> None:
    """It ends when it starts."""
    span = converted(make_span(end_ns=None))

    assert START_NS // 1000 == int(span.start_time * 1e6)
    assert 1 == duration_us(span.start_time, span.end_time)


def test_an_end_before_the_start() -> None:
    """The duration is 0."""
    span = converted(make_span(end_ns=START_NS - 5_000))

    assert 0 == duration_us(span.start_time, span.end_time)


def test_dropped_items_become_tags() -> None:
    """Their names are those of OpenTelemetry's specification."""
    span = ReadableSpan(
        "bake",
        context=make_context(),
        resource=RESOURCE,
        attributes=BoundedAttributes(1, {"a": 1, "b": 2, "c": 3}),
    )
    body = JaegerBinaryEncoder().encode([converted(span)], limit=9_999)
    (shown,) = decode_batch(next(body).body).spans

    assert ("otel.dropped_attributes_count", 2) in tag_pairs(shown.tags)


def test_the_resource_becomes_the_process() -> None:
    """Its `service.name` is the name; the process is converted once."""
    resource = Resource({"service.name": "café", "list": [1], "pid": 5})
    converter = ThriftConverter()
    first, second = (
        process_of(converter.convert(span)) for span in many_spans(2, resource=resource)
    )

    assert ("café", (("list", "[1]"), ("pid", 5))) == first
    assert first is second


def test_dropped_links_become_a_tag() -> None:
    """Its name is that of OpenTelemetry's specification."""
    links: BoundedList[Link] = BoundedList(1)
    links.extend([Link(make_context(number, 1)) for number in (1, 2, 3)])

    assert 2 == tags(make_span(links=links))["otel.dropped_links_count"]


def test_an_attribute_without_value_becomes_empty_text() -> None:
    """Jaeger shows the same over OTLP."""
    assert "" == tags(make_span(attributes={"nothing": None}))["nothing"]
