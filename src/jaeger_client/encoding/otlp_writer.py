"""
One span as a field of OTLP's `ScopeSpans`; the reference of `_native/otlp.pxi`.

How tags, logs and references become fields is described in `otlp`, how a field is
written in `otlp_attributes`. The fields of opentelemetry/proto/trace/v1/trace.proto.
Ids are bytes, big-endian; other fields without a type are strings or messages:

```text
ScopeSpans     2 Span
Span           1 trace_id  2 span_id  4 parent_span_id  5 name  6 enum kind
               7 fixed64 start (ns)  8 fixed64 end (ns)  9 attributes
               10 uint32 dropped_attributes  11 Event  12 uint32 dropped_events
               13 Link  15 Status
Event          1 fixed64 time (ns)  2 name  3 attributes
Link           1 trace_id  2 span_id  4 attributes
Status         2 message  3 enum code
```

Fields are written in the order in which the span has its tags, so `kind` is among the
attributes. Readers of protobuf accept any order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final

from jaeger_client.constants import (
    DEBUG_FLAG,
    SPAN_KIND,
    SPAN_KIND_CLIENT,
    SPAN_KIND_CONSUMER,
    SPAN_KIND_PRODUCER,
    SPAN_KIND_SERVER,
)
from jaeger_client.encoding.otlp_attributes import (
    sent_value,
    write_attribute,
    write_field,
    write_text,
)
from jaeger_client.encoding.packing import (
    duration_us,
    start_us,
    usable_references,
    write_logs,
)
from jaeger_client.encoding.plain import exact_int
from jaeger_client.encoding.varint import MASK_32, MASK_64, MASK_128, write_varint
from jaeger_client.model import LogItem, SpanData

# Tags of fields: number << 3 | wire type (0 varint, 1 fixed64, 2 delimited). Those of
# ids include the size, which is fixed. First the fields of `Span`:
SPAN: Final = 0x12  # ScopeSpans: 2 spans
TRACE_ID: Final = b"\x0a\x10"  # 1 trace_id, 16 bytes
SPAN_ID: Final = b"\x12\x08"  # 2 span_id, 8 bytes
PARENT_ID: Final = b"\x22\x08"  # 4 parent_span_id, 8 bytes
NAME: Final = 0x2A  # 5 name
KIND: Final = 0x30  # 6 kind
START: Final = 0x39  # 7 start_time_unix_nano
END: Final = 0x41  # 8 end_time_unix_nano
ATTRIBUTE: Final = 0x4A  # 9 attributes
DROPPED_ATTRIBUTES: Final = 0x50  # 10 dropped_attributes_count
EVENT: Final = 0x5A  # 11 events
DROPPED_EVENTS: Final = 0x60  # 12 dropped_events_count
LINK: Final = 0x6A  # 13 links
STATUS: Final = 0x7A  # 15 status
EVENT_TIME: Final = 0x09  # Event: 1 time_unix_nano
EVENT_NAME: Final = 0x12  # Event: 2 name
EVENT_ATTRIBUTE: Final = 0x1A  # Event: 3 attributes
LINK_ATTRIBUTE: Final = 0x22  # Link: 4 attributes
STATUS_MESSAGE: Final = 0x12  # Status: 2 message
STATUS_CODE: Final = 0x18  # Status: 3 code

TIMES: Final = struct.Struct("<BQBQ")
"""Fields 7 and 8 of a span: a tag and eight bytes little-endian, twice."""

TIME: Final = struct.Struct("<BQ")
"""Field 1 of an event."""

_ERROR: Final = "error"
_EVENT: Final = "event"
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


def write_span(out: bytearray, span: SpanData, max_size: int) -> None:
    """Append *span* as a field; see `PackingEncoder._write_span`."""
    body = bytearray()
    context = span.ids
    write_ids(body, context.trace_id, context.span_id)
    if parent_id := context.parent_id:
        write_parent_id(body, parent_id)
    write_text(body, NAME, span.operation_name)
    write_times(body, span.start_time, span.end_time)
    # Keys must not repeat in OTLP. Over Thrift, too, Jaeger shows the last tag.
    tags = dict(span.tag_items)
    for key, value in tags.items():
        if key not in _OTHER_FIELDS or not _OTHER_FIELDS[key](body, value):
            write_attribute(body, ATTRIBUTE, key, value)
    if context.flags & DEBUG_FLAG:
        write_attribute(body, ATTRIBUTE, "jaeger.debug", True)  # noqa: FBT003 - a tag's value
    if logs := span.log_items:
        write_logs(body, [*logs], write_log, max_size)
    if span.dropped_tags or span.dropped_logs:
        write_dropped(body, span)
    if span.references:
        _write_references(body, span)
    write_status(body, tags)
    write_field(out, SPAN, body)


def write_ids(out: bytearray, trace_id: int, span_id: int) -> None:
    """Append fields 1 and 2 of a span or link; raise for an id that is too large."""
    # Not by their own `to_bytes`, which a subclass of int may override.
    out += TRACE_ID + int.to_bytes(trace_id, 16, "big")
    out += SPAN_ID + int.to_bytes(span_id, 8, "big")


def write_parent_id(out: bytearray, parent_id: int) -> None:
    """Append field 4; raise for an id that is too large."""
    out += PARENT_ID + int.to_bytes(parent_id, 8, "big")


def write_times(out: bytearray, start: float, end: float | None) -> None:
    """Append fields 7 and 8, in nanoseconds, clamped to 64 bits."""
    start_ns = start_us(start) * 1000
    end_ns = start_ns + duration_us(start, end) * 1000
    if start_ns < 0 or end_ns > MASK_64:
        start_ns, end_ns = _clamped(start_ns), _clamped(end_ns)
    out += TIMES.pack(START, start_ns, END, end_ns)


def _clamped(nanoseconds: int) -> int:
    return max(0, min(nanoseconds, MASK_64))


def _write_kind(out: bytearray, value: object) -> bool:
    if not isinstance(value, str) or value not in _KINDS:
        return False
    out.append(KIND)
    out.append(_KINDS[value])
    return True


# Tags that become the status, which is written last, are no attributes. A value that
# the status cannot express stays one.
def _is_error(_out: bytearray, value: object) -> bool:
    return value is True


def _is_otel_status(_out: bytearray, value: object) -> bool:
    return isinstance(value, str) and value.upper() in _STATUS_CODES


def _is_otel_message(_out: bytearray, value: object) -> bool:
    return isinstance(sent_value(value), str)


_OTHER_FIELDS: Final[Mapping[str, Callable[[bytearray, object], bool]]] = {
    SPAN_KIND: _write_kind,
    _ERROR: _is_error,
    _OTEL_STATUS: _is_otel_status,
    _OTEL_MESSAGE: _is_otel_message,
}
"""
Tags that may become other fields than attributes, by key.

The functions append the field, if it is not the status, and return whether the tag is
no attribute.
"""


def write_log(out: bytearray, log: LogItem) -> None:
    """Append *log* as an event, field 11 of a span."""
    timestamp, fields = log
    # Of another type, such as a list, 1000 times it might fill the memory.
    time_ns = exact_int(timestamp) * 1000
    event = bytearray(TIME.pack(EVENT_TIME, _clamped(time_ns)))
    for key, value in dict(fields).items():
        if key == _EVENT and isinstance(name := sent_value(value), str):
            write_text(event, EVENT_NAME, name)
        else:
            write_attribute(event, EVENT_ATTRIBUTE, key, value)
    write_field(out, EVENT, event)


def write_dropped(out: bytearray, span: SpanData) -> None:
    """Append fields 10 and 12."""
    out.append(DROPPED_ATTRIBUTES)
    write_varint(out, max(0, min(exact_int(span.dropped_tags), MASK_32)))
    out.append(DROPPED_EVENTS)
    write_varint(out, max(0, min(exact_int(span.dropped_logs), MASK_32)))


def _write_references(out: bytearray, span: SpanData) -> None:
    """Append field 13 for each reference of *span* except the parent."""
    context = span.ids
    parent = False, context.trace_id, context.parent_id
    for reference in usable_references(span.references):
        if reference != parent:
            follows, trace_id, span_id = reference
            kind = "follows_from" if follows else "child_of"
            link = bytearray()
            write_ids(link, trace_id & MASK_128, span_id & MASK_64)
            write_attribute(link, LINK_ATTRIBUTE, "opentracing.ref_type", kind)
            write_field(out, LINK, link)


def write_status(out: bytearray, tags: Mapping[str, object]) -> None:
    """Append field 15, unless *tags* determine no status."""
    code = _status_code(tags)
    message = _status_message(tags, code)
    if not code and not message:
        return
    status = bytearray()
    if message:
        write_text(status, STATUS_MESSAGE, message)
    if code:
        status.append(STATUS_CODE)
        status.append(code)
    write_field(out, STATUS, status)


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
    message = sent_value(message)
    return message if isinstance(message, str) else ""


def _number(value: object) -> int:
    try:
        return int(value) if isinstance(value, (int, str)) else 0
    except ValueError:
        return 0
