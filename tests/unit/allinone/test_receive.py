"""The receiver decodes datagrams."""

from __future__ import annotations

import pytest

from jaeger_client.allinone.receive import (
    ReceivedBatch,
    ReceivedLog,
    ReceivedSpan,
    decode_datagram,
)
from jaeger_client.encoding import JaegerCompactEncoder
from jaeger_client.errors import CorruptBatchError
from jaeger_client.model import Process, SpanLosses
from tests.foreign.spans import FinishedSpan, Ids, encode_one

SPAN = FinishedSpan(
    ids=Ids((2**64 - 1) << 64 | 5, 2**64 - 2, 7, 3),
    tag_items=[("text", "ü"), ("half", 0.5), ("yes", True), ("one", 1), ("raw", b"\0")],
    log_items=[(1_700_000_000_300_000, [("event", "rest")])],
)


def datagram(span: FinishedSpan) -> bytes:
    """Return a datagram as the client sends it."""
    encoder = JaegerCompactEncoder(SpanLosses())
    encoder.set_process(Process("bakery", (("ip", "127.0.0.1"),)))
    return encode_one(encoder, span)


def test_a_datagram_becomes_a_batch_of_plain_values() -> None:
    """Ids are unsigned, tags have their types, times are microseconds."""
    expected = ReceivedBatch(
        service_name="bakery",
        process_tags=(("ip", "127.0.0.1"),),
        spans=(
            ReceivedSpan(
                trace_id=(2**64 - 1) << 64 | 5,
                span_id=2**64 - 2,
                parent_id=7,
                operation_name="GET /customers",
                start_us=1_700_000_000_250_000,
                duration_us=500_000,
                flags=3,
                tags=(
                    ("text", "ü"),
                    ("half", 0.5),
                    ("yes", True),
                    ("one", 1),
                    ("raw", b"\0"),
                ),
                logs=(ReceivedLog(1_700_000_000_300_000, (("event", "rest"),)),),
            ),
        ),
    )

    assert expected == decode_datagram(datagram(SPAN))


def test_text_that_is_not_utf8_is_readable() -> None:
    """Bytes that are not UTF-8 are replaced; other clients send them."""
    raw = datagram(SPAN).replace(b"bakery", b"bake\xffy")

    assert "bake\ufffdy" == decode_datagram(raw).service_name


@pytest.mark.parametrize("length", range(0, 120, 7))
def test_a_truncated_datagram_raises_our_error(length: int) -> None:
    """A truncated datagram raises `CorruptBatchError`."""
    with pytest.raises(CorruptBatchError, match=f"{length} bytes hold no batch"):
        decode_datagram(datagram(SPAN)[:length])
