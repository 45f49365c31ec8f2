"""Spans that hold anything: what is usable is sent, the rest is counted."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import pytest

from jaeger_client.encoding import JaegerCompactEncoder, OtlpEncoder
from jaeger_client.model import SpanLosses
from tests.foreign.decoders import attribute_pairs, decode_emit_batch, tag_pairs
from tests.foreign.formats import ALL_FORMATS, MakeEncoder, ReadNames, otlp_spans
from tests.foreign.spans import FinishedSpan, Ids, encode_all, encode_one, reference


class Text(str):
    """Text whose `str()` is another text."""

    __slots__ = ()

    def __str__(self) -> str:
        return "a lie"


class Number(int):
    """A number of a subclass."""


class Fraction(float):
    """A float of a subclass, as numpy.float64 is."""


class Data(bytes):
    """Bytes of a subclass."""


class Colour(str, enum.Enum):
    """Text in an enumeration."""

    RED = "red"


class Unprintable:
    """Its `str()` raises."""

    def __str__(self) -> str:
        msg = "no text"
        raise ValueError(msg)


class WorseError(Exception):
    """An error that has no text either."""

    def __str__(self) -> str:
        raise WorseError


class Worse:
    """Its `str()` raises an error whose `str()` raises."""

    def __str__(self) -> str:
        raise WorseError


ODD_PARTS: list[tuple[str, Any]] = [
    ("tag_items", None),
    ("tag_items", [("k",), None, ("k", 1, 2), ("good", 1)]),
    ("log_items", None),
    ("log_items", [None, (1,), (None, []), (1, None), (2, [("k", object())])]),
    ("references", [None, reference("child_of", "5", 6), object()]),
    ("references", [reference("child_of", 5, None), reference("odd", 5, True)]),
    ("operation_name", "\ud800"),
    ("operation_name", None),
    ("tag_items", [("big", 2**63), ("small", -(2**63) - 1), ("odd", None)]),
    ("log_items", [(2**70, [("big", 2**63), ("odd", Number(1))])]),
]


def read_span(span: FinishedSpan) -> Any:
    """Return what the decoder makes of *span*, which loses nothing."""
    losses = SpanLosses()
    body = encode_one(JaegerCompactEncoder(losses), span)
    assert SpanLosses() == losses
    (decoded,) = decode_emit_batch(body).spans
    return decoded


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "None"),
        (Text("true text"), "true text"),
        (Colour.RED, "red"),
        (Number(5), 5),
        (Fraction(0.5), 0.5),
        (Data(b"x"), b"x"),
        (bytearray(b"x"), "x"),
        ([1], "[1]"),
        (2**63, str(2**63)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (Number(2**70), str(2**70)),
        pytest.param(10**5000, hex(10**5000), id="5000 digits"),
        ("a\ud800b", "a\ufffdb"),
        ("\udfff", "\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        (Unprintable(), "no text"),
        (Worse(), "WorseError"),
        (float("inf"), "Infinity"),
    ],
)
def test_values(value: object, expected: object) -> None:
    """A value of any type becomes one of the five types and affects no other tag."""
    items = [("a", 1), ("k", value), ("b", "x")]
    decoded = read_span(FinishedSpan(tag_items=items, log_items=[(1, items)]))

    pairs = [("a", 1), ("k", expected), ("b", "x")]
    assert pairs == tag_pairs(decoded.tags)
    assert pairs == tag_pairs(decoded.logs[0].fields)
    assert type(expected) is type(tag_pairs(decoded.tags)[1][1])


def test_nan() -> None:
    """A float that is not a number arrives as text."""
    ((_, value),) = tag_pairs(
        read_span(FinishedSpan(tag_items=[("k", float("nan"))])).tags
    )

    assert "NaN" == value


def test_zeros_keep_their_sign() -> None:
    """0.0 and -0.0 are equal keys of a dict, and yet two values."""
    decoded = read_span(FinishedSpan(tag_items=[("k", 0.0), ("k", -0.0), ("k", 0.0)]))

    assert ["0.0", "-0.0", "0.0"] == [
        str(value) for _, value in tag_pairs(decoded.tags)
    ]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, "None"),
        (b"k\xff", "k\ufffd"),
        (5, "5"),
        (Text("k"), "k"),
        ("\ud800", "\ufffd"),
        (["unhashable"], "['unhashable']"),
    ],
)
def test_keys_and_names(key: object, expected: str) -> None:
    """A key or an operation name that is not text becomes text."""
    decoded = read_span(
        FinishedSpan(operation_name=key, tag_items=[(key, 1), (key, "x")])
    )

    assert [(expected, 1), (expected, "x")] == tag_pairs(decoded.tags)
    assert expected == decoded.operationName


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1.0, None, (1_000_000, 1)),
        (1.0, 1.0, (1_000_000, 1)),
        (1.0, 1.0000000001, (1_000_000, 1)),
        (1.0, 0.9, (1_000_000, 0)),
        (1.0, 0.9999999999, (1_000_000, 0)),
        (0, 1e-6, (0, 1)),
        (0.0, 0.008192, (0, 8192)),
        (-1.5, 1.0, (-1_500_000, 2_500_000)),
        (100.0, 1000.0, (100_000_000, 900_000_000)),
        (1e300, None, (2**63 - 1, 1)),
        (-1e300, None, (-(2**63), 1)),
        (0.0, 1e300, (0, 2**63 - 1)),
        (float("nan"), None, (0, 1)),
        (float("inf"), None, (2**63 - 1, 1)),
        (1, float("-inf"), (1_000_000, 0)),
        ("1.5", 2, (1_500_000, 500_000)),
    ],
)
def test_times(start: object, end: object, expected: tuple[int, int]) -> None:
    """
    A finish before the start lasts 0, all else 1 us at least; what does not fit
    64 bits is the nearest that does.
    """
    decoded = read_span(FinishedSpan(start_time=start, end_time=end))

    assert expected == (decoded.startTime, decoded.duration)


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [(0, 0), (-5, -5), (2**200, 2**63 - 1), (1.5, 1), (float("nan"), 0), (True, 1)],
)
def test_log_times(timestamp: object, expected: int) -> None:
    """The time of a log may be any number."""
    (log,) = read_span(FinishedSpan(log_items=[(timestamp, [])])).logs

    assert expected == log.timestamp


@pytest.mark.parametrize(
    ("flags", "expected"),
    [(0, 0), (2**31, -(2**31)), (2**32 + 3, 3), (-1, -1), (None, 0), (2**100 - 1, -1)],
)
def test_flags(flags: object, expected: int) -> None:
    """Of flags of any width the low 32 bits are sent."""
    assert expected == read_span(FinishedSpan(ids=Ids(flags=flags))).flags


def test_ids_beyond_their_width() -> None:
    """Of ids the low 128 or 64 bits are sent, negative ones wrapped."""
    context = Ids(2**130 + 2**64 + 5, 2**64 + 6, -1)
    decoded = read_span(FinishedSpan(ids=context))

    assert (1, 5, 6, -1) == (
        decoded.traceIdHigh,
        decoded.traceIdLow,
        decoded.spanId,
        decoded.parentSpanId,
    )


@ALL_FORMATS
@pytest.mark.parametrize(
    "ids", [None, Ids(None), Ids("5"), Ids(1.5), Ids(1, None), object()]
)
def test_a_span_without_ids_costs_itself(
    make_encoder: MakeEncoder, names: ReadNames, ids: object
) -> None:
    """A span whose ids are not numbers is counted; the others arrive."""
    losses = SpanLosses()
    spans = [FinishedSpan(operation_name=name) for name in "abc"]
    spans[1].ids = ids
    (payload,) = encode_all(make_encoder(losses), spans)

    assert ["a", "c"] == names(payload.body)
    assert SpanLosses(not_encodable=1) == losses


def test_huge_integers_over_otlp() -> None:
    """An integer outside 64 bits is sent as text over OTLP, too."""
    items = [("big", 2**63), ("small", -(2**63) - 1), ("fits", 2**63 - 1)]
    body = encode_one(OtlpEncoder(SpanLosses()), FinishedSpan(tag_items=items))

    assert [
        ("big", "9223372036854775808"),
        ("small", "-9223372036854775809"),
        ("fits", 2**63 - 1),
    ] == attribute_pairs(otlp_spans(body)[0].attributes)


@ALL_FORMATS
@pytest.mark.parametrize(("part", "value"), ODD_PARTS)
def test_odd_parts_cost_no_span(
    make_encoder: MakeEncoder, names: ReadNames, part: str, value: object
) -> None:
    """An invalid tag, log or reference is left out or converted; the span arrives."""
    losses = SpanLosses()
    span = FinishedSpan()
    setattr(span, part, value)
    (payload,) = encode_all(make_encoder(losses), [span, FinishedSpan()])

    assert 2 == len(names(payload.body))
    assert SpanLosses() == losses


def test_good_neighbours_of_odd_parts_stay() -> None:
    """A tag that cannot be read is left out, the others are sent."""
    items = [("a", 1), ("k",), ("b", 2)]
    decoded = read_span(FinishedSpan(tag_items=items, log_items=[None, (1, items)]))

    assert [("a", 1), ("b", 2)] == tag_pairs(decoded.tags)
    assert [("a", 1), ("b", 2)] == tag_pairs(decoded.logs[0].fields)


def test_references_are_made_plain() -> None:
    """References of a span that is copied are sent as far as they are usable."""
    references = [reference("follows_from", 5, True), reference("child_of", "x", 1)]
    span = FinishedSpan(operation_name=None, references=references)

    assert [(1, 5, 1)] == [
        (ref.refType, ref.traceIdLow, ref.spanId) for ref in read_span(span).references
    ]


class GrowingTags(list[tuple[str, object]]):
    """A list that the application appends to while it is read."""

    def __iter__(self) -> Iterator[tuple[str, object]]:
        for index, item in enumerate(super().__iter__()):
            if index < 3:
                self.append((f"late{index}", index))
            yield item


@ALL_FORMATS
def test_tags_that_grow(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """Tags and logs that are added during encoding leave the sizes correct."""
    span = FinishedSpan(
        tag_items=GrowingTags([("a", 1)]), log_items=[(1, GrowingTags([("a", 1)]))]
    )
    (payload,) = encode_all(make_encoder(SpanLosses()), [span, FinishedSpan()])

    assert 2 == len(names(payload.body))


def test_grown_tags_are_written() -> None:
    """Tags that are added before the end of the list is reached are sent."""
    decoded = read_span(FinishedSpan(tag_items=GrowingTags([("a", 1)])))

    assert ["a", "late0", "late1", "late2"] == [tag.key for tag in decoded.tags]
