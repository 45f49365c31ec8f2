"""B3 in multiple headers and in a single one."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping

import opentracing
import pytest

from jaeger_client.codecs import B3Codec, B3SingleCodec
from jaeger_client.codecs.base import Codec
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

MULTI = B3Codec()
SINGLE = B3SingleCodec()
BOTH = pytest.mark.parametrize("codec", [MULTI, SINGLE], ids=["multi", "single"])


def b3(**values: object) -> dict[str, object]:
    """Headers with `x-b3-` before their names."""
    return {f"x-b3-{name}": value for name, value in values.items()}


def ids(context: SpanContext | None) -> tuple[int | None, ...] | None:
    """Return the parts of a context."""
    if context is None:
        return None
    return context.trace_id, context.span_id, context.parent_id, context.flags


def written(codec: Codec, context: SpanContext) -> dict[str, object]:
    """Inject into an empty dict."""
    carrier: dict[str, object] = {}
    codec.inject(context, carrier)
    return carrier


# Several headers


def test_ids_are_padded_to_16_digits() -> None:
    """Ids of up to 64 bits are written with 16 digits."""
    assert {
        "X-B3-TraceId": "0000000000000001",
        "X-B3-SpanId": "0000000000000002",
        "X-B3-ParentSpanId": "0000000000000003",
        "X-B3-Sampled": "1",
    } == written(MULTI, SpanContext(1, 2, 3, 1))


@pytest.mark.parametrize(
    ("codec", "trace_id", "text"),
    [
        (B3Codec(True), 1, "0" * 31 + "1"),
        (B3Codec(generate_128bit_trace_id=True), 2**100, f"{2**100:032x}"),
        (MULTI, 2**64, "0" * 15 + "1" + "0" * 16),
        (MULTI, 2**64 - 1, "f" * 16),
    ],
)
def test_trace_ids_are_padded_to_32_digits_where_needed(
    codec: B3Codec, trace_id: int, text: str
) -> None:
    """32 digits are written with 128-bit trace ids, or when the id needs them."""
    assert text == written(codec, SpanContext(trace_id, 2, 3, 1))["X-B3-TraceId"]


def test_no_parent_header_for_a_root() -> None:
    """A context without parent has no parent header."""
    assert "X-B3-ParentSpanId" not in written(MULTI, SpanContext(1, 2, None, 1))


@pytest.mark.parametrize("flags", [0, 8])
def test_an_unsampled_context_is_written_as_a_decision(flags: int) -> None:
    """`X-B3-Sampled: 0` prevents later services from sampling the trace."""
    assert {
        "X-B3-TraceId": "0000000000000001",
        "X-B3-SpanId": "0000000000000002",
        "X-B3-Sampled": "0",
    } == written(MULTI, SpanContext(1, 2, None, flags))


@pytest.mark.parametrize("flags", [2, 3])
def test_debug_is_written_with_the_sampled_header(flags: int) -> None:
    """Without the sampled header, Go and Java do not record a debug trace."""
    carrier = written(MULTI, SpanContext(1, 2, None, flags))

    assert "1" == carrier["X-B3-Flags"]
    assert "1" == carrier["X-B3-Sampled"]


@pytest.mark.parametrize(
    "names",
    [
        ("X-B3-TraceId", "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Sampled"),
        ("x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled"),
        (b"X-B3-TRACEID", b"x-b3-spanid", b"x-b3-parentspanid", b"X-B3-Sampled"),
    ],
)
def test_headers_are_read_in_any_case(names: tuple[object, ...]) -> None:
    """The case of header names is ignored, also in bytes."""
    carrier = dict(zip(names, ("a", "b", "c", "1"), strict=True))

    assert (10, 11, 12, 1) == ids(MULTI.extract(carrier))


@pytest.mark.parametrize(
    ("sampled", "flags", "expected"),
    [
        (None, None, 0),
        ("1", None, 1),
        ("true", None, 1),
        ("True", None, 1),
        ("0", None, 0),
        ("false", None, 0),
        ("x", None, 0),
        ("", "0", 0),
        (None, "1", 2),
        ("0", "1", 2),
        ("1", "1", 3),
        ("1", "2", 1),
        (["1"], [b"1"], 3),
        (1, True, 0),
    ],
)
def test_flags_are_independent_bits(
    sampled: object, flags: object, expected: int
) -> None:
    """
    Sampled and debug are read each from its own header.

    `X-B3-Flags: 1` alone gives 2; debug is kept beside `x-b3-sampled: 0`.
    """
    context = MULTI.extract(b3(traceid="1", spanid="2", sampled=sampled, flags=flags))

    assert (1, 2, None, expected) == ids(context)


@pytest.mark.parametrize(
    ("headers", "undecided"),
    [
        (b3(traceid="1", spanid="2"), True),
        (b3(traceid="1", spanid="2", flags="0"), True),
        (b3(traceid="1", spanid="2", sampled="0"), False),
        (b3(traceid="1", spanid="2", sampled="1"), False),
        (b3(traceid="1", spanid="2", flags="1"), False),
    ],
)
def test_an_absent_sampling_state_is_undecided(
    headers: dict[str, object], *, undecided: bool
) -> None:
    """Without sampled and debug headers, the receiver decides."""
    context = MULTI.extract(headers)

    assert context is not None
    assert undecided == context.sampling_undecided


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "a"},
        b3(traceid="1"),
        b3(spanid="1"),
        b3(traceid=None, spanid=None),
        b3(traceid="1", spanid=None),
        b3(traceid="0", spanid="2"),
        b3(traceid="1", spanid="0"),
        b3(traceid="1", sampled="0"),
        b3(spanid="1", flags="1"),
        b3(traceid="0", spanid="2", sampled="1"),
        b3(sampled="x"),
        b3(sampled=""),
        b3(flags="0"),
        {"baggage-k": "v"},
        {"X_B3_TRACEID": "1", "X_B3_SPANID": "2"},
    ],
)
def test_incomplete_headers_are_not_a_context(headers: dict[str, object]) -> None:
    """A context requires a trace id and a span id; None is skipped."""
    assert MULTI.extract(headers) is None


@pytest.mark.parametrize(
    ("headers", "flags"),
    [
        (b3(sampled="0"), 0),
        (b3(sampled="false"), 0),
        (b3(sampled="1"), 1),
        (b3(sampled=" True "), 1),
        (b3(flags="1"), 3),
        (b3(flags="1", sampled="0"), 3),
        (b3(flags="0", sampled="1"), 1),
        (b3(sampled="0", traceid=None, spanid=None), 0),
    ],
)
def test_a_decision_without_ids_is_for_the_trace_that_begins(
    headers: dict[str, object], flags: int
) -> None:
    """It is read as a context without ids, as from the single header."""
    context = MULTI.extract({**headers, "baggage-k": "v"})

    assert context is not None
    assert (None, None, None, flags) == ids(context)
    assert context.decides_sampling_only
    assert {"k": "v"} == context.baggage


@pytest.mark.parametrize("parent", [None, "0", "0000000000000000"])
def test_no_parent_or_parent_zero_is_none(parent: str | None) -> None:
    """A parent of None or 0 is None."""
    context = MULTI.extract(b3(traceid="1", spanid="2", parentspanid=parent))

    assert (1, 2, None, 0) == ids(context)


@pytest.mark.parametrize("name", ["traceid", "spanid", "parentspanid"])
@pytest.mark.parametrize(
    "value", ["", "x", "-1", "+1", "0x1", "1_0", "f" * 33, 5, 0, 1.5, [], ["1", "2"]]
)
def test_non_hex_is_corrupt(name: str, value: object) -> None:
    """An id that is not hexadecimal or has too many bits raises an error."""
    carrier = b3(traceid="1", spanid="2", parentspanid="3")
    carrier[f"x-b3-{name}"] = value

    with pytest.raises(opentracing.SpanContextCorruptedException):
        MULTI.extract(carrier)


@pytest.mark.parametrize("name", ["spanid", "parentspanid"])
def test_span_ids_have_64_bits(name: str) -> None:
    """A span id of more than 64 bits is corrupt."""
    carrier = b3(traceid="1", spanid="2")
    carrier[f"x-b3-{name}"] = "1" + "0" * 16

    with pytest.raises(CorruptContextError, match="64 bits"):
        MULTI.extract(carrier)


def test_the_header_names_of_the_old_codec_exist() -> None:
    """The attributes of 4.8 can be read."""
    assert "X-B3-TraceId" == B3Codec.trace_header
    assert "X-B3-SpanId" == B3Codec.span_header
    assert "X-B3-ParentSpanId" == B3Codec.parent_span_header
    assert "X-B3-Sampled" == B3Codec.sampled_header
    assert "X-B3-Flags" == B3Codec.flags_header
    assert B3Codec(True).generate_128bit_trace_id


# One header


@pytest.mark.parametrize(
    ("context", "value"),
    [
        (SpanContext(1, 2, None, 1), "0000000000000001-0000000000000002-1"),
        (SpanContext(1, 2, None, 0), "0000000000000001-0000000000000002-0"),
        (SpanContext(1, 2, None, 2), "0000000000000001-0000000000000002-d"),
        (
            SpanContext(2**64, 2, 3, 3),
            "00000000000000010000000000000000-0000000000000002-d-0000000000000003",
        ),
    ],
)
def test_the_single_header_is_written(context: SpanContext, value: str) -> None:
    """`b3` holds trace, span, state and the parent if there is one."""
    assert {"b3": value} == written(SINGLE, context)


def test_the_single_header_is_padded_to_128_bits() -> None:
    """With 128-bit trace ids every trace id has 32 digits."""
    codec = B3SingleCodec(generate_128bit_trace_id=True)

    value = "0" * 31 + "1-0000000000000002-1"
    assert {"b3": value} == written(codec, SpanContext(1, 2, None, 1))


@pytest.mark.parametrize(
    ("value", "expected", "undecided"),
    [
        ("a-b-1-c", (10, 11, 12, 1), False),
        ("a-b-0-c", (10, 11, 12, 0), False),
        ("A-B-d", (10, 11, None, 3), False),
        ("a-b-D-0", (10, 11, None, 3), False),
        ("a-b-true", (10, 11, None, 1), False),
        ("a-b-false", (10, 11, None, 0), False),
        ("a-b", (10, 11, None, 0), True),
        ("a-b-000000000000000c", (10, 11, 12, 0), True),
        ("a-b-000000000000000C", (10, 11, 12, 0), True),
        ("a-b-0000000000000000", (10, 11, None, 0), True),
        (" a-b-1 ", (10, 11, None, 1), False),
        ([b"a-b-1"], (10, 11, None, 1), False),
    ],
)
def test_the_single_header_is_read(
    value: object, expected: tuple[int, int, int | None, int], undecided: bool
) -> None:
    """State and parent are optional; without a state the receiver decides."""
    context = SINGLE.extract({"B3": value})

    assert expected == ids(context)
    assert undecided is (context is not None and context.sampling_undecided)


@pytest.mark.parametrize(
    ("value", "flags"), [("0", 0), ("1", 1), ("d", 3), ("false", 0)]
)
def test_a_decision_without_a_trace(value: str, flags: int) -> None:
    """`b3: 0` alone is a context without ids that has the decision."""
    context = SINGLE.extract({"b3": value})

    assert context is not None
    assert not context.has_trace
    assert (None, None, None, flags) == ids(context)


@pytest.mark.parametrize("value", ["0-2-1", "1-0-1"])
def test_zero_ids_in_the_single_header_are_not_a_context(value: str) -> None:
    """Trace id 0 or span id 0 is not a context."""
    assert SINGLE.extract({"b3": value}) is None


@BOTH
@pytest.mark.parametrize(
    "headers",
    [
        {"b3": "000000000000000a-000000000000000b"},
        {"b3": "000000000000000a-000000000000000b-000000000000000c"},
        {"X-B3-TraceId": "000000000000000a", "X-B3-SpanId": "000000000000000b"},
    ],
)
def test_an_open_decision_stays_open(codec: Codec, headers: dict[str, str]) -> None:
    """A context without a decision is injected without one."""
    context = SINGLE.extract(headers) or MULTI.extract(headers)
    assert context is not None

    again = codec.extract(written(codec, context.with_baggage_item("k", "v")))

    assert again is not None
    assert again.sampling_undecided
    assert ids(context) == ids(again)
    assert {"k": "v"} == again.baggage


@BOTH
def test_flags_that_were_set_close_an_open_decision(codec: Codec) -> None:
    """After `sampling.priority` on a span, the decision is written."""
    context = SINGLE.extract({"b3": "a-b"})
    assert context is not None
    context.flags = 3

    again = codec.extract(written(codec, context))

    assert again is not None
    assert not again.sampling_undecided
    assert 3 == again.flags


@BOTH
@pytest.mark.parametrize("flags", [0, 1, 3])
def test_a_decision_without_ids_is_passed_on(codec: Codec, flags: int) -> None:
    """It is injected unchanged if there is no span in between."""
    context = SpanContext(None, None, None, flags)  # type: ignore[arg-type]  # no ids

    assert (None, None, None, flags) == ids(codec.extract(written(codec, context)))


def test_no_single_header_is_not_a_context() -> None:
    """A missing header or None is not a context."""
    assert SINGLE.extract({"Host": "a", "baggage-k": "v"}) is None
    assert SINGLE.extract({"b3": None}) is None


@pytest.mark.parametrize(
    "value",
    [
        *("", "2", "x", "1-", "-1-2", "1-2-", "1-2-x", "1-2-1-", "1-2-1-3-4"),
        *("1-2-1-x", "0x1-2-1", "f" * 33 + "-2-1", "1-" + "f" * 17),
        *("1-2-3", "1-2-" + "f" * 17, "1-2-" + "0" * 15 + "x"),
        *(5, [], ["0", "1"], b"\xff"),
    ],
)
def test_a_malformed_single_header_is_corrupt(value: object) -> None:
    """Any other format raises an error."""
    with pytest.raises(opentracing.SpanContextCorruptedException):
        SINGLE.extract({"b3": value})


def test_the_error_has_the_form_and_the_malformed_header() -> None:
    """The error of a malformed header shows the form that it must have, and it."""
    with pytest.raises(CorruptContextError) as raised:
        SINGLE.extract({"b3": "1-2-x"})

    assert "b3 must be {trace}-{span}-{state}-{parent}, got '1-2-x'" == str(
        raised.value
    )


# Both


@BOTH
def test_baggage_is_written_with_the_ids(codec: Codec) -> None:
    """Baggage is in headers `baggage-<key>`, as in the Go and Java clients."""
    context = SpanContext(1, 2, 3, 1, {"Key": "a b+c/d=;,"})
    carrier = written(codec, context)

    assert "a b+c/d=;," == carrier["baggage-Key"]
    extracted = codec.extract(carrier)
    assert extracted is not None
    assert {"key": "a b+c/d=;,"} == extracted.baggage


@BOTH
def test_baggage_that_is_invalid_in_headers_is_encoded(codec: Codec) -> None:
    """Text that is not printable ASCII is percent-encoded."""
    context = SpanContext(1, 2, 3, 1, {"k": "\u00e9\n%"})
    carrier = written(codec, context)

    assert "%C3%A9%0A%25" == carrier["baggage-k"]
    extracted = codec.extract(carrier)
    assert extracted is not None
    assert context.baggage == extracted.baggage


@BOTH
def test_numbers_in_baggage(codec: Codec) -> None:
    """Numbers are written as text, and read unchanged from a carrier with numbers."""
    context = SpanContext(1, 2, 3, 1, {"k": 5})  # type: ignore[dict-item]  # as in 4.8
    carrier = written(codec, context)
    assert "5" == carrier["baggage-k"]

    carrier["baggage-k"] = 6
    extracted = codec.extract(carrier)
    assert extracted is not None
    baggage: Mapping[str, object] = extracted.baggage
    assert {"k": 6} == baggage


@pytest.mark.parametrize("codec", [B3Codec(), B3SingleCodec()])
def test_baggage_beyond_the_bounds_is_dropped_and_counted(
    codec: B3Codec | B3SingleCodec,
) -> None:
    """The trace is read without items that are too long or not text."""
    before = codec.dropped_baggage_items
    carrier = written(codec, SpanContext(1, 2, 3, 1))
    carrier |= {"baggage-a": "x" * 9000, "baggage-b": None, "baggage-c": "x" * 200_000}

    assert (1, 2, 3, 1) == ids(codec.extract(carrier))
    assert 3 == codec.dropped_baggage_items - before


@BOTH
def test_without_a_trace_only_baggage_is_written(codec: Codec) -> None:
    """A context without ids contains only baggage."""
    context = SpanContext(None, None, None, None, {"k": "v"})  # type: ignore[arg-type]  # no trace

    assert {"baggage-k": "v"} == written(codec, context)


@BOTH
def test_carriers(codec: Codec) -> None:
    """Mutable mappings can be written, any object with `items()` can be read."""
    carrier: UserDict[str, object] = UserDict()
    codec.inject(SpanContext(1, 2, 3, 1), carrier)

    assert (1, 2, 3, 1) == ids(codec.extract(carrier))
    invalid: tuple[object, ...] = (None, 5, [5], "x")
    for wrong in invalid:
        with pytest.raises(InvalidCarrierError):
            codec.extract(wrong)
        with pytest.raises(InvalidCarrierError):
            codec.inject({}, wrong)  # type: ignore[arg-type]  # the carrier comes first


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("50%", "50%"),
        ("5 % off %", "5 % off %"),
        ("X 5% X", "X 5% X"),
        ("%zz", "%zz"),
        ("100%25", "100%2525"),
        ("50% and %41", "50%25 and %2541"),
        ("ü%", "%C3%BC%25"),
    ],
)
def test_percent_sign_is_encoded_where_it_looks_like_an_escape(
    value: str, header: str
) -> None:
    """The Go and Java clients do not decode, so others are unchanged."""
    carrier: dict[str, str] = {}
    codec = B3Codec()

    codec.inject(SpanContext(1, 2, None, 1, {"share": value}), carrier)
    context = codec.extract(carrier)

    assert header == carrier["baggage-share"]
    assert context is not None
    assert {"share": value} == context.baggage


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Zo\u00c3\u00ab", "Zo\u00eb"),
        ("50% Zo\u00c3\u00ab", "50% Zo\u00eb"),
        ("Zo\u00eb", "Zo\u00eb"),
        ("\u6771\u4eac", "\u6771\u4eac"),
        (b"Zo\xc3\xab", "Zo\u00eb"),
    ],
    ids=["UTF-8 as Latin-1", "percent sign", "Latin-1", "text", "bytes"],
)
@pytest.mark.parametrize("codec", [B3Codec(), B3SingleCodec()])
def test_baggage_in_utf8_without_encoding(
    codec: Codec, header: str | bytes, value: str
) -> None:
    """The Go client does not encode, and servers decode UTF-8 as Latin-1."""
    carrier: dict[str, object] = {}
    codec.inject(SpanContext(1, 2, None, 1), carrier)

    context = codec.extract(carrier | {"baggage-name": header})

    assert context is not None
    assert {"name": value} == context.baggage
