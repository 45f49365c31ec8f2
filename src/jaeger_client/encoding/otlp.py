"""
Spans as OTLP: an `ExportTraceServiceRequest`, so that Jaeger shows the same.

What Jaeger makes of a Thrift span is done here before it is sent: `span.kind`
becomes the kind, errors become the status, a log becomes an event named by its
`event` field, references other than the parent become links. Times are whole
microseconds, as over Thrift.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.frozen import Frozen
from jaeger_client.constants import DEBUG_FLAG, JAEGER_HOSTNAME_TAG_KEY, __version__
from jaeger_client.encoding import protobuf
from jaeger_client.encoding.jaeger_thrift import usable_references
from jaeger_client.encoding.otlp_attributes import attribute, attribute_appender
from jaeger_client.encoding.otlp_status import NOTED, hides, kind_and_status_writer
from jaeger_client.encoding.packing import LARGE_SPAN, LOG_BLOCK, PackingEncoder
from jaeger_client.encoding.plain import plain_items, plain_text
from jaeger_client.encoding.varint import MASK_64, varint
from jaeger_client.model import LogItem, Process, SpanData, SpanLosses, TagValue

if TYPE_CHECKING:
    import opentracing

_IDS: Final = struct.Struct(">2sQQ2sQ")
"""Fields 1 and 2 of a span or a link, trace id and span id: both big-endian."""

_ROOT_IDS: Final = struct.Struct(">10sQ2sQ")
_CHILD_IDS: Final = struct.Struct(">10sQ2sQ2sQ")
"""The same of a trace id of 64 bits, and field 4 of a child, its parent's id."""

_SHORT_TRACE: Final = b"\x0a\x10\x00\x00\x00\x00\x00\x00\x00\x00"
_PARENT: Final = struct.Struct(">2sQ")
_TIMES: Final = struct.Struct("<BQBQ")
"""Fields 7 and 8, start and end in nanoseconds, little-endian."""

_TIME: Final = struct.Struct("<BQ")
"""Field 1 of an event."""

_SDK: Final = {
    "telemetry.sdk.name": "jaeger-client",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.version": __version__,
}
_EVENT_NAME: Final = frozenset({"event"})

_RESOURCE_FIELD: Final = b"\x0a"
_SPAN_FIELD: Final = b"\x4a"
_EVENT_FIELD: Final = b"\x1a"
_LINK_FIELD: Final = b"\x22"
"""The attributes of each: a byte for number and wire type."""

_MASK_32: Final = (1 << 32) - 1

_DEBUG: Final = attribute(_SPAN_FIELD, "jaeger.debug", True)  # noqa: FBT003 - a tag's value


class OtlpEncoder(PackingEncoder):
    """One `ExportTraceServiceRequest` a payload, for HTTP 4318."""

    content_type = "application/x-protobuf"

    def __init__(self, losses: SpanLosses, *, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(losses, clock=clock)
        tables = self.tables
        self._names = tables.texts(_name_field)
        self._begins = tables.numbers(_span_begin)
        self._append_attributes = attribute_appender(tables, _SPAN_FIELD, NOTED, hides)
        self._kind_and_status = kind_and_status_writer(tables)
        self._event_begins = tables.numbers(_event_begin)
        self._event_names = tables.texts(_event_name)
        self._append_event_fields = attribute_appender(
            tables, _EVENT_FIELD, _EVENT_NAME, _names_event
        )
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        items = _resource_items(process).items()
        pieces = [attribute(_RESOURCE_FIELD, key, value) for key, value in items]
        self._resource = protobuf.message_field(1, *pieces)
        return len(self._resource)

    def _bodies(self, spans: Sequence[SpanData]) -> list[bytes]:
        bodies: list[bytes] = []
        append_attributes = self._append_attributes
        get_name, make_name = self._names.get, self._names.make
        get_begin, make_begin = self._begins.get, self._begins.make
        for span in spans:
            context, name = span.ids, span.operation_name
            pieces = [
                b"",
                _ids(context.trace_id, context.span_id, context.parent_id),
                get_name(name) or make_name(name),
                _times(span.start_time, span.end_time),
            ]
            notes = append_attributes(pieces, span.tag_items)
            if context.flags & DEBUG_FLAG:
                pieces.append(_DEBUG)
            logs = span.log_items
            if logs:
                self._append_events(pieces, [*logs])
            if span.dropped_tags or span.dropped_logs:
                pieces.append(_dropped(span))
            if references := span.references:
                pieces += self._links(span, references)
            if notes:
                pieces.append(self._kind_and_status(notes))
            size = sum(map(len, pieces))
            pieces[0] = get_begin(size) or make_begin(size)
            bodies.append(b"".join(pieces))
            if size > LARGE_SPAN:
                break
        return bodies

    def _append_events(self, pieces: list[bytes], logs: list[LogItem]) -> None:
        if len(logs) > LOG_BLOCK:
            self._append_log_blocks(pieces, logs)
        else:
            self._append_each_log(pieces, logs)

    def _append_each_log(self, pieces: list[bytes], logs: Sequence[LogItem]) -> None:
        begins, append_event_fields = self._event_begins, self._append_event_fields
        for timestamp, fields in logs:
            event = [_event_time(timestamp)]
            for _, name in append_event_fields(event, fields):
                if type(name) is str:
                    event.append(self._event_names[name])
            pieces.append(begins[sum(map(len, event))])
            pieces += event

    @staticmethod
    def _links(
        span: SpanData,
        references: Sequence[opentracing.Reference],
    ) -> Iterator[bytes]:
        parent = False, span.ids.trace_id, span.ids.parent_id
        for reference in usable_references(references):
            if reference != parent:
                follows, trace_id, span_id = reference
                kind = "follows_from" if follows else "child_of"
                yield protobuf.message_field(
                    13,
                    _long_ids(trace_id, span_id),
                    attribute(_LINK_FIELD, "opentracing.ref_type", kind),
                )

    def _frame(self) -> _OtlpFrame:
        return _OtlpFrame(self._resource, len(self._resource) + 12)


class _OtlpFrame(Frozen):
    """A request of one `ResourceSpans` of one `ScopeSpans`."""

    resource: bytes
    most: int

    def size(self, count: int, spans_size: int) -> int:  # noqa: ARG002 - no matter here
        """Return the bytes around spans of *spans_size* bytes."""
        return sum(map(len, self._before(spans_size)))

    def around(self, spans: list[bytes], spans_size: int) -> bytes:
        """Return the payload."""
        return b"".join((*self._before(spans_size), *spans))

    def _before(self, spans_size: int) -> tuple[bytes, ...]:
        scope_spans = b"\x12" + varint(spans_size)
        size = len(self.resource) + len(scope_spans) + spans_size
        return b"\x0a", varint(size), self.resource, scope_spans


def _resource_items(process: Process) -> dict[str, TagValue]:
    # A dict, for the keys of a resource must not repeat: the last one counts.
    items = _SDK | dict(plain_items(process.tags))
    if JAEGER_HOSTNAME_TAG_KEY in items:
        items["host.name"] = items.pop(JAEGER_HOSTNAME_TAG_KEY)
    return items | {"service.name": plain_text(process.service_name)}


def _names_event(key: str, value: object) -> bool:  # noqa: ARG001 - the key is event
    return isinstance(value, str)


def _name_field(name: str) -> bytes:
    return b"\x2a" + protobuf.text(name)


def _span_begin(size: int) -> bytes:
    return b"\x12" + varint(size)


def _event_begin(size: int) -> bytes:
    return b"\x5a" + varint(size)


def _event_name(name: str) -> bytes:
    return protobuf.text_field(2, name)


def _event_time(timestamp: int) -> bytes:
    nanoseconds = timestamp * 1000
    return _TIME.pack(0x09, max(0, min(nanoseconds, MASK_64)))


def _dropped(span: SpanData) -> bytes:
    """Return fields 10 and 12, the counts of dropped attributes and events."""
    tags, logs = (
        varint(max(0, min(count, _MASK_32)))
        for count in (span.dropped_tags, span.dropped_logs)
    )
    return b"".join((b"\x50", tags, b"\x60", logs))


def _ids(trace_id: int, span_id: int, parent_id: int | None) -> bytes:
    """Return fields 1, 2 and 4; raises for an id of a span that has not 64 bits."""
    if not 0 <= trace_id <= MASK_64:
        ids = _long_ids(trace_id, span_id)
        return ids + _PARENT.pack(b"\x22\x08", parent_id) if parent_id else ids
    if parent_id:
        parent = b"\x22\x08", parent_id
        return _CHILD_IDS.pack(_SHORT_TRACE, trace_id, b"\x12\x08", span_id, *parent)
    return _ROOT_IDS.pack(_SHORT_TRACE, trace_id, b"\x12\x08", span_id)


def _long_ids(trace_id: int, span_id: int) -> bytes:
    high, low = trace_id >> 64 & MASK_64, trace_id & MASK_64
    return _IDS.pack(b"\x0a\x10", high, low, b"\x12\x08", span_id & MASK_64)


def _times(start: float, end: float | None) -> bytes:
    duration = 1 if end is None else int((end - start) * 1000000)
    if duration <= 0:
        duration = 0 if end < start else 1  # type: ignore[operator]  # None gives 1
    start_ns = int(start * 1000000) * 1000
    end_ns = start_ns + duration * 1000
    if start_ns < 0 or end_ns > MASK_64:
        start_ns, end_ns = (max(0, min(ns, MASK_64)) for ns in (start_ns, end_ns))
    return _TIMES.pack(0x39, start_ns, 0x41, end_ns)
