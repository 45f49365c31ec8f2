"""Variable-length integers, one by one and many at once."""

from __future__ import annotations

import random

import pytest

from jaeger_client.encoding.varint import LANES, Lanes, varint, zigzag, zigzag_id

NOW = 1_700_000_000_000_000


def expected_varint(number: int) -> bytes:
    """Return the zigzag varint of the signed number that has these bits."""
    return varint(zigzag((number + 2**63) % 2**64 - 2**63))


def written(ids: list[int], stamps: list[int]) -> list[tuple[bytes, bytes]]:
    """Return what is written of each id and each time."""
    low, high, times = Lanes(b"!").encode(ids, stamps)
    pairs = zip(low, high, times, strict=False)
    return [(low + high, time) for low, high, time in pairs][: len(ids)]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8001"),
        (300, "ac02"),
        (16_383, "ff7f"),
        (16_384, "808001"),
        (2**28 - 1, "ffffff7f"),
        (2**28, "8080808001"),
        (2**63, "80808080808080808001"),
        (2**64 - 1, "ffffffffffffffffff01"),
    ],
)
def test_varint(number: int, expected: str) -> None:
    """Seven bits a byte, lowest first; the eighth bit is set on all but the last."""
    assert expected == varint(number).hex()


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, 0), (-1, 1), (1, 2), (-2, 3), (2**63 - 1, 2**64 - 2), (-(2**63), 2**64 - 1)],
)
def test_zigzag(number: int, expected: int) -> None:
    """Small numbers stay small, whatever their sign."""
    assert expected == zigzag(number)


def test_ids_of_every_length() -> None:
    """The arithmetic for ids gives the same bytes as a loop, at each length."""
    for bits in range(66):
        for number in (2**bits - 1, 2**bits, 2**bits + 1, 0xAAAAAAAAAAAAAAAA >> bits):
            assert expected_varint(number) == zigzag_id(number)


@pytest.mark.parametrize("count", [1, 9, 10, 11, LANES - 1, LANES])
def test_lanes_of_every_number_of_spans(count: int) -> None:
    """Any number of spans gives the same bytes as one by one."""
    numbers = random.Random(count)
    ids = [numbers.getrandbits(64) for _ in range(count)]
    stamps = [NOW + numbers.getrandbits(40) for _ in range(count)]

    assert [
        (expected_varint(number) + b"!", expected_varint(stamp))
        for number, stamp in zip(ids, stamps, strict=True)
    ] == written(ids, stamps)


@pytest.mark.parametrize("bits", range(65))
def test_ids_of_every_length_in_lanes(bits: int) -> None:
    """Short ids take fewer bytes, also between long ones."""
    ids = [
        (1 << bits) - 1,
        1 << bits - 1 if bits else 0,
        0xAAAAAAAAAAAAAAAA >> 64 - bits,
    ]
    ids += [0xF0F0F0F0F0F0F0F0] * 20

    assert [expected_varint(number) + b"!" for number in ids] == [
        number for number, _ in written(ids, [NOW] * len(ids))
    ]


@pytest.mark.parametrize(
    "stamp", [-(2**63), -1, 0, 1, 2**48 - 1, 2**48, 2**55 - 1, 2**55, 2**63 - 1]
)
def test_times_of_every_length_in_lanes(stamp: int) -> None:
    """Times of other centuries take as many bytes as they need."""
    stamps = [NOW] * 10 + [stamp] * 2 + [NOW] * 10

    assert [expected_varint(stamp) for stamp in stamps] == [
        time for _, time in written([1 << 63] * 22, stamps)
    ]


@pytest.mark.parametrize("count", [1, LANES])
@pytest.mark.parametrize("number", [-1, 1 << 64, "1", None, 1.0])
def test_what_is_no_id_is_refused(number: object, count: int) -> None:
    """An id of more than 64 bits, or one that is not a number, raises."""
    ids: list[int] = [7] * (count - 1) + [number]  # type: ignore[list-item]  # what comes

    with pytest.raises(Exception, match=r"id|int|argument|operand|support|number"):
        Lanes(b"!").encode(ids, [NOW] * count)
