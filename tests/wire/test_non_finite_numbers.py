"""NaN and the infinities arrive as text: Jaeger cannot show them as numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.encoding.packing import PackingEncoder
from jaeger_client.model import Process, SpanLosses, TagItem
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from tests.foreign.decoders import (
    attribute_pairs,
    decode_batch,
    decode_emit_batch,
    decode_otlp,
    decode_zipkin,
    tag_pairs,
)
from tests.foreign.spans import LARGE, FinishedSpan, encode_one

pytestmark = pytest.mark.usefixtures("implementation")

Pairs = list[tuple[str, object]]
ReadPairs = Callable[[bytes], tuple[Pairs, Pairs, Pairs]]
"""Returns process tags, tags of the first span and fields of its first log."""


def thrift_pairs(batch: Any) -> tuple[Pairs, Pairs, Pairs]:
    """Return the pairs of a `Batch`."""
    span = batch.spans[0]
    fields = tag_pairs(span.logs[0].fields) if span.logs else []
    return tag_pairs(batch.process.tags), tag_pairs(span.tags), fields


def compact_pairs(payload: bytes) -> tuple[Pairs, Pairs, Pairs]:
    """Return the pairs of a datagram."""
    return thrift_pairs(decode_emit_batch(payload))


def binary_pairs(payload: bytes) -> tuple[Pairs, Pairs, Pairs]:
    """Return the pairs of a request's body."""
    return thrift_pairs(decode_batch(payload))


def otlp_pairs(payload: bytes) -> tuple[Pairs, Pairs, Pairs]:
    """Return the pairs of an OTLP request."""
    (resource_spans,) = decode_otlp(payload).resource_spans
    span = resource_spans.scope_spans[0].spans[0]
    fields = attribute_pairs(span.events[0].attributes) if span.events else []
    resource = attribute_pairs(resource_spans.resource.attributes)
    return resource, attribute_pairs(span.attributes), fields


def zipkin_pairs(payload: bytes) -> tuple[Pairs, Pairs, Pairs]:
    """Return the pairs of a Zipkin list; a root has the process tags as its own."""
    (span,) = decode_zipkin(payload)
    tags = [*span["tags"].items()]
    logs = span.get("annotations")
    return tags, tags, [*json.loads(logs[0]["value"]).items()] if logs else []


ALL_ENCODERS = pytest.mark.parametrize(
    ("make_encoder", "read"),
    [
        (JaegerCompactEncoder, compact_pairs),
        (JaegerBinaryEncoder, binary_pairs),
        (OtlpEncoder, otlp_pairs),
        (ZipkinJsonEncoder, zipkin_pairs),
    ],
    ids=["compact", "binary", "otlp", "zipkin"],
)
MakeEncoder = Callable[[SpanLosses], PackingEncoder]

NUMBERS: list[TagItem] = [
    ("nan", math.nan),
    ("other nan", -math.nan),
    ("up", math.inf),
    ("down", -math.inf),
]
TEXTS = {"nan": "NaN", "other nan": "NaN", "up": "Infinity", "down": "-Infinity"}


def read_all(
    make_encoder: MakeEncoder,
    read: ReadPairs,
    span: FinishedSpan,
    limit: int = LARGE,
) -> list[dict[str, object]]:
    """Return what arrives under the keys of `NUMBERS`, by place."""
    encoder = make_encoder(SpanLosses())
    encoder.set_process(Process("service", tuple(NUMBERS)))
    places = read(encode_one(encoder, span, limit))
    return [
        {key: value for key, value in pairs if key in TEXTS}
        for pairs in places
        if pairs
    ]


@ALL_ENCODERS
def test_tags_fields_and_process_tags(
    make_encoder: MakeEncoder, read: ReadPairs
) -> None:
    """Tags, log fields and process tags have the same spelling in every format."""
    span = FinishedSpan(tag_items=NUMBERS, log_items=[(1, NUMBERS)])

    assert [TEXTS] * 3 == read_all(make_encoder, read, span)


@ALL_ENCODERS
def test_span_made_plain(make_encoder: MakeEncoder, read: ReadPairs) -> None:
    """A span that is copied before it is encoded has the same text."""
    items = [*NUMBERS, ("odd", "\ud800")]
    span = FinishedSpan(tag_items=items, log_items=[(1, items)])

    assert [TEXTS] * 3 == read_all(make_encoder, read, span)


@ALL_ENCODERS
def test_span_shrunk(make_encoder: MakeEncoder, read: ReadPairs) -> None:
    """A span that is shrunk to fit a packet has the same text."""
    span = FinishedSpan(tag_items=[*NUMBERS, ("long", "x" * 9000)])

    assert [TEXTS] * 2 == read_all(make_encoder, read, span, limit=2000)


@ALL_ENCODERS
def test_tag_objects(make_encoder: MakeEncoder, read: ReadPairs) -> None:
    """`span.tags` shows doubles; text is sent after it was read, too."""
    span = Span(SpanContext(1, 2, None, 1), None, "x", tags=dict(NUMBERS))
    assert [1] * 4 == [tag.vType for tag in span.tags]

    _, tags, _ = read(encode_one(make_encoder(SpanLosses()), span))
    assert TEXTS == dict(tags)


@ALL_ENCODERS
def test_text_is_cached_as_text(make_encoder: MakeEncoder, read: ReadPairs) -> None:
    """Equal keys with text, NaN and finite numbers never share cached bytes."""
    values = ["NaN", math.nan, 1.0, math.inf, "Infinity", 0.0, -0.0, math.nan]
    expected = ["NaN", "NaN", "1.0", "Infinity", "Infinity", "0.0", "-0.0", "NaN"]
    encoder = make_encoder(SpanLosses())

    for value, text in [*zip(values, expected, strict=True)] * 2:
        _, tags, _ = read(
            encode_one(encoder, FinishedSpan(tag_items=[("same", value)]))
        )
        assert [("same", text)] == [(key, str(value)) for key, value in tags]
