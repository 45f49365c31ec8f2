"""Variable-length integers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jaeger_client.encoding.varint import clamped_i64, write_varint, write_zigzag


def written(write: Callable[[bytearray, int], None], number: int) -> str:
    """Return what is appended for *number*, in hex."""
    out = bytearray()
    write(out, number)
    return out.hex()


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
    assert expected == written(write_varint, number)


@pytest.mark.parametrize(
    ("number", "unsigned"),
    [(0, 0), (-1, 1), (1, 2), (-2, 3), (2**63 - 1, 2**64 - 2), (-(2**63), 2**64 - 1)],
)
def test_zigzag(number: int, unsigned: int) -> None:
    """Small numbers stay small, whatever their sign."""
    assert written(write_varint, unsigned) == written(write_zigzag, number)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (7, 7),
        (2**63 - 1, 2**63 - 1),
        (2**63, 2**63 - 1),
        (-(2**63), -(2**63)),
        (-(2**63) - 1, -(2**63)),
    ],
)
def test_clamped(number: int, expected: int) -> None:
    """A number beyond 64 signed bits becomes the nearest one."""
    assert expected == clamped_i64(number)
