"""
Variable-length integers of the Thrift compact protocol and of protobuf.

A varint has seven bits in each byte, the lowest first; the eighth bit is set on all
bytes but the last. 300 is `ac 02`. Thrift first maps signed numbers to unsigned ones by
zigzag: 0, -1, 1, -2 become 0, 1, 2, 3, so that small negative numbers stay short.
Sources: thrift-compact-protocol.md of Apache Thrift, encoding.md of
protocolbuffers.github.io.
"""

from __future__ import annotations

from typing import Final

SINGLE_BYTES: Final = tuple([bytes((octet,)) for octet in range(256)])
"""Each byte by its value. The first 128 are whole varints; the others begin one."""

MIN_TWO_BYTES: Final = 1 << 7
"""The smallest number whose varint has two bytes; also the bit: more bytes follow."""

_LOW_BITS: Final = MIN_TWO_BYTES - 1

MIN_I64: Final = -(1 << 63)
MAX_I64: Final = (1 << 63) - 1
MASK_32: Final = (1 << 32) - 1
MASK_64: Final = (1 << 64) - 1
MASK_128: Final = (1 << 128) - 1


def write_varint(out: bytearray, number: int) -> None:
    """Append the varint of *number*, which is not negative."""
    while number >= MIN_TWO_BYTES:
        out.append(number & _LOW_BITS | MIN_TWO_BYTES)
        number >>= 7
    out.append(number)


def varint(number: int) -> bytes:
    """Return the varint of *number*, which is not negative."""
    out = bytearray()
    write_varint(out, number)
    return bytes(out)


def delimited(value: bytes) -> bytes:
    """Return the size of *value* and *value*, as text and bytes are written."""
    return varint(len(value)) + value


def zigzag(number: int) -> int:
    """Return the unsigned number to which zigzag maps *number*."""
    return number << 1 if number >= 0 else ~(number << 1)


def unsigned_zigzag(number: int, bits: int) -> int:
    """Return the zigzag of the signed number that has the lowest *bits* of *number*."""
    number &= (1 << bits) - 1
    # If the highest bit is set, it is a negative number n, whose zigzag is -2n - 1.
    return number << 1 if number >> bits - 1 == 0 else ((1 << bits) - number << 1) - 1


def clamped_i64(number: int) -> int:
    """Return *number*, or the nearest one that 64 signed bits can hold."""
    return max(MIN_I64, min(number, MAX_I64))
