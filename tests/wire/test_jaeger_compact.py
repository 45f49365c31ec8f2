"""The messages of the compact protocol, and golden bytes."""

from __future__ import annotations

import pytest

from jaeger_client.encoding import JaegerCompactEncoder
from jaeger_client.model import Process, SpanLosses
from tests.foreign.decoders import decode_emit_batch, decode_message
from tests.foreign.spans import FinishedSpan, Ids, encode_one, reference

pytestmark = pytest.mark.usefixtures("implementation")


def test_messages_are_numbered() -> None:
    """Messages are oneway emitBatch; sequence ids and batch numbers count from 1."""
    encoder = JaegerCompactEncoder(SpanLosses())
    bodies = [encode_one(encoder, FinishedSpan()) for _ in range(200)]
    messages = [decode_message(body) for body in bodies]

    assert {("emitBatch", 4)} == {(m.name, m.message_type) for m in messages}
    assert list(range(1, 201)) == [message.sequence_id for message in messages]
    assert list(range(1, 201)) == [message.batch.seqNo for message in messages]


def test_messages_carry_losses() -> None:
    """ClientStats are the losses since the start: full queue, too large, not sent."""
    losses = SpanLosses(
        queue_full=300, too_large=2, send_failed=70_000, not_encodable=1
    )
    body = encode_one(JaegerCompactEncoder(losses), FinishedSpan())
    stats = decode_emit_batch(body).stats

    assert 300 == stats.fullQueueDroppedSpans
    assert 2 == stats.tooLargeDroppedSpans
    assert 70_001 == stats.failedToEmitSpans


def test_golden_compact() -> None:
    """These are the bytes of a compact emitBatch, written out by hand."""
    encoder = JaegerCompactEncoder(SpanLosses())
    encoder.set_process(Process("s", (("p", True),)))
    span = FinishedSpan(
        ids=Ids(1, 2, 3, 1),
        operation_name="op",
        start_time=1.0,
        end_time=1.000002,
        references=[reference("follows_from", 4, 5)],
        tag_items=[("a", "b"), ("n", -1), ("f", False), ("d", 1.0), ("x", b"y")],
        log_items=[(3, [("e", "")])],
    )

    expected = (
        b"\x82\x81\x01\x09emitBatch"  # protocol, oneway, number, name
        b"\x1c\x1c"  # 1 batch, 1 process
        b"\x18\x01s\x19\x1c\x18\x01p\x15\x04\x31\x00\x00"  # name, one tag
        b"\x19\x1c"  # 2 spans, one
        b"\x16\x02\x16\x00\x16\x04\x16\x06\x18\x02op"  # ids and name
        b"\x19\x1c\x15\x02\x16\x08\x16\x00\x16\x0a\x00"  # 6 references, one
        b"\x15\x02\x16\x80\x89\x7a\x16\x04"  # flags, start, duration
        b"\x19\x5c"  # 10 tags, five
        b"\x18\x01a\x15\x00\x18\x01b\x00"
        b"\x18\x01n\x15\x06\x46\x01\x00"
        b"\x18\x01f\x15\x04\x32\x00"
        b"\x18\x01d\x15\x02\x27\x00\x00\x00\x00\x00\x00\xf0\x3f\x00"
        b"\x18\x01x\x15\x08\x58\x01y\x00"
        b"\x19\x1c\x16\x06\x19\x1c\x18\x01e\x15\x00\x18\x00\x00\x00"  # 11 logs
        b"\x00"
        b"\x16\x02\x1c\x16\x00\x16\x00\x16\x00\x00"  # 3 number, 4 statistics
        b"\x00\x00"
    )
    assert expected == encode_one(encoder, span)
