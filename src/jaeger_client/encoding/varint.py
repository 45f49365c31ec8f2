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

MIN_TWO_BYTES: Final = 1 << 7
"""The smallest number whose varint has two bytes."""

MIN_I64: Final = -(1 << 63)
MAX_I64: Final = (1 << 63) - 1
MASK_32: Final = (1 << 32) - 1
MASK_64: Final = (1 << 64) - 1
MASK_128: Final = (1 << 128) - 1


def write_varint(out: bytearray, number: int) -> None:
    """Append the varint of *number*, which is not negative."""
    while number > 0x7F:  # noqa: PLR2004 - a name would be looked up for each byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def write_zigzag(out: bytearray, number: int) -> None:
    """Append the zigzag varint of *number*."""
    write_varint(out, number << 1 if number >= 0 else ~(number << 1))


def clamped_i64(number: int) -> int:
    """Return *number*, or the nearest one that 64 signed bits can hold."""
    if MIN_I64 <= number <= MAX_I64:
        return number
    return MAX_I64 if number > 0 else MIN_I64
