"""
Jaeger's `emitBatch` in the Thrift compact protocol, for UDP 6831.

The protocol (thrift-compact-protocol.md):

```text
message  82, then version 1 and type 4 (oneway) as 81, sequence number, name, arguments
field    one byte: the difference to the id of the field before in the high four bits,
         the type in the low four; then the value. A struct ends with a zero byte
types    1 true  2 false  5 i32  6 i64  7 double  8 text or bytes  9 list  12 struct
numbers  zigzag varints; a double is eight bytes, little-endian
text     size (varint), bytes
list     one byte: size and type, sizes up to 14; from 15 on fc for structs, varint
```

Nearly every field has the id after the field before, so its header is that of its type.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
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
from jaeger_client.encoding.tables import Tables
from jaeger_client.encoding.varint import (
    MASK_32,
    MASK_64,
    MAX_I64,
    ONE_BYTE,
    ONES,
    Lanes,
    delimited,
    varint,
    zigzag_id,
    zigzag_varint,
)
from jaeger_client.model import Process, SpanData, SpanLosses

if TYPE_CHECKING:
    import opentracing

_MESSAGE: Final = b"\x82\x81"

# Headers of fields whose id is one more than that of the field before.
_I32: Final = b"\x15"
_I64: Final = b"\x16"
_TEXT: Final = b"\x18"
_LIST: Final = b"\x19"
_STRUCT: Final = b"\x1c"

_FLAGS: Final = b"\x25"
"""The header of field 7 of a span without field 6."""

_ZERO: Final = b"\x00"

_I64_BEGINS: Final = tuple([_I64 + octet for octet in ONES])
"""The header of an i64, and its first byte."""

_LATER_BYTES: Final = ONES[ONE_BYTE:]
"""Seven bits of a varint that is not at its end."""

_SHORT_LISTS: Final = tuple(bytes((size << 4 | 12,)) for size in range(15))
_DOUBLE: Final = struct.Struct("<d")
_MASK_31: Final = (1 << 31) - 1

_FIRST_TIME: Final = 1 << 21
_END_OF_TIMES: Final = 1 << 64
"""Doubled microseconds between these two consist of seconds and three bytes."""


class JaegerCompactEncoder(ThriftEncoder):
    """One `emitBatch` message of the compact protocol a payload, for UDP 6831."""

    content_type = "application/vnd.apache.thrift.compact"

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(losses, clock=clock)
        tables = self.tables
        self._lists = tables.add(_struct_list)
        # Each of these lists is one field after the field before.
        self._tag_lists = tables.add(_list_field)
        self._log_lists = self._field_lists = self._tag_lists
        self._append_tags = tag_appender(tables, _TAG_TYPES, _text_field)
        self._encode_heads = _heads_encoder(tables)
        self._encode_log_time = _log_time_encoder(tables)
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        name = _text_field(plain_text(process.service_name))
        self._process = b"".join((name, self._process_tags(process), STOP))
        return len(self._process)

    def _frame(self) -> Frame:
        number = self._payloads + 1
        head = (_MESSAGE, varint(number & _MASK_31), _text("emitBatch"))
        # The batch is the only argument, the process its first field.
        before = (*head, _STRUCT, _STRUCT, self._process, _LIST)
        after = (_I64, zigzag_varint(number), _STRUCT, self._stats(), STOP, STOP)
        return self._batch_frame(b"".join(before), b"".join(after))

    def _stats(self) -> bytes:
        """Return the `ClientStats`: totals since the start, for the agent's metrics."""
        losses = self.losses
        failed = losses.send_failed + losses.not_encodable
        counts = (losses.queue_full, losses.too_large, failed)
        return b"".join([_I64 + zigzag_varint(count) for count in counts]) + STOP


def _heads_encoder(tables: Tables) -> EncodeHeads:
    """Return the function that encodes fields 1 to 9."""
    get_parent, make_parent = tables.add(zigzag_id).get_and_make

    def encode_trace(trace_id: int) -> bytes:
        """Return fields 1 and 2, and the header of field 3."""
        if not 0 <= trace_id <= MASK_64:
            return _trace_id(trace_id) + _I64
        # The parent of some of its spans has the same id.
        low = get_parent(trace_id) or make_parent(trace_id)
        return b"".join((_I64, low, _I64, _ZERO, _I64))

    get_trace, make_trace = tables.add(encode_trace).get_and_make
    get_name, make_name = tables.add(_text_field).get_and_make
    get_flags, make_flags = tables.add(_flags).get_and_make
    get_rest, make_rest = tables.add(varint).get_and_make

    def encode_heads(spans: Sequence[SpanData]) -> list[list[bytes]]:
        contexts = [span.ids for span in spans]
        ids = [context.span_id for context in contexts]
        # By a float: a list in place of the time, times an integer, fills the memory.
        times = [int(span.start_time * 1e6) for span in spans]
        heads: list[list[bytes]] = []
        for span, context, id_begin, id_end, start_time in zip(
            spans, contexts, *_lanes().encode(ids, times), strict=False
        ):
            trace_id, parent_id = context.trace_id, context.parent_id or 0
            flags, references = context.flags, span.references
            name = span.operation_name
            if parent_id or trace_id != context.span_id:
                pieces = [
                    get_trace(trace_id) or make_trace(trace_id),
                    id_begin,
                    id_end,
                    get_parent(parent_id) or make_parent(parent_id),
                ]
            else:  # a root: one random number is both ids
                pieces = [_I64, id_begin, id_end, _ZERO, _I64, id_begin, id_end, _ZERO]
            pieces += (
                get_name(name) or make_name(name),
                _references(references, flags)
                if references
                else get_flags(flags) or make_flags(flags),
                start_time,
            )
            duration = duration_us(span.start_time, span.end_time) << 1
            if duration < ONE_BYTE:
                pieces.append(_I64_BEGINS[duration])
            elif duration <= MAX_I64:
                # All but the lowest bits, which many spans have in common.
                rest = get_rest(duration >> 7) or make_rest(duration >> 7)
                pieces += _I64_BEGINS[duration & 0x7F | 0x80], rest
            else:
                pieces += _I64, varint(min(duration, MAX_I64 << 1))
            heads.append(pieces)
        return heads

    return encode_heads


@cache
def _lanes() -> Lanes:
    # Created for the first span, because it takes 0.1 ms. A header follows each id.
    return Lanes(_I64)


def _log_time_encoder(tables: Tables) -> EncodeLogTime:
    """Return the function that encodes field 1 of a log."""
    get_second, make_second = tables.add(varint).get_and_make

    def encode_log_time(timestamp: int) -> tuple[bytes, ...]:
        bits = timestamp << 1
        if _FIRST_TIME <= bits < _END_OF_TIMES:
            # About a second, which many logs have in common.
            second = bits >> 21
            return (
                _I64_BEGINS[bits & 0x7F | 0x80],
                _LATER_BYTES[bits >> 7 & 0x7F],
                _LATER_BYTES[bits >> 14 & 0x7F],
                get_second(second) or make_second(second),
            )
        return _I64, zigzag_varint(timestamp)

    return encode_log_time


def _trace_id(trace_id: int) -> bytes:
    """Return the two fields of a trace id."""
    low, high = zigzag_id(trace_id), zigzag_id(trace_id >> 64)
    return b"".join((_I64, low, _I64, high))


def _references(references: Sequence[opentracing.Reference], flags: int) -> bytes:
    """Return fields 6, if there is a usable reference, and 7, and the header of 8."""
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
    flags &= MASK_32
    bits = flags << 1 if flags >> 31 == 0 else ((MASK_32 - flags) << 1) + 1
    return b"".join((header, varint(bits), _I64))


def _list_field(size: int) -> bytes:
    return _LIST + _struct_list(size)


def _struct_list(size: int) -> bytes:
    if size < len(_SHORT_LISTS):
        return _SHORT_LISTS[size]
    return b"\xfc" + varint(size)


def _text_field(value: str) -> bytes:
    return _TEXT + _text(value)


def _text(value: str) -> bytes:
    return delimited(exact_text(value).encode())


def _text_tag(begin: bytes, value: str) -> bytes:
    # Called for each text that was not seen before, so without further calls. One join
    # takes half the time of three concatenations.
    data = value.encode()
    size = len(data)
    length = ONES[size] if size < ONE_BYTE else varint(size)
    return b"".join((begin, length, data, STOP))


def _int_tag(begin: bytes, value: int) -> bytes:
    bits = value << 1 if value >= 0 else ~(value << 1)
    if bits > MASK_64:
        msg = f"needs 64 signed bits, got {value.bit_length()} bits"
        raise OverflowError(msg)
    return b"".join((begin, varint(bits), STOP))


_TAG_TYPES: Final[TagTypes] = {
    str: (b"\x15\x00\x18", _text_tag),
    float: (
        b"\x15\x02\x27",
        lambda begin, value: b"".join((begin, _DOUBLE.pack(value), STOP)),
    ),
    # A boolean is written as the type of its field.
    bool: (
        b"\x15\x04",
        lambda begin, value: b"".join((begin, b"\x31" if value else b"\x32", STOP)),
    ),
    int: (b"\x15\x06\x46", _int_tag),
    bytes: (
        b"\x15\x08\x58",
        lambda begin, value: b"".join((begin, delimited(value), STOP)),
    ),
}
"""`vType` of each type as a zigzag varint, and the header of the value's field."""
