"""
Spans as OTLP: each payload is one `ExportTraceServiceRequest`, for HTTP port 4318.

Jaeger converts Thrift spans to OTLP when it receives them. This encoder applies the
same rules, so that a trace looks the same in Jaeger in either format:

- `span.kind` becomes the kind and is not an attribute;
- `error`, `otel.status_code` or `http.status_code` become the status;
- a log becomes an event, named by its `event` field;
- references other than the parent become links, with the attribute
  `opentracing.ref_type`: `child_of` or `follows_from`;
- process tags become attributes of the resource, `hostname` as `host.name`; the name of
  the service is `service.name`, this client is `telemetry.sdk.name`, `.language` and
  `.version`;
- times are whole microseconds, as in Thrift, written in nanoseconds.

`sampler.type` and `sampler.param` stay attributes, because Jaeger's adaptive sampling
reads them. OTLP has no debug flag: a debug span has the attribute `jaeger.debug`.

The fields of opentelemetry/proto/trace/v1/trace.proto. Ids are bytes, big-endian; other
fields without a type are strings or messages. How a field is written is described in
`otlp_attributes`:

```text
Request        1 ResourceSpans
ResourceSpans  1 Resource (1 attributes)  2 ScopeSpans (2 spans)
Span           1 trace_id  2 span_id  4 parent_span_id  5 name  6 enum kind
               7 fixed64 start (ns)  8 fixed64 end (ns)  9 attributes
               10 uint32 dropped_attributes  11 Event  12 uint32 dropped_events
               13 Link  15 Status
Event          1 fixed64 time (ns)  2 name  3 attributes
Link           1 trace_id  2 span_id  4 attributes
Status         2 message  3 enum code
```
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.constants import (
    DEBUG_FLAG,
    JAEGER_HOSTNAME_TAG_KEY,
    SPAN_KIND,
    SPAN_KIND_CLIENT,
    SPAN_KIND_CONSUMER,
    SPAN_KIND_PRODUCER,
    SPAN_KIND_SERVER,
    __version__,
)
from jaeger_client.encoding.caches import BytesCache
from jaeger_client.encoding.otlp_attributes import (
    OtherFields,
    attribute,
    attribute_appender,
    message_field,
    text_field,
    text_value,
)
from jaeger_client.encoding.packing import (
    Frame,
    PackingEncoder,
    duration_us,
    usable_references,
)
from jaeger_client.encoding.plain import plain_items, plain_text
from jaeger_client.encoding.varint import (
    MASK_32,
    MASK_64,
    MASK_128,
    SINGLE_BYTES,
    varint,
)
from jaeger_client.model import LogItem, Process, SpanData, SpanLosses, TagValue

if TYPE_CHECKING:
    import opentracing

# Tags of fields: number << 3 | wire type (0 varint, 1 fixed64, 2 delimited). Those of
# ids include the size, which is fixed. First the fields of `Span`:
TRACE_ID: Final = b"\x0a\x10"  # 1 trace_id, 16 bytes
SPAN_ID: Final = b"\x12\x08"  # 2 span_id, 8 bytes
PARENT_ID: Final = b"\x22\x08"  # 4 parent_span_id, 8 bytes
NAME: Final = b"\x2a"  # 5 name
KIND: Final = b"\x30"  # 6 kind
START: Final = 0x39  # 7 start_time_unix_nano
END: Final = 0x41  # 8 end_time_unix_nano
ATTRIBUTE: Final = b"\x4a"  # 9 attributes
DROPPED_ATTRIBUTES: Final = b"\x50"  # 10 dropped_attributes_count
EVENT: Final = b"\x5a"  # 11 events
DROPPED_EVENTS: Final = b"\x60"  # 12 dropped_events_count
LINKS: Final = 13  # numbers of fields, whose tags `message_field` writes
STATUS: Final = 15
EVENT_TIME: Final = 0x09  # Event: 1 time_unix_nano
EVENT_NAME: Final = 2  # Event: 2 name
EVENT_ATTRIBUTE: Final = b"\x1a"  # Event: 3 attributes
LINK_ATTRIBUTE: Final = b"\x22"  # Link: 4 attributes
STATUS_MESSAGE: Final = 2  # Status: 2 message
STATUS_CODE: Final = b"\x18"  # Status: 3 code
RESOURCE: Final = 1  # ResourceSpans: 1 resource
RESOURCE_SPANS: Final = b"\x0a"  # Request: 1 resource_spans
RESOURCE_ATTRIBUTE: Final = b"\x0a"  # Resource: 1 attributes
SCOPE_SPANS: Final = b"\x12"  # ResourceSpans: 2 scope_spans
SPAN: Final = b"\x12"  # ScopeSpans: 2 spans

TIMES: Final = struct.Struct("<BQBQ")
"""Fields 7 and 8 of a span: a tag and eight bytes little-endian, twice."""

TIME: Final = struct.Struct("<BQ")
"""Field 1 of an event."""

# Attributes of the resource that identify this client.
_SDK: Final = {
    "telemetry.sdk.name": "jaeger-client",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.version": __version__,
}
_DEBUG: Final = attribute(ATTRIBUTE, "jaeger.debug", True)  # noqa: FBT003 - a tag's value

_ERROR: Final = "error"
_HTTP_STATUS: Final = "http.status_code"
_HTTP_MESSAGE: Final = "http.status_message"
_OTEL_STATUS: Final = "otel.status_code"
_OTEL_MESSAGE: Final = "otel.status_description"

# enum SpanKind of trace.proto, by the text of `span.kind`.
_KINDS: Final = {
    "internal": 1,
    SPAN_KIND_SERVER: 2,
    SPAN_KIND_CLIENT: 3,
    SPAN_KIND_PRODUCER: 4,
    SPAN_KIND_CONSUMER: 5,
}

# enum StatusCode of trace.proto, by the text of `otel.status_code`.
_STATUS_CODES: Final = {"UNSET": 0, "OK": 1, "ERROR": 2}
_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500
_FAILED: Final = _STATUS_CODES["ERROR"]


class OtlpEncoder(PackingEncoder):
    """
    Encodes each payload as one `ExportTraceServiceRequest`, for HTTP port 4318.

    Used by one thread at a time.
    """

    content_type = "application/x-protobuf"

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(losses, clock=clock)
        caches = self.caches
        self._names: BytesCache[str] = caches.new(lambda name: NAME + text_value(name))
        self._prefixes: BytesCache[int] = caches.new(lambda size: SPAN + varint(size))
        self._append_attributes = attribute_appender(caches, ATTRIBUTE, _TAG_FIELDS)
        self._event_prefixes: BytesCache[int] = caches.new(
            lambda size: EVENT + varint(size)
        )
        self._append_event_attributes = attribute_appender(
            caches, EVENT_ATTRIBUTE, _LOG_FIELDS
        )
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        items = _resource_items(process).items()
        parts = [attribute(RESOURCE_ATTRIBUTE, key, value) for key, value in items]
        self._resource = message_field(RESOURCE, *parts)
        return len(self._resource)

    def _write_spans(
        self,
        out: bytearray,
        ends: list[int],
        spans: Sequence[SpanData],
        max_size: int,
    ) -> None:
        append_attributes = self._append_attributes
        get_name, add_name = self._names.get_and_add
        get_prefix, add_prefix = self._prefixes.get_and_add
        for span in spans:
            context, name = span.ids, span.operation_name
            parent_id = context.parent_id
            parts = [
                b"",  # the tag and size of the span, when the size is known
                ids_fields(context.trace_id, context.span_id),
                PARENT_ID + parent_id.to_bytes(8, "big") if parent_id else b"",
                get_name(name) or add_name(name),
                _times(span.start_time, span.end_time),
            ]
            # Keys must not repeat in OTLP. Over Thrift, too, Jaeger shows the last tag.
            tags = dict(span.tag_items)
            append_attributes(parts, tags.items())
            if context.flags & DEBUG_FLAG:
                parts.append(_DEBUG)
            logs = span.log_items
            if logs:
                events = bytearray()
                self._write_logs(events, [*logs])
                parts.append(bytes(events))
            if span.dropped_tags or span.dropped_logs:
                parts.append(dropped_fields(span))
            if references := span.references:
                parts += _links(span, references)
            if (
                _ERROR in tags
                or _HTTP_STATUS in tags
                or _OTEL_STATUS in tags
                or _OTEL_MESSAGE in tags
            ):
                parts.append(_status(tags))
            size = sum(map(len, parts))
            parts[0] = get_prefix(size) or add_prefix(size)
            out += b"".join(parts)
            ends.append(len(out))
            if len(out) > max_size:
                break

    def _write_log(self, out: bytearray, log: LogItem) -> None:
        timestamp, fields = log
        event = [_event_time(timestamp)]
        self._append_event_attributes(event, dict(fields).items())
        # A message is preceded by its size; `sum` avoids a second join.
        out += self._event_prefixes[sum(map(len, event))]
        out += b"".join(event)

    def _frame(self) -> Frame:
        # Sizes come first in protobuf, so the frame is written for each set of spans.
        resource = self._resource

        def before(_count: int, spans_size: int) -> bytes:
            scope_spans = SCOPE_SPANS + varint(spans_size)
            size = len(resource) + len(scope_spans) + spans_size
            return b"".join((RESOURCE_SPANS, varint(size), resource, scope_spans))

        return Frame(before, b"")


def _resource_items(process: Process) -> dict[str, TagValue]:
    # A dict, because the keys of a resource must not repeat; the last value counts.
    items = _SDK | dict(plain_items(process.tags))
    if JAEGER_HOSTNAME_TAG_KEY in items:
        items["host.name"] = items.pop(JAEGER_HOSTNAME_TAG_KEY)
    return items | {"service.name": plain_text(process.service_name)}


def ids_fields(trace_id: int, span_id: int) -> bytes:
    """Return fields 1 and 2 of a span or link; raise for an id that is too large."""
    trace, span = trace_id.to_bytes(16, "big"), span_id.to_bytes(8, "big")
    return b"".join((TRACE_ID, trace, SPAN_ID, span))


def _times(start: float, end: float | None) -> bytes:
    """Return fields 7 and 8, in nanoseconds, clamped to 64 bits."""
    start_ns = int(start * 1e6) * 1000
    end_ns = start_ns + duration_us(start, end) * 1000
    if start_ns < 0 or end_ns > MASK_64:
        start_ns, end_ns = (max(0, min(ns, MASK_64)) for ns in (start_ns, end_ns))
    return TIMES.pack(START, start_ns, END, end_ns)


def dropped_fields(span: SpanData) -> bytes:
    """Return fields 10 and 12."""
    tags, logs = (
        varint(max(0, min(count, MASK_32)))
        for count in (span.dropped_tags, span.dropped_logs)
    )
    return b"".join((DROPPED_ATTRIBUTES, tags, DROPPED_EVENTS, logs))


def _event_time(timestamp: int) -> bytes:
    nanoseconds = timestamp * 1000
    return TIME.pack(EVENT_TIME, max(0, min(nanoseconds, MASK_64)))


def _links(
    span: SpanData, references: Sequence[opentracing.Reference]
) -> Iterator[bytes]:
    """Yield field 13 for each reference except the parent."""
    parent = False, span.ids.trace_id, span.ids.parent_id
    for reference in usable_references(references):
        if reference != parent:
            follows, trace_id, span_id = reference
            kind = "follows_from" if follows else "child_of"
            yield message_field(
                LINKS,
                ids_fields(trace_id & MASK_128, span_id & MASK_64),
                attribute(LINK_ATTRIBUTE, "opentracing.ref_type", kind),
            )


def _status(tags: Mapping[str, object]) -> bytes:
    """Return field 15 of a span, or no bytes if its tags determine no status."""
    code = _status_code(tags)
    message = _status_message(tags, code)
    if not code and not message:
        return b""
    parts = [text_field(STATUS_MESSAGE, message)] if message else []
    if code:
        parts.append(STATUS_CODE + SINGLE_BYTES[code])
    return message_field(STATUS, *parts)


def _status_code(tags: Mapping[str, object]) -> int:
    """
    Return the status code, by the rules that Jaeger applies to Thrift spans.

    `error` overrides `otel.status_code` if it is true, and that overrides
    `http.status_code`. Over OTLP Jaeger does not derive an error from the latter.
    """
    if tags.get(_ERROR) is True:
        return _FAILED
    explicit = tags.get(_OTEL_STATUS)
    if isinstance(explicit, str):
        return _STATUS_CODES.get(explicit.upper(), 0)
    http_status = _number(tags.get(_HTTP_STATUS))
    if http_status < _CLIENT_ERROR:
        return 0
    # 4xx is an error of the client, so a server span with it has not failed.
    is_server = tags.get(SPAN_KIND) == SPAN_KIND_SERVER
    return 0 if is_server and http_status < _SERVER_ERROR else _FAILED


def _status_message(tags: Mapping[str, object], code: int) -> str:
    message = tags.get(_OTEL_MESSAGE)
    if message is None and code and _OTEL_STATUS not in tags:
        message = tags.get(_HTTP_MESSAGE)
    return message if isinstance(message, str) else ""


def _number(value: object) -> int:
    try:
        return int(value) if isinstance(value, (int, str)) else 0
    except ValueError:
        return 0


def _kind(value: object) -> bytes | None:
    number = _KINDS.get(value) if isinstance(value, str) else None
    return None if number is None else KIND + SINGLE_BYTES[number]


def _is_status_code(value: object) -> bool:
    return isinstance(value, str) and value.upper() in _STATUS_CODES


_TAG_FIELDS: Final[OtherFields] = {
    SPAN_KIND: _kind,
    # These become the status, which is written last. `b""` omits the attribute; a value
    # that the status cannot express stays an attribute.
    _ERROR: lambda value: b"" if value is True else None,
    _OTEL_STATUS: lambda value: b"" if _is_status_code(value) else None,
    _OTEL_MESSAGE: lambda value: b"" if isinstance(value, str) else None,
}
"""Tags of a span that may become other fields than attributes."""

_LOG_FIELDS: Final[OtherFields] = {
    "event": lambda value: (
        text_field(EVENT_NAME, value) if isinstance(value, str) else None
    )
}
"""Fields of a log that may become other fields: `event` becomes the name."""
