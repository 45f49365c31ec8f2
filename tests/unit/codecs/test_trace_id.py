"""Ids in hexadecimal, single and in `uber-trace-id`."""

from __future__ import annotations

import pytest

from jaeger_client.codecs import (
    header_to_hex,
    span_context_from_string,
    span_context_to_string,
)
from jaeger_client.codecs.trace_id import id_of
from jaeger_client.errors import CorruptContextError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("a", 10), ("A", 10), (" a ", 10), ("f" * 32, 2**128 - 1)),
        *(("0" * 50 + "1", 1), ("0" * 511 + "1", 1)),
    ],
)
def test_header_to_hex(text: str, number: int) -> None:
    """Hexadecimal text of up to 128 bits is converted."""
    assert number == header_to_hex(text)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "g",
        "0xa",
        "1_0",
        "-1",
        "+1",
        "1 0",
        "\u0661",
        "f" * 33,
        "0" * 600,
        None,
        b"a",
        5,
    ],
)
def test_header_to_hex_of_anything_else_is_corrupt(header: object) -> None:
    """Signs, `0x`, `_`, more than 128 bits and other types are malformed."""
    with pytest.raises(CorruptContextError):
        header_to_hex(header)


def test_an_id_has_a_maximum_number_of_bits() -> None:
    """An id with too many bits is corrupt; the error contains the maximum."""
    assert 2**64 - 1 == id_of("f" * 16, bits=64)
    with pytest.raises(CorruptContextError, match="64 bits"):
        id_of("f" * 17, bits=64)


def test_span_context_to_string() -> None:
    """The four numbers are separated by colons."""
    assert "100:7f:0:1" == span_context_to_string(256, 127, None, 1)
    assert "100:7f:5:1" == span_context_to_string(256, 127, 5, 1)


def test_percent_encoded_text_is_not_decoded() -> None:
    """As in 4.8, this function is for text maps."""
    with pytest.raises(
        CorruptContextError,
        match=r"^ids must be {trace}:{span}:{parent}:{flags}, got '1%3A2%3A3%3A1'$",
    ):
        span_context_from_string("1%3A2%3A3%3A1")


def test_the_error_of_another_type_shows_the_value() -> None:
    """The message contains the expected format."""
    with pytest.raises(
        CorruptContextError,
        match=r"^ids must be {trace}:{span}:{parent}:{flags}, got 5$",
    ):
        span_context_from_string(5)


def test_span_context_from_string() -> None:
    """Text and a list of one text are read; parent id 0 is None."""
    assert (256, 127, None, 1) == span_context_from_string("100:7f:0:1")
    assert (256, 127, 5, 1) == span_context_from_string(["100:7f:5:1"])


@pytest.mark.parametrize(
    "value", [None, b"1:2:3:1", ("1:2:3:1",), 5, "", [], ["1:2:3:1", "x"]]
)
def test_span_context_from_anything_else_is_corrupt(value: object) -> None:
    """Other values than text or a list of one text raise an error."""
    with pytest.raises(CorruptContextError):
        span_context_from_string(value)


def test_the_error_of_an_id_describes_the_value() -> None:
    """The message contains what an id must be, and the value."""
    with pytest.raises(
        CorruptContextError,
        match="^an id must be 1 to 32 hexadecimal digits, got 'g'$",
    ):
        header_to_hex("g")
    with pytest.raises(
        CorruptContextError,
        match="^an id must have at most 64 bits, got 0x11111111111111111$",
    ):
        id_of("1" * 17, bits=64)
