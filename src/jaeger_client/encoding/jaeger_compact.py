"""
Jaeger's `emitBatch` in the Thrift compact protocol, for UDP port 6831.

A payload is one oneway message, `Agent.emitBatch(1: Batch)` of agent.thrift, sent in
one datagram of at most 65,000 bytes. The protocol (thrift-compact-protocol.md of Apache
Thrift), in hex:

```text
message  82 (protocol), 81 (type 4 oneway << 5 | version 1), sequence number (varint,
         1 for the first message), name (text), arguments (a struct)
field    header, value. The header is one byte: the difference between this id and that
         of the previous field << 4 | type. A struct ends with 00
types    1 true  2 false  5 i32  6 i64  7 double  8 text or bytes  9 list  12 struct
varint   seven bits a byte, the lowest first; bit 80 is set on all bytes but the last
i32 i64  the zigzag of the number, as a varint: 0, -1, 1, -2 are 0, 1, 2, 3
double   eight bytes, little-endian
bool     no value: the type in the header is 1 or 2
text     size in bytes (varint), UTF-8
list     size << 4 | type of the elements; from 15 elements on f << 4 | type, then the
         size (varint): 3c begins a list of three structs, fc 0f one of fifteen
```

The structs (jaeger.thrift), with the ids of their fields; text where no type is given:

```text
Batch        1 Process  2 list<Span>  3 i64 seqNo  4 ClientStats
Process      1 serviceName  2 list<Tag>
Span         1 i64 traceIdLow  2 i64 traceIdHigh  3 i64 spanId
             4 i64 parentSpanId (0: none)  5 operationName  6 list<SpanRef>
             7 i32 flags (1 sampled, 2 debug)  8 i64 startTime (µs)
             9 i64 duration (µs)  10 list<Tag>  11 list<Log>
SpanRef      1 i32 refType (0 CHILD_OF, 1 FOLLOWS_FROM)  2 i64 traceIdLow
             3 i64 traceIdHigh  4 i64 spanId
Log          1 i64 timestamp (µs)  2 list<Tag>
Tag          1 key  2 i32 vType (0 STRING, 1 DOUBLE, 2 BOOL, 3 LONG, 4 BINARY), then
             one of 3 vStr  4 double vDouble  5 bool vBool  6 i64 vLong  7 bytes vBinary
ClientStats  1 i64 fullQueueDroppedSpans  2 i64 tooLargeDroppedSpans
             3 i64 failedToEmitSpans
```

The tag "k" with the text "v", and with the number 7:

```text
18 01 6b   1 key, a text of 1 byte, "k"           18 01 6b
15 00      2 vType, 0 STRING; or 3 LONG: 06       15 06
18 01 76   3 vStr, a text of 1 byte, "v"; 6 vLong 46 0e, the zigzag of 7
00         end of the struct                      00
```

An id is an unsigned number of 64 bits, sent as the i64 with the same bits. Nearly every
field has the id after that of the previous field, so its header is `1`, then its type:
`16` for an i64. Field 6 of a span is left out if there is no reference; then the header
of field 7 is `25`.

What Jaeger cannot read, or shows wrongly, is not written: a reference without a trace
id costs the whole datagram and is left out; a duration of 0 counts as negative and
becomes 1, unless the end is before the start; NaN and infinity become text; times are
clamped to 64 bits.

The functions never raise for a value of the right type and range. For any other value
they may, and the span is then encoded as a plain copy, in which an integer of more than
64 bits is text and a lone surrogate is U+FFFD (see `packing` and `plain`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._native import IS_COMPILED
from jaeger_client.encoding.jaeger_thrift import (
    SPAN_REFERENCES,
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
from jaeger_client.encoding.plain import (
    NotIntegerError,
    exact_int,
    non_finite_text,
)
from jaeger_client.encoding.varint import (
    MASK_32,
    MASK_64,
    MAX_I64,
    MIN_I64,
    MIN_TWO_BYTES,
    clamped_i64,
    write_varint,
    write_zigzag,
)
from jaeger_client.model import Process, SpanData, SpanLosses, TagItem

_MESSAGE: Final = (
    b"\x82"  # protocol id
    b"\x81"  # type 4 (oneway) << 5 | version 1
)
"""The first two bytes of a message; sequence number and name follow."""

_METHOD: Final = b"\x09emitBatch"
"""The name of the method, after its size."""

# Headers of fields whose id is one more than that of the previous field: 1 << 4 | type.
_I32: Final = 0x15  # type 5
_I64: Final = 0x16  # type 6
_TEXT: Final = b"\x18"  # type 8
_LIST: Final = 0x19  # type 9
_STRUCT: Final = 0x1C  # type 12

_FLAGS_AFTER_NAME: Final = 0x25  # 2 << 4 | type 5 (i32)
"""The header of field 7 of a span without field 6: its id is two more than 5."""

_STRUCT_TYPE: Final = 12
"""The type of a list's elements; all lists are of structs."""

_MIN_LONG_LIST: Final = 15
"""The smallest number of elements that does not fit in the first byte of a list."""

_DOUBLE: Final = struct.Struct("<d")  # little-endian, unlike the binary protocol
_MASK_31: Final = (1 << 31) - 1
"""The largest i32."""


def _write_id(out: bytearray, number: int) -> None:
    """Append a field: the i64 with the low 64 bits of *number*."""
    if type(number) is not int:
        raise NotIntegerError(number)
    bits = number & MASK_64
    out.append(_I64)
    # If bit 63 is set, they are those of a negative number n, whose zigzag is -2n - 1.
    write_varint(out, bits << 1 if bits <= MAX_I64 else (MASK_64 - bits << 1) + 1)


def _write_i64(out: bytearray, number: int) -> None:
    """Append a field: the i64 nearest to *number*."""
    if not MIN_I64 <= number <= MAX_I64:
        number = clamped_i64(number)
    out.append(_I64)
    write_varint(out, number << 1 if number >= 0 else ~(number << 1))


def _write_text(out: bytearray, header: bytes, value: str) -> None:
    """Append *header*, the size of *value* in UTF-8, and that."""
    # Not by its own `encode`, which a subclass of str may override.
    data = str.encode(value)
    size = len(data)
    out += header
    if size < MIN_TWO_BYTES:  # saves a call, a tenth of the time of a tag
        out.append(size)
    else:
        write_varint(out, size)
    out += data


# Of each tag: 15 is the header of field 2, `vType` (1 << 4 | type 5, i32). Its value is
# the zigzag varint of the enum: 0 STRING, 1 DOUBLE, 2 BOOL, 3 LONG, 4 BINARY become 00,
# 02, 04, 06, 08. The third byte is the header of the field that holds the value: the
# difference between its id and 2, and its type.


def _write_text_value(out: bytearray, value: str) -> None:
    _write_text(out, b"\x15\x00\x18", value)  # field 3 (+1), type 8


def _write_float_value(out: bytearray, value: float) -> None:
    if not isfinite(value):
        _write_text_value(out, non_finite_text(value))
        return
    out += b"\x15\x02\x27"  # field 4 (+2), type 7
    out += _DOUBLE.pack(value)


def _write_bool_value(out: bytearray, value: bool) -> None:  # noqa: FBT001 - the value itself
    # Field 5 (+3). A boolean has no value: it is the type of its field, 1 or 2.
    out += b"\x15\x04\x31" if value else b"\x15\x04\x32"


def _write_int_value(out: bytearray, value: int) -> None:
    if not MIN_I64 <= value <= MAX_I64:
        msg = f"needs 64 signed bits, got {value.bit_length()} bits"
        raise OverflowError(msg)
    out += b"\x15\x06\x46"  # field 6 (+4), type 6
    write_zigzag(out, value)


def _write_bytes_value(out: bytearray, value: bytes) -> None:
    out += b"\x15\x08\x58"  # field 7 (+5), type 8
    write_varint(out, len(value))
    out += value


_VALUE_WRITERS: Final[Mapping[type, WriteValue]] = {
    str: _write_text_value,
    float: _write_float_value,
    bool: _write_bool_value,
    int: _write_int_value,
    bytes: _write_bytes_value,
}
"""How the value of a tag is written, by its exact type."""


class CompactWriter(ThriftWriter):
    """Writes the structs of jaeger.thrift; has no state."""

    def write_head(self, out: bytearray, span: SpanData) -> None:
        """Append fields 1 to 9 of *span*."""
        context = span.ids
        start, end = span.start_time, span.end_time
        trace_id = context.trace_id
        _write_id(out, trace_id)
        _write_id(out, trace_id >> 64)
        _write_id(out, context.span_id)
        _write_id(out, context.parent_id or 0)
        _write_text(out, _TEXT, span.operation_name)
        has_references = span.references and self.write_references(out, span)
        out.append(_I32 if has_references else _FLAGS_AFTER_NAME)
        flags = exact_int(context.flags) & MASK_32
        write_zigzag(out, flags if flags <= _MASK_31 else flags - (1 << 32))
        _write_i64(out, start_us(start))
        _write_i64(out, duration_us(start, end))

    def write_log_time(self, out: bytearray, timestamp: int) -> None:
        """Append field 1 of a log, a time in microseconds."""
        _write_i64(out, exact_int(timestamp))

    def write_name(self, out: bytearray, name: str) -> None:
        """Append *name* as a field, whose id is one more than that of the previous."""
        _write_text(out, _TEXT, name)

    def write_tags(self, out: bytearray, tags: Iterable[TagItem]) -> None:
        """Append the structs of *tags*."""
        for key, value in tags:
            _write_text(out, _TEXT, key)
            _VALUE_WRITERS[type(value)](out, value)
            out.append(STOP)

    def write_list(self, out: bytearray, field: int, size: int) -> None:  # noqa: ARG002 - see below
        """Append the header of *field*, a list of *size* structs, and of that list."""
        # The id of *field* is one more than that of the previous field, as any id here.
        out.append(_LIST)
        if size < _MIN_LONG_LIST:
            out.append(size << 4 | _STRUCT_TYPE)
        else:
            out.append(_MIN_LONG_LIST << 4 | _STRUCT_TYPE)
            write_varint(out, size)

    def write_references(self, out: bytearray, span: SpanData) -> bool:
        """Append field 6 of *span* if it has a usable reference; return whether."""
        usable = usable_references(span.references)
        if not usable:
            return False
        self.write_list(out, SPAN_REFERENCES, len(usable))
        for follows, trace_id, span_id in usable:
            out.append(_I32)
            write_zigzag(out, 1 if follows else 0)
            _write_id(out, trace_id)
            _write_id(out, trace_id >> 64)
            _write_id(out, span_id)
            out.append(STOP)
        return True


_WRITER: Final = CompactWriter()

if TYPE_CHECKING or not IS_COMPILED:
    _COMPILED = None
else:
    from jaeger_client._native import writers

    _COMPILED = writers.CompactWriter(_WRITER)


class JaegerCompactEncoder(ThriftEncoder):
    """
    Encodes each payload as one `emitBatch` message, for UDP port 6831.

    Used by one thread at a time.
    """

    content_type = "application/vnd.apache.thrift.compact"
    _writer = _WRITER
    _span_writer = _COMPILED

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(losses, clock=clock)
        self.set_process(Process(service_name=""))

    def _frame(self) -> Frame:
        # The sequence number of the message and `seqNo` of the batch. Agents make
        # metrics of `seqNo` and `ClientStats`; Jaeger 2 ignores both.
        number = self._payloads + 1
        # The batch is argument 1, the process its field 1.
        structs = bytes((_STRUCT, _STRUCT))
        before = bytearray(_MESSAGE)
        write_varint(before, number & _MASK_31)
        before += _METHOD
        before += structs
        before += self._process
        after = bytearray()
        _write_i64(after, number)  # field 3 of the batch
        after.append(_STRUCT)  # field 4
        self._write_stats(after)
        after += bytes((STOP, STOP))  # of the batch and the arguments
        return self._batch_frame(before, bytes(after))

    def _write_stats(self, out: bytearray) -> None:
        """Append the `ClientStats`: totals since the start, for the agent's metrics."""
        losses = self.losses
        failed = losses.send_failed + losses.not_encodable
        for count in (losses.queue_full, losses.too_large, failed):
            _write_i64(out, count)
        out.append(STOP)
