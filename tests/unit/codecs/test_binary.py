"""The binary codec: ids, flags and baggage in one bytearray."""

from __future__ import annotations

import opentracing
import pytest

from jaeger_client.codecs import BinaryCodec
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

CODEC = BinaryCodec()
HEAD = 33


def packed(context: SpanContext) -> bytearray:
    """Inject into an empty bytearray."""
    carrier = bytearray()
    CODEC.inject(context, carrier)
    return carrier


def extracted(carrier: bytearray) -> SpanContext:
    """Extract a context that must be there."""
    context = CODEC.extract(carrier)
    assert context is not None
    return context


def with_baggage(*fields: bytes, count: int | None = None) -> bytearray:
    """Return a carrier with raw keys and values, each with its length."""
    carrier = packed(SpanContext(1, 2, 3, 1))
    carrier[HEAD:] = (len(fields) // 2 if count is None else count).to_bytes(4, "big")
    for field in fields:
        carrier += len(field).to_bytes(4, "big") + field
    return carrier


@pytest.mark.parametrize(
    "context",
    [
        SpanContext(1, 2, 3, 1),
        SpanContext(2**128 - 1, 2**64 - 1, 2**64 - 1, 255),
        SpanContext(1, 2, None, 0, {"K_e": "v", "": "", "\u00e9": "\u4e2d"}),
    ],
)
def test_what_is_written_is_read(context: SpanContext) -> None:
    """Ids, flags and baggage are read unchanged; keys keep their case."""
    again = extracted(packed(context))

    assert context.trace_id == again.trace_id
    assert context.span_id == again.span_id
    assert context.parent_id == again.parent_id
    assert context.flags == again.flags
    assert context.baggage == again.baggage


def test_parent_zero_is_none() -> None:
    """Parent id 0 on the wire is read as None."""
    assert extracted(packed(SpanContext(1, 2, 0, 1))).parent_id is None


def test_inject_appends() -> None:
    """Bytes in the carrier remain before the context."""
    carrier = bytearray(b"xyz")
    CODEC.inject(SpanContext(1, 2, 3, 1), carrier)

    assert b"xyz" + packed(SpanContext(1, 2, 3, 1)) == carrier


def test_bytes_after_the_context_are_ignored() -> None:
    """Bytes after the context are ignored, as in 4.8."""
    carrier = packed(SpanContext(1, 2, 3, 1, {"k": "v"})) + b"more"

    assert {"k": "v"} == extracted(carrier).baggage


def test_bytes_and_numbers_in_baggage_are_written() -> None:
    """Other values are converted to text."""
    baggage = {b"k": b"v", "n": 5, "s": "\ud800"}
    context = SpanContext(1, 2, 3, 1, baggage)  # type: ignore[arg-type]  # as in 4.8

    assert {"k": "v", "n": "5", "s": "\ufffd"} == extracted(packed(context)).baggage


def test_a_context_without_trace_is_written_as_zeros() -> None:
    """Its baggage is written; it is read as a context without a trace."""
    context = SpanContext(None, None, None, None, {"k": "v"})  # type: ignore[arg-type]  # no trace
    carrier = packed(context)
    again = extracted(carrier)

    # Three ids, one of them of 128 bits, and the flags.
    assert bytes(33) == carrier[:33]
    assert not again.has_trace
    assert {"k": "v"} == again.baggage


def test_flags_are_one_byte() -> None:
    """The lowest byte of the flags is written."""
    assert 1 == extracted(packed(SpanContext(1, 2, 3, 0x101))).flags


@pytest.mark.parametrize("length", range(37))
def test_short_input_is_corrupt(length: int) -> None:
    """The error contains the required and the actual number of bytes."""
    carrier = packed(SpanContext(1, 2, 3, 1))[:length]

    with pytest.raises(
        opentracing.SpanContextCorruptedException, match=f"37 bytes, got {length}$"
    ):
        CODEC.extract(carrier)


@pytest.mark.parametrize("cut", range(1, 10))
def test_truncated_baggage_is_corrupt(cut: int) -> None:
    """Input that ends within baggage raises an error."""
    carrier = packed(SpanContext(1, 2, 3, 1, {"k": "v"}))

    with pytest.raises(CorruptContextError):
        CODEC.extract(carrier[:-cut])


def test_input_that_ends_before_the_last_value_is_corrupt() -> None:
    """A key must not extend over the bytes of its value."""
    message = (
        "^baggage ends after 45 bytes, in the middle of an item; the last length is 4$"
    )
    with pytest.raises(CorruptContextError, match=message):
        CODEC.extract(with_baggage(b"keyy", count=1))


@pytest.mark.timeout(5)
@pytest.mark.parametrize("length", [2**31 - 1, 2**32 - 1])
def test_wrong_lengths_are_detected_at_once(length: int) -> None:
    """A key length of gigabytes costs neither time nor memory."""
    carrier = with_baggage(b"", b"x" * 20, count=1)
    carrier[37:41] = length.to_bytes(4, "big")

    with pytest.raises(CorruptContextError, match=str(length)):
        CODEC.extract(carrier)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("count", [2, 2**32 - 1])
def test_a_wrong_count_is_detected_at_once(count: int) -> None:
    """A count of items that do not fit raises an error."""
    with pytest.raises(
        CorruptContextError,
        match=f"^{count} items of baggage do not fit in 10 bytes$",
    ):
        CODEC.extract(with_baggage(b"k", b"v", count=count))


def test_baggage_that_is_not_utf8_is_replaced() -> None:
    """Bytes that are not UTF-8 become U+FFFD."""
    assert {"\ufffd": "a\ufffd"} == extracted(with_baggage(b"\xff", b"a\xff")).baggage


def test_the_last_item_of_a_key_is_used() -> None:
    """If a key occurs twice, the last value is used."""
    assert {"k": "w"} == extracted(with_baggage(b"k", b"v", b"k", b"w")).baggage


def test_baggage_stops_at_180_items() -> None:
    """Further items are dropped and counted; the Go client has the same limit."""
    codec = BinaryCodec()
    fields = [field for i in range(200) for field in (str(i).encode(), b"")]

    context = codec.extract(with_baggage(*fields))
    assert context is not None
    assert 180 == len(context.baggage)
    assert 20 == codec.dropped_baggage_items


def test_an_item_stops_at_4096_bytes() -> None:
    """Longer items are dropped and counted when read or written."""
    codec = BinaryCodec()
    read = with_baggage(b"a", b"x" * 4095, b"b", b"x" * 4096, b"c", b"x" * 9000)
    written = bytearray()

    context = codec.extract(read)
    assert context is not None
    codec.inject(
        SpanContext(1, 2, None, 1, {**context.baggage, "d": "x" * 4096}), written
    )
    again = codec.extract(written)

    assert again is not None
    assert ["a"] == list(context.baggage) == list(again.baggage)
    assert b"\0\0\0\1" == written[33:37]
    assert 3 == codec.dropped_baggage_items


def test_no_more_than_180_items_are_written() -> None:
    """The Go client rejects a context that has more."""
    codec = BinaryCodec()
    written = bytearray()

    codec.inject(SpanContext(1, 2, None, 1, {str(i): "" for i in range(200)}), written)

    assert b"\0\0\0\xb4" == written[33:37]
    assert 20 == codec.dropped_baggage_items


class Buffer(bytearray):
    """A subclass of bytearray."""


def test_a_bytearray_of_another_class_is_a_carrier() -> None:
    """A subclass of bytearray can be written and read."""
    carrier = Buffer()
    CODEC.inject(SpanContext(1, 2, 3, 1, {"k": "v"}), carrier)

    assert {"k": "v"} == extracted(carrier).baggage


def test_numbers_that_are_too_large_are_truncated() -> None:
    """Ids are truncated to the bits of the format."""
    carrier = bytearray()
    trace_id = 1 << 128 | 3 << 64 | 5
    CODEC.inject(SpanContext(trace_id, 1 << 64 | 6, 1 << 64 | 7, 1), carrier)

    context = extracted(carrier)
    assert (3 << 64 | 5, 6, 7) == (context.trace_id, context.span_id, context.parent_id)


@pytest.mark.parametrize("carrier", [b"x" * 37, {}, None, 5, "x", memoryview(b"")])
def test_only_bytearrays_are_carriers(carrier: object) -> None:
    """The type of the carrier is checked first."""
    message = f"^the carrier must be a bytearray, got {type(carrier).__name__}$"
    with pytest.raises(InvalidCarrierError, match=message):
        CODEC.extract(carrier)
    with pytest.raises(opentracing.InvalidCarrierException):
        CODEC.inject({}, carrier)  # type: ignore[arg-type]  # the carrier comes first
