"""Values of attributes, of any type."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, IntEnum
from typing import Any, overload

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.otel.values import (
    MAX_DEPTH,
    nested_items,
    nested_value,
    tag_items,
    tag_value,
    text,
)
from tests.foreign.otel_spans import values


class Color(str, Enum):
    """Text of a subclass."""

    RED = "red"


class Size(IntEnum):
    """A number of a subclass."""

    SMALL = 1


class Broken(Sequence[object]):
    """A list whose own code raises."""

    @overload
    def __getitem__(self, index: int) -> object: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[object]: ...
    def __getitem__(self, index: int | slice) -> object:
        raise ZeroDivisionError

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "broken"


class BrokenMap(Mapping[str, object]):
    """A mapping whose own code raises."""

    def __getitem__(self, key: str) -> object:
        raise ZeroDivisionError

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        return "broken map"


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ("ä", "ä"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        (Color.RED, "red"),
        (Size.SMALL, 1),
        (2**63, "9223372036854775808"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (np.float64(0.5), 0.5),
        (np.int64(7), "7"),
        (None, None),
        ([], ()),
        ([1, [None, {"a": b"x"}]], (1, (None, {"a": b"x"}))),
        (
            {1: "\udfff", "b": math.inf},
            {"1": "\N{REPLACEMENT CHARACTER}", "b": "Infinity"},
        ),
        (bytearray(b"ab"), "ab"),
        (Broken(), "broken"),
        (BrokenMap(), "broken map"),
        (ZeroDivisionError("text"), "text"),
    ],
    ids=repr,
)
def test_any_object_becomes_a_value(given_value: Any, expected: Any) -> None:
    """Each has exactly one of the types that the encoders write."""
    converted = nested_value(given_value)

    assert expected == converted
    assert type(expected) is type(converted)


def test_a_list_that_contains_itself_ends() -> None:
    """The inner list is its text."""
    endless: list[object] = [1]
    endless += [endless] * 50

    converted = nested_value(endless)

    assert isinstance(converted, tuple)
    assert "[1, [...]" in str(converted[1])


def test_depth_is_limited() -> None:
    """Lists below the limit become text."""
    deep: object = "end"
    for _ in range(100):
        deep = [deep]

    converted: Any = nested_value(deep)
    for _ in range(MAX_DEPTH):
        (converted,) = converted

    assert converted.startswith("[[[")


def test_keys_become_text() -> None:
    """Any key is accepted."""
    assert [("1", True), ("a", ())] == nested_items({1: True, "a": []})
    assert [] == nested_items(None)


@given(values)
def test_tags_have_json_of_lists(value: Any) -> None:
    """It is JSON of the same value; scalar values keep their types."""
    shown = tag_value(nested_value(value))

    if isinstance(value, (list, dict)):
        assert isinstance(shown, str)
        json.loads(shown)
    else:
        assert ("" if value is None else value) == shown


def test_json_is_that_of_jaeger() -> None:
    """Without blanks, keys in order, bytes in Base64, characters as they are."""
    value = {"b": [1, None, True], "a": b"\xff", "c": "ä"}

    assert [("k", '{"a":"/w==","b":[1,null,true],"c":"ä"}')] == tag_items({"k": value})


@given(st.text())
def test_text_can_be_encoded(value: str) -> None:
    """Any text is one that UTF-8 can encode; most is unchanged."""
    converted = text(value)

    converted.encode()
    assert len(value) >= len(converted)
