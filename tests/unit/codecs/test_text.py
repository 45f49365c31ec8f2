"""Jaeger's own headers, as TEXT_MAP and as HTTP_HEADERS."""

from __future__ import annotations

import email.message
import inspect
import logging
from collections import OrderedDict, UserDict
from typing import TypeAlias

import opentracing
import pytest

from jaeger_client.codecs import Codec, TextCodec, span_context_from_string
from jaeger_client.codecs.headers import percent_decoded
from jaeger_client.codecs.items import BaggageLimits
from jaeger_client.constants import MAX_BAGGAGE_ITEMS, MAX_BAGGAGE_VALUE_LENGTH
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

Read: TypeAlias = tuple[
    int | None, int | None, int | None, int | None, dict[str, str], str | None
]

TEXT = TextCodec()
HTTP = TextCodec(url_encoding=True)
BOTH = pytest.mark.parametrize("codec", [TEXT, HTTP], ids=["text", "http"])


def read(codec: TextCodec, carrier: object) -> Read | None:
    """Extract a context and return its parts."""
    context = codec.extract(carrier)
    if context is None:
        return None
    return (
        context.trace_id,
        context.span_id,
        context.parent_id,
        context.flags,
        context.baggage,
        context.debug_id,
    )


def written(codec: TextCodec, context: SpanContext) -> dict[str, object]:
    """Inject into an empty dict."""
    carrier: dict[str, object] = {}
    codec.inject(context, carrier)
    return carrier


# Names


def test_underscores_in_configured_names_become_dashes() -> None:
    """`_` in a configured name is `-` in the header."""
    codec = TextCodec(
        trace_id_header="Trace_ID",
        baggage_header_prefix="Trace_Attr-",
        debug_id_header="Dbg_ID",
        baggage_header="Bag_Gage",
    )

    assert {"trace-id": "1:2:3:1", "trace-attr-k": "v"} == written(
        codec, SpanContext(1, 2, 3, 1, {"k": "v"})
    )
    assert (1, 2, 3, 1, {"k": "v", "b": "c"}, "d") == read(
        codec,
        {
            "Trace-ID": "1:2:3:1",
            "TRACE-ATTR-K": "v",
            "Dbg-Id": "d",
            "Bag-Gage": "b=c",
        },
    )


def test_underscores_in_a_carrier_are_not_converted() -> None:
    """`UBER_TRACE_ID` in a carrier is a foreign header, as in 4.8."""
    assert read(HTTP, {"UBER_TRACE_ID": "1:2:3:1", "uberctx_k": "v"}) is None


def test_attributes_of_the_old_codec_exist() -> None:
    """The attributes of 4.8 can be read."""
    codec = TextCodec(True, "Trace_ID", "Ctx-", "Dbg", "Bag")

    assert codec.url_encoding
    assert "trace-id" == codec.trace_id_header
    assert "ctx-" == codec.baggage_prefix
    assert "dbg" == codec.debug_id_header
    assert "bag" == codec.baggage_header
    assert 4 == codec.prefix_length


@BOTH
@pytest.mark.parametrize("name", ["uber-trace-id", "Uber-Trace-Id", "UBER-TRACE-ID"])
def test_matching_ignores_case(codec: TextCodec, name: str) -> None:
    """Header names are matched ignoring case."""
    assert (1, 2, 3, 1, {}, None) == read(codec, {name: "1:2:3:1"})


@BOTH
def test_extracted_baggage_keys_are_lower_case(codec: TextCodec) -> None:
    """Baggage keys are converted to lower case; no other character changes."""
    carrier = {"uber-trace-id": "1:2:3:1", "Uberctx-A_b": "v", "uberctx-": "w"}

    assert (1, 2, 3, 1, {"a_b": "v", "": "w"}, None) == read(codec, carrier)


def test_an_empty_prefix_makes_every_other_header_baggage() -> None:
    """With an empty prefix, every other header is baggage, as in 4.8."""
    codec = TextCodec(baggage_header_prefix="")

    assert (1, 2, 3, 1, {"jaeger-debug-id": "q"}, None) == read(
        codec, {"uber-trace-id": "1:2:3:1", "jaeger-debug-id": "q"}
    )


@BOTH
def test_baggage_among_other_headers(codec: TextCodec) -> None:
    """Ids and baggage are found whether or not the names are remembered."""
    carrier = {
        "Host": "a",
        "Uberctx-K": "v",
        "uber-trace-id": "1:2:3:1",
        "uberctx-l": "w",
    }

    for _ in range(2):
        assert (1, 2, 3, 1, {"k": "v", "l": "w"}, None) == read(codec, carrier)
    assert (None, None, None, None, {"k": "v"}, None) == read(
        codec, {"Host": "a", "Uberctx-K": "v"}
    )


def test_baggage_within_the_limits_is_extracted_and_the_rest_dropped() -> None:
    """The limits apply to the fast path as well."""
    codec = TextCodec()
    carrier = {"uber-trace-id": "1:2:3:1"}
    full = {f"uberctx-{number:04}": "v" * 4092 for number in range(16)}
    assert 65_536 == sum(4 + len(value) for value in full.values())
    carrier |= full
    for _ in range(2):
        context = codec.extract(carrier)
        assert context is not None
        assert 16 == len(context.baggage)
    assert 0 == codec.dropped_baggage_items

    carrier["uberctx-l"] = ""
    for dropped in (1, 2):
        context = codec.extract(carrier)
        assert context is not None
        assert 16 == len(context.baggage)
        assert dropped == codec.dropped_baggage_items


def test_two_spellings_are_two_headers() -> None:
    """If the trace header occurs in two spellings, the last one is used."""
    for _ in range(2):  # the second time the names are known
        for names in (
            ("uber-trace-id", "Uber-Trace-Id"),
            ("Uber-Trace-Id", "uber-trace-id"),
        ):
            carrier = dict(zip(names, ("1:2:3:1", "4:5:6:1"), strict=True))
            assert (4, 5, 6, 1, {}, None) == read(TEXT, carrier)


# Ids


def test_ids_are_written_unpadded() -> None:
    """Ids are written in lower-case hexadecimal without leading zeros."""
    context = SpanContext(0xABC, 127, None, 1)

    assert {"uber-trace-id": "abc:7f:0:1"} == written(TEXT, context)
    assert {"uber-trace-id": f"{2**127:x}:{2**64 - 1:x}:3:3"} == written(
        HTTP, SpanContext(2**127, 2**64 - 1, 3, 3)
    )


@BOTH
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1:2:0:1", (1, 2, None, 1)),
        ("A:b:C:d", (10, 11, 12, 13)),
        ("a1:b2:c3:1", (0xA1, 0xB2, 0xC3, 1)),
        ("f" * 32 + ":2:3:1", (2**128 - 1, 2, 3, 1)),
        (f"{5:016x}:{6:016x}:{7:016x}:1", (5, 6, 7, 1)),
        (f"{5:016x}:{6:016X}:{0:016x}:9", (5, 6, None, 9)),
        (f"{2**127 + 5:032x}:{6:016x}:{7:016x}:1", (2**127 + 5, 6, 7, 1)),
        # As OpenTelemetry's clients write it.
        (f"{2**127:032x}:{6:016x}:0:01", (2**127, 6, None, 1)),
        ("0" * 40 + "1:02:003:01", (1, 2, 3, 1)),
        ("1:2:3:fff", (1, 2, 3, 0xFFF)),
        (" 1:2:3:1\n", (1, 2, 3, 1)),
        ("1: 2:3 :1", (1, 2, 3, 1)),
    ],
)
def test_ids_of_any_shorter_length_and_case_are_read(
    codec: TextCodec, text: str, ids: tuple[int, int, int | None, int]
) -> None:
    """Any length up to 128 and 64 bits, any case and any width of flags are read."""
    assert (*ids, {}, None) == read(codec, {"uber-trace-id": text})


def test_flags_keep_their_lowest_31_bits() -> None:
    """Flags of any width are read; the bits that fit an i32 are used."""
    assert (1, 2, 3, 0x7FFF_FFFF) == span_context_from_string("1:2:3:" + "f" * 600)


@BOTH
@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "1:2:3",
        "1:2:3:4:5",
        "1:2::1",
        ":::",
        f"{0:016x}:{1:016x}:{2:016x}:1",
        f"{1:016x}:{0:032x}:{2:016x}:1",
        f"{1:016x}:{2:016x}:{3:015x}g:1",
        f"{1:016x}:{2:016x}:{3:016x}:",
        f"{1:016x}:{2:016x}:{3:016x}:1:1",
        f"+{1:015x}:{2:016x}:{3:016x}:1",
        f"{1:016x}:{2:014x}_0:{3:016x}:1",
        f"0x{1:014x}:{2:016x}:{3:016x}:1",
        "x:2:3:1",
        "0:2:3:1",
        "1:0:3:1",
        "1" + "0" * 32 + ":2:3:1",
        "1:1" + "0" * 16 + ":3:1",
        "1:2:1" + "0" * 16 + ":1",
        "1:" + "f" * 17 + ":3:1",
        "1:2:" + "f" * 17 + ":1",
        # Numbers whose lowest 64 or 128 bits alone would do.
        "1" * 33 + ":2:3:1",
        "1:1" + "0" * 16 + "1" * 16 + ":3:1",
        "1:2:1" + "0" * 16 + "1" * 16 + ":1",
        "-1:2:3:1",
        "1:-2:3:1",
        "1:2:-3:1",
        "1:2:3:-1",
        "+1:2:3:1",
        "0x1:2:3:1",
        "1_0:2:3:1",
        "\u0661:2:3:1",
        "\ud800:2:3:1",
        "%" * 600,
        b"\xff",
        None,
        5,
        [],
        ["1:2:3:1", "4:5:6:1"],
        ("1:2:3:1",),
        pytest.param(object(), id="object"),
    ],
    ids=repr,
)
def test_malformed_ids_are_corrupt(codec: TextCodec, value: object) -> None:
    """
    Malformed ids raise OpenTracing's error.

    More than 128 bits, signs, `0x` and `_` are malformed too.
    """
    with pytest.raises(opentracing.SpanContextCorruptedException):
        codec.extract({"uber-trace-id": value})


def test_a_corrupt_context_is_named_in_the_error_and_cut() -> None:
    """The error contains the expected format and a part of the value."""
    with pytest.raises(
        CorruptContextError,
        match=r"^ids must be {trace}:{span}:.*, got 'x{120}\.\.\. \(9880 more\)'$",
    ):
        TEXT.extract({"uber-trace-id": "x" * 10_000})


@BOTH
@pytest.mark.parametrize("value", ["1:2::1", "0:2:3:1", "x:2:3:1", 5])
def test_the_error_of_malformed_ids_shows_them(codec: TextCodec, value: object) -> None:
    """Whatever is wrong with the value, the error contains it."""
    with pytest.raises(CorruptContextError, match=f"got {value!r}$"):
        codec.extract({"uber-trace-id": value})


@BOTH
@pytest.mark.parametrize("ids", ["1:2:0:1", f"{1:016x}:{2:016x}:{0:016x}:1"])
def test_trace_ids_are_not_marked_as_random(codec: TextCodec, ids: str) -> None:
    """Whether a trace id is random is not part of Jaeger's headers."""
    context = codec.extract({"uber-trace-id": ids})

    assert context is not None
    assert context.has_random_trace_id is False


@BOTH
def test_the_first_malformed_header_is_an_error(codec: TextCodec) -> None:
    """A valid second header does not replace a malformed one, as in 4.8."""
    with pytest.raises(CorruptContextError):
        codec.extract({"uber-trace-id": "x", "Uber-Trace-Id": "1:2:3:1"})


@BOTH
def test_the_last_of_several_headers_counts(codec: TextCodec) -> None:
    """If a header occurs in several spellings, the last one is used."""
    carrier = {
        "uber-trace-id": "1:2:3:1",
        "Uber-Trace-Id": "4:5:6:0",
        "uberctx-k": "1",
        "Uberctx-K": "2",
    }

    assert (4, 5, 6, 0, {"k": "2"}, None) == read(codec, carrier)


@BOTH
def test_no_header_gives_none(codec: TextCodec) -> None:
    """Foreign headers alone are not a context."""
    assert read(codec, {}) is None
    assert read(codec, {"Host": "a", "uberct": "b"}) is None


class OtherName(TextCodec):
    """A codec of the application that sets a name itself."""

    def __init__(self) -> None:
        super().__init__()
        self.trace_id_header = "x-trace"


def test_subclasses_may_assign_names() -> None:
    """Names that are assigned after the codec was created are written and read."""
    codec = OtherName()

    assert {"x-trace": "1:2:3:1"} == written(codec, SpanContext(1, 2, 3, 1))
    assert (1, 2, 3, 1, {}, None) == read(codec, {"X-Trace": "1:2:3:1"})
    assert read(codec, {"uber-trace-id": "1:2:3:1"}) is None


def test_methods_can_be_inspected() -> None:
    """Whatever implements them, they have the names and parameters of the reference."""
    for name in ("inject", "extract"):
        method, reference = getattr(TextCodec, name), getattr(Codec, name)

        assert f"TextCodec.{name}" == method.__qualname__
        assert inspect.signature(reference) == inspect.signature(method)


# Values


@BOTH
def test_one_element_lists_are_values(codec: TextCodec) -> None:
    """A list of one element is read as that element."""
    carrier = {
        "uber-trace-id": ["1:2:3:1"],
        "uberctx-k": ["v"],
        "jaeger-debug-id": ["d"],
        "jaeger-baggage": ["a=b"],
    }

    assert (1, 2, 3, 1, {"k": "v", "a": "b"}, "d") == read(codec, carrier)


@BOTH
def test_bytes_keys_and_values_are_decoded(codec: TextCodec) -> None:
    """Bytes are read as UTF-8; invalid bytes become U+FFFD."""
    carrier = {
        b"Uber-Trace-Id": b"1:2:3:1",
        b"uberctx-k\xc3\xa9": b"\xc3\xa9\xff",
        b"\xff": b"x",
    }

    assert (1, 2, 3, 1, {"k\u00e9": "\u00e9\ufffd"}, None) == read(codec, carrier)


def test_bytes_baggage_is_decoded_on_inject() -> None:
    """Keys and values in bytes are written as text."""
    baggage = {b"k\xc3\xa9": b"v\xc3\xa9", b"k": b"v\xc3\xa9"}
    context = SpanContext(1, 2, 3, 1, baggage)  # type: ignore[arg-type]  # as in 4.8

    assert "v\u00e9" == written(TEXT, context)["uberctx-k\u00e9"]
    assert "v%C3%A9" == written(HTTP, context)["uberctx-k"]


def test_text_map_does_not_encode() -> None:
    """TEXT_MAP writes and reads baggage without encoding."""
    context = SpanContext(1, 2, 3, 1, {"A_b": "x y/\u00e9&+%"})
    carrier = {"uber-trace-id": "1:2:3:1", "uberctx-A_b": "x y/\u00e9&+%"}

    assert carrier == written(TEXT, context)
    assert (1, 2, 3, 1, {"a_b": "x y/\u00e9&+%"}, None) == read(TEXT, carrier)


def test_text_map_does_not_decode_ids() -> None:
    """TEXT_MAP does not decode ids."""
    with pytest.raises(CorruptContextError):
        TEXT.extract({"uber-trace-id": "1%3A2%3A3%3A1"})


@pytest.mark.parametrize("name", ["uber-trace-id", "Uber-Trace-Id"])
@pytest.mark.parametrize("baggage", [{}, {"k": "v"}])
def test_http_decodes_ids_under_known_names(name: str, baggage: dict[str, str]) -> None:
    """Encoded ids are read with and without baggage, also if the names were seen."""
    codec = TextCodec(url_encoding=True)
    carrier = {name: "1%3A2%3A3%3A1", **{f"uberctx-{k}": v for k, v in baggage.items()}}

    for _ in range(2):
        assert (1, 2, 3, 1, baggage, None) == read(codec, carrier)


@pytest.mark.parametrize(("length", "is_read"), [(512, True), (513, False)])
def test_encoded_ids_have_a_maximum_length(length: int, is_read: bool) -> None:
    """Longer text is not decoded."""
    ids = "1%3A2%3A3%3A" + "1".zfill(length - 12)

    if is_read:
        assert (1, 2, 3, 1, {}, None) == read(HTTP, {"uber-trace-id": ids})
    else:
        with pytest.raises(CorruptContextError):
            HTTP.extract({"uber-trace-id": ids})


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ("ab", "ab"),
        ("a+b", "a b"),
        ("a%20b", "a b"),
        ("a+b%2B", "a b+"),
        ("%", "%"),
        ("%zz", "%zz"),
    ],
)
def test_baggage_is_the_same_under_known_names(value: str, decoded: str) -> None:
    """Once its names were seen, a carrier is read as it was the first time."""
    carrier = {"uber-trace-id": "1:2:3:1", "Host": "a", "uberctx-k": value}

    for codec, expected in (
        (TextCodec(), value),
        (TextCodec(url_encoding=True), decoded),
    ):
        for _ in range(2):
            assert (1, 2, 3, 1, {"k": expected}, None) == read(codec, carrier)


def test_text_map_decodes_neither_the_debug_id_nor_the_baggage_list() -> None:
    """A percent sign is a character like any other."""
    carrier = {"jaeger-debug-id": "%41", "jaeger-baggage": "k=%41"}

    assert (None, None, None, None, {"k": "%41"}, "%41") == read(TEXT, carrier)


def test_http_encodes_baggage_but_slashes() -> None:
    """HTTP_HEADERS percent-encodes baggage values, except `/`."""
    context = SpanContext(1, 2, 3, 1, {"k": "x y/\u00e9&+%~-_."})

    assert "x%20y/%C3%A9%26%2B%25~-_." == written(HTTP, context)["uberctx-k"]


def test_http_decodes_all_it_reads() -> None:
    """HTTP_HEADERS decodes ids, baggage, the debug id and the baggage list."""
    carrier = {
        "uber-trace-id": "1%3A2%3A3%3A1",
        "uberctx-k": "x%20%C3%A9",
        "uberctx-odd": "%zz%E4%B8",
        "jaeger-debug-id": "a%20b",
        "jaeger-baggage": "a%3Db%2Cc=d",
    }

    baggage = {"k": "x \u00e9", "odd": "%zz\ufffd", "a": "b", "c": "d"}
    assert (1, 2, 3, 1, baggage, "a b") == read(HTTP, carrier)


def test_http_reads_a_plus_in_baggage_as_a_blank() -> None:
    """The Go and Java clients write a blank in baggage as `+`."""
    carrier = {
        "uberctx-k": "a+b%2Bc",
        "jaeger-debug-id": "a+b",
        "jaeger-baggage": "l=a+b",
    }

    assert (None, None, None, None, {"k": "a b+c", "l": "a+b"}, "a+b") == read(
        HTTP, carrier
    )


def test_lone_surrogates_are_written_as_replacement_characters() -> None:
    """HTTP_HEADERS writes lone surrogates as U+FFFD."""
    context = SpanContext(1, 2, 3, 1, {"k": "a\ud800"})

    assert "a%EF%BF%BD" == written(HTTP, context)["uberctx-k"]


@BOTH
@pytest.mark.parametrize("value", [5, 2.5, True])
def test_numbers_in_baggage_stay_numbers(codec: TextCodec, value: object) -> None:
    """A carrier in memory may contain numbers as baggage, as in 4.8."""
    carrier = {"uber-trace-id": "1:2:3:1", "uberctx-k": value}

    assert (1, 2, 3, 1, {"k": value}, None) == read(codec, carrier)


def test_numbers_in_baggage_are_injected() -> None:
    """TEXT_MAP contains numbers unchanged, HTTP_HEADERS contains text."""
    context = SpanContext(1, 2, 3, 1, {"k": 5})  # type: ignore[dict-item]  # as in 4.8

    assert 5 == written(TEXT, context)["uberctx-k"]
    assert "5" == written(HTTP, context)["uberctx-k"]


@BOTH
@pytest.mark.parametrize("value", [None, [], ["a", "b"], ("a",), object(), 1 << 64])
def test_baggage_that_is_not_text_is_dropped_and_counted(
    codec: TextCodec, value: object
) -> None:
    """The trace is read without baggage of other types."""
    codec = TextCodec(codec.url_encoding)
    carrier = {"uber-trace-id": "1:2:3:1", "uberctx-k": value}

    assert (1, 2, 3, 1, {}, None) == read(codec, carrier)
    assert 1 == codec.dropped_baggage_items


# Without trace


@BOTH
def test_only_baggage_is_a_context_without_trace(codec: TextCodec) -> None:
    """Without ids, the context contains baggage, and ids and flags of None."""
    assert (None, None, None, None, {"k": ""}, None) == read(codec, {"uberctx-k": ""})


@BOTH
def test_only_a_debug_id_is_a_context_without_trace(codec: TextCodec) -> None:
    """Without ids, the context contains the debug id."""
    context = codec.extract({"jaeger-debug-id": "x"})

    assert context is not None
    assert context.is_debug_id_container_only
    assert (None, None, None, None, {}, "x") == read(codec, {"jaeger-debug-id": "x"})


@BOTH
def test_an_empty_debug_id_is_none(codec: TextCodec) -> None:
    """An empty debug header has no effect."""
    assert read(codec, {"jaeger-debug-id": ""}) is None
    assert read(codec, {"jaeger-debug-id": None}) is None


@BOTH
def test_a_debug_id_with_a_trace_is_stored(codec: TextCodec) -> None:
    """With ids, the debug id is stored in the context, too."""
    carrier = {"jaeger-debug-id": "x", "uber-trace-id": "1:2:3:1"}

    assert (1, 2, 3, 1, {}, "x") == read(codec, carrier)


@BOTH
def test_a_debug_id_is_text(codec: TextCodec) -> None:
    """A number is converted to text."""
    assert (None, None, None, None, {}, "5") == read(codec, {"jaeger-debug-id": 5})


@BOTH
def test_the_baggage_list_is_read(codec: TextCodec) -> None:
    """`jaeger-baggage` contains `k=v` pairs, split at their first equals sign."""
    carrier = {"jaeger-baggage": "k=v, K2 = v2 ,x, y=z=w,,=e,q="}

    assert (
        None,
        None,
        None,
        None,
        {"k": "v", "K2 ": " v2", "y": "z=w", "": "e", "q": ""},
        None,
    ) == (read(codec, carrier))
    assert read(codec, {"jaeger-baggage": "x"}) is None


@pytest.mark.parametrize("value", ["YWJj==", "=", "a=b=c"])
@BOTH
def test_a_listed_value_may_contain_equals_signs(codec: TextCodec, value: str) -> None:
    """The padding of Base64 is part of the value."""
    carrier = {"jaeger-baggage": f"tenant=a, token={value}"}

    baggage = {"tenant": "a", "token": value}
    assert (None, None, None, None, baggage, None) == read(codec, carrier)


def test_list_members_without_a_value_are_dropped_and_counted() -> None:
    """A member of `jaeger-baggage` without an equals sign is one dropped item."""
    codec = TextCodec()

    assert read(codec, {"jaeger-baggage": "x, y ,,"}) is None
    assert 2 == codec.dropped_baggage_items


@BOTH
def test_later_headers_override_the_baggage_list(codec: TextCodec) -> None:
    """The later one of the list and a single header takes precedence."""
    first = read(codec, {"jaeger-baggage": "k=v", "uberctx-k": "w"})
    second = read(codec, {"uberctx-k": "w", "jaeger-baggage": "k=v"})

    assert (None, None, None, None, {"k": "w"}, None) == first
    assert (None, None, None, None, {"k": "v"}, None) == second


def test_a_baggage_list_that_is_not_text_is_dropped_and_counted() -> None:
    """A list of another type or over all limits is one dropped item."""
    codec = TextCodec()

    assert read(codec, {"jaeger-baggage": None}) is None
    assert read(codec, {"jaeger-baggage": "a=b," * 400_000}) is None
    assert 2 == codec.dropped_baggage_items


def test_a_context_without_trace_is_passed_on() -> None:
    """Baggage and debug id are injected without ids."""
    only_baggage = TEXT.extract({"uberctx-k": "v"})
    assert only_baggage is not None

    assert {"uberctx-k": "v"} == written(TEXT, only_baggage)
    assert {"jaeger-debug-id": "d%20e"} == written(
        HTTP, SpanContext.with_debug_id("d e")
    )


def test_a_debug_id_is_not_passed_on_with_a_trace() -> None:
    """With ids, no debug header is written: the flags are sufficient."""
    assert {"uber-trace-id": "1:2:3:3"} == written(
        TEXT, SpanContext(1, 2, 3, 3, debug_id="d")
    )


def test_ids_that_are_not_numbers_are_an_error() -> None:
    """A context with ids that cannot be written raises an error."""
    context = SpanContext("1", 2, 3, 1)  # type: ignore[arg-type]  # what is tested

    with pytest.raises(TypeError):
        TEXT.inject(context, {})


# Carriers


class Pairs:
    """A carrier with repeated names, like the headers of web frameworks."""

    def __init__(self, *pairs: tuple[object, object]) -> None:
        self._pairs = pairs

    def items(self) -> tuple[tuple[object, object], ...]:
        """Return all pairs."""
        return self._pairs


class Untouchable:
    """A value whose attributes must not be accessed."""

    def __getattribute__(self, name: str) -> object:
        msg = f"{name} was looked at"
        raise AssertionError(msg)


@BOTH
def test_foreign_values_are_not_accessed(codec: TextCodec) -> None:
    """Values of other keys may be any object, as in a WSGI environ."""
    carrier = {
        "wsgi.input": Untouchable(),
        5: Untouchable(),
        None: Untouchable(),
        "uber-trace-id": "1:2:3:1",
    }

    assert (1, 2, 3, 1, {}, None) == read(codec, carrier)


@BOTH
def test_anything_with_items_can_be_read(codec: TextCodec) -> None:
    """Mappings, messages and lists of pairs with `items()` are carriers."""
    message = email.message.Message()
    message["Uber-Trace-Id"] = "1:2:3:1"
    pairs = Pairs(("uber-trace-id", "9:9:9:9"), ([], 1), ("Uber-Trace-Id", "1:2:3:1"))

    for carrier in (message, pairs, UserDict(message.items()), OrderedDict(message)):
        assert (1, 2, 3, 1, {}, None) == read(codec, carrier)


@BOTH
@pytest.mark.parametrize("carrier", [None, 5, "text", b"text", [5]])
def test_carriers_without_headers_are_invalid(
    codec: TextCodec, carrier: object
) -> None:
    """They can be neither read nor written."""
    with pytest.raises(InvalidCarrierError, match=type(carrier).__name__):
        codec.extract(carrier)
    with pytest.raises(opentracing.InvalidCarrierException):
        codec.inject(SpanContext(1, 2, 3, 1), carrier)


@BOTH
def test_the_error_of_a_carrier_describes_its_type(codec: TextCodec) -> None:
    """The message contains what is accepted, and the type."""
    with pytest.raises(
        InvalidCarrierError,
        match=r"^the carrier must have items\(\) or be a list of pairs, got int$",
    ):
        codec.extract(5)
    with pytest.raises(
        InvalidCarrierError,
        match=r"^the carrier must be a dict, a mutable mapping, a list of pairs, or "
        r"have __setitem__\(\) or add\(\), got int$",
    ):
        codec.inject(SpanContext(1, 2, 3, 1), 5)


def test_the_carrier_is_checked_before_the_context() -> None:
    """An invalid carrier is reported even if the context is invalid, as in 4.8."""
    with pytest.raises(InvalidCarrierError):
        TEXT.inject({}, 5)  # type: ignore[arg-type]  # what is tested


def test_any_mutable_mapping_can_be_written() -> None:
    """Dicts and other mutable mappings are carriers."""
    carrier: UserDict[str, object] = UserDict()
    TEXT.inject(SpanContext(1, 2, 3, 1), carrier)

    assert {"uber-trace-id": "1:2:3:1"} == carrier.data


# Bounds


def test_baggage_has_a_maximum_size() -> None:
    """Baggage over the limit is dropped and counted; the rest is extracted."""
    codec = TextCodec()
    carrier = {f"uberctx-{number:02}": "x" * 4094 for number in range(18)}

    context = codec.extract(carrier)
    assert context is not None
    assert [f"{number:02}" for number in range(16)] == list(context.baggage)
    assert 2 == codec.dropped_baggage_items


@BOTH
@pytest.mark.parametrize("letter", ["x", "\u00fc", "\U0001f642"])
def test_a_value_has_a_maximum_length_in_bytes(codec: TextCodec, letter: str) -> None:
    """The maximum is 4,096 bytes of UTF-8 in both directions."""
    longest = letter * (MAX_BAGGAGE_VALUE_LENGTH // len(letter.encode()))
    baggage = {"fits": longest, "over": longest + "x", "more": "y"}
    dropped = codec.dropped_baggage_items
    carrier: dict[str, object] = {}

    codec.inject(SpanContext(1, 2, 3, 1, baggage), carrier)
    codec.extract({"uber-trace-id": "1:2:3:1", "uberctx-over": longest + "x"})
    context = codec.extract(carrier)

    assert context is not None
    assert {"fits": longest, "more": "y"} == context.baggage
    assert 2 == codec.dropped_baggage_items - dropped


def test_limits_are_configurable() -> None:
    """Configured limits apply in both directions."""
    codec = TextCodec(baggage_limits=BaggageLimits(max_items=2, max_value_length=3))
    carrier: dict[str, object] = {}
    baggage = {"a": "123", "b": "1234", "c": "1", "d": "2"}

    codec.inject(SpanContext(1, 2, 3, 1, baggage), carrier)
    context = codec.extract({f"uberctx-{key}": item for key, item in baggage.items()})

    assert {"uberctx-a", "uberctx-c", "uber-trace-id"} == carrier.keys()
    assert context is not None
    assert {"a": "123", "c": "1"} == context.baggage
    assert 4 == codec.dropped_baggage_items


@pytest.mark.parametrize("letter", ["x", "%C3%BC", " "])
def test_limits_may_be_much_larger_than_the_defaults(letter: str) -> None:
    """A value within configured limits is read, even if it is huge."""
    codec = TextCodec(
        url_encoding=True, baggage_limits=BaggageLimits(max_value_length=1_000_000)
    )
    value = letter * (900_000 // len(percent_decoded(letter).encode()))
    carrier = {"uber-trace-id": "1:2:0:1", "uberctx-k": value}

    context = codec.extract(carrier)

    assert context is not None
    assert {"k": percent_decoded(value)} == context.baggage
    assert 0 == codec.dropped_baggage_items


def test_the_callback_receives_the_number_of_dropped_items() -> None:
    """The callback receives the number of dropped items."""
    codec = TextCodec(baggage_limits=BaggageLimits(max_items=1))
    counted: list[int] = []
    codec.count_dropped_baggage(counted.append)

    codec.extract({"uberctx-a": "1", "uberctx-b": "2", "uberctx-c": "3"})
    codec.inject(SpanContext(1, 2, 3, 1, {"a": "1"}), {})

    assert [2] == counted


def test_baggage_has_a_maximum_number_of_items() -> None:
    """Items over the maximum number are dropped and counted."""
    codec = TextCodec()

    context = codec.extract({f"uberctx-{i}": "" for i in range(MAX_BAGGAGE_ITEMS + 3)})
    assert context is not None
    assert MAX_BAGGAGE_ITEMS == len(context.baggage)
    assert 3 == codec.dropped_baggage_items


def test_a_huge_encoded_value_is_dropped_before_it_is_decoded() -> None:
    """Percent-encoding does not hide a value over the limit."""
    codec = TextCodec(url_encoding=True)

    assert codec.extract({"uberctx-k": "%41" * 1_000_000}) is None
    assert 1 == codec.dropped_baggage_items


def test_dropped_baggage_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The line contains the limits and their settings."""
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        TextCodec().extract({"uberctx-k": "x" * 10_000})

    assert "1 baggage items dropped" in caplog.text
    assert "at most 180 items are carried, each of at most 4096" in caplog.text
    assert "baggage.max_value_length" in caplog.text


def test_the_log_names_what_is_not_in_a_text_map(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log has the key of the baggage, or that it is the debug id."""
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        TextCodec().inject(SpanContext(1, 2, 3, 1, {"key": "a\nb"}), {})
        TextCodec().inject(SpanContext.with_debug_id("a\nb"), {})

    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith("baggage item 'key' dropped, because ")
    assert lines[1].startswith("debug id dropped, because ")


@BOTH
def test_a_debug_id_is_cut(codec: TextCodec) -> None:
    """A limited number of characters is stored."""
    context = codec.extract({"jaeger-debug-id": "x" * 100_000})

    assert context is not None
    assert "x" * 8192 == context.debug_id


# The functions of 4.8


@BOTH
def test_items_of_known_names_are_limited_as_well(codec: TextCodec) -> None:
    """A carrier whose names were seen before is read on a faster path."""
    headers: dict[str, object] = {"uber-trace-id": "1:2:3:1"}
    headers |= {f"uberctx-key{number}": "v" for number in range(200)}

    contexts = [codec.extract(headers) for _ in range(2)]

    assert [180, 180] == [len(each.baggage) for each in contexts if each]


def test_the_last_of_two_debug_ids_is_used() -> None:
    """As with ids and baggage that occur twice."""
    headers = {"jaeger-debug-id": "a", "Jaeger-Debug-Id": "b"}

    assert (None, None, None, None, {}, "b") == read(HTTP, headers)


def test_two_values_of_maximum_length_are_read() -> None:
    """A larger limit of a value raises that of all baggage."""
    codec = TextCodec(baggage_limits=BaggageLimits(10, 100_000))
    headers = {"uber-trace-id": "1:2:3:1"}
    headers |= {f"uberctx-{key}": "x" * 90_000 for key in "ab"}

    context = codec.extract(headers)
    assert context is not None
    assert {"a", "b"} == set(context.baggage)


def test_the_length_of_a_value_is_counted_in_bytes() -> None:
    """Also where the codec has written the key before."""
    codec = TextCodec()
    carriers: list[dict[str, object]] = []
    for value in ("v", "\u20ac" * 2_000):
        carriers.append({})
        codec.inject(SpanContext(1, 2, 3, 1, {"k": value}), carriers[-1])

    assert ["v", None] == [carrier.get("uberctx-k") for carrier in carriers]


def test_bytes_in_baggage_that_are_not_text_are_replaced() -> None:
    """As in 4.8, a value may be bytes; those that are no UTF-8 become U+FFFD."""
    carrier: dict[str, object] = {}
    baggage: dict[str, str] = {"k": b"a\xff"}  # type: ignore[dict-item]  # as in 4.8

    TEXT.inject(SpanContext(1, 2, 3, 1, baggage), carrier)

    assert "a\ufffd" == carrier["uberctx-k"]


def test_a_name_of_any_letters() -> None:
    """Names of headers are compared without regard to case, from A to Z."""
    codec = TextCodec(trace_id_header="az-id")

    assert (1, 2, 3, 1, {}, None) == read(codec, {"AZ-Id": "1:2:3:1"})
