"""Reading JSON into values of known types."""

from __future__ import annotations

import re
import sys

import pytest

from jaeger_client._internal.json_reader import MAX_NUMBER, JsonReader
from jaeger_client.errors import CreditsError, ResponseError

READER = JsonReader("the document", CreditsError)


def refused(message: str) -> pytest.RaisesExc[ResponseError]:
    """Expect the reader's error with this message."""
    return pytest.raises(CreditsError, match=f"^{re.escape(message)}")


@pytest.mark.parametrize("body", [b'{"a": 1}', bytearray(b'{"a": 1}'), '{"a": 1}'])
def test_json_is_decoded_from_bytes_or_text(body: object) -> None:
    """A document may be bytes, a bytearray or text."""
    assert {"a": 1} == READER.decode(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<html>", b"\xff\xfe\xfa", b"[" * 200_000, b"9" * 5000],
    ids=["empty", "cut", "html", "no-text", "nested", "digits"],
)
def test_bytes_that_are_not_json_are_refused(body: object) -> None:
    """Incomplete JSON and bytes that are not text raise the reader's error."""
    with refused("the document must be JSON, got "):
        READER.decode(body)


@pytest.mark.parametrize("body", [None, 5, {}])
def test_other_objects_are_not_decoded(body: object) -> None:
    """A body that is neither bytes nor text is an error that names its type."""
    with refused(f"the document must be JSON in bytes, got {type(body)!r}"):
        READER.decode(body)


def test_an_object_is_returned_as_it_is() -> None:
    """An object is returned without a copy."""
    value = {"a": 1}

    assert value is READER.mapping(value)


@pytest.mark.parametrize("value", [None, [], "{}", 5])
def test_what_is_no_object_is_refused(value: object) -> None:
    """An error about the outermost value names the document."""
    with refused(f"the document must be an object, got {value!r}"):
        READER.mapping(value)
    with refused(f"a.b must be an object, got {value!r}"):
        READER.mapping(value, "a.b")


@pytest.mark.parametrize(("value", "expected"), [([1], [1]), ((), ()), (None, ())])
def test_null_is_an_empty_list(value: object, expected: object) -> None:
    """Servers in Go write an empty list as null."""
    assert expected == READER.sequence(value, "a")


@pytest.mark.parametrize("value", [{}, "ab", 0, False])
def test_what_is_no_list_is_refused(value: object) -> None:
    """Strings and objects are not lists, though they are iterable."""
    with refused(f"a must be a list, got {value!r}"):
        READER.sequence(value, "a")


def test_a_string_is_returned() -> None:
    """A string may be empty."""
    assert ("b", "") == (READER.string("b", "a"), READER.string("", "a"))


@pytest.mark.parametrize("value", [None, 5, ["b"]])
def test_what_is_no_string_is_refused(value: object) -> None:
    """`null` is not an empty string."""
    with refused(f"a must be a string, got {value!r}"):
        READER.string(value, "a")


@pytest.mark.parametrize("value", [0, 1, 0.5, 1.0])
def test_a_number_in_its_range_is_returned(value: float) -> None:
    """The range includes both ends, and an int stays an int."""
    assert repr(value) == repr(READER.number(value, "a", "from 0 to 1", 0, 1))


@pytest.mark.parametrize("value", [-0.1, 1.1, 2, "0.5", None, True, [], float("nan")])
def test_what_is_no_number_of_the_range_is_refused(value: object) -> None:
    """The message describes the range; a boolean is not a number."""
    with refused(f"a must be a number from 0 to 1, got {value!r}"):
        READER.number(value, "a", "from 0 to 1", 0, 1)


@pytest.mark.parametrize("value", [10**400, -(10**5000), float("inf")], ids=type)
def test_numbers_that_fit_no_float_are_refused(value: object) -> None:
    """A number that fits no float is an error, without a range, too."""
    with refused("a must be a number, got "):
        READER.number(value, "a")


def test_the_largest_number_is_that_of_a_float() -> None:
    """The largest float and its negative are accepted."""
    assert sys.float_info.max == READER.number(MAX_NUMBER, "a")
    assert -sys.float_info.max == READER.number(-MAX_NUMBER, "a")


def test_messages_are_short() -> None:
    """The message quotes a huge value cut."""
    with pytest.raises(CreditsError) as raised:
        READER.string(["X" * 10**6] * 100, "a")

    assert len(str(raised.value)) < 300
