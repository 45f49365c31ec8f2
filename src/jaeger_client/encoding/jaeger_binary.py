"""
Jaeger's `Batch` in the Thrift binary protocol, for HTTP port 14268.

The protocol (thrift-binary-protocol.md of Apache Thrift) writes all numbers in their
full width, big-endian:

```text
field    type (1 byte), id (i16), value; a struct ends with a zero byte
types    2 bool  4 double  8 i32  10 i64  11 text or bytes  12 struct  15 list
bool     one byte, 0 or 1
text     size (i32), UTF-8
list     type of its elements (1 byte), size (i32), elements
```

The tag "k" with the text "v", in hex:

```text
0b 00 01  00 00 00 01 6b   type 11, field 1 key: a text of 1 byte, "k"
08 00 02  00 00 00 00      type 8, field 2 vType: 0 STRING
0b 00 03  00 00 00 01 76   type 11, field 3 vStr: a text of 1 byte, "v"
00                         end of the struct
```

The request body is a bare `Batch`, without the header of a Thrift message. The fields
of the structs are listed in `jaeger_compact`. The fields `seqNo` and `ClientStats` of a
batch are left out: only agents use them, over UDP.

Each header of a field has a fixed size here, so a run of fixed fields is packed by one
`struct.Struct`, in which `3s` is a header. An error of `struct` would lose the span, so
ids and flags are masked to their size, and times are clamped.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding.caches import CacheSet
from jaeger_client.encoding.jaeger_thrift import (
    STOP,
    EncodeHeads,
    TagTypes,
    ThriftEncoder,
    tag_appender,
)
from jaeger_client.encoding.packing import Frame, duration_us, usable_references
from jaeger_client.encoding.plain import exact_text, plain_text
from jaeger_client.encoding.varint import MASK_32, MASK_64, clamped_i64
from jaeger_client.model import Process, SpanData, SpanLosses

if TYPE_CHECKING:
    import opentracing

_I32: Final = struct.Struct(">i")
_I64: Final = struct.Struct(">q")
_DOUBLE: Final = struct.Struct(">d")
_IDS: Final = struct.Struct(">3sQ3sQ3sQ3sQ3s")
"""Fields 1 to 4 of a span, and the header of field 5. Ids are packed as unsigned."""

_TIMES: Final = struct.Struct(">3sI3sq3sq")
"""Fields 7 to 9 of a span: flags (unsigned), start and duration in microseconds."""

_REFERENCE: Final = struct.Struct(">3si3sQ3sQ3sQx")
"""A whole `SpanRef`; the pad byte `x` is the zero byte that ends it."""

# Headers of fields: type (1 byte) and id (i16). 08 i32, 0a i64, 0b text, 0c struct,
# 0f list. First those of `Span`:
_TRACE_ID_LOW: Final = b"\x0a\x00\x01"
_TRACE_ID_HIGH: Final = b"\x0a\x00\x02"
_SPAN_ID: Final = b"\x0a\x00\x03"
_PARENT_SPAN_ID: Final = b"\x0a\x00\x04"
_OPERATION_NAME: Final = b"\x0b\x00\x05"
_REFERENCES: Final = b"\x0f\x00\x06"
_FLAGS: Final = b"\x08\x00\x07"
_START_TIME: Final = b"\x0a\x00\x08"
_DURATION: Final = b"\x0a\x00\x09"
_TAGS: Final = b"\x0f\x00\x0a"
_LOGS: Final = b"\x0f\x00\x0b"

# Of `Log`:
_LOG_TIMESTAMP: Final = b"\x0a\x00\x01"
_LOG_FIELDS: Final = b"\x0f\x00\x02"

# Of `SpanRef`:
_REF_TYPE: Final = b"\x08\x00\x01"
_REF_TRACE_ID_LOW: Final = b"\x0a\x00\x02"
_REF_TRACE_ID_HIGH: Final = b"\x0a\x00\x03"
_REF_SPAN_ID: Final = b"\x0a\x00\x04"

# Of `Batch` and `Process`. Tags of a process are field 2, like the fields of a log.
_BATCH_PROCESS: Final = b"\x0c\x00\x01"
_BATCH_SPANS: Final = b"\x0f\x00\x02"
_SERVICE_NAME: Final = b"\x0b\x00\x01"

_TAG_KEY: Final = b"\x0b\x00\x01"  # Tag: 1 key

_STRUCT: Final = b"\x0c"
"""The type of a list's elements; all lists are of structs."""

_V_TYPE: Final = b"\x08\x00\x02\x00\x00\x00"
"""The header of field 2 of a tag, and the first three bytes of its value, an i32."""


class JaegerBinaryEncoder(ThriftEncoder):
    """
    Encodes each payload as one `Batch`, for HTTP port 14268.

    Used by one thread at a time.
    """

    content_type = "application/x-thrift"

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(losses, clock=clock)
        new_cache = self.caches.new
        self._list_headers = new_cache(_struct_list)
        self._tag_list_headers = new_cache(lambda size: _TAGS + _struct_list(size))
        self._log_list_headers = new_cache(lambda size: _LOGS + _struct_list(size))
        self._field_list_headers = new_cache(
            lambda size: _LOG_FIELDS + _struct_list(size)
        )
        self._append_tags = tag_appender(self.caches, _TAG_TYPES, _key)
        self._encode_heads = _heads_encoder(self.caches)
        self._encode_log_time = _log_time
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        name = _text(plain_text(process.service_name))
        tags = self._process_tags(process)
        self._process = b"".join((_SERVICE_NAME, name, tags, STOP))
        return len(self._process)

    def _frame(self) -> Frame:
        return self._batch_frame(_BATCH_PROCESS + self._process + _BATCH_SPANS, STOP)


def _heads_encoder(caches: CacheSet) -> EncodeHeads:
    """Return the function that encodes fields 1 to 9 of spans."""
    get_name, add_name = caches.new(_text).get_and_add
    pack_ids, pack_times = _IDS.pack, _TIMES.pack

    def encode_head(span: SpanData) -> list[bytes]:
        context = span.ids
        trace_id, parent_id = context.trace_id, context.parent_id or 0
        name, references = span.operation_name, span.references
        start = span.start_time
        return [
            pack_ids(
                _TRACE_ID_LOW,
                trace_id & MASK_64,
                _TRACE_ID_HIGH,
                trace_id >> 64 & MASK_64,
                _SPAN_ID,
                context.span_id & MASK_64,
                _PARENT_SPAN_ID,
                parent_id & MASK_64,
                _OPERATION_NAME,
            ),
            get_name(name) or add_name(name),
            _references(references) if references else b"",
            pack_times(
                _FLAGS,
                context.flags & MASK_32,
                _START_TIME,
                clamped_i64(int(start * 1e6)),
                _DURATION,
                clamped_i64(duration_us(start, span.end_time)),
            ),
        ]

    return lambda spans: [encode_head(span) for span in spans]


def _references(references: Sequence[opentracing.Reference]) -> bytes:
    """Return field 6, or no bytes if there is no usable reference."""
    structs = [
        _REFERENCE.pack(
            *(_REF_TYPE, follows),  # False is 0 CHILD_OF, True is 1 FOLLOWS_FROM
            *(_REF_TRACE_ID_LOW, trace_id & MASK_64),
            *(_REF_TRACE_ID_HIGH, trace_id >> 64 & MASK_64),
            *(_REF_SPAN_ID, span_id & MASK_64),
        )
        for follows, trace_id, span_id in usable_references(references)
    ]
    if not structs:
        return b""
    return b"".join((_REFERENCES, _struct_list(len(structs)), *structs))


def _log_time(timestamp: int) -> tuple[bytes, bytes]:
    return _LOG_TIMESTAMP, _I64.pack(clamped_i64(timestamp))


def _struct_list(size: int) -> bytes:
    """Return the header of a list of *size* structs."""
    return _STRUCT + _I32.pack(size)


def _text(value: str) -> bytes:
    return _blob(exact_text(value).encode())


def _blob(value: bytes) -> bytes:
    """Return *value* after its size, as text and bytes are written."""
    return _I32.pack(len(value)) + value


def _key(key: str) -> bytes:
    return _TAG_KEY + _text(key)


def _text_tag(prefix: bytes, value: str) -> bytes:
    # As `_blob`, but in one join: this is called for each text that is not cached.
    data = value.encode()
    return b"".join((prefix, len(data).to_bytes(4, "big"), data, STOP))


# Of each tag: the last byte of `vType` (0 STRING, 1 DOUBLE, 2 BOOL, 3 LONG, 4 BINARY),
# then the header of the field that holds the value, its type and id.
_TAG_TYPES: Final[TagTypes] = {
    str: (_V_TYPE + b"\x00\x0b\x00\x03", _text_tag),  # text, field 3
    float: (
        _V_TYPE + b"\x01\x04\x00\x04",  # double, field 4
        lambda prefix, value: b"".join((prefix, _DOUBLE.pack(value), STOP)),
    ),
    bool: (
        _V_TYPE + b"\x02\x02\x00\x05",  # bool, field 5
        lambda prefix, value: b"".join((prefix, b"\x01" if value else b"\x00", STOP)),
    ),
    int: (
        _V_TYPE + b"\x03\x0a\x00\x06",  # i64, field 6
        lambda prefix, value: b"".join((prefix, _I64.pack(value), STOP)),
    ),
    bytes: (
        _V_TYPE + b"\x04\x0b\x00\x07",  # bytes, field 7
        lambda prefix, value: b"".join((prefix, _blob(value), STOP)),
    ),
}
"""By type of value: `vType` and the header of the value's field; how the tag ends."""
