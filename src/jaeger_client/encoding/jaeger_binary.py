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
`struct.Struct`, in which `3s` is a header.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._native import IS_COMPILED
from jaeger_client.encoding.jaeger_thrift import (
    LOG_FIELDS,
    SPAN_LOGS,
    SPAN_REFERENCES,
    SPAN_TAGS,
    STOP,
    ThriftEncoder,
    ThriftWriter,
    WriteValue,
)
from jaeger_client.encoding.packing import (
    Frame,
    duration_us,
    start_us,
    usable_references,
)
from jaeger_client.encoding.plain import exact_int, non_finite_text
from jaeger_client.encoding.varint import MASK_32, MASK_64, clamped_i64
from jaeger_client.model import Process, SpanData, SpanLosses, TagItem

_DOUBLE: Final = struct.Struct(">d")
_I64: Final = struct.Struct(">q")
_IDS: Final = struct.Struct(">3sQ3sQ3sQ3sQ")
"""Fields 1 to 4 of a span. Ids are packed as unsigned."""

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
_FLAGS: Final = b"\x08\x00\x07"
_START_TIME: Final = b"\x0a\x00\x08"
_DURATION: Final = b"\x0a\x00\x09"

# Of `SpanRef`:
_REF_TYPE: Final = b"\x08\x00\x01"
_REF_TRACE_ID_LOW: Final = b"\x0a\x00\x02"
_REF_TRACE_ID_HIGH: Final = b"\x0a\x00\x03"
_REF_SPAN_ID: Final = b"\x0a\x00\x04"

_LOG_TIMESTAMP: Final = b"\x0a\x00\x01"  # Log: 1 timestamp
_NAME: Final = b"\x0b\x00\x01"  # Process: 1 serviceName; Tag: 1 key
_BATCH_PROCESS: Final = bytearray(b"\x0c\x00\x01")  # Batch: 1 process

_LISTS: Final = {
    field: bytes((0x0F, 0, field, 0x0C))
    for field in (LOG_FIELDS, SPAN_REFERENCES, SPAN_TAGS, SPAN_LOGS)
}
"""By field: its header, and the type of the list's elements, which are structs (0c)."""

_V_TYPE: Final = b"\x08\x00\x02\x00\x00\x00"
"""The header of field 2 of a tag, and the first three bytes of its value, an i32."""

# Of each tag: the last byte of `vType` (0 STRING, 1 DOUBLE, 2 BOOL, 3 LONG, 4 BINARY),
# then the header of the field that holds the value, its type and id.
_TEXT_VALUE: Final = _V_TYPE + b"\x00\x0b\x00\x03"  # text, field 3
_DOUBLE_VALUE: Final = _V_TYPE + b"\x01\x04\x00\x04"  # double, field 4
_BOOL_VALUE: Final = _V_TYPE + b"\x02\x02\x00\x05"  # bool, field 5
_INT_VALUE: Final = _V_TYPE + b"\x03\x0a\x00\x06"  # i64, field 6
_BYTES_VALUE: Final = _V_TYPE + b"\x04\x0b\x00\x07"  # bytes, field 7


def _write_text(out: bytearray, header: bytes, value: str) -> None:
    """Append *header*, the size of *value* in UTF-8, and that."""
    # Not by its own `encode`, which a subclass of str may override.
    data = str.encode(value)
    out += header
    out += len(data).to_bytes(4, "big")
    out += data


def _write_text_value(out: bytearray, value: str) -> None:
    _write_text(out, _TEXT_VALUE, value)


def _write_float_value(out: bytearray, value: float) -> None:
    if not isfinite(value):
        _write_text_value(out, non_finite_text(value))
        return
    out += _DOUBLE_VALUE
    out += _DOUBLE.pack(value)


def _write_bool_value(out: bytearray, value: bool) -> None:  # noqa: FBT001 - the value itself
    out += _BOOL_VALUE
    out.append(value)


def _write_int_value(out: bytearray, value: int) -> None:
    out += _INT_VALUE
    out += _I64.pack(value)


def _write_bytes_value(out: bytearray, value: bytes) -> None:
    out += _BYTES_VALUE
    out += len(value).to_bytes(4, "big")
    out += value


_VALUE_WRITERS: Final[Mapping[type, WriteValue]] = {
    str: _write_text_value,
    float: _write_float_value,
    bool: _write_bool_value,
    int: _write_int_value,
    bytes: _write_bytes_value,
}
"""How the value of a tag is written, by its exact type."""


class BinaryWriter(ThriftWriter):
    """Writes the structs of jaeger.thrift; has no state."""

    def write_head(self, out: bytearray, span: SpanData) -> None:
        """Append fields 1 to 9 of *span*."""
        context = span.ids
        start, end = span.start_time, span.end_time
        trace_id = exact_int(context.trace_id)
        out += _IDS.pack(
            *(_TRACE_ID_LOW, trace_id & MASK_64),
            *(_TRACE_ID_HIGH, trace_id >> 64 & MASK_64),
            *(_SPAN_ID, exact_int(context.span_id) & MASK_64),
            *(_PARENT_SPAN_ID, exact_int(context.parent_id or 0) & MASK_64),
        )
        _write_text(out, _OPERATION_NAME, span.operation_name)
        if span.references:
            self.write_references(out, span)
        out += _TIMES.pack(
            *(_FLAGS, exact_int(context.flags) & MASK_32),
            *(_START_TIME, clamped_i64(start_us(start))),
            *(_DURATION, clamped_i64(duration_us(start, end))),
        )

    def write_log_time(self, out: bytearray, timestamp: int) -> None:
        """Append field 1 of a log, a time in microseconds."""
        out += _LOG_TIMESTAMP
        out += _I64.pack(clamped_i64(exact_int(timestamp)))

    def write_name(self, out: bytearray, name: str) -> None:
        """Append *name* as field 1."""
        _write_text(out, _NAME, name)

    def write_tags(self, out: bytearray, tags: Iterable[TagItem]) -> None:
        """Append the structs of *tags*."""
        for key, value in tags:
            _write_text(out, _NAME, key)
            _VALUE_WRITERS[type(value)](out, value)
            out.append(STOP)

    def write_list(self, out: bytearray, field: int, size: int) -> None:
        """Append the header of *field*, a list of *size* structs, and of that list."""
        out += _LISTS[field]
        out += size.to_bytes(4, "big")

    def write_references(self, out: bytearray, span: SpanData) -> bool:
        """Append field 6 of *span* if it has a usable reference; return whether."""
        usable = usable_references(span.references)
        if usable:
            self.write_list(out, SPAN_REFERENCES, len(usable))
        for follows, trace_id, span_id in usable:
            out += _REFERENCE.pack(
                *(_REF_TYPE, 1 if follows else 0),  # 0 CHILD_OF, 1 FOLLOWS_FROM
                *(_REF_TRACE_ID_LOW, exact_int(trace_id) & MASK_64),
                *(_REF_TRACE_ID_HIGH, trace_id >> 64 & MASK_64),
                *(_REF_SPAN_ID, exact_int(span_id) & MASK_64),
            )
        return bool(usable)


_WRITER: Final = BinaryWriter()

if TYPE_CHECKING or not IS_COMPILED:
    _COMPILED = None
else:
    from jaeger_client._native import writers

    _COMPILED = writers.BinaryWriter(_WRITER)


class JaegerBinaryEncoder(ThriftEncoder):
    """
    Encodes each payload as one `Batch`, for HTTP port 14268.

    Used by one thread at a time.
    """

    content_type = "application/x-thrift"
    _writer = _WRITER
    _span_writer = _COMPILED

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(losses, clock=clock)
        self.set_process(Process(service_name=""))

    def _frame(self) -> Frame:
        return self._batch_frame(_BATCH_PROCESS + self._process, bytes((STOP,)))
