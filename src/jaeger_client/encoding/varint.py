"""
Variable-length integers, as the compact protocol and protobuf both write them.

Seven bits a byte, lowest first, the eighth bit set on all but the last. Two
tables give the bytes of 14 bits at once: a random 64-bit id takes five
look-ups, a length one.
"""

from __future__ import annotations

from typing import Final

_ONES: Final = tuple(bytes((octet,)) for octet in range(256))
_CONTINUED: Final = _ONES[128:]

LOW_BITS: Final = 0x3FFF
"""Mask of the 14 bits that one look-up in `MORE` or `LAST` writes."""

MORE: Final = tuple([low + high for high in _CONTINUED for low in _CONTINUED])
"""Two bytes for 14 bits that more bytes follow."""

LAST: Final = (
    *_ONES[:128],
    *[low + high for high in _ONES[1:128] for low in _CONTINUED],
)
"""One or two bytes for the highest 14 bits, or for a number below 16,384."""

MIN_I64: Final = -(1 << 63)
MAX_I64: Final = (1 << 63) - 1
MASK_64: Final = (1 << 64) - 1


def varint(number: int) -> bytes:
    """Return the bytes of *number*, which is not negative."""
    if number <= LOW_BITS:
        return LAST[number]
    pieces: list[bytes] = []
    while number > LOW_BITS:
        pieces.append(MORE[number & LOW_BITS])
        number >>= 14
    pieces.append(LAST[number])
    return b"".join(pieces)


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
