"""
Spans of OpenTelemetry's SDK as OTLP, whole: nothing is converted to tags of Jaeger.

The encoder `encoding.otlp` writes spans of OpenTracing and derives kind, status and
names of events from their tags. Here they have fields of their own, as have resource
and scope, which differ between the spans of one batch.

Fields of opentelemetry/proto/trace/v1/trace.proto beyond those in `encoding.otlp`:

```text
ResourceSpans         3 schema_url
ScopeSpans            1 InstrumentationScope  3 schema_url
InstrumentationScope  1 name  2 version  3 attributes
Span                  3 trace_state  14 uint32 dropped_links  16 fixed32 flags
Event                 4 uint32 dropped_attributes
Link                  3 trace_state  5 uint32 dropped_attributes  6 fixed32 flags
```

A request is a list of `ResourceSpans`, and two messages of protobuf that are written
one after the other are read as one, with the elements of both lists. So the spans of
each resource and scope are packed by themselves, and payloads are joined while they
fit.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, cast

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.encoding.base import Payload
from jaeger_client.encoding.otlp import RESOURCE, RESOURCE_ATTRIBUTE, frame_before
from jaeger_client.encoding.otlp_attributes import (
    write_field,
    write_nested_attribute,
    write_text,
)
from jaeger_client.encoding.otlp_writer import (
    ATTRIBUTE,
    END,
    EVENT,
    EVENT_ATTRIBUTE,
    EVENT_NAME,
    EVENT_TIME,
    KIND,
    LINK,
    LINK_ATTRIBUTE,
    NAME,
    SPAN,
    START,
    STATUS,
    STATUS_CODE,
    STATUS_MESSAGE,
    TIME,
    TIMES,
    write_dropped,
    write_ids,
    write_parent_id,
)
from jaeger_client.encoding.packing import Frame, PackingEncoder, write_logs
from jaeger_client.encoding.plain import PlainLog, PlainSpan
from jaeger_client.encoding.shrink import shrink_span
from jaeger_client.encoding.varint import MASK_32, MASK_64, write_varint
from jaeger_client.model import LogItem, Process, SpanData, SpanLosses
from jaeger_client.otel.otlp_spans import EventFields, OtlpGroup, OtlpLink, fields_of
from jaeger_client.otel.readable import SERVICE_NAME
from jaeger_client.otel.values import NestedValue, text_items

_TRACE_STATE: Final = 0x1A  # Span and Link: 3 trace_state
_DROPPED_LINKS: Final = 0x70  # Span: 14 dropped_links_count
_FLAGS: Final = b"\x85\x01"  # Span: 16 flags, a fixed32
_EVENT_DROPPED: Final = 0x20  # Event: 4 dropped_attributes_count
_LINK_DROPPED: Final = 0x28  # Link: 5 dropped_attributes_count
_LINK_FLAGS: Final = 0x35  # Link: 6 flags, a fixed32
_SCOPE: Final = 0x0A  # ScopeSpans: 1 scope
_SCOPE_NAME: Final = 0x0A  # InstrumentationScope: 1 name
_SCOPE_VERSION: Final = 0x12  # InstrumentationScope: 2 version
_SCOPE_ATTRIBUTE: Final = 0x1A  # InstrumentationScope: 3 attributes
_SCHEMA_URL: Final = 0x1A  # ResourceSpans and ScopeSpans: 3 schema_url

_FIXED_32: Final = struct.Struct("<I")


class OtlpSpanEncoder(PackingEncoder):
    """
    Encodes spans of `OtlpConverter` as `ExportTraceServiceRequest`.

    Spans of one group must be neighbours. Used by one thread at a time.
    """

    content_type = "application/x-protobuf"

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(losses, clock=clock)
        self._group: OtlpGroup | None = None
        self._scope, self._scope_schema = bytearray(), bytearray()
        self._resource_schema = bytearray()

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """Yield payloads of *spans*, which may be of several resources and scopes."""
        # Losses count with the payload that covers the span; while a payload waits for
        # others to be joined to it, later losses must not count yet.
        totals, self.losses = self.losses, SpanLosses()
        waiting: _Part | None = None
        start = 0
        for group, members in groupby(spans, lambda span: fields_of(span).group):
            run = [*members]
            self._use_group(group)
            for payload in super().encode(run, limit=limit):
                losses, self.losses = self.losses, SpanLosses()
                part = _Part(
                    payload._replace(consumed=start + payload.consumed), losses
                )
                if waiting is not None and not waiting.has_space_for(part, limit):
                    yield waiting.counted_in(totals)
                    waiting = None
                waiting = part if waiting is None else waiting.joined(part)
                if not payload.span_count:
                    # Encoding takes long, and the caller may stop here; see `packing`.
                    yield waiting.counted_in(totals)
                    waiting = None
            start += len(run)
        if waiting is not None:
            yield waiting.counted_in(totals)
        totals.add(self.losses)
        self.losses = totals

    def _use_group(self, group: OtlpGroup) -> None:
        if group is self._group:
            return
        self._group = group
        scope = bytearray()
        _write_optional(scope, _SCOPE_NAME, group.scope_name)
        _write_optional(scope, _SCOPE_VERSION, group.scope_version)
        _write_attributes(scope, _SCOPE_ATTRIBUTE, group.scope_items)
        self._scope = bytearray()
        if scope:
            write_field(self._scope, _SCOPE, scope)
        self._scope_schema, self._resource_schema = bytearray(), bytearray()
        _write_optional(self._scope_schema, _SCHEMA_URL, group.scope_schema_url)
        _write_optional(self._resource_schema, _SCHEMA_URL, group.resource_schema_url)
        self.set_process(group.process)

    def _use_process(self, process: Process) -> int:
        items = [*process.tags]
        if process.service_name:
            items.append((SERVICE_NAME, process.service_name))
        attributes = bytearray()
        _write_attributes(attributes, RESOURCE_ATTRIBUTE, items)
        self._resource = bytearray()
        write_field(self._resource, RESOURCE, attributes)
        return len(self._resource)

    def _frame(self) -> Frame:
        resource, scope = self._resource, self._scope
        scope_end, end = self._scope_schema, self._resource_schema

        def before(_count: int, spans_size: int) -> bytes:
            size = len(scope) + spans_size + len(scope_end)
            return frame_before(resource, size, after=len(end)) + scope

        return Frame(before, after=bytes(scope_end + end))

    def _write_span(self, out: bytearray, span: SpanData, max_size: int) -> None:
        body = bytearray()
        self._write_body(body, cast("PlainSpan", span), max_size)
        write_field(out, SPAN, body)

    def _write_body(self, out: bytearray, span: PlainSpan, max_size: int) -> None:
        ids, fields = span.ids, fields_of(span)
        write_ids(out, ids.trace_id, ids.span_id)
        _write_optional(out, _TRACE_STATE, fields.trace_state)
        if ids.parent_id:
            write_parent_id(out, ids.parent_id)
        write_text(out, NAME, span.operation_name)
        out.append(KIND)
        out.append(fields.kind)
        out += TIMES.pack(START, _ns(fields.start_ns), END, _ns(fields.end_ns))
        _write_attributes(out, ATTRIBUTE, span.tag_items)
        write_logs(out, [*span.log_items], self._write_log, max_size)
        if span.dropped_tags or span.dropped_logs:
            write_dropped(out, span)
        for link in fields.links:
            _write_link(out, link)
        _write_count(out, _DROPPED_LINKS, fields.dropped_links)
        status = bytearray()
        _write_optional(status, STATUS_MESSAGE, fields.status_message)
        _write_count(status, STATUS_CODE, fields.status_code)
        write_field(out, STATUS, status)
        out += _FLAGS + _FIXED_32.pack(fields.flags)

    def _write_log(self, out: bytearray, log: LogItem) -> None:
        time_ns, fields = cast("tuple[int, EventFields]", log)
        event = bytearray(TIME.pack(EVENT_TIME, _ns(time_ns)))
        _write_optional(event, EVENT_NAME, fields.name)
        _write_attributes(event, EVENT_ATTRIBUTE, fields.items)
        _write_count(event, _EVENT_DROPPED, fields.dropped)
        write_field(out, EVENT, event)

    def _shrink(self, span: SpanData, max_size: int) -> bytes | None:
        """
        Return as much of *span* as fits *max_size* bytes.

        The oldest events are dropped; if that is not enough, all of them, and the
        longest texts are cut. As a last resort the links lose their attributes, and
        lists are cut, too, as JSON.
        """
        whole, fields = cast("PlainSpan", span), fields_of(span)
        plain = whole._replace(log_items=[])
        body = shrink_span(
            plain, whole.log_items, self._body, self._measure_log, max_size
        )
        if body is not None:
            return body
        links = [
            link._replace(items=[], dropped=link.dropped + len(link.items))
            for link in fields.links
        ]
        items = cast("Sequence[tuple[str, NestedValue]]", plain.tag_items)
        plain = plain._replace(
            tag_items=text_items(items), extra=fields._replace(links=links)
        )
        return shrink_span(plain, [], self._body, self._measure_log, max_size)

    def _measure_log(self, item: object) -> tuple[PlainLog, int]:
        # Not a plain copy: events are `EventFields`.
        log, out = cast("PlainLog", item), bytearray()
        self._write_log(out, log)
        return log, len(out)


class _Part(NamedTuple):
    """A payload that waits for others to be joined to it."""

    payload: Payload
    losses: SpanLosses
    """Losses of the spans that it covers."""

    def counted_in(self, totals: SpanLosses) -> Payload:
        """Add the losses to *totals* and return the payload."""
        totals.add(self.losses)
        return self.payload

    def has_space_for(self, other: _Part, limit: int) -> bool:
        return len(self.payload.body) + len(other.payload.body) <= limit

    def joined(self, other: _Part) -> _Part:
        losses = self.losses.copy()
        losses.add(other.losses)
        first, second = self.payload, other.payload
        return _Part(
            Payload(
                first.body + second.body,
                first.span_count + second.span_count,
                second.consumed,
            ),
            losses,
        )


def _write_link(out: bytearray, link: OtlpLink) -> None:
    fields = bytearray()
    write_ids(fields, link.ids.trace_id, link.ids.span_id)
    _write_optional(fields, _TRACE_STATE, link.trace_state)
    _write_attributes(fields, LINK_ATTRIBUTE, link.items)
    _write_count(fields, _LINK_DROPPED, link.dropped)
    fields.append(_LINK_FLAGS)
    fields += _FIXED_32.pack(link.flags)
    write_field(out, LINK, fields)


def _write_attributes(
    out: bytearray, tag: int, items: Iterable[tuple[str, NestedValue]]
) -> None:
    for key, value in items:
        write_nested_attribute(out, tag, key, value)


def _write_optional(out: bytearray, tag: int, text: str) -> None:
    """Append a string field, unless *text* is empty."""
    if text:
        write_text(out, tag, text)


def _write_count(out: bytearray, tag: int, count: int) -> None:
    """Append a uint32, unless *count* is 0."""
    if count > 0:
        out.append(tag)
        write_varint(out, min(count, MASK_32))


def _ns(time_ns: int) -> int:
    return max(0, min(time_ns, MASK_64))
