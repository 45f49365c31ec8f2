"""Spans and processes too large for a payload: what is sent, and at what cost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.encoding.packing import PackingEncoder
from jaeger_client.model import Process, SpanData, SpanLosses, TagItem
from jaeger_client.testing import FakeClock
from tests.foreign.decoders import (
    attribute_pairs,
    decode_batch,
    decode_emit_batch,
    decode_otlp,
    decode_zipkin,
    tag_pairs,
)
from tests.foreign.formats import ALL_FORMATS, MakeEncoder, ReadNames, otlp_spans
from tests.foreign.spans import FinishedSpan, encode_all, encode_one

pytestmark = pytest.mark.usefixtures("implementation")

TRUNCATED: TagItem = ("jaeger.truncated", True)


class Fields:
    """The fields of a log; counts how often they are read."""

    def __init__(self, items: list[TagItem]) -> None:
        self.items = items
        self.reads = 0

    def __iter__(self) -> Iterator[TagItem]:
        self.reads += 1
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@ALL_FORMATS
@pytest.mark.parametrize(
    "value", ["x" * 100, "lone \ud800" * 10], ids=["plain", "not plain"]
)
def test_cost_of_many_logs(
    make_encoder: MakeEncoder, names: ReadNames, value: str
) -> None:
    """Of 50,000 logs only those that may fit are read, each a few times."""
    fields = [Fields([("event", value), ("n", index)]) for index in range(50_000)]
    span = FinishedSpan(operation_name="big", log_items=[*enumerate(fields)])
    losses = SpanLosses()
    body = encode_one(make_encoder(losses), span, 65_000)

    assert ["big"] == names(body)
    assert SpanLosses(truncated=1) == losses
    assert max(field.reads for field in fields) <= 4
    assert sum(1 for field in fields if field.reads) < 4 * 65_000 / 80


@ALL_FORMATS
def test_odd_logs_that_are_too_large(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """Logs that are not plain, some of them unreadable, are shrunk like others."""
    logs: list[Any] = [
        (index, [("event", "lone \ud800" + "x" * 200)]) for index in range(1000)
    ]
    logs[::10] = [None, (), ("noon", []), (1, None), (None, [("event", "x")])] * 20
    span = FinishedSpan(operation_name="big", log_items=logs)
    losses = SpanLosses()
    body = encode_one(make_encoder(losses), span, 9000)

    assert ["big"] == names(body)
    assert 9000 - 300 < len(body) <= 9000
    assert SpanLosses(truncated=1) == losses


@ALL_FORMATS
def test_logs_without_which_a_span_is_still_too_large(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """If a span is too large without logs, all logs are dropped and values are cut."""
    logs = [(index, [("event", "x" * 9000)]) for index in range(3)]
    for tag in ("y", "y" * 9000):
        span = FinishedSpan(tag_items=[("k", tag)], log_items=logs)
        body = encode_one(make_encoder(SpanLosses()), span, 2000)

        assert len(body) <= 2000
        assert b"yy" in body or tag == "y"
        assert b"xx" not in body


@ALL_FORMATS
@pytest.mark.parametrize("key", ["key", None, []])
def test_too_many_keys(
    make_encoder: MakeEncoder, names: ReadNames, key: object
) -> None:
    """A span whose keys alone are too large is dropped, whatever its keys are."""
    tags: list[Any] = [(f"key {number} of a tag", "v") for number in range(5000)]
    span = FinishedSpan(tag_items=[(key, "v"), *tags])
    losses = SpanLosses()
    encoder = make_encoder(losses)
    encoder._clock = FakeClock()  # no payload comes because of the time

    assert [] == encode_all(encoder, [span], 65_000)
    assert SpanLosses(too_large=1) == losses


def count_encodings(encoder: PackingEncoder) -> list[int]:
    """Return a list to which each call that encodes appends its number of spans."""
    calls: list[int] = []
    write_spans = encoder._write_spans

    def count(
        out: bytearray, ends: list[int], spans: Sequence[SpanData], max_size: int
    ) -> None:
        calls.append(len(spans))
        write_spans(out, ends, spans, max_size)

    encoder._write_spans = count  # type: ignore[method-assign]  # the one place that sees all
    return calls


@ALL_FORMATS
@pytest.mark.parametrize(
    "value",
    ["x" * 1_000_000, "é" * 300_000, "\U0001f600" * 200_000, '"\\\n' * 300_000],
    ids=["ascii", "two bytes", "four bytes", "escaped"],
)
def test_cost_of_long_values(
    make_encoder: MakeEncoder, names: ReadNames, value: str
) -> None:
    """The length of values is calculated: a span is encoded a few times, not 20."""
    items = [(f"k{index}", value[: -index or None]) for index in range(10)]
    encoder = make_encoder(SpanLosses())
    calls = count_encodings(encoder)
    encode_one(encoder, FinishedSpan(tag_items=items), 65_000)

    assert len(calls) <= 8


def tried_out(
    make_encoder: MakeEncoder, span: FinishedSpan, limit: int
) -> bytes | None:
    """Return the payload of as much of *span* as fits *limit*, by trying it out."""
    all_logs: list[Any] = [*span.log_items]
    logs = sorted(range(len(all_logs)), key=lambda index: int(all_logs[index][0]))
    tags = [item for item in span.tag_items if item[0] != "jaeger.truncated"]

    def without_oldest(count: int) -> FinishedSpan:
        kept = sorted(logs[count:])
        return variant(tags, [all_logs[index] for index in kept])

    def cut_to(length: int) -> FinishedSpan:
        return variant([(key, cut(value, length)) for key, value in tags], [])

    def variant(items: list[TagItem], kept: list[Any]) -> FinishedSpan:
        return FinishedSpan(
            operation_name=span.operation_name,
            tag_items=[*items, TRUNCATED],
            log_items=kept,
        )

    longest = max([len(v) for _, v in tags if isinstance(v, (str, bytes))], default=0)
    variants = [without_oldest(count) for count in range(len(logs) + 1)]
    variants += [cut_to(length) for length in range(longest, -1, -1)]
    bodies = (encode_one(make_encoder(SpanLosses()), each) for each in variants)
    return next((body for body in bodies if len(body) <= limit), None)


def cut(value: Any, length: int) -> Any:
    """Return *value* cut to *length*, if it is text or bytes."""
    return value[:length] if isinstance(value, (str, bytes)) else value


@ALL_FORMATS
def test_values_of_uneven_text(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """Text whose characters take one byte at first and four later is cut as exactly."""
    value = "x" * 1000 + "\U0001f600" * 100_000
    items = [(f"k{index}", value[index:]) for index in range(5)]
    encoder = make_encoder(SpanLosses())
    calls = count_encodings(encoder)
    body = encode_one(encoder, FinishedSpan(tag_items=items), 9000)

    assert 9000 - 40 < len(body) <= 9000
    assert len(calls) <= 25


@ALL_FORMATS
def test_logs_at_every_limit(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """At each limit one log more would not have fit, at those of a list's size too."""
    logs = [(index, [("event", "x" * 8)]) for index in range(17)]
    span = FinishedSpan(log_items=logs)
    largest = len(encode_one(make_encoder(SpanLosses()), span))

    for limit in range(largest - 200, largest):
        body = encode_one(make_encoder(SpanLosses()), span, limit)
        assert tried_out(make_encoder, span, limit) == body


TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
ITEMS = st.lists(
    st.tuples(TEXT, st.one_of(TEXT, st.binary(max_size=60), st.integers(0, 9))),
    max_size=5,
)
LARGE_SPANS = st.builds(
    FinishedSpan,
    operation_name=st.just("name"),
    tag_items=ITEMS,
    log_items=st.lists(st.tuples(st.integers(0, 9), ITEMS), max_size=5),
)


@pytest.mark.parametrize(
    "make_encoder", [JaegerCompactEncoder, JaegerBinaryEncoder, OtlpEncoder]
)
@given(span=LARGE_SPANS, limit=st.integers(100, 700))
def test_as_much_as_fits(
    make_encoder: MakeEncoder, span: FinishedSpan, limit: int
) -> None:
    """The result is the same as from trying each number of logs and each length."""
    whole = encode_one(make_encoder(SpanLosses()), span)
    expected = tried_out(make_encoder, span, limit)
    payloads = encode_all(make_encoder(SpanLosses()), [span], limit)

    bodies = [payload.body for payload in payloads]
    if len(whole) <= limit:
        assert [whole] == bodies
    else:
        assert bodies == ([] if expected is None else [expected])


@ALL_FORMATS
def test_many_logs_that_fit(make_encoder: MakeEncoder, names: ReadNames) -> None:
    """More logs than are encoded at once arrive whole and in order if they fit."""
    logs = [(index, [("event", f"e{index}")]) for index in range(1000)]
    span = FinishedSpan(operation_name="big", log_items=logs)
    losses = SpanLosses()
    encoder = make_encoder(losses)
    body = encode_one(encoder, span)

    assert SpanLosses() == losses
    texts = [b"e%d" % index for index in range(100, 1000)]
    places = [body.index(text) for text in texts]
    assert sorted(places) == places


@ALL_FORMATS
def test_spans_behind_a_large_one_are_read_later(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """No more large spans are encoded at once than are needed for the next payload."""
    reads: list[int] = []

    class Large(FinishedSpan):
        @property
        def ids(self) -> Any:
            reads.append(1)
            return FinishedSpan().ids

        @ids.setter
        def ids(self, value: Any) -> None:
            pass

    items: list[TagItem] = [(f"k{index}", "x" * 1000) for index in range(40)]
    spans = [Large(tag_items=items) for _ in range(64)]
    payloads = make_encoder(SpanLosses()).encode(spans, limit=65_000)
    assert 1 == next(payloads).span_count
    first = len(reads)

    assert 63 == sum(payload.span_count for payload in payloads)
    assert first < 3 * 64


@ALL_FORMATS
def test_time_without_a_payload_is_bounded(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """While slow spans are left out, payloads are yielded, with or without spans."""
    losses = SpanLosses()
    encoder = make_encoder(losses)
    encoder._clock = clock = FakeClock()

    class SlowTags:
        """Tags that take 0.2 seconds to be read, and fit no payload."""

        def __iter__(self) -> Iterator[TagItem]:
            clock.advance(0.2)
            return iter([("k" * 70_000, 1)])

    last = clock.monotonic()
    silences: list[float] = []
    counts: list[tuple[int, int, int]] = []
    for payload in encoder.encode(
        [FinishedSpan(), *[FinishedSpan(tag_items=SlowTags())] * 5], limit=65_000
    ):
        silences.append(clock.monotonic() - last)
        last = clock.monotonic()
        counts.append((payload.span_count, payload.consumed, losses.too_large))

    assert 1 == sum(count for count, _, _ in counts)
    assert all(lost == consumed - 1 for _, consumed, lost in counts)
    # Each is read a few times; the first time all are read together.
    assert max(silences[1:]) <= 1.0


@pytest.mark.parametrize("odd", ["plain", "\ud800"])
def test_dropped_counts_over_otlp(odd: str) -> None:
    """OTLP has fields for the counts of tags and logs that a span did not record."""
    span = FinishedSpan(operation_name=odd, dropped_tags=300, dropped_logs=2**40)
    (decoded,) = otlp_spans(encode_one(OtlpEncoder(SpanLosses()), span))

    assert 300 == decoded.dropped_attributes_count
    assert 2**32 - 1 == decoded.dropped_events_count


def test_a_negative_count_over_otlp() -> None:
    """A count that the application has set to a negative number is sent as 0."""
    span = FinishedSpan(dropped_tags=-1, dropped_logs=2)
    (decoded,) = otlp_spans(encode_one(OtlpEncoder(SpanLosses()), span))

    assert 0 == decoded.dropped_attributes_count
    assert 2 == decoded.dropped_events_count


def thrift_tags(payload: bytes) -> dict[str, object]:
    """Return the tags of the first span of a batch."""
    return dict(tag_pairs(decode_batch(payload).spans[0].tags))


def message_tags(payload: bytes) -> dict[str, object]:
    """Return the tags of the first span of a datagram."""
    return dict(tag_pairs(decode_emit_batch(payload).spans[0].tags))


def zipkin_tags(payload: bytes) -> dict[str, object]:
    """Return the tags of the first span of a Zipkin list, numbers as such."""
    tags = decode_zipkin(payload)[0].get("tags", {})
    return {key: int(text) if text.isdecimal() else text for key, text in tags.items()}


@pytest.mark.parametrize("odd", ["plain", "\ud800"])
@pytest.mark.parametrize(
    ("make_encoder", "read_tags"),
    [
        (JaegerCompactEncoder, message_tags),
        (JaegerBinaryEncoder, thrift_tags),
        (ZipkinJsonEncoder, zipkin_tags),
    ],
)
def test_dropped_counts_as_tags(
    make_encoder: MakeEncoder, read_tags: Callable[[bytes], dict[str, object]], odd: str
) -> None:
    """Other formats carry the counts as OpenTelemetry's tags, where there are any."""
    encoder = make_encoder(SpanLosses())
    some = FinishedSpan(operation_name=odd, dropped_tags=7, dropped_logs=9)
    logs_only = FinishedSpan(operation_name=odd, dropped_logs=9)
    none = FinishedSpan(operation_name=odd)

    assert {
        "otel.dropped_attributes_count": 7,
        "otel.dropped_events_count": 9,
    } == read_tags(encode_one(encoder, some))
    assert {"otel.dropped_events_count": 9} == read_tags(encode_one(encoder, logs_only))
    assert {} == read_tags(encode_one(encoder, none))


def message_process(payload: bytes) -> dict[str, object]:
    """Return name and tags of the process of a datagram."""
    process = decode_emit_batch(payload).process
    return {"name": process.serviceName, **dict(tag_pairs(process.tags))}


def batch_process(payload: bytes) -> dict[str, object]:
    """Return name and tags of the process of a bare batch."""
    process = decode_batch(payload).process
    return {"name": process.serviceName, **dict(tag_pairs(process.tags))}


def otlp_process(payload: bytes) -> dict[str, object]:
    """Return the attributes of the resource of an OTLP request."""
    resource = decode_otlp(payload).resource_spans[0].resource
    pairs = dict(attribute_pairs(resource.attributes))
    return {"name": pairs.pop("service.name"), **pairs}


def zipkin_process(payload: bytes) -> dict[str, object]:
    """Return the service's name and the tags of the first span of a Zipkin list."""
    (span,) = decode_zipkin(payload)
    return {"name": span["localEndpoint"]["serviceName"], **span["tags"]}


ALL_PROCESSES = pytest.mark.parametrize(
    ("make_encoder", "read_process"),
    [
        (JaegerCompactEncoder, message_process),
        (JaegerBinaryEncoder, batch_process),
        (OtlpEncoder, otlp_process),
        (ZipkinJsonEncoder, zipkin_process),
    ],
    ids=["compact", "binary", "otlp", "zipkin"],
)
ReadProcess = Callable[[bytes], dict[str, object]]


@ALL_PROCESSES
@pytest.mark.parametrize("limit", [1024, 9216, 65_000])
def test_long_process_tags_are_shortened(
    make_encoder: MakeEncoder,
    read_process: ReadProcess,
    limit: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Spans are sent whole; the longest values of the process are cut."""
    tags = (("short", "stays"), ("a", "x" * 50_000), ("b", "é" * 40_000))
    losses = SpanLosses()
    encoder = make_encoder(losses)
    encoder.set_process(Process("service", tags))
    span = FinishedSpan(tag_items=[("k", "v" * (limit // 8))])
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        payloads = encode_all(encoder, [span] * 20, limit)

    assert 20 == sum(payload.span_count for payload in payloads)
    assert SpanLosses() == losses
    assert all(limit // 4 < len(payload.body) <= limit for payload in payloads)
    (last,) = encode_all(encoder, [span], limit)
    process = read_process(last.body)
    assert ("service", "stays") == (process["name"], process["short"])
    lengths = len(str(process["a"])), len(str(process["b"]))
    assert lengths[0] == lengths[1] > limit // 10
    (line,) = caplog.messages
    assert "'a', 'b'" in line
    assert "JAEGER_TAGS" in line
    assert "'short'" not in line


@ALL_PROCESSES
def test_too_many_process_tags_are_left_out(
    make_encoder: MakeEncoder,
    read_process: ReadProcess,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If there are too many keys, the tags with the longest keys are dropped."""
    many = [(f"{index:04}{'k' * 100}", "v") for index in range(3000)]
    encoder = make_encoder(SpanLosses())
    encoder.set_process(Process("service", (*many, ("hostname", "host"))))
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        process = read_process(encode_one(encoder, FinishedSpan(), 65_000))

    assert "service" == process["name"]
    assert "host" == process.get("hostname", process.get("host.name"))
    assert 100 < len(process) < 400
    (line,) = caplog.messages
    assert "and others" in line


@ALL_PROCESSES
def test_process_that_fits_is_left_alone(
    make_encoder: MakeEncoder,
    read_process: ReadProcess,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A process that takes no more than half of a payload stays as it is."""
    encoder = make_encoder(SpanLosses())
    encoder.set_process(Process("service", (("a", "x" * 30_000),)))
    process = read_process(encode_one(encoder, FinishedSpan(), 65_000))

    assert "x" * 30_000 == process["a"]
    assert [] == caplog.messages
