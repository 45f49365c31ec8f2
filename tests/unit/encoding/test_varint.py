"""Variable-length integers, byte for byte."""

from __future__ import annotations

import pytest

from jaeger_client.encoding.thrift_compact import i64_id
from jaeger_client.encoding.varint import signed_id, varint, zigzag


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
    """Seven bits a byte, lowest first, the eighth bit set on all but the last."""
    assert expected == varint(number).hex()


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, 0), (-1, 1), (1, 2), (-2, 3), (2**63 - 1, 2**64 - 2), (-(2**63), 2**64 - 1)],
)
def test_zigzag(number: int, expected: int) -> None:
    """Small numbers stay small, whatever their sign."""
    assert expected == zigzag(number)


def test_ids_of_every_length() -> None:
    """The arithmetic for ids gives the same bytes as the plain way, at each length."""
    for bits in range(66):
        for number in (2**bits - 1, 2**bits, 2**bits + 1, 0xAAAAAAAAAAAAAAAA >> bits):
            assert varint(zigzag(signed_id(number))) == i64_id(number)
