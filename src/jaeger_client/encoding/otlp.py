"""
Spans as OTLP: an `ExportTraceServiceRequest`, so that Jaeger shows the same.

What Jaeger makes of a Thrift span is done here before it is sent: `span.kind`
becomes the kind, errors become the status, a log becomes an event named by its
`event` field, references other than the parent become links. Times are whole
microseconds, as over Thrift.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jaeger_client._version import __version__
from jaeger_client.clock import SYSTEM_CLOCK, Clock
from jaeger_client.constants import DEBUG_FLAG, JAEGER_HOSTNAME_TAG_KEY
from jaeger_client.encoding import protobuf
from jaeger_client.encoding.jaeger_thrift import usable_references
from jaeger_client.encoding.otlp_attributes import NOTHING_NOTED, attribute_appender
from jaeger_client.encoding.otlp_status import NOTED, hides, kind_and_status
from jaeger_client.encoding.packing import PackingEncoder
from jaeger_client.encoding.plain import plain_items, plain_text
from jaeger_client.encoding.varint import LAST, LOW_BITS, MASK_64, varint
from jaeger_client.model import Process, SpanData, SpanLosses, TagItem, TagValue

if TYPE_CHECKING:
    import opentracing

_IDS: Final = struct.Struct(">2sQQ2sQ")
"""Fields 1 and 2 of a span or a link, trace id and span id: both big-endian."""

_PARENT: Final = struct.Struct(">2sQ")
_TIMES: Final = struct.Struct("<BQBQ")
"""Fields 7 and 8, start and end in nanoseconds, little-endian."""

_DEBUG: Final = (("jaeger.debug", True),)
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


class OtlpEncoder(PackingEncoder):
    """One `ExportTraceServiceRequest` a payload, for HTTP 4318."""

    content_type = "application/x-protobuf"

    def __init__(self, losses: SpanLosses, *, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(losses, clock=clock)
        self._names = self.tables.texts(_name_field)
        self._append_attributes = attribute_appender(self.tables, hides)
        self._append_event_fields = attribute_appender(self.tables, _names_event)
        self.set_process(Process(service_name=""))

    def set_process(self, process: Process) -> None:
        """Take the process whose spans come."""
        pieces: list[bytes] = []
        items = _resource_items(process).items()
        self._append_attributes(pieces, items, _RESOURCE_FIELD, NOTHING_NOTED)
        self._resource = protobuf.message_field(1, *pieces)

    def _span(self, span: SpanData) -> bytes:
        context = span.context
        pieces = [
            _ids(context.trace_id, context.span_id),
            _parent(context.parent_id) if context.parent_id else b"",
            self._names[span.operation_name],
            _times(span),
        ]
        append = self._append_attributes
        notes = append(pieces, span.tag_items, _SPAN_FIELD, NOTED)
        if context.flags & DEBUG_FLAG:
            append(pieces, _DEBUG, _SPAN_FIELD, NOTHING_NOTED)
        for timestamp, fields in span.log_items:
            pieces.append(self._event(timestamp, fields))
        if references := span.references:
            pieces += self._links(span, references)
        if notes:
            pieces.append(kind_and_status(notes))
        body = b"".join(pieces)
        size = len(body)
        return b"\x12" + (LAST[size] if size <= LOW_BITS else varint(size)) + body

    def _event(self, timestamp: int, fields: Iterable[TagItem]) -> bytes:
        pieces = [b"\x09", protobuf.fixed64(timestamp * 1000)]
        notes = self._append_event_fields(pieces, fields, _EVENT_FIELD, _EVENT_NAME)
        name = notes.get("event")
        if isinstance(name, str):
            pieces.append(protobuf.text_field(2, name))
        return protobuf.message_field(11, *pieces)

    def _links(
        self,
        span: SpanData,
        references: Sequence[opentracing.Reference],
    ) -> Iterator[bytes]:
        parent = False, span.context.trace_id, span.context.parent_id
        for reference in usable_references(references):
            if reference != parent:
                follows, trace_id, span_id = reference
                pieces = [_ids(trace_id, span_id)]
                kind = "follows_from" if follows else "child_of"
                item = ("opentracing.ref_type", kind)
                self._append_attributes(pieces, (item,), _LINK_FIELD, NOTHING_NOTED)
                yield protobuf.message_field(13, *pieces)

    def _frame(self) -> _OtlpFrame:
        return _OtlpFrame(self._resource, len(self._resource) + 12)


@dataclass(frozen=True, slots=True)
class _OtlpFrame:
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


def _ids(trace_id: int, span_id: int) -> bytes:
    high, low = trace_id >> 64 & MASK_64, trace_id & MASK_64
    return _IDS.pack(b"\x0a\x10", high, low, b"\x12\x08", span_id & MASK_64)


def _parent(parent_id: int) -> bytes:
    return _PARENT.pack(b"\x22\x08", parent_id & MASK_64)


def _times(span: SpanData) -> bytes:
    start = span.start_time
    end = span.end_time
    duration = 1 if end is None else int((end - start) * 1000000)
    if duration <= 0:
        duration = 0 if end < start else 1  # type: ignore[operator]  # None gives 1
    start_ns = int(start * 1000000) * 1000
    end_ns = start_ns + duration * 1000
    if start_ns < 0 or end_ns > MASK_64:
        start_ns, end_ns = (max(0, min(ns, MASK_64)) for ns in (start_ns, end_ns))
    return _TIMES.pack(0x39, start_ns, 0x41, end_ns)
