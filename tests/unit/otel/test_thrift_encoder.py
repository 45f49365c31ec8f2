"""Batches of spans of several resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from opentelemetry.sdk.resources import Resource

from jaeger_client.encoding.jaeger_compact import JaegerCompactEncoder
from jaeger_client.model import SpanData, SpanLosses
from jaeger_client.otel.thrift_encoder import ProcessSwitchingEncoder
from jaeger_client.otel.thrift_spans import ThriftConverter
from tests.foreign.decoders import decode_emit_batch
from tests.foreign.otel_spans import many_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan


def convert(read: Sequence[ReadableSpan]) -> Sequence[SpanData]:
    """Return *read* for the encoder."""
    converter = ThriftConverter()
    return [cast("SpanData", converter.convert(span)) for span in read]


def test_each_batch_has_the_process_of_its_spans() -> None:
    """Spans of another resource begin another batch."""
    other = Resource({"service.name": "café"})
    spans = convert([*many_spans(2), *many_spans(1, resource=other), *many_spans(1)])
    payloads = [
        *ProcessSwitchingEncoder(JaegerCompactEncoder()).encode(spans, limit=9_999)
    ]
    batches = [decode_emit_batch(payload.body) for payload in payloads]

    assert [("bakery", 2), ("café", 1), ("bakery", 1)] == [
        (batch.process.serviceName, len(batch.spans)) for batch in batches
    ]
    assert [2, 3, 4] == [payload.consumed for payload in payloads]


def test_losses_are_those_of_the_encoder() -> None:
    """The totals that are set are counted on."""
    encoder = ProcessSwitchingEncoder(JaegerCompactEncoder())
    encoder.losses = losses = SpanLosses(truncated=3)
    read = many_spans(1, attributes={"long": "x" * 5_000})
    payloads = [*encoder.encode(convert(read), limit=1_000)]

    assert 1 == len(payloads)
    assert 4 == losses.truncated


def test_the_cache_can_be_cleared() -> None:
    """Clearing it changes no payload."""
    encoder = ProcessSwitchingEncoder(JaegerCompactEncoder())
    spans = convert(many_spans(1))
    first = [payload.span_count for payload in encoder.encode(spans, limit=9_999)]
    encoder.clear_cache()

    assert first == [item.span_count for item in encoder.encode(spans, limit=9_999)]
