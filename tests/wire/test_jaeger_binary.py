"""The batches of the binary protocol, and golden bytes."""

from __future__ import annotations

import pytest

from jaeger_client.encoding import JaegerBinaryEncoder
from jaeger_client.model import Process, SpanLosses
from tests.foreign.decoders import decode_batch
from tests.foreign.spans import FinishedSpan, Ids, encode_one

pytestmark = pytest.mark.usefixtures("implementation")


def test_http_batch_is_bare() -> None:
    """A batch over HTTP has neither a number nor statistics."""
    body = encode_one(JaegerBinaryEncoder(SpanLosses()), FinishedSpan())
    batch = decode_batch(body)

    assert batch.seqNo is None
    assert batch.stats is None


def test_golden_binary() -> None:
    """These are the bytes of a binary Batch, written out by hand."""
    encoder = JaegerBinaryEncoder(SpanLosses())
    encoder.set_process(Process("s"))
    span = FinishedSpan(
        ids=Ids(1, 2, 3, 1),
        operation_name="op",
        start_time=1.0,
        end_time=1.000002,
        tag_items=[("n", -1)],
        log_items=[(3, [("b", True)])],
    )

    expected = (
        b"\x0c\x00\x01\x0b\x00\x01\x00\x00\x00\x01s"
        b"\x0f\x00\x02\x0c\x00\x00\x00\x00\x00"  # no process tags
        b"\x0f\x00\x02\x0c\x00\x00\x00\x01"
        b"\x0a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
        b"\x0a\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x0a\x00\x03\x00\x00\x00\x00\x00\x00\x00\x02"
        b"\x0a\x00\x04\x00\x00\x00\x00\x00\x00\x00\x03"
        b"\x0b\x00\x05\x00\x00\x00\x02op"
        b"\x08\x00\x07\x00\x00\x00\x01"
        b"\x0a\x00\x08\x00\x00\x00\x00\x00\x0f\x42\x40"
        b"\x0a\x00\x09\x00\x00\x00\x00\x00\x00\x00\x02"
        b"\x0f\x00\x0a\x0c\x00\x00\x00\x01"
        b"\x0b\x00\x01\x00\x00\x00\x01n\x08\x00\x02\x00\x00\x00\x03"
        b"\x0a\x00\x06\xff\xff\xff\xff\xff\xff\xff\xff\x00"
        b"\x0f\x00\x0b\x0c\x00\x00\x00\x01"
        b"\x0a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03"
        b"\x0f\x00\x02\x0c\x00\x00\x00\x01"
        b"\x0b\x00\x01\x00\x00\x00\x01b\x08\x00\x02\x00\x00\x00\x02"
        b"\x02\x00\x05\x01\x00"
        b"\x00\x00\x00"
    )
    assert expected == encode_one(encoder, span)
