"""
Variable-length integers of the Thrift compact protocol and of protobuf.

A varint has seven bits in each byte, the lowest first; the eighth bit is set on all
bytes but the last. Thrift maps signed numbers to unsigned ones by zigzag first: 0, -1,
1, -2 become 0, 1, 2, 3.

Ids and times are what makes a span expensive: a random id takes nine or ten bytes. The
functions here spread the bits of a number over its bytes by arithmetic on the whole
number, seven at a time. `Lanes` does so with 64 ids and 64 times in one wide integer,
because Python needs little longer for an operation on 1,024 bytes than for one on
eight: an id and a time together take 0.18 µs instead of 1.4 µs.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, TypeAlias

ONES: Final = tuple([bytes((octet,)) for octet in range(256)])
"""All bytes; the first 128 are varints, each of the others begins a longer one."""

ONE_BYTE: Final = 1 << 7
"""The smallest number that takes more than one byte."""

_TWO_BYTES: Final = 1 << 14
_LOW: Final = ONE_BYTE - 1

MIN_I64: Final = -(1 << 63)
MAX_I64: Final = (1 << 63) - 1
MASK_32: Final = (1 << 32) - 1
MASK_64: Final = (1 << 64) - 1
MASK_128: Final = (1 << 128) - 1

LANES: Final = 64
"""Maximum number of spans whose ids and times are encoded at once."""

_MIN_LANES: Final = 10
"""Minimum number of spans for which that is faster than one by one."""

_FIRST_TIME: Final = 1 << 48
_END_OF_TIMES: Final = 1 << 55
"""Times in microseconds between these two, 1978 and 3111, take eight bytes each."""

Columns: TypeAlias = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]]
"""
By span: the first bytes of the id; its last bytes, with what follows them; the time.

The columns may be longer than the number of spans.
"""


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


def delimited(value: bytes) -> bytes:
    """Return *value* after its size, as both protocols write text and bytes."""
    return varint(len(value)) + value


def zigzag(number: int) -> int:
    """Return a signed *number* as an unsigned one."""
    return number << 1 if number >= 0 else ~(number << 1)


def clamped_i64(number: int) -> int:
    """Return *number*, or the nearest that 64 signed bits can hold."""
    return max(MIN_I64, min(number, MAX_I64))


def zigzag_varint(number: int) -> bytes:
    """Return the bytes of a signed *number*, clamped to 64 bits."""
    return varint(zigzag(clamped_i64(number)))


def zigzag_id(number: int) -> bytes:
    """Return the bytes of the low 64 bits of an id, read as a signed number."""
    bits = number & MASK_64
    bits = bits << 1 if bits <= MAX_I64 else ((MASK_64 - bits) << 1) + 1
    if bits >> 56 == 0:
        return varint(bits)
    # The low 56 bits become eight bytes of seven bits each; see Lanes.
    low = bits & 0x0FFFFFFF | (bits & 0x00FFFFFFF0000000) << 4
    low = low & 0x00003FFF00003FFF | (low & 0x0FFFC0000FFFC000) << 2
    low = low & 0x007F007F007F007F | (low & 0x3F803F803F803F80) << 1
    eight, top = (low | 0x8080808080808080).to_bytes(8, "little"), bits >> 56
    return b"".join((eight, ONES[top], b"\x01" if top & 0x80 else b""))


def _in_all_lanes(pattern: int) -> int:
    return int.from_bytes(pattern.to_bytes(8, "little") * 2 * LANES, "little")


class Lanes:
    """
    Encodes the ids and times of up to `LANES` spans at once, as zigzag varints.

    A lane of 64 bits holds one number; the ids are in the first half, the times in the
    second. *following* is put behind each id.
    """

    def __init__(self, following: bytes) -> None:
        self._following = following
        # The highest eight bits of an id are one byte. If its own highest bit is set,
        # another byte follows, which holds the 64th bit.
        self._last_bytes = [
            bytes((top, 1) if top & 0x80 else (top,)) + following for top in range(256)
        ]
        self._ones = _in_all_lanes(1)
        self._all_but_sign = _in_all_lanes(MAX_I64)
        # Halves each group of bits and moves the upper half: 56 bits become two groups
        # of 28, four of 14, eight of 7.
        self._steps = (
            (_in_all_lanes(0x000000000FFFFFFF), _in_all_lanes(0x00FFFFFFF0000000), 4),
            (_in_all_lanes(0x00003FFF00003FFF), _in_all_lanes(0x0FFFC0000FFFC000), 2),
            (_in_all_lanes(0x007F007F007F007F), _in_all_lanes(0x3F803F803F803F80), 1),
        )
        more = b"\x80" * 8 * LANES + b"\x80\x80\x80\x80\x80\x80\x80\x00" * LANES
        self._more = int.from_bytes(more, "little")
        self._ids = (1 << 64 * LANES) - 1
        self._pack = struct.Struct(f"<{2 * LANES}Q").pack
        self._unpack = struct.Struct("8s" * 2 * LANES).unpack

    def encode(self, ids: list[int], times: list[int]) -> Columns:
        """
        Return the bytes of as many *ids* as *times*, up to `LANES`.

        Raises:
            Exception: If an id has more than 64 bits or is not a number.
        """
        if (
            len(ids) < _MIN_LANES
            or min(times) < _FIRST_TIME
            or max(times) >= _END_OF_TIMES
        ):
            return self._encode_singly(ids, times)
        padding = [0] * (LANES - len(ids))
        packed = self._pack(*ids, *padding, *times, *padding)
        bits = int.from_bytes(packed, "little")
        # The zigzag of the signed numbers that have these bits.
        signs = bits >> 63 & self._ones
        bits = (bits & self._all_but_sign) << 1 ^ (signs << 64) - signs
        tops = (bits & self._ids).to_bytes(8 * LANES, "little")[7 : 8 * len(ids) : 8]
        for lower, upper, shift in self._steps:
            bits = bits & lower | (bits & upper) << shift
        eights = self._unpack((bits | self._more).to_bytes(16 * LANES, "little"))
        last = [self._last_bytes[top] for top in tops]
        first = list(eights[:LANES])
        # An id whose highest bits are 0, one in 256, takes fewer bytes.
        for index in [index for index, top in enumerate(tops) if not top]:
            first[index], last[index] = zigzag_id(ids[index]), self._following
        return first, last, eights[LANES:]

    def _encode_singly(self, ids: list[int], times: list[int]) -> Columns:
        if min(ids) < 0 or max(ids) > MASK_64:
            msg = "needs ids of 64 bits"
            raise OverflowError(msg)
        return (
            [zigzag_id(number) for number in ids],
            [self._following] * len(ids),
            [zigzag_varint(time) for time in times],
        )
