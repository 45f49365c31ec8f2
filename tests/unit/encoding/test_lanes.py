"""Ids and times side by side give the bytes they give one by one."""

from __future__ import annotations

import random

import pytest

from jaeger_client.encoding.lanes import LANES, Lanes
from jaeger_client.encoding.varint import signed_id, varint, zigzag

NOW = 1_700_000_000_000_000


def expected(number: int) -> bytes:
    """Return the zigzag varint of the signed number that has these bits."""
    return varint(zigzag(signed_id(number)))


def written(ids: list[int], stamps: list[int]) -> list[tuple[bytes, bytes]]:
    """Return what is written of each id and each time."""
    low, high, times = Lanes(b"!").write(ids, stamps)
    pairs = zip(low, high, times, strict=False)
    return [(low + high, time) for low, high, time in pairs][: len(ids)]


@pytest.mark.parametrize("count", [1, 9, 10, 11, LANES - 1, LANES])
def test_every_number_of_spans(count: int) -> None:
    """Few spans, a full set and all between are written alike."""
    numbers = random.Random(count)
    ids = [numbers.getrandbits(64) for _ in range(count)]
    stamps = [NOW + numbers.getrandbits(40) for _ in range(count)]

    assert [
        (expected(number) + b"!", expected(stamp))
        for number, stamp in zip(ids, stamps, strict=True)
    ] == written(ids, stamps)


@pytest.mark.parametrize("bits", range(65))
def test_ids_of_every_length(bits: int) -> None:
    """Short ids take fewer bytes, between long ones, too."""
    ids = [
        (1 << bits) - 1,
        1 << bits - 1 if bits else 0,
        0xAAAAAAAAAAAAAAAA >> 64 - bits,
    ]
    ids += [0xF0F0F0F0F0F0F0F0] * 20

    assert [expected(number) + b"!" for number in ids] == [
        number for number, _ in written(ids, [NOW] * len(ids))
    ]


@pytest.mark.parametrize(
    "stamp",
    [-(2**63), -1, 0, 1, 2**48 - 1, 2**48, 2**55 - 1, 2**55, 2**63 - 1],
)
def test_times_of_every_length(stamp: int) -> None:
    """Times of other centuries take as many bytes as they need."""
    stamps = [NOW] * 10 + [stamp] * 2 + [NOW] * 10

    assert [expected(stamp) for stamp in stamps] == [
        time for _, time in written([1 << 63] * 22, stamps)
    ]


@pytest.mark.parametrize("count", [1, LANES])
@pytest.mark.parametrize("number", [-1, 1 << 64, "1", None, 1.0])
def test_what_is_no_id_is_refused(number: object, count: int) -> None:
    """An id that has not 64 bits, or is no number, raises."""
    ids: list[int] = [7] * (count - 1) + [number]  # type: ignore[list-item]  # what comes

    with pytest.raises(Exception, match=r"id|int|argument|operand|support|number"):
        Lanes(b"!").write(ids, [NOW] * count)
