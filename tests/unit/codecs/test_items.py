"""Values of items in headers, and the limits of baggage."""

from __future__ import annotations

import math
from collections import UserDict

import pytest

from jaeger_client.codecs.items import BaggageLimits
from tests.codec_implementations import Functions

LIMITS = BaggageLimits(max_items=2, max_value_length=4)


class Text(str):
    """A subclass of str."""

    __slots__ = ()


def test_values_are_decoded(functions: Functions) -> None:
    """Text, bytes and a list of one of them are decoded; numbers are unchanged."""
    for value in ("a", Text("a"), b"a", ["a"]):
        assert "A" == functions["header_value"](value, str.upper, LIMITS)
    for number in (5, 2.5, True):
        assert number is functions["header_value"](number, str.upper, LIMITS)


@pytest.mark.parametrize("value", [None, [], ["a", "b"], object(), 1 << 64])
def test_other_values_are_none(functions: Functions, value: object) -> None:
    """They cannot be carried."""
    assert functions["header_value"](value, str.upper, LIMITS) is None


def test_huge_values_are_not_decoded(functions: Functions) -> None:
    """A value that is too long whatever it decodes to is `None`."""
    longest = "x" * 65_536 * 12

    assert longest == functions["header_value"](longest, str, LIMITS)
    assert functions["header_value"](f"{longest}x", str, LIMITS) is None


def test_items_over_the_limits_are_counted(functions: Functions) -> None:
    """Of the others, the last item of a key is used."""
    items = [("a", "1"), ("b", None), ("c", "12345"), ("a", "€1"), ("d", 5), ("e", "")]

    assert ({"a": "€1", "d": 5}, 3) == functions["bounded"](items, LIMITS, True)


@pytest.mark.parametrize("value", ["x" * 60_000, b"x" * 60_000, "é" * 60_000])
def test_only_incoming_baggage_is_limited_as_a_whole(
    functions: Functions, value: object
) -> None:
    """The limit is 65,536 characters of keys and values."""
    limits = BaggageLimits(max_value_length=30_000)
    small = BaggageLimits(max_value_length=120_000)
    items = [("a" * 5_000, value), ("b", "x" * 536), ("c", "")]

    assert (["b", "c"], 1) == sizes(functions["bounded"](items, limits, True))
    assert 3 == len(functions["bounded"](items, small, False)[0])


def sizes(result: tuple[dict[str, str], int]) -> tuple[list[str], int]:
    """Return the keys of what is carried, and the number of dropped items."""
    return [*result[0]], result[1]


@pytest.mark.parametrize(
    "limits",
    [
        BaggageLimits(10**30, 10**30),
        BaggageLimits(math.inf, math.inf),  # type: ignore[arg-type]  # not whole numbers
    ],
)
def test_limits_may_be_huge(functions: Functions, limits: BaggageLimits) -> None:
    """Numbers of any size and infinity are limits."""
    items = [("a", "x" * 1_000_000)]

    for incoming in (True, False):
        assert (dict(items), 0) == functions["bounded"](items, limits, incoming)
    assert functions["can_be_sent"](dict(items), {"a"}, limits)


@pytest.mark.parametrize("limits", [BaggageLimits(-1, -1), BaggageLimits(1, -1)])
def test_limits_may_be_negative(functions: Functions, limits: BaggageLimits) -> None:
    """Nothing is carried."""
    assert ({}, 1) == functions["bounded"]([("a", "")], limits, True)
    assert not functions["can_be_sent"]({"a": ""}, {"a"}, limits)


@pytest.mark.parametrize(
    ("baggage", "expected"),
    [
        ({}, True),
        ({"a": "1", "b": ""}, True),
        (UserDict({"a": "1"}), True),
        ({"a": "12"}, False),
        ({"a": "1", "b": "", "c": ""}, False),
        ({"d": "1"}, False),
        ({Text("a"): "1"}, False),
        ({"a": Text("1")}, False),
        ({"a": b"1"}, False),
        ({"a": None}, False),
    ],
)
def test_can_be_sent(functions: Functions, baggage: object, expected: object) -> None:
    """Known keys with short plain texts need no further checks."""
    assert expected is functions["can_be_sent"](baggage, {"a", "b", "c"}, LIMITS)


def test_a_character_may_have_four_bytes(functions: Functions) -> None:
    """A text is short if even four bytes for each character are within the limit."""
    for limit, expected in ((8, True), (7, False)):
        limits = BaggageLimits(max_value_length=limit)
        assert expected is functions["can_be_sent"]({"a": "12"}, {"a"}, limits)
