"""What becomes of a value that is set as a tag."""

from __future__ import annotations

import pytest

from jaeger_client.tag_values import to_seconds, to_tag_value, to_text
from tests.unit.spans import Anything, Hostile, HostileText


class Limits:
    """Lengths as short as a test needs."""

    max_tag_value_length = 5
    max_traceback_length = 7


class MuteError(Exception):
    """An error whose text cannot be had."""

    def __str__(self) -> str:
        raise self


class Mute:
    """A value whose text cannot be had, nor that of the error."""

    def __str__(self) -> str:
        raise MuteError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ("long text", "long "),
        (True, True),
        (2**70, 2**70),
        (1.5, 1.5),
        (None, "None"),
        (b"binary", b"binar"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        ([1, 2, 3], "[1, 2"),
        (ValueError("wrong"), "wrong"),
        (ValueError, "<clas"),
        (Hostile(), "touch"),
    ],
)
def test_to_tag_value(value: object, expected: object) -> None:
    """A value is kept as text, number, truth value or bytes; all else becomes text."""
    kept = to_tag_value(value, Limits())

    assert (type(expected), expected) == (type(kept), kept)


def test_text_that_raises() -> None:
    """Text of a type whose own methods raise is kept as plain text."""
    kept = to_tag_value(HostileText("text"), Limits())

    assert (str, "text") == (type(kept), kept)


def test_mute_value() -> None:
    """A value whose error has no text either is recorded as the error's type."""
    limits = Limits()
    limits.max_tag_value_length = 100

    assert "MuteError" == to_tag_value(Mute(), limits)


def test_class_that_lies() -> None:
    """A lazy object whose `__class__` raises is recorded as the error's text."""

    class Lazy:
        @property  # type: ignore[misc]  # as lazy proxies do
        def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]  # as lazy proxies do
            msg = "no db"
            raise RuntimeError(msg)

    assert "no db" == to_tag_value(Lazy(), Limits())


@pytest.mark.parametrize("value", [0, -1.5, 1_700_000_000, "12.5", True])
def test_to_seconds(value: Anything) -> None:
    """What Python reads as a number is a time."""
    assert float(value) == to_seconds(value)


@pytest.mark.parametrize(
    "value",
    [None, "noon", float("nan"), float("inf"), 1e13, -1e13, 10**400, Hostile()],
)
def test_no_seconds(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no number, or does not fit 64 bits of µs, is now."""
    monkeypatch.setattr("time.time", lambda: 42.0)

    assert 42.0 == to_seconds(value)


def test_to_text() -> None:
    """Anything has a text, if only the name of its type."""
    assert ["text", "5", "Hostile"] == [
        to_text(thing) for thing in (HostileText("text"), 5, Hostile())
    ]
