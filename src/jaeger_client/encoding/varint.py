"""
Variable-length integers, as the compact protocol and protobuf both write them.

Seven bits a byte, lowest first, the eighth bit set on all but the last.
"""

from __future__ import annotations

from typing import Final

ONES: Final = tuple([bytes((octet,)) for octet in range(256)])
"""Each byte by itself: the first 128 are varints, the others begin one."""

ONE_BYTE: Final = 1 << 7
"""The first number that takes more than one byte."""

_TWO_BYTES: Final = 1 << 14
_LOW: Final = ONE_BYTE - 1

MIN_I64: Final = -(1 << 63)
MAX_I64: Final = (1 << 63) - 1
MASK_64: Final = (1 << 64) - 1
MASK_128: Final = (1 << 128) - 1


def varint(number: int) -> bytes:
    """Return the bytes of *number*, which is not negative."""
    if number < ONE_BYTE:
        return ONES[number]
    if number < _TWO_BYTES:
        return bytes((number & _LOW | ONE_BYTE, number >> 7))
    octets: list[int] = []
    while number >= ONE_BYTE:
        octets.append(number & _LOW | ONE_BYTE)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def zigzag(number: int) -> int:
    """Return *number*, a signed one, as an unsigned one: 0, -1, 1, -2 give 0 to 3."""
    return number << 1 if number >= 0 else ~(number << 1)


def signed_id(number: int) -> int:
    """Return the low 64 bits of *number* as the signed number that Thrift writes."""
    number &= MASK_64
    return number if number <= MAX_I64 else number - (1 << 64)


def clamped_i64(number: int) -> int:
    """Return *number*, or the nearest that 64 signed bits can hold."""
    return max(MIN_I64, min(number, MAX_I64))
