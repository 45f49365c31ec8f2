"""Readers of single values."""

from __future__ import annotations

import math
import socket
import sys
import threading

import pytest

from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS
from jaeger_client.config import values


@pytest.mark.parametrize("word", [True, 1, "true", "True", "1", "yes", "on", " Y "])
def test_true_may_be_any_usual_word(word: object) -> None:
    """A boolean may be true, yes, on, 1 and the like."""
    assert values.boolean(word)


@pytest.mark.parametrize("word", [False, 0, "false", "FALSE", "0", "no", "off", "n"])
def test_false_may_be_any_usual_word(word: object) -> None:
    """A boolean may be false, no, off, 0 and the like."""
    assert not values.boolean(word)


@pytest.mark.parametrize("raw", ["maybe", 2, None, [], ""])
def test_any_other_word_is_not_a_boolean(raw: object) -> None:
    """A misspelt word is an error and does not select the default."""
    with pytest.raises(ValueError, match="must be true or false"):
        values.boolean(raw)


@pytest.mark.parametrize(("raw", "number"), [(6831, 6831), ("6831", 6831), (80.0, 80)])
def test_a_port_may_be_text(raw: object, number: int) -> None:
    """`'6831'` is a port, as in the documentation of 4.8."""
    assert number == values.port(raw)


@pytest.mark.parametrize(
    "raw", ["x", 0, 65536, -1, 1.5, True, None, "", "1e400", "nan"]
)
def test_an_invalid_port_is_an_error_that_names_the_range(raw: object) -> None:
    """Text, fractions, booleans and numbers out of range are rejected."""
    with pytest.raises(ValueError, match="must be a whole number from 1 to 65535"):
        values.port(raw)


def test_a_whole_number_without_a_maximum_names_the_minimum_only() -> None:
    """Without a maximum, the message has the minimum only."""
    with pytest.raises(ValueError, match="must be a whole number of at least 1"):
        values.whole_number(1)(0)


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        (2, 2.0),
        (0.5, 0.5),
        ("3", 3.0),
        ("500ms", 0.5),
        ("2s", 2.0),
        ("1m30s", 90.0),
        ("1h", 3600.0),
        ("250us", 0.00025),
        ("250\u00b5s", 0.00025),
        ("1.5s", 1.5),
        (".5s", 0.5),
    ],
)
def test_a_duration_of_the_dict_is_in_seconds(raw: object, seconds: float) -> None:
    """A number is in seconds, as in 4.8; text may have units, as in Go."""
    assert seconds == pytest.approx(values.seconds(raw))


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("500", 0.5), ("0.5", 0.0005), ("500ms", 0.5), ("2s", 2.0)],
)
def test_a_duration_of_a_variable_is_in_milliseconds(raw: str, seconds: float) -> None:
    """A number is in milliseconds, as in the other clients."""
    assert seconds == pytest.approx(values.milliseconds(raw))


@pytest.mark.parametrize(
    "raw", ["soon", "", "2 weeks", "s", "5ss", -1, "-2s", None, []]
)
def test_an_invalid_duration_is_an_error(raw: object) -> None:
    """The message contains the unit of a number and an example with a unit."""
    with pytest.raises(ValueError, match="number of seconds or a duration such as"):
        values.seconds(raw)


def test_a_duration_of_0_is_an_error_for_intervals() -> None:
    """An interval of 0 would repeat without a pause."""
    with pytest.raises(ValueError, match="must be more than 0"):
        values.positive(values.seconds)("0s")


@pytest.mark.parametrize(
    ("raw", "param"),
    [(1, 1.0), ("0.25", 0.25), (True, 1.0), ("false", 0.0)],
)
def test_a_samplers_parameter_may_be_a_word(raw: object, param: float) -> None:
    """`const` accepts true and false, as in 4.8."""
    assert param == values.sampler_param(raw)


@pytest.mark.parametrize("raw", ["x", None])
def test_an_invalid_number_is_an_error(raw: object) -> None:
    """A number, or its text, must be finite."""
    with pytest.raises(ValueError, match="must be a finite number"):
        values.number(raw)


@pytest.mark.parametrize("raw", ["localhost", "10.0.0.1", "My-Host.example"])
def test_a_host_is_read_unchanged(raw: str) -> None:
    """The case of a name is preserved."""
    assert raw == values.host(raw)


@pytest.mark.parametrize("raw", ["::1", "[::1]"])
def test_a_host_may_be_an_ipv6_address(raw: str) -> None:
    """Brackets around it are removed."""
    assert "::1" == values.host(raw)


@pytest.mark.parametrize("raw", ["caf\u00e9", "fe80::1%eth0", "[fe80::1%25eth0]"])
def test_a_host_may_have_letters_of_any_script_or_a_zone(raw: str) -> None:
    """Both are valid in the URLs that are made from the host."""
    assert raw.strip("[]") == values.host(raw)


@pytest.mark.parametrize(
    "raw",
    [
        *("host:6831", "udp://host", "a b", "", 5, "me@host"),
        *("[::1]:6831", "[fe80::1]x", "fe80::1%", "host%eth0", "a[b", "a\x10b"),
    ],
)
def test_an_invalid_host_is_an_error(raw: object) -> None:
    """A port after the host is rejected, because it would have no effect."""
    with pytest.raises(ValueError, match="must be"):
        values.host(raw)


def test_a_word_is_read_in_any_case() -> None:
    """`CONST` is `const`."""
    assert "const" == values.one_of("const", "remote")(" CONST ")


def test_an_unknown_word_is_an_error_that_lists_the_known_ones() -> None:
    """The message contains the known words and the value."""
    with pytest.raises(ValueError, match="must be one of const, remote"):
        values.one_of("const", "remote")("cosnt")


@pytest.mark.parametrize("raw", ["b3, jaeger,b3", ["b3", "jaeger"], ("b3", "jaeger")])
def test_formats_may_be_text_with_commas(raw: object) -> None:
    """Duplicates are removed; the order is preserved."""
    assert ("b3", "jaeger") == values.formats(raw)


def test_formats_that_are_not_a_list_are_an_error() -> None:
    """A number is not a list."""
    with pytest.raises(ValueError, match="must be a list"):
        values.formats(5)


def test_pairs_may_have_equal_signs_in_their_values() -> None:
    """Only the first `=` separates key and value."""
    assert {"a": "b=c", "d": ""} == values.pairs("a=b=c, d = ,")


@pytest.mark.parametrize("raw", ["a", "a=b,c", "=b"])
def test_pairs_without_a_key_or_an_equal_sign_are_an_error(raw: str) -> None:
    """Invalid items are not skipped silently."""
    with pytest.raises(ValueError, match="must be comma-separated key=value pairs"):
        values.pairs(raw)


def test_quoted_pairs_are_decoded() -> None:
    """OpenTelemetry percent-encodes values."""
    assert {"authorization": "Bearer a,b"} == values.quoted_pairs(
        "authorization=Bearer%20a%2Cb",
    )


def test_a_dict_of_texts_may_be_text() -> None:
    """Headers may be a dict or text; values of a dict are converted."""
    assert {"a": "1"} == values.text_mapping({"a": 1})
    assert {"a": "1"} == values.text_mapping("a=1")


def test_a_mapping_must_be_a_dict() -> None:
    """A list of pairs is an error."""
    with pytest.raises(ValueError, match="must be a dict"):
        values.mapping([("a", "b")])


@pytest.mark.parametrize(
    ("raw", "filled"),
    [
        ("plain", "plain"),
        ("${HOST}", "box"),
        ("${HOST:other}", "box"),
        ("${NONE:other}", "other"),
        ("${NONE:a:b}", "a:b"),
        ("${NONE}", ""),
        ("${EMPTY:other}", "other"),
        ("x${HOST}", "x${HOST}"),
    ],
)
def test_a_placeholder_is_filled_in(raw: str, filled: str) -> None:
    """`${VARIABLE:default}` is the variable, or the default if it is empty."""
    assert filled == values.fill_in(raw, {"HOST": "box", "EMPTY": ""})


@pytest.mark.parametrize(
    ("reader", "raw"),
    [
        (values.text, 5),
        (values.header_name, "x y"),
        (values.boolean, "x"),
        (values.opposite, "x"),
        (values.port, "x"),
        (values.number, "x"),
        (values.at_least_1, "x"),
        (values.sampler_param, "x"),
        (values.seconds, "x"),
        (values.positive(values.milliseconds), "0"),
        (values.host, "a:b"),
        (values.one_of("a", "b"), "x"),
        (values.formats, 5),
        (values.mapping, 5),
        (values.text_mapping, 5),
        (values.pairs, "x"),
    ],
)
def test_errors_use_the_text_of_the_reference_page(
    reader: values.Reader[object],
    raw: object,
) -> None:
    """The message contains the description on the reference page."""
    with pytest.raises(ValueError, match="must be") as caught:
        reader(raw)

    assert f"must be {reader.expected}" == str(caught.value)


@pytest.mark.parametrize(("raw", "value"), [("true", False), ("0", True)])
def test_a_variable_may_have_the_opposite_meaning(raw: str, value: bool) -> None:
    """JAEGER_DISABLED is the inverse of `enabled`."""
    assert value is values.opposite(raw)


def test_a_number_may_have_a_minimum() -> None:
    """The minimum itself is accepted."""
    read = values.at_least_1

    assert 1.0 == read("1")
    with pytest.raises(ValueError, match="must be a number of at least 1"):
        read(0.5)


@pytest.mark.parametrize("raw", ["x-trace", "Uber_Trace-ID", "!#$%&'*+-.^_`|~", "9"])
def test_a_header_name_is_any_token(raw: str) -> None:
    """Every token is read unchanged."""
    assert raw == values.header_name(raw)


@pytest.mark.parametrize(
    "raw", ["", "x trace", "x-trace:", "x-trace\n", " x", "\u00fc", "x,y", None, 5]
)
def test_an_invalid_header_name_is_an_error(raw: object) -> None:
    """A name that would break every request is rejected, even if by blanks."""
    with pytest.raises(ValueError, match="must be a valid HTTP header name"):
        values.header_name(raw)


@pytest.mark.parametrize("raw", [1e10, sys.maxsize, "1e10", "9999999h"])
def test_a_duration_beyond_the_platform_is_the_longest_that_works(raw: object) -> None:
    """A huge number means "never" and is limited to 23 days."""
    assert MAX_SECONDS == values.seconds(raw)
    assert MAX_SECONDS == values.positive(values.seconds)(raw)


@pytest.mark.parametrize("raw", ["inf", "nan", math.inf, math.nan, "-inf", 10**400])
def test_a_duration_that_is_not_a_number_is_an_error(raw: object) -> None:
    """Infinity and NaN are rejected; the message has the range."""
    with pytest.raises(ValueError, match="finite number of seconds .* at least 0"):
        values.seconds(raw)
    with pytest.raises(ValueError, match="finite"):
        values.number(raw)


@pytest.mark.parametrize("raw", [sys.maxsize, 1e30, str(2**40)])
def test_a_count_beyond_any_memory_is_the_largest_that_works(raw: object) -> None:
    """A huge number means "no limit" and is limited."""
    assert MAX_COUNT == values.whole_number(1)(raw)


def test_the_longest_duration_suits_threads_and_sockets() -> None:
    """With a jitter of 10 %, it is valid for threads on every system."""
    windows_threads, sockets = 4_294_967, (2**31 - 1) / 1000

    assert MAX_SECONDS * 1.1 < min(windows_threads, threading.TIMEOUT_MAX)
    assert MAX_SECONDS < sockets
    with socket.socket() as sock:
        sock.settimeout(MAX_SECONDS)


def test_an_unknown_format_is_an_error_that_lists_the_known_ones() -> None:
    """The list includes the formats of the application."""
    assert ("b3", "w3c") == values.formats("B3,w3c")
    with pytest.raises(ValueError, match="must be one of jaeger, b3, b3single, w3c"):
        values.formats("xray")
