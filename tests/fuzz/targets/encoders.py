"""
Spans with values of any kind, through every encoder and back through foreign decoders.

An even first byte makes a span by the API, an odd one a span whose parts have any type.

- Nothing that the application passes makes a call of the API raise, or loses the span:
  every format carries it, and with Thrift and OTLP its plain values arrive unchanged.
- A span of any parts is sent or counted, and never costs the span that follows it.
- No payload is longer than its limit. Both protocols of Thrift carry the same of a span
  that was made by the API; of others a plain copy may differ, in its last digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from opentracing import Reference

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.encoding.packing import PackingEncoder
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.testing import CountingIds, FakeClock
from jaeger_client.tracer import Tracer
from tests.foreign.decoders import (
    attribute_pairs,
    decode_batch,
    decode_emit_batch,
    decode_zipkin,
    tag_pairs,
)
from tests.foreign.formats import otlp_spans
from tests.foreign.spans import LARGE, FinishedSpan, Ids, encode_all, reference
from tests.fuzz.oracles import checked_log
from tests.fuzz.reader import OddError, Reader

KEYS: Final = [
    "error",
    "span.kind",
    "peer.service",
    "peer.ipv4",
    "peer.ipv6",
    "peer.hostname",
    "peer.address",
    "peer.port",
    "http.status_code",
    "sampling.priority",
    "event",
    "message",
    "payload",
    "sampler.type",
]
"""Keys with a meaning, whose values are not expected to arrive unchanged."""

LIMITS: Final = [LARGE, LARGE, 1_000, 300]
GOOD: Final = "the span that follows"

ENCODERS: Final[Mapping[str, Callable[..., PackingEncoder]]] = {
    "compact": JaegerCompactEncoder,
    "binary": JaegerBinaryEncoder,
    "otlp": OtlpEncoder,
    "zipkin": ZipkinJsonEncoder,
}
DECODERS: Final[Mapping[str, Callable[[bytes], list[Any]]]] = {
    "compact": lambda body: decode_emit_batch(body).spans,
    "binary": lambda body: decode_batch(body).spans,
    "otlp": lambda body: [*otlp_spans(body)],
    "zipkin": decode_zipkin,
}


def fuzz_one(data: bytes) -> None:
    """Make a span of *data*, encode it in every format, and decode it."""
    reader = Reader(data)
    kind = reader.byte()
    limit = LIMITS[kind // 2 % len(LIMITS)]
    with checked_log():
        if kind % 2:
            check_spans([any_span(reader), any_span(reader)], limit)
        else:
            check_recorded(Recorder(reader), limit)


def check_spans(spans: list[Any], limit: int) -> dict[str, list[Any]]:
    """Encode *spans*, and one that follows; return what arrived, by format."""
    arrived: dict[str, list[Any]] = {}
    for name, make in ENCODERS.items():
        losses = SpanLosses()
        # No time passes: slow spans would end a payload early.
        encoder = make(losses, clock=FakeClock())
        good = FinishedSpan(operation_name=GOOD)
        payloads = encode_all(encoder, [*spans, good], limit)
        decoded: list[Any] = []
        for payload in payloads:
            decoded += DECODERS[name](payload.body)
        assert all(len(payload.body) <= limit for payload in payloads)
        assert len(spans) + 1 == len(decoded) + losses.dropped, losses
        assert name_of(decoded[-1]) == GOOD, name
        arrived[name] = decoded[:-1]
    return arrived


def as_pairs(span: Any) -> tuple[object, ...]:
    """Return the content of a Thrift span, in values that can be compared."""
    logs = [(log.timestamp, repr(tag_pairs(log.fields))) for log in span.logs or ()]
    ids = span.traceIdLow, span.traceIdHigh, span.spanId, span.parentSpanId
    times = span.startTime, span.duration
    # A number of dropped tags that is not a number is omitted only from a plain copy.
    tags = [
        repr(item) for item in tag_pairs(span.tags) if not item[0].startswith("otel.")
    ]
    return (*ids, *times, span.operationName, tags, logs)


def name_of(span: Any) -> str:
    """Return the operation name of a decoded span."""
    if hasattr(span, "operationName"):  # of Thrift
        return str(span.operationName)
    return str(span.name if hasattr(span, "name") else span["name"])


class Recorder:
    """Creates a span by the API, and stores the plain values that were recorded."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._reporter = InMemoryReporter()
        tracer = Tracer(
            "fuzz",
            self._reporter,
            ConstSampler(decision=True),
            generate_128bit_trace_id=True,
        )
        tracer.random = CountingIds()
        self.tags: list[tuple[str, object]] = []
        self.logs: list[list[tuple[str, object]]] = []
        self.name: Any = reader.one_of(["GET /", "\udcff", ""])
        self._span = tracer.start_span(
            self.name,
            references=self._references(tracer),
            tags=self._start_tags(),
            start_time=self._time(1.5),
        )
        while not reader.is_at_end:
            reader.one_of(
                [self._set_tag, self._set_tag, self._log, self._rename, self._other]
            )()
        self._span.finish(self._time(2.5))
        self.spans = self._reporter.get_spans()

    def _references(self, tracer: Tracer) -> list[Reference] | None:
        if self._reader.byte() % 2:
            return None
        other = tracer.start_span("other", ignore_active_span=True)
        return [Reference("follows_from", other.context)]

    def _start_tags(self) -> dict[Any, object] | None:
        if self._reader.byte() % 2:
            return None
        return self._fields(1, self.tags)

    def _item(self) -> tuple[Any, Any]:
        reader = self._reader
        makers: list[Callable[[], object]] = [
            reader.text,
            lambda: reader.one_of(KEYS),
            reader.value,
        ]
        return reader.one_of(makers)(), reader.value()

    def _time(self, usual: float) -> Any:
        return usual if self._reader.byte() % 2 else self._reader.value()

    def _set_tag(self) -> None:
        key, value = self._item()
        self._span.set_tag(key, value)
        self._expect(self.tags, key, value)

    def _log(self) -> None:
        expected: list[tuple[str, object]] = []
        fields = self._fields(self._reader.byte() % 4, expected)
        self._span.log_kv(fields, self._time(1.75))
        self.logs.append(expected)

    def _fields(
        self, number: int, expected: list[tuple[str, object]]
    ) -> dict[Any, object]:
        fields: dict[Any, object] = {}
        for _ in range(number):
            key, value = self._item()
            # Not every object can be a key.
            with suppress(TypeError, OddError):
                fields[key] = value
        for key, value in fields.items():
            self._expect(expected, key, value)
        return fields

    def _rename(self) -> None:
        self.name = self._reader.value()
        self._span.set_operation_name(self.name)

    def _other(self) -> None:
        key, value = self._item()
        if self._reader.byte() % 2:
            self._span.set_baggage_item(key, value)
        else:
            self._span.log_event(value, key)

    @staticmethod
    def _expect(items: list[tuple[str, object]], key: object, value: object) -> None:
        if type(key) is str and key.isprintable() and key not in KEYS:
            items.append((key, value if is_plain(value) else None))


def is_plain(value: object) -> bool:
    """Return whether *value* can arrive unchanged."""
    if type(value) is str:
        return len(value) <= 1024 and value == value.encode(errors="replace").decode()
    if type(value) is int:
        return -(1 << 63) <= value < 1 << 63
    if type(value) is float:
        return math.isfinite(value)
    return type(value) in {bool, bytes}


def check_recorded(recorder: Recorder, limit: int) -> None:
    """A recorded span arrives in every format, with its plain values."""
    spans = recorder.spans
    assert len(spans) <= 1
    arrived = check_spans([*spans], limit)
    # A tag `sampling.priority` may have stopped the recording.
    if not spans or limit < LARGE or "sampling.priority" in repr(arrived["binary"]):
        return
    assert all(len(found) == 1 for found in arrived.values()), arrived
    (thrift,), (otlp,) = arrived["binary"], arrived["otlp"]
    assert as_pairs(arrived["compact"][0]) == as_pairs(thrift)
    if is_plain(recorder.name) and type(recorder.name) is str:
        assert {recorder.name} == {thrift.operationName, otlp.name}
    check_items(recorder.tags, tag_pairs(thrift.tags), attribute_pairs(otlp.attributes))
    assert len(thrift.logs or ()) == len(otlp.events)
    logs = [tag_pairs(log.fields) for log in thrift.logs or ()]
    events = [attribute_pairs(event.attributes) for event in otlp.events]
    for expected in recorder.logs:
        # Those of `log_event` and of baggage may be in between.
        while not holds(expected, logs[0]):
            del logs[0], events[0]
        check_items(expected, logs.pop(0), events.pop(0))


def check_items(
    expected: list[tuple[str, object]],
    of_thrift: list[tuple[str, object]],
    of_otlp: list[tuple[str, object]],
) -> None:
    """Thrift carries every item, OTLP the last one of each key."""
    assert holds(expected, of_thrift), (expected, of_thrift)
    last = dict(of_thrift)
    attributes = dict(of_otlp)
    for key, value in expected:
        if value is not None:
            assert repr(attributes[key]) == repr(last[key]), key


def holds(
    expected: list[tuple[str, object]], arrived: list[tuple[str, object]]
) -> bool:
    """Return whether the plain ones of *expected* are among *arrived*, in order."""
    rest = iter(map(repr, arrived))
    return all(repr(item) in rest for item in expected if item[1] is not None)


def any_span(reader: Reader) -> Any:
    """Return a span of any parts."""
    kinds = ["child_of", "follows_from", None]
    return FinishedSpan(
        ids=Ids(reader.value(), reader.value(), reader.value(), reader.value()),
        operation_name=reader.value(),
        start_time=reader.value(),
        end_time=reader.value(),
        references=[
            reference(reader.one_of(kinds), reader.value(), reader.value())  # type: ignore[arg-type]  # any
            for _ in range(reader.byte() % 3)
        ],
        tag_items=items_of(reader),
        log_items=[
            (reader.value(), items_of(reader)) for _ in range(reader.byte() % 3)
        ],
        shares_span_id=reader.value(),
        dropped_tags=reader.value(),
        dropped_logs=reader.value(),
    )


def items_of(reader: Reader) -> Any:
    """Return tags, or another object in their place."""
    if reader.byte() % 8 == 7:
        return reader.value()
    pairs = range(reader.byte() % 4)
    return [(reader.one_of([*KEYS, reader.value()]), reader.value()) for _ in pairs]
