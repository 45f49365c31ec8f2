"""JSON from outside, read into values of known types."""

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
    """Neither bytes without end nor bytes without text raise another error."""
    with refused("the document must be JSON, got "):
        READER.decode(body)


@pytest.mark.parametrize("body", [None, 5, {}])
def test_other_objects_are_not_decoded(body: object) -> None:
    """The message names the type that came."""
    with refused(f"the document must be JSON in bytes, got {type(body)!r}"):
        READER.decode(body)


def test_an_object_is_returned_as_it_is() -> None:
    """It is not copied."""
    value = {"a": 1}

    assert value is READER.mapping(value)


@pytest.mark.parametrize("value", [None, [], "{}", 5])
def test_what_is_no_object_is_refused(value: object) -> None:
    """The outermost one is called like the document."""
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
    """Strings and objects are no lists, though they can be iterated."""
    with refused(f"a must be a list, got {value!r}"):
        READER.sequence(value, "a")


def test_a_string_is_returned() -> None:
    """It may be empty."""
    assert ("b", "") == (READER.string("b", "a"), READER.string("", "a"))


@pytest.mark.parametrize("value", [None, 5, ["b"]])
def test_what_is_no_string_is_refused(value: object) -> None:
    """Null is no empty string."""
    with refused(f"a must be a string, got {value!r}"):
        READER.string(value, "a")


@pytest.mark.parametrize("value", [0, 1, 0.5, 1.0])
def test_a_number_in_its_range_is_returned(value: float) -> None:
    """Both ends belong to the range, and an int stays an int."""
    assert repr(value) == repr(READER.number(value, "a", "from 0 to 1", 0, 1))


@pytest.mark.parametrize("value", [-0.1, 1.1, 2, "0.5", None, True, [], float("nan")])
def test_what_is_no_number_of_the_range_is_refused(value: object) -> None:
    """The message describes the range; a boolean is no number."""
    with refused(f"a must be a number from 0 to 1, got {value!r}"):
        READER.number(value, "a", "from 0 to 1", 0, 1)


@pytest.mark.parametrize("value", [10**400, -(10**5000), float("inf")], ids=type)
def test_numbers_that_fit_no_float_are_refused(value: object) -> None:
    """Without a range as well: the integers of JSON have no limit."""
    with refused("a must be a number, got "):
        READER.number(value, "a")


def test_the_largest_number_is_that_of_a_float() -> None:
    """It can be returned, as can its negative."""
    assert sys.float_info.max == READER.number(MAX_NUMBER, "a")
    assert -sys.float_info.max == READER.number(-MAX_NUMBER, "a")


def test_messages_are_short() -> None:
    """A huge value leaves no huge line in the log."""
    with pytest.raises(CreditsError) as raised:
        READER.string(["X" * 10**6] * 100, "a")

    assert len(str(raised.value)) < 300
