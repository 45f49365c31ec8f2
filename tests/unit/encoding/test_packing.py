"""Payloads hold as many spans as fit and never exceed the limit."""

from __future__ import annotations

import math
import pickle
import sys
from typing import Any

import pytest

from jaeger_client.encoding import JaegerCompactEncoder, OtlpEncoder, Payload
from jaeger_client.model import Process, SpanLosses
from tests.foreign.decoders import attribute_pairs, decode_emit_batch, tag_pairs
from tests.foreign.formats import ALL_FORMATS, MakeEncoder, ReadNames, otlp_spans
from tests.foreign.spans import FinishedSpan, encode_all, encode_one

pytestmark = pytest.mark.usefixtures("implementation")


def named_spans(count: int) -> list[FinishedSpan]:
    """Return spans of growing size, each with its own name in lower case."""
    return [
        FinishedSpan(operation_name=f"s{index}", tag_items=[("k", "x" * index)])
        for index in range(count)
    ]


@ALL_FORMATS
def test_limits_at_every_byte(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """
    At each limit no payload is longer, each but the last would be too long with
    one more span, and all spans arrive in order.
    """
    spans = named_spans(9)
    expected = [span.operation_name for span in spans]
    whole = len(encode_all(make_encoder(SpanLosses()), spans)[0].body)
    largest = len(encode_one(make_encoder(SpanLosses()), spans[-1]))

    payloads: list[Payload] = []
    for limit in range(largest, whole + 2):
        losses = SpanLosses()
        payloads = encode_all(make_encoder(losses), spans, limit)
        assert max(len(payload.body) for payload in payloads) <= limit
        assert expected == [n for payload in payloads for n in names(payload.body)]
        assert [len(names(p.body)) for p in payloads] == [
            p.span_count for p in payloads
        ]
        assert SpanLosses() == losses
    assert 1 == len(payloads)


@ALL_FORMATS
def test_full_packets(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """No payload but the last has space for another span."""
    spans = [FinishedSpan(operation_name="x" * 20)] * 100
    encoder = make_encoder(SpanLosses())

    for limit in (700, 1500, 1501, 1502, 1503, 4000):
        payloads = encode_all(encoder, spans, limit)
        counts = [payload.span_count for payload in payloads]
        for count in counts[:-1]:
            (wider,) = encode_all(make_encoder(SpanLosses()), spans[: count + 1])
            assert len(wider.body) > limit - 8  # numbers of payloads grow
        assert 100 == sum(counts)


@pytest.mark.parametrize("count", [13, 14, 15, 16])
def test_the_list_header_is_counted(count: int) -> None:
    """The 15th span makes the compact list's header one byte longer."""
    spans = [FinishedSpan()] * count
    (payload,) = encode_all(JaegerCompactEncoder(SpanLosses()), spans)
    limit = len(payload.body)

    assert [count] == [
        p.span_count
        for p in encode_all(JaegerCompactEncoder(SpanLosses()), spans, limit)
    ]
    assert [count - 1, 1] == [
        p.span_count
        for p in encode_all(JaegerCompactEncoder(SpanLosses()), spans, limit - 1)
    ]


@ALL_FORMATS
def test_a_broken_span_among_many(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """Spans are encoded together; one that cannot be encoded affects no other."""
    spans = [FinishedSpan(operation_name=f"s{index}") for index in range(200)]
    spans[70] = FinishedSpan(ids=None)
    spans[140] = FinishedSpan(operation_name="lone \ud800")
    losses = SpanLosses()
    (payload,) = encode_all(make_encoder(losses), spans)

    expected = [f"s{index}" for index in range(200) if index != 70]
    expected[139] = "lone \ufffd"
    assert expected == names(payload.body)
    assert SpanLosses(not_encodable=1) == losses


@ALL_FORMATS
def test_consumed_counts_all_spans(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """`consumed` counts the spans that are sent and those that are left out."""
    broken = FinishedSpan(ids=None)
    spans = [broken, FinishedSpan(), broken, broken, FinishedSpan(), broken]
    losses = SpanLosses()
    encoder = make_encoder(losses)
    one = len(encode_one(make_encoder(SpanLosses()), FinishedSpan()))

    payloads = encode_all(encoder, spans, one + 10)
    assert [4, 6] == [payload.consumed for payload in payloads]
    assert 4 == losses.not_encodable


@ALL_FORMATS
def test_no_spans_no_payload(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """No spans, or only spans that are lost, give no payload."""
    losses = SpanLosses()

    assert [] == encode_all(make_encoder(losses), [])
    assert [] == encode_all(make_encoder(losses), [FinishedSpan(ids=None)])
    assert SpanLosses(not_encodable=1) == losses


@ALL_FORMATS
def test_a_large_limit(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """A payload may be several megabytes large."""
    spans = [FinishedSpan(tag_items=[("k", "x" * 50_000)])] * 100
    payloads = encode_all(make_encoder(SpanLosses()), spans, 8_000_000)

    assert [100] == [payload.span_count for payload in payloads]


@ALL_FORMATS
@pytest.mark.parametrize("limit", [1e6, sys.maxsize, 10**400, math.inf])
def test_a_limit_that_is_no_usual_number(
    make_encoder: MakeEncoder, names: ReadNames, limit: Any
) -> None:
    """A sender of the application may have any limit, or none; no span is lost."""
    losses = SpanLosses()
    spans = [FinishedSpan(operation_name="s", log_items=[(1, [("k", "v")])] * 3)] * 2
    (payload,) = encode_all(make_encoder(losses), spans, limit)

    assert ["s", "s"] == names(payload.body)
    assert SpanLosses() == losses


@ALL_FORMATS
def test_oversize_loses_oldest_logs_first(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """A span too large for a packet loses logs until it fits and keeps its tags."""
    logs = [(index, [("event", f"{index:0100}")]) for index in range(100)]
    span = FinishedSpan(operation_name="big", tag_items=[("k", "v")], log_items=logs)
    losses = SpanLosses()
    payloads = encode_all(make_encoder(losses), [FinishedSpan(), span], 5000)

    assert ["big"] == names(payloads[1].body)
    assert 5000 - 300 < len(payloads[1].body) <= 5000
    assert SpanLosses(truncated=1) == losses


def test_shrunk_compact_span() -> None:
    """The newest logs by time stay, in their order, and a tag marks the span."""
    logs = [(index * 7 % 10, [("event", "x" * 200)]) for index in range(10)]
    span = FinishedSpan(tag_items=[("k", "v")], log_items=logs)
    body = encode_one(JaegerCompactEncoder(SpanLosses()), span, 1000)
    (decoded,) = decode_emit_batch(body).spans

    assert [("k", "v"), ("jaeger.truncated", True)] == tag_pairs(decoded.tags)
    assert [7, 8, 9, 6] == [log.timestamp for log in decoded.logs]


@ALL_FORMATS
def test_oversize_values_are_cut(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """If a span is too large without logs, its longest values are cut to just fit."""
    items = [("a", "x" * 9000), ("short", "kept"), ("b", "y" * 3000)]
    span = FinishedSpan(operation_name="big", tag_items=items, log_items=[(1, items)])
    losses = SpanLosses()
    (payload,) = encode_all(make_encoder(losses), [span], 1500)

    assert ["big"] == names(payload.body)
    assert 1500 - 8 <= len(payload.body) <= 1500
    assert SpanLosses(truncated=1) == losses


def test_cut_values() -> None:
    """Short values stay whole, long ones keep equal lengths, bytes stay bytes."""
    items = [("a", "x" * 9000), ("n", 5), ("short", "kept"), ("b", b"y" * 3000)]
    span = FinishedSpan(tag_items=[*items, ("jaeger.truncated", "mine")])
    body = encode_one(OtlpEncoder(SpanLosses()), span, 1500)
    pairs = dict(attribute_pairs(otlp_spans(body)[0].attributes))

    assert ["a", "n", "short", "b", "jaeger.truncated"] == list(pairs)
    assert "kept" == pairs["short"]
    assert 5 == pairs["n"]
    assert len(str(pairs["a"])) == len(bytes(pairs["b"]))  # type: ignore[call-overload]  # bytes
    assert pairs["jaeger.truncated"] is True


@ALL_FORMATS
def test_a_long_name_is_cut(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """An operation name too long for a packet is cut to 256 characters."""
    (payload,) = encode_all(
        make_encoder(SpanLosses()), [FinishedSpan(operation_name="n" * 70_000)], 2000
    )

    assert ["n" * 256] == names(payload.body)


@ALL_FORMATS
def test_what_cannot_be_shrunk_is_lost(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """A span whose keys alone are too large is dropped and counted; others are sent."""
    hopeless = FinishedSpan(tag_items=[("k" * 70_000, 1)])
    losses = SpanLosses()
    spans = [FinishedSpan(), hopeless, FinishedSpan()]
    payloads = encode_all(make_encoder(losses), spans, 65_000)

    assert 2 == sum(payload.span_count for payload in payloads)
    assert [1, 3] == [payload.consumed for payload in payloads]
    assert SpanLosses(too_large=1) == losses


class OnceReadable:
    """Tags that can be read once only."""

    def __init__(self) -> None:
        self._read = False

    @property
    def ids(self) -> object:
        """Raise from the second time on."""
        if self._read:
            raise RuntimeError
        self._read = True
        return FinishedSpan().ids

    operation_name = "once"
    start_time = end_time = 1.0
    references = None
    tag_items = (("k", "x" * 9000),)
    log_items = ()


@ALL_FORMATS
def test_what_cannot_be_read_again_is_lost(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """A span that raises while it is shrunk is counted as not encodable."""
    losses = SpanLosses()

    assert [] == encode_all(make_encoder(losses), [OnceReadable()], 1500)  # type: ignore[list-item]  # a hostile span
    assert SpanLosses(not_encodable=1) == losses


def test_a_process_too_large_loses_spans_not_the_worker() -> None:
    """With a process larger than the limit every span is counted as too large."""
    losses = SpanLosses()
    encoder = JaegerCompactEncoder(losses)
    encoder.set_process(Process("s" * 2000))

    assert [] == encode_all(encoder, [FinishedSpan()] * 3, 1500)
    assert SpanLosses(too_large=3) == losses


@ALL_FORMATS
def test_nothing_of_a_span_is_stored(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """After a batch the encoder has no reference to a text of it, and no copy."""
    secret, key = "a secret: é" * 3, "a key of a secret"
    size = sys.getsizeof(secret)
    encoder = make_encoder(SpanLosses())
    spans = [FinishedSpan(tag_items=[(key, secret)], log_items=[(1, [(key, secret)])])]
    references = sys.getrefcount(secret), sys.getrefcount(key)
    assert encode_all(encoder, spans)

    assert references == (sys.getrefcount(secret), sys.getrefcount(key))
    assert size == sys.getsizeof(secret)  # a copy in UTF-8 would be part of it
    assert b"secret" not in pickle.dumps(vars(encoder))
