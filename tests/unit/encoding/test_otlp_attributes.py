"""OTLP attributes, byte for byte."""

from __future__ import annotations

import pytest

from jaeger_client.encoding.otlp_attributes import (
    write_attribute,
    write_nested_attribute,
)

TAG = 0x4A
MINUS_1 = b"\xff" * 9 + b"\x01"


def attribute(key: str, value: object) -> bytes:
    """Return an attribute as field 9 of a span."""
    out = bytearray()
    write_attribute(out, TAG, key, value)
    return bytes(out)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ab", b"\x4a\x09\x0a\x01k\x12\x04\x0a\x02ab"),
        (True, b"\x4a\x07\x0a\x01k\x12\x02\x10\x01"),
        (False, b"\x4a\x07\x0a\x01k\x12\x02\x10\x00"),
        (300, b"\x4a\x08\x0a\x01k\x12\x03\x18\xac\x02"),
        (1.0, b"\x4a\x0e\x0a\x01k\x12\x09\x21\0\0\0\0\0\0\xf0\x3f"),
        (b"\xff", b"\x4a\x08\x0a\x01k\x12\x03\x3a\x01\xff"),
    ],
)
def test_an_attribute_of_each_type(value: object, expected: bytes) -> None:
    """A value is written as the field of `AnyValue` for its type."""
    assert expected == attribute("k", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ab", b"\x4a\x09\x0a\x01k\x12\x04\x0a\x02ab"),
        (None, b"\x4a\x05\x0a\x01k\x12\x00"),
        ((), b"\x4a\x07\x0a\x01k\x12\x02\x2a\x00"),
        (
            (None, -1),
            b"\x4a\x16\x0a\x01k\x12\x11\x2a\x0f\x0a\x00\x0a\x0b\x18" + MINUS_1,
        ),
        (
            {"a": True},
            b"\x4a\x10\x0a\x01k\x12\x0b\x32\x09\x0a\x07\x0a\x01a\x12\x02\x10\x01",
        ),
        (
            (b"\xff", (1.0,)),
            (
                b"\x4a\x1b\x0a\x01k\x12\x16\x2a\x14\x0a\x03\x3a\x01\xff"
                b"\x0a\x0d\x2a\x0b\x0a\x09\x21\0\0\0\0\0\0\xf0\x3f"
            ),
        ),
    ],
)
def test_a_nested_attribute(value: object, expected: bytes) -> None:
    """A tuple is an `ArrayValue`, a dict a `KeyValueList`, `None` no value."""
    out = bytearray()
    write_nested_attribute(out, TAG, "k", value)

    assert expected == out


@pytest.mark.parametrize("size", range(115, 130))
def test_texts_around_one_byte_of_size(size: int) -> None:
    """A size of 128 or more takes two bytes, at each level."""
    text = "x" * size
    encoded = attribute("k", text)

    assert encoded.endswith(text.encode())
    whole = encoded[1] if encoded[1] < 128 else encoded[1] % 128 + 128 * encoded[2]
    assert len(encoded) == whole + (2 if encoded[1] < 128 else 3)


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("k", 1 << 63, OverflowError),
        ("k", -(1 << 63) - 1, OverflowError),
        ("k", None, KeyError),
        ("k", "\ud800", UnicodeEncodeError),
        (5, "v", TypeError),
    ],
)
def test_what_has_no_encoding_raises(
    key: str, value: object, error: type[Exception]
) -> None:
    """Keys, types, integers and texts that OTLP cannot represent raise."""
    with pytest.raises(error):
        attribute(key, value)
