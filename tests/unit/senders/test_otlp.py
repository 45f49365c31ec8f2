"""Responses of OTLP, from a foreign encoder and as hostile bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from jaeger_client.errors import ResponseError
from jaeger_client.senders.otlp import (
    Rejection,
    parse_partial_success,
    parse_rejection,
)


@given(st.integers(0, (1 << 63) - 1), st.text())
def test_what_another_encoder_wrote_is_read(rejected: int, message: str) -> None:
    """Count and message come out as opentelemetry-proto put them in."""
    response = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(
            rejected_spans=rejected,
            error_message=message,
        ),
    )

    parsed = parse_partial_success(response.SerializeToString())

    assert Rejection(rejected, message) == parsed


def test_an_empty_response_is_full_success() -> None:
    """An empty body means that nothing was rejected."""
    assert Rejection(0, "") == parse_partial_success(b"")


def test_a_negative_count_is_none() -> None:
    """A count below 0 is read as 0."""
    response = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=-1),
    )

    assert Rejection(0, "") == parse_partial_success(response.SerializeToString())


@pytest.mark.parametrize(
    ("varint", "expected"),
    [
        (b"\x83\x80\x80\x00", 3),
        (b"\xff" * 8 + b"\x7f", (1 << 63) - 1),
        (b"\x80" * 9 + b"\x01", 0),
        (b"\xff" * 9 + b"\x7f", 0),
    ],
    ids=["too long", "largest", "smallest", "over 64 bits"],
)
def test_numbers_at_the_limits(varint: bytes, expected: int) -> None:
    """A count is from 0 to 2**63 - 1, however its bytes are written."""
    inner = b"\x08" + varint

    parsed = parse_partial_success(b"\x0a" + bytes([len(inner)]) + inner)

    assert Rejection(expected, "") == parsed


def test_unknown_fields_are_skipped() -> None:
    """Unknown fields of every wire type are skipped."""
    unknown = b"\x18\x07" + b"\x21" + bytes(8) + b"\x2d" + bytes(4) + b"\x32\x01x"
    inner = unknown + b"\x08\x03" + b"\x0a\x00" + b"\x10\x01"

    parsed = parse_partial_success(unknown + b"\x0a" + bytes([len(inner)]) + inner)

    assert Rejection(3, "") == parsed


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"\x0a\x05abc", "a field needs 5 bytes, got 3"),
        (b"\x0a", "a number at byte 1 does not end"),
        (b"\xff" * 11, "a number at byte 0 does not end"),
        (b"{}", "no field has wire type 3"),
        (b"\x0d\x00", "a field needs 4 bytes, got 1"),
    ],
)
def test_invalid_protobuf_is_our_error(body: bytes, complaint: str) -> None:
    """Bytes that are not protobuf raise ResponseError with the numbers."""
    with pytest.raises(ResponseError, match=complaint):
        parse_partial_success(body)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    """Any bytes are a response or an ResponseError."""
    try:
        parsed = parse_partial_success(body)
    except ResponseError:
        return

    assert parsed.number >= 0


def test_a_status_has_a_message() -> None:
    """The message of a google.rpc Status is read, whatever its code."""
    assert Rejection(3, "too much") == parse_rejection(b"\x08\x03\x12\x08too much")


def test_a_message_that_is_not_utf_8_is_read() -> None:
    """Bytes that are not text become U+FFFD."""
    assert Rejection(0, "a\ufffdb") == parse_rejection(b"\x12\x03a\xffb")


def test_parts_of_a_message_are_merged() -> None:
    """A `partial_success` in several parts is read as protobuf reads it."""
    body = b"\x0a\x02\x08\x05" + b"\x0a\x05\x12\x03bad"

    assert Rejection(5, "bad") == parse_partial_success(body)


@pytest.mark.parametrize("field", [b"\x15bad!", b"\x11bad!bad!"])
def test_a_number_of_fixed_size_is_no_message(field: bytes) -> None:
    """A field of another wire type is as unknown as one of another number."""
    inner = b"\x08\x05" + field

    assert Rejection(5, "") == parse_partial_success(
        b"\x0a" + bytes([len(inner)]) + inner
    )


def test_bits_beyond_64_are_cut() -> None:
    """Ten bytes of a varint hold 70 bits, of which protobuf reads 64."""
    assert Rejection((1 << 63) - 1, "") == parse_partial_success(
        b"\x0a\x0b\x08" + b"\xff" * 9 + b"\x60"
    )


def test_the_65th_bit_is_cut() -> None:
    """It is the first that protobuf ignores."""
    varint = b"\x85" + b"\x80" * 8 + b"\x02"

    assert Rejection(5, "") == parse_rejection(b"\x08" + varint)


def test_a_number_has_ten_bytes_at_most() -> None:
    """More than 64 bits require is an error, not a longer number."""
    with pytest.raises(ResponseError, match="^a number at byte 1 does not end$"):
        parse_rejection(b"\x08" + b"\x80" * 10 + b"\x00")
