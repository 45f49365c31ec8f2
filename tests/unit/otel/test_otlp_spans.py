"""Spans of OpenTelemetry's SDK as the encoder of OTLP reads them, and any encoder."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Link, SpanKind

from jaeger_client.encoding.jaeger_binary import JaegerBinaryEncoder
from jaeger_client.encoding.jaeger_compact import JaegerCompactEncoder
from jaeger_client.otel.otlp_encoder import OtlpSpanEncoder
from jaeger_client.otel.otlp_spans import OtlpConverter, fields_of
from jaeger_client.otel.thrift_spans import ThriftConverter
from tests.foreign.otel_spans import RESOURCE, START_NS, make_context, make_span


def test_nanoseconds_are_kept() -> None:
    """Start, end and times of events are those of the SDK."""
    span = make_span(events=[Event("e", None, 1_999)], end_ns=START_NS + 1)
    plain = OtlpConverter().convert(span)
    fields = fields_of(plain)

    assert (START_NS, START_NS + 1) == (fields.start_ns, fields.end_ns)
    assert [1_999] == [time for time, _ in plain.log_items]


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        (None, 0x103),
        (make_context(span_id=5), 0x103),
        (make_context(span_id=5, is_remote=True), 0x303),
    ],
)
def test_flags_are_those_of_w3c_and_the_parent(parent: Any, expected: int) -> None:
    """Bit 8 is set always, bit 9 if the parent is remote."""
    span = make_span(context=make_context(flags=3), parent=parent)

    assert expected == fields_of(OtlpConverter().convert(span)).flags


@pytest.mark.parametrize(
    ("kind", "expected"), [(SpanKind.INTERNAL, 1), (SpanKind.CONSUMER, 5)]
)
def test_kinds_have_other_numbers_in_otlp(kind: SpanKind, expected: int) -> None:
    """They begin with 1; 0 is unspecified."""
    assert expected == fields_of(OtlpConverter().convert(make_span(kind=kind))).kind


def test_equal_scopes_share_a_group() -> None:
    """Resources are compared by identity, because their hash takes long."""
    converter = OtlpConverter()
    groups = [
        converter.group_of(converter.convert(make_span(scope=scope, resource=resource)))
        for scope, resource in (
            (InstrumentationScope("a"), RESOURCE),
            (InstrumentationScope("a"), RESOURCE),
            (InstrumentationScope("b"), RESOURCE),
            (None, RESOURCE),
            (InstrumentationScope("a"), Resource(RESOURCE.attributes)),
        )
    ]

    assert groups[0] is groups[1]
    assert 4 == len({id(group) for group in groups})


def test_resources_are_not_stored_without_limit() -> None:
    """A process that makes a provider for each request does not grow."""
    converters: list[Any] = [ThriftConverter(), OtlpConverter()]
    for number in range(600):
        span = make_span(resource=Resource({"service.name": f"s{number}"}))
        for converter in converters:
            converter.convert(span)

    assert 256 >= len(converters[0]._processes)
    assert 256 >= len(converters[1]._groups)


@pytest.mark.parametrize(
    "convert", [ThriftConverter().convert, OtlpConverter().convert]
)
@pytest.mark.parametrize(
    "context", [None, INVALID_SPAN_CONTEXT, make_context(span_id=0)]
)
def test_a_span_without_ids_raises(convert: Any, context: Any) -> None:
    """Jaeger rejects the whole batch for it."""
    with pytest.raises(ValueError, match="the span has no ids"):
        convert(ReadableSpan("bake", context=context, resource=RESOURCE))


class Unprintable:
    """An object whose own code always raises."""

    def __str__(self) -> str:
        raise ZeroDivisionError

    __repr__ = __str__


ODD: Final[list[Any]] = [
    Unprintable(),
    [Unprintable()],
    {Unprintable(): Unprintable()},
    {1, 2},
    object,
    2**100,
    -(2**100),
    [2**100],
    math.nan,
    "\ud800",
    b"\xff",
    memoryview(b"ab"),
    range(3),
    1 + 2j,
    np.float32(1.5),
    np.array([1, 2]),
    np.bool_(True),
    ValueError("text"),
    lambda: None,
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_any_object_can_be_sent(value: Any) -> None:
    """As an attribute of anything, by each encoder; the span is not lost."""
    attributes: Any = {"k": value, 5: 1}
    span = make_span(
        value,
        attributes=attributes,
        events=[Event(value, attributes, START_NS)],
        links=[Link(make_context(1, 2), attributes)],
        scope=None,
    )
    thrift = ThriftConverter().convert(span)
    otlp = OtlpConverter().convert(span)

    for encoder, plain in (
        (JaegerBinaryEncoder(), thrift),
        (JaegerCompactEncoder(), thrift),
        (OtlpSpanEncoder(), otlp),
    ):
        (payload,) = encoder.encode([plain], limit=60_000)
        assert 1 == payload.span_count
        assert 0 == encoder.losses.dropped
