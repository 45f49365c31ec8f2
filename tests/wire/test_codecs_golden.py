"""Golden headers and bytes of every propagation format."""

from __future__ import annotations

import struct

import pytest

from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    BinaryCodec,
    Codec,
    TextCodec,
    W3CCodec,
    ZipkinCodec,
)
from jaeger_client.span_context import SpanContext

pytestmark = pytest.mark.usefixtures("codec_implementation")

TRACE_ID = 0x463AC35C9F6413AD48485A3953BB6124
SPAN_ID = 0xA2FB4A1D1A96D312
PARENT_ID = 0x0020000000000001

GOLDEN: list[tuple[Codec, dict[str, object]]] = [
    (
        TextCodec(url_encoding=True),
        {
            "uber-trace-id": "463ac35c9f6413ad48485a3953bb6124:"
            "a2fb4a1d1a96d312:20000000000001:1",
            "uberctx-user": "J%C3%BCrgen%20%2B%201/2",
        },
    ),
    (
        TextCodec(),
        {
            "uber-trace-id": "463ac35c9f6413ad48485a3953bb6124:"
            "a2fb4a1d1a96d312:20000000000001:1",
            "uberctx-user": "J\u00fcrgen + 1/2",
        },
    ),
    (
        B3Codec(),
        {
            "X-B3-TraceId": "463ac35c9f6413ad48485a3953bb6124",
            "X-B3-SpanId": "a2fb4a1d1a96d312",
            "X-B3-ParentSpanId": "0020000000000001",
            "X-B3-Sampled": "1",
            "baggage-user": "J%C3%BCrgen + 1/2",
        },
    ),
    (
        B3SingleCodec(),
        {
            "b3": "463ac35c9f6413ad48485a3953bb6124-"
            "a2fb4a1d1a96d312-1-0020000000000001",
            "baggage-user": "J%C3%BCrgen + 1/2",
        },
    ),
    (
        W3CCodec(),
        {
            "traceparent": "00-463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-01",
            "baggage": "user=J%C3%BCrgen%20%2B%201/2",
        },
    ),
    (
        ZipkinCodec(),
        {
            "trace_id": TRACE_ID,
            "span_id": SPAN_ID,
            "parent_id": PARENT_ID,
            "traceflags": 1,
        },
    ),
]


def example() -> SpanContext:
    """Return the context of all golden carriers."""
    baggage = {"user": "J\u00fcrgen + 1/2"}
    return SpanContext(TRACE_ID, SPAN_ID, PARENT_ID, 1, baggage)


@pytest.mark.parametrize(
    ("codec", "carrier"), GOLDEN, ids=lambda value: type(value).__name__
)
def test_headers(codec: Codec, carrier: dict[str, object]) -> None:
    """Each format writes exactly these headers, and reads its own."""
    written: dict[str, object] = {}
    codec.inject(example(), written)
    context = codec.extract(carrier)

    assert carrier == written
    assert context is not None
    assert (TRACE_ID, SPAN_ID, 1) == (context.trace_id, context.span_id, context.flags)


def test_binary() -> None:
    """The binary format is these bytes, big-endian, with lengths before text."""
    expected = bytes.fromhex(
        "463ac35c9f6413ad"  # trace id, high
        "48485a3953bb6124"  # trace id, low
        "a2fb4a1d1a96d312"  # span id
        "0020000000000001"  # parent id
        "01"  # flags
        "00000001"  # items of baggage
        "00000004 75736572"  # user
        "0000000d 4ac3bc7267656e202b20312f32"  # its name
    )
    written = bytearray()
    BinaryCodec().inject(example(), written)

    assert expected == written


def test_binary_is_what_struct_packs() -> None:
    """A carrier packed by hand is read, field by field."""
    carrier = bytearray(struct.pack(">QQQQBI", 1, 2, 3, 4, 3, 1))
    carrier += struct.pack(">I1sI2s", 1, b"k", 2, "\u00e9".encode())
    context = BinaryCodec().extract(carrier)

    assert context is not None
    assert (1 << 64 | 2, 3, 4, 3) == (
        context.trace_id,
        context.span_id,
        context.parent_id,
        context.flags,
    )
    assert {"k": "\u00e9"} == context.baggage


@pytest.mark.parametrize(
    ("codec", "carrier", "flags"),
    [
        # What the Go, Java and Node clients write, where they differ from us.
        (TextCodec(True), {"Uber-Trace-Id": "000000000000000a:0b:0:01"}, 1),
        (TextCodec(True), {"uber-trace-id": "a%3Ab%3A0%3A9", "uberctx-k": "v+w"}, 9),
        (
            B3Codec(),
            {"x-b3-traceid": "a", "x-b3-spanid": "b", "x-b3-sampled": "true"},
            1,
        ),
        (
            B3Codec(),
            {
                "x-b3-traceid": "000000000000000a",
                "x-b3-spanid": "b",
                "x-b3-sampled": "0",
                "x-b3-flags": "1",
            },
            2,
        ),
    ],
)
def test_what_other_clients_write_is_read(
    codec: Codec, carrier: dict[str, str], flags: int
) -> None:
    """Padding, encoding and flags of the other clients are understood."""
    context = codec.extract(carrier)

    assert context is not None
    assert (10, 11, flags) == (context.trace_id, context.span_id, context.flags)
