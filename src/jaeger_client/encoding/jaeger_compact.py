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

Strategy: bytes that are the same in many spans (trace ids, names, flags, tags) are
encoded once and cached; ids and times, which differ in every span, are encoded 64 at a
time by `Lanes`; headers are joined to the value beside them in advance, so that a span
is a join of few parts. The functions never raise for a value of the right type and
range. For any other value they may, and the span is then encoded as a plain copy, in
which an integer of more than 64 bits is text and a lone surrogate is U+FFFD (see
`packing` and `plain`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding.caches import CacheSet
from jaeger_client.encoding.jaeger_thrift import (
    STOP,
    EncodeHeads,
    EncodeLogTime,
    TagTypes,
    ThriftEncoder,
    tag_appender,
)
from jaeger_client.encoding.packing import Frame, duration_us, usable_references
from jaeger_client.encoding.plain import exact_text, plain_text
from jaeger_client.encoding.varint import (
    MASK_32,
    MASK_64,
    MAX_I64,
    MIN_TWO_BYTES,
    SINGLE_BYTES,
    Lanes,
    delimited,
    varint,
    zigzag_id,
    zigzag_varint,
)
from jaeger_client.model import Process, SpanData, SpanLosses

if TYPE_CHECKING:
    import opentracing

_MESSAGE: Final = (
    b"\x82"  # protocol id
    b"\x81"  # type 4 (oneway) << 5 | version 1
)
"""The first two bytes of a message; sequence number and name follow."""

# Headers of fields whose id is one more than that of the previous field: 1 << 4 | type.
_I32: Final = b"\x15"  # type 5
_I64: Final = b"\x16"  # type 6
_TEXT: Final = b"\x18"  # type 8
_LIST: Final = b"\x19"  # type 9
_STRUCT: Final = b"\x1c"  # type 12

_FLAGS: Final = b"\x25"  # 2 << 4 | type 5 (i32)
"""The header of field 7 of a span without field 6: its id is two more than 5."""

_ZERO: Final = b"\x00"
"""The varint of 0: an absent parent, or the high half of a 64-bit trace id."""

_I64_AND_FIRST_BYTE: Final = tuple([_I64 + octet for octet in SINGLE_BYTES])
"""The header of an i64 and the first byte of its value, by that byte."""

_LATER_BYTES: Final = SINGLE_BYTES[MIN_TWO_BYTES:]
"""By seven bits: the byte of a varint that more bytes follow (bit 80 is set)."""

_SHORT_LISTS: Final = tuple(bytes((size << 4 | 12,)) for size in range(15))
"""Headers of lists of up to 14 structs (type 12), by size."""

_LONG_LIST: Final = b"\xfc"  # 15 << 4 | type 12; the size follows as a varint
_DOUBLE: Final = struct.Struct("<d")  # little-endian, unlike the binary protocol
_MASK_31: Final = (1 << 31) - 1
"""Sequence numbers of messages are i32 that are not negative."""

_MIN_TIME: Final = 1 << 21
_TIME_LIMIT: Final = 1 << 64
"""
Range of the zigzag of a time for which `_log_time_encoder` splits the varint.

Below it the varint has no more than three bytes; the limit is exclusive, and beyond it
the time does not fit in an i64.
"""


class JaegerCompactEncoder(ThriftEncoder):
    """
    Encodes each payload as one `emitBatch` message, for UDP port 6831.

    Used by one thread at a time.
    """

    content_type = "application/vnd.apache.thrift.compact"

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(losses, clock=clock)
        caches = self.caches
        self._list_headers = caches.new(_struct_list)
        # The id of each of these lists is one more than that of the previous field, so
        # one cache serves the tags and logs of spans and the fields of logs.
        self._tag_list_headers = caches.new(_list_field)
        self._log_list_headers = self._field_list_headers = self._tag_list_headers
        self._append_tags = tag_appender(caches, _TAG_TYPES, _text_field)
        self._encode_heads = _heads_encoder(caches)
        self._encode_log_time = _log_time_encoder(caches)
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        name = _text_field(plain_text(process.service_name))
        self._process = b"".join((name, self._process_tags(process), STOP))
        return len(self._process)

    def _frame(self) -> Frame:
        # The sequence number of the message and `seqNo` of the batch. Agents make
        # metrics of `seqNo` and `ClientStats`; Jaeger 2 ignores both.
        number = self._payloads + 1
        head = (_MESSAGE, varint(number & _MASK_31), _text("emitBatch"))
        # The batch is argument 1, the process its field 1, the list of spans field 2.
        before = (*head, _STRUCT, _STRUCT, self._process, _LIST)
        # Fields 3 and 4 of the batch; the stops end the batch and the arguments.
        after = (_I64, zigzag_varint(number), _STRUCT, self._stats(), STOP, STOP)
        return self._batch_frame(b"".join(before), b"".join(after))

    def _stats(self) -> bytes:
        """Return the `ClientStats`: totals since the start, for the agent's metrics."""
        losses = self.losses
        failed = losses.send_failed + losses.not_encodable
        counts = (losses.queue_full, losses.too_large, failed)
        return b"".join([_I64 + zigzag_varint(count) for count in counts]) + STOP


def _heads_encoder(caches: CacheSet) -> EncodeHeads:
    """
    Return the function that encodes fields 1 to 9 of spans.

    It is a closure, because a local variable is read faster than an attribute.
    """
    get_parent, add_parent = caches.new(zigzag_id).get_and_add

    def encode_trace(trace_id: int) -> bytes:
        """Return fields 1 and 2, and the header of field 3."""
        if not 0 <= trace_id <= MASK_64:
            return _trace_id(trace_id) + _I64
        # Most roots have the same span id, which is the parent id of other spans.
        low = get_parent(trace_id) or add_parent(trace_id)
        return b"".join((_I64, low, _I64, _ZERO, _I64))

    get_trace, add_trace = caches.new(encode_trace).get_and_add
    get_name, add_name = caches.new(_text_field).get_and_add
    get_flags, add_flags = caches.new(_flags).get_and_add
    get_rest, add_rest = caches.new(varint).get_and_add

    def encode_heads(spans: Sequence[SpanData]) -> list[list[bytes]]:
        contexts = [span.ids for span in spans]
        ids = [context.span_id for context in contexts]
        # 1e6, not 1_000_000: if the application replaced the time by a list, a list
        # times an integer would fill the memory; times a float it raises.
        times = [int(span.start_time * 1e6) for span in spans]
        heads: list[list[bytes]] = []
        for span, context, id_first, id_last, start_time in zip(
            spans, contexts, *_lanes().encode(ids, times), strict=False
        ):
            trace_id, parent_id = context.trace_id, context.parent_id or 0
            flags, references = context.flags, span.references
            name = span.operation_name
            if parent_id or trace_id != context.span_id:
                parts = [
                    get_trace(trace_id) or add_trace(trace_id),
                    id_first,
                    id_last,
                    get_parent(parent_id) or add_parent(parent_id),
                ]
            else:  # a root: one random number is both ids
                parts = [_I64, id_first, id_last, _ZERO, _I64, id_first, id_last, _ZERO]
            parts += (
                get_name(name) or add_name(name),
                _references(references, flags)
                if references
                else get_flags(flags) or add_flags(flags),
                start_time,
            )
            # << 1 is the zigzag of a number that is not negative. The header of field 9
            # and the first byte of its value are one part, from a tuple.
            duration = duration_us(span.start_time, span.end_time) << 1
            if duration < MIN_TWO_BYTES:
                parts.append(_I64_AND_FIRST_BYTE[duration])
            elif duration <= MAX_I64:
                # The bits above the lowest seven are equal in many spans: cached.
                rest = get_rest(duration >> 7) or add_rest(duration >> 7)
                parts += _I64_AND_FIRST_BYTE[duration & 0x7F | 0x80], rest
            else:
                parts += _I64, varint(min(duration, MAX_I64 << 1))
            heads.append(parts)
        return heads

    return encode_heads


@cache
def _lanes() -> Lanes:
    # Created for the first span, because it takes 0.1 ms. The field after each id is an
    # i64, too: traceIdHigh or parentSpanId. Its header is part of the last bytes.
    return Lanes(_I64)


def _log_time_encoder(caches: CacheSet) -> EncodeLogTime:
    """Return the function that encodes field 1 of a log."""
    get_second, add_second = caches.new(varint).get_and_add

    def encode_log_time(timestamp: int) -> tuple[bytes, ...]:
        bits = timestamp << 1
        if _MIN_TIME <= bits < _TIME_LIMIT:
            # Three bytes hold 21 bits, about a second; the other bits, which are equal
            # for all logs of that second, are cached.
            second = bits >> 21
            return (
                _I64_AND_FIRST_BYTE[bits & 0x7F | 0x80],
                _LATER_BYTES[bits >> 7 & 0x7F],
                _LATER_BYTES[bits >> 14 & 0x7F],
                get_second(second) or add_second(second),
            )
        return _I64, zigzag_varint(timestamp)

    return encode_log_time


def _trace_id(trace_id: int) -> bytes:
    """Return the two fields of a trace id."""
    low, high = zigzag_id(trace_id), zigzag_id(trace_id >> 64)
    return b"".join((_I64, low, _I64, high))


def _references(references: Sequence[opentracing.Reference], flags: int) -> bytes:
    """Return field 6 if there is a usable reference, field 7, and the header of 8."""
    structs = [
        b"".join(
            (
                *(_I32, zigzag_varint(follows)),
                *(_trace_id(trace_id), _I64, zigzag_id(span_id)),
                STOP,
            )
        )
        for follows, trace_id, span_id in usable_references(references)
    ]
    if not structs:
        return _flags(flags)
    return b"".join((_list_field(len(structs)), *structs, _flags(flags, _I32)))


def _flags(flags: int, header: bytes = _FLAGS) -> bytes:
    """Return field 7, the low 32 bits as a signed number, and the header of 8."""
    # The zigzag of the i32 with these bits: a set bit 31 means a negative number n,
    # whose zigzag is -2n - 1.
    flags &= MASK_32
    bits = flags << 1 if flags >> 31 == 0 else ((MASK_32 - flags) << 1) + 1
    return b"".join((header, varint(bits), _I64))


def _list_field(size: int) -> bytes:
    return _LIST + _struct_list(size)


def _struct_list(size: int) -> bytes:
    if size < len(_SHORT_LISTS):
        return _SHORT_LISTS[size]
    return _LONG_LIST + varint(size)


def _text_field(value: str) -> bytes:
    return _TEXT + _text(value)


def _text(value: str) -> bytes:
    return delimited(exact_text(value).encode())


def _text_tag(prefix: bytes, value: str) -> bytes:
    # Called for each text that is not cached, so it calls as little as possible. One
    # join takes half the time of three concatenations.
    data = value.encode()
    size = len(data)
    length = SINGLE_BYTES[size] if size < MIN_TWO_BYTES else varint(size)
    return b"".join((prefix, length, data, STOP))


def _int_tag(prefix: bytes, value: int) -> bytes:
    bits = value << 1 if value >= 0 else ~(value << 1)  # zigzag
    if bits > MASK_64:
        msg = f"needs 64 signed bits, got {value.bit_length()} bits"
        raise OverflowError(msg)
    return b"".join((prefix, varint(bits), STOP))


# Of each tag: 15 is the header of field 2, `vType` (1 << 4 | type 5, i32). Its value is
# the zigzag varint of the enum: 0 STRING, 1 DOUBLE, 2 BOOL, 3 LONG, 4 BINARY become 00,
# 02, 04, 06, 08. The third byte is the header of the field that holds the value: the
# difference between its id and 2, and its type.
_TAG_TYPES: Final[TagTypes] = {
    str: (b"\x15\x00\x18", _text_tag),  # field 3 (+1), type 8
    float: (
        b"\x15\x02\x27",  # field 4 (+2), type 7
        lambda prefix, value: b"".join((prefix, _DOUBLE.pack(value), STOP)),
    ),
    bool: (
        b"\x15\x04",
        # Field 5 (+3). A boolean has no value: it is the type of its field, 1 or 2.
        lambda prefix, value: b"".join((prefix, b"\x31" if value else b"\x32", STOP)),
    ),
    int: (b"\x15\x06\x46", _int_tag),  # field 6 (+4), type 6
    bytes: (
        b"\x15\x08\x58",  # field 7 (+5), type 8
        lambda prefix, value: b"".join((prefix, delimited(value), STOP)),
    ),
}
"""By type of value: `vType` and the header of the value's field; how the tag ends."""
