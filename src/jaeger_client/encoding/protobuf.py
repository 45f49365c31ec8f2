"""
Bytes of protobuf messages: pure functions, value to bytes.

A field begins with a varint of its number and wire type: 0 a varint, 1 eight
bytes little-endian, 2 a length and that many bytes, 5 four bytes.
"""

from __future__ import annotations

import struct
from typing import Final

from jaeger_client.encoding.tables import exact_text
from jaeger_client.encoding.varint import MASK_64, MAX_I64, MIN_I64, varint

VARINT: Final = 0
DELIMITED: Final = 2

_DOUBLE: Final = struct.Struct("<d")


def tag(field: int, wire_type: int) -> bytes:
    """Return what a field begins with."""
    return varint(field << 3 | wire_type)


def text(value: str) -> bytes:
    """Return the length of *value* and its UTF-8."""
    return delimited(exact_text(value))


def delimited(value: bytes) -> bytes:
    """Return the length of *value* and itself."""
    return varint(len(value)) + value


def double(number: float) -> bytes:
    """Return *number* in eight bytes."""
    return _DOUBLE.pack(number)


def int64(number: int) -> bytes:
    """
    Return *number*; a negative one takes ten bytes.

    Raises:
        OverflowError: If 64 signed bits cannot hold it.
    """
    if not MIN_I64 <= number <= MAX_I64:
        msg = f"needs 64 signed bits, got {number.bit_length()} bits"
        raise OverflowError(msg)
    return varint(number & MASK_64)


def text_field(field: int, value: str) -> bytes:
    """Return a whole field of text."""
    return tag(field, DELIMITED) + text(value)


def message_field(field: int, *parts: bytes) -> bytes:
    """Return a whole field that holds the message of these *parts*."""
    size = sum(map(len, parts))
    return b"".join((tag(field, DELIMITED), varint(size), *parts))
