"""Decoders of other projects read what a span holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
)
from jaeger_client.model import SpanLosses, TagItem, TagValue
from jaeger_client.testing import FakeClock
from tests.foreign.decoders import (
    attribute_pairs,
    decode_batch,
    decode_emit_batch,
    tag_pairs,
)
from tests.foreign.formats import otlp_spans
from tests.foreign.spans import FinishedSpan, Ids, encode_all, encode_one, reference

if TYPE_CHECKING:
    from opentracing import Reference

pytestmark = pytest.mark.usefixtures("implementation")

I64 = st.integers(-(2**63), 2**63 - 1)
U64 = st.integers(0, 2**64 - 1)
U128 = st.integers(0, 2**128 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.one_of(TEXT, st.booleans(), I64, st.floats(), st.binary(max_size=20))
ITEMS = st.lists(st.tuples(TEXT, VALUES), max_size=6)
LOGS = st.lists(st.tuples(st.integers(0, 2**54), ITEMS), max_size=3)
# Seconds whose microseconds a float represents exactly.
SECONDS = st.integers(0, 2**33).map(float)
REFERENCES = st.lists(
    st.builds(
        reference,
        st.sampled_from(["child_of", "follows_from"]),
        st.integers(1, 2**128 - 1),
        U64,
    ),
    max_size=4,
)
SPANS = st.builds(
    FinishedSpan,
    ids=st.builds(Ids, U128, U64, U64, st.integers(0, 2**31 - 1)),
    operation_name=TEXT,
    start_time=SECONDS,
    end_time=SECONDS,
    references=REFERENCES,
    tag_items=ITEMS,
    log_items=LOGS,
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters()),
        st.binary(),
        st.builds(object),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=4,
)
ANY_SPAN = st.builds(
    FinishedSpan,
    ids=st.builds(Ids, ANYTHING, ANYTHING, ANYTHING, ANYTHING) | ANYTHING,
    operation_name=ANYTHING,
    start_time=ANYTHING,
    end_time=ANYTHING,
    references=ANYTHING | st.lists(st.builds(reference, ANYTHING, ANYTHING, ANYTHING)),
    tag_items=ANYTHING | st.lists(st.tuples(ANYTHING, ANYTHING)),
    log_items=ANYTHING | st.lists(st.tuples(ANYTHING, ANYTHING)),
)


def text_of(length: int) -> str:
    """Return text of *length* bytes."""
    return "x" * length


def typed(pairs: Any) -> list[tuple[str, type, object]]:
    """Return *pairs* so that 1, 1.0 and True, 0.0 and -0.0 differ."""
    return [(key, type(value), repr(value)) for key, value in pairs]


def sent(pairs: Any) -> list[tuple[str, object]]:
    """Return *pairs* as they are sent: floats that are not finite are text."""
    return [(key, NOT_FINITE.get(repr(value), value)) for key, value in pairs]


NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def expected_duration(span: FinishedSpan) -> int:
    """Return the duration in microseconds that the wire must carry."""
    if span.end_time < span.start_time:
        return 0
    return max(1, int((span.end_time - span.start_time) * 1_000_000))


def signed_id(number: int) -> int:
    """Return the low 64 bits of *number* as a signed number."""
    return (number + 2**63) % 2**64 - 2**63


def check_thrift(span: FinishedSpan, decoded: Any) -> None:
    """Compare every field."""
    ids = span.ids
    assert signed_id(ids.trace_id) == decoded.traceIdLow
    assert signed_id(ids.trace_id >> 64) == decoded.traceIdHigh
    assert signed_id(ids.span_id) == decoded.spanId
    assert signed_id(ids.parent_id) == decoded.parentSpanId
    assert ids.flags == decoded.flags
    assert span.operation_name == decoded.operationName
    assert int(span.start_time * 1_000_000) == decoded.startTime
    assert expected_duration(span) == decoded.duration
    assert typed(sent(span.tag_items)) == typed(tag_pairs(decoded.tags))
    assert [(time, typed(sent(fields))) for time, fields in span.log_items] == [
        (log.timestamp, typed(tag_pairs(log.fields))) for log in decoded.logs or ()
    ]
    assert [expected_reference(item) for item in span.references or ()] == [
        (ref.refType, ref.traceIdLow, ref.traceIdHigh, ref.spanId)
        for ref in decoded.references or ()
    ]


def expected_reference(item: Reference) -> tuple[int, int, int, int]:
    """Return the fields of a `SpanRef`."""
    ids: Any = item.referenced_context
    low, high = signed_id(ids.trace_id), signed_id(ids.trace_id >> 64)
    return int(item.type == "follows_from"), low, high, signed_id(ids.span_id)


@given(st.lists(SPANS, min_size=1, max_size=2))
def test_compact(spans: list[FinishedSpan]) -> None:
    """The compact protocol carries every span completely."""
    (payload,) = encode_all(JaegerCompactEncoder(SpanLosses()), spans)

    for span, decoded in zip(spans, decode_emit_batch(payload.body).spans, strict=True):
        check_thrift(span, decoded)


@given(st.lists(SPANS, min_size=1, max_size=2))
def test_binary(spans: list[FinishedSpan]) -> None:
    """The binary protocol carries every span completely."""
    (payload,) = encode_all(JaegerBinaryEncoder(SpanLosses()), spans)

    for span, decoded in zip(spans, decode_batch(payload.body).spans, strict=True):
        check_thrift(span, decoded)


@given(SPANS)
def test_otlp(span: FinishedSpan) -> None:
    """OTLP carries ids, name, times, attributes, events and links."""
    (decoded,) = otlp_spans(encode_one(OtlpEncoder(SpanLosses()), span))
    ids = span.ids
    debug = [("jaeger.debug", True)] if ids.flags & 2 else []

    assert ids.trace_id == int.from_bytes(decoded.trace_id, "big")
    assert ids.span_id == int.from_bytes(decoded.span_id, "big")
    assert ids.parent_id == int.from_bytes(decoded.parent_span_id, "big")
    assert span.operation_name == decoded.name
    assert int(span.start_time * 1_000_000) * 1000 == decoded.start_time_unix_nano
    assert expected_duration(span) * 1000 == (
        decoded.end_time_unix_nano - decoded.start_time_unix_nano
    )
    assert typed([*sent(dict(span.tag_items).items()), *debug]) == typed(
        attribute_pairs(decoded.attributes)
    )
    assert [
        (time * 1000, typed(sent(dict(fields).items())))
        for time, fields in span.log_items
    ] == [
        (event.time_unix_nano, typed(attribute_pairs(event.attributes)))
        for event in decoded.events
    ]


@given(st.lists(SPANS, max_size=4), st.integers(100, 900))
def test_no_payload_is_too_long(spans: list[FinishedSpan], limit: int) -> None:
    """Each span is in one payload within the limit, or counted as lost."""
    for make_encoder in (JaegerCompactEncoder, JaegerBinaryEncoder, OtlpEncoder):
        losses = SpanLosses()
        payloads = encode_all(make_encoder(losses), spans, limit)

        assert all(len(payload.body) <= limit for payload in payloads)
        sent = sum(payload.span_count for payload in payloads)
        assert len(spans) == sent + losses.too_large
        assert 0 == losses.not_encodable


@given(st.lists(ANY_SPAN, max_size=2))
def test_anything_at_all(spans: list[FinishedSpan]) -> None:
    """A span with objects of any type is sent or counted; the next one is sent."""
    good = FinishedSpan(operation_name="good")
    losses = SpanLosses()
    # Lost spans end a payload early if they take long; here no time passes.
    encoder = JaegerCompactEncoder(losses, clock=FakeClock())
    (payload,) = encode_all(encoder, [*spans, good])

    decoded = decode_emit_batch(payload.body).spans
    assert "good" == decoded[-1].operationName
    assert len(spans) + 1 == len(decoded) + losses.not_encodable


@given(st.integers(0, 70_000), st.sampled_from([text_of, bytes]))
def test_lengths(length: int, make_value: Callable[[int], TagValue]) -> None:
    """Values of every length arrive completely, in every format."""
    items: list[TagItem] = [("k", make_value(length)), ("after", 1)]
    span = FinishedSpan(tag_items=items)
    compact, binary, otlp = (
        encode_one(encoder(SpanLosses()), span)
        for encoder in (JaegerCompactEncoder, JaegerBinaryEncoder, OtlpEncoder)
    )

    assert items == tag_pairs(decode_emit_batch(compact).spans[0].tags)
    assert items == tag_pairs(decode_batch(binary).spans[0].tags)
    assert items == attribute_pairs(otlp_spans(otlp)[0].attributes)


@given(st.integers(-(2**66), 2**130))
def test_ids(number: int) -> None:
    """The lowest 64 bits of an id are sent as a signed number."""
    span = FinishedSpan(ids=Ids(1, number))
    payload = encode_one(JaegerCompactEncoder(SpanLosses()), span)

    assert signed_id(number) == decode_emit_batch(payload).spans[0].spanId
