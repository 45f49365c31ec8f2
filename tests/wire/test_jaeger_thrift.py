"""Jaeger's Thrift structs in both protocols, read by thriftpy2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jaeger_client._internal.tag_lists import Log, Tag
from jaeger_client.encoding import JaegerBinaryEncoder, JaegerCompactEncoder
from jaeger_client.model import Process, SpanLosses
from tests.foreign.decoders import decode_batch, decode_emit_batch, tag_pairs
from tests.foreign.formats import MakeEncoder
from tests.foreign.spans import FinishedSpan, Ids, encode_all, encode_one, reference

pytestmark = pytest.mark.usefixtures("implementation")

FORMATS = pytest.mark.parametrize(
    ("make_encoder", "decode"),
    [(JaegerCompactEncoder, decode_emit_batch), (JaegerBinaryEncoder, decode_batch)],
    ids=["compact", "binary"],
)
Decode = Callable[[bytes], Any]


def read_span(make_encoder: MakeEncoder, decode: Decode, span: FinishedSpan) -> Any:
    """Return what the decoder makes of *span*."""
    (decoded,) = decode(encode_one(make_encoder(SpanLosses()), span)).spans
    return decoded


@FORMATS
def test_ids_name_flags_and_times(make_encoder: MakeEncoder, decode: Decode) -> None:
    """Fields 1 to 9 arrive unchanged, times in microseconds."""
    context = Ids(0x1122334455667788_99AABBCCDDEEFF00, 2**63 + 5, 7, 3)
    decoded = read_span(make_encoder, decode, FinishedSpan(ids=context))

    assert decoded.traceIdLow == 0x99AABBCCDDEEFF00 - 2**64
    assert decoded.traceIdHigh == 0x1122334455667788
    assert decoded.spanId == 2**63 + 5 - 2**64
    assert decoded.parentSpanId == 7
    assert decoded.operationName == "GET /customers"
    assert decoded.flags == 3
    assert decoded.startTime == 1_700_000_000_250_000
    assert decoded.duration == 500_000
    assert not decoded.references
    assert not decoded.logs


@FORMATS
def test_tags_keep_their_types(make_encoder: MakeEncoder, decode: Decode) -> None:
    """A tag of each type arrives with that type, True distinct from 1 and 1.0."""
    items = [
        ("text", "né"),
        ("empty", ""),
        ("one", 1),
        ("yes", True),
        ("float one", 1.0),
        ("no", False),
        ("zero", 0),
        ("float zero", 0.0),
        ("bytes", b"\x00\xff"),
        ("least", -(2**63)),
        ("most", 2**63 - 1),
    ]
    decoded = read_span(make_encoder, decode, FinishedSpan(tag_items=items))

    pairs = tag_pairs(decoded.tags)
    assert items == pairs
    assert [type(value) for _, value in items] == [type(value) for _, value in pairs]


@FORMATS
def test_logs_arrive_in_order(make_encoder: MakeEncoder, decode: Decode) -> None:
    """Logs keep their order, times and typed fields; one may have no field."""
    logs: list[Any] = [
        (1_700_000_000_000_001, [("event", "a"), ("n", 1)]),
        (5, []),
        (-5, []),
    ]
    decoded = read_span(make_encoder, decode, FinishedSpan(log_items=logs))

    assert logs == [(log.timestamp, tag_pairs(log.fields)) for log in decoded.logs]


@FORMATS
def test_tag_and_log_objects(make_encoder: MakeEncoder, decode: Decode) -> None:
    """Tag and Log objects of 4.8 are written like pairs."""
    tags = [Tag.of("a", 1), Tag.of("b", b"x")]
    span = FinishedSpan(tag_items=tags, log_items=[Log(5, tags)])
    decoded = read_span(make_encoder, decode, span)

    assert [("a", 1), ("b", b"x")] == tag_pairs(decoded.tags)
    assert [("a", 1), ("b", b"x")] == tag_pairs(decoded.logs[0].fields)


@FORMATS
def test_references(make_encoder: MakeEncoder, decode: Decode) -> None:
    """References keep type and ids; those without a trace id are left out."""
    references = [
        reference("child_of", 2**64 + 5, 6),
        reference("follows_from", 2**127, 2**64 - 1),
        reference("child_of", None, 7),
        reference("child_of", 0, 7),
    ]
    decoded = read_span(make_encoder, decode, FinishedSpan(references=references))

    assert [(0, 5, 1, 6), (1, 0, -(2**63), -1)] == [
        (ref.refType, ref.traceIdLow, ref.traceIdHigh, ref.spanId)
        for ref in decoded.references
    ]


@FORMATS
def test_only_empty_references(make_encoder: MakeEncoder, decode: Decode) -> None:
    """A span whose references all have no trace id has no list of them."""
    span = FinishedSpan(references=[reference("child_of", None, None)])
    decoded = read_span(make_encoder, decode, span)

    assert decoded.references is None
    assert 1 == decoded.flags


@FORMATS
@pytest.mark.parametrize("count", [0, 1, 14, 15, 16, 127, 128, 300])
def test_lists_of_every_size(
    make_encoder: MakeEncoder, decode: Decode, count: int
) -> None:
    """Sizes of lists that take more bytes are correct."""
    items = [(f"k{index}", index) for index in range(count)]
    large = FinishedSpan(tag_items=items, log_items=[*[(1, [])] * count, (2, items)])
    encoder = make_encoder(SpanLosses())
    (payload,) = encode_all(encoder, [large] + [FinishedSpan()] * count)
    spans = decode(payload.body).spans

    assert count + 1 == len(spans)
    assert items == tag_pairs(spans[0].tags)
    assert count + 1 == len(spans[0].logs)
    assert items == tag_pairs(spans[0].logs[-1].fields)


@FORMATS
def test_process(make_encoder: MakeEncoder, decode: Decode) -> None:
    """Every batch has the process, with unusual tags converted."""
    encoder = make_encoder(SpanLosses())
    tags: Any = (("hostname", "h"), ("weight", 0.5), ("odd", None), ("\ud800", 2**70))
    encoder.set_process(Process("shöp", tags))
    process = decode(encode_one(encoder, FinishedSpan())).process

    assert "shöp" == process.serviceName
    assert [
        ("hostname", "h"),
        ("weight", 0.5),
        ("odd", "None"),
        ("\ufffd", str(2**70)),
    ] == tag_pairs(process.tags)
