"""
The binary format of all Jaeger clients: ids, flags and baggage in one bytearray.

All numbers are big-endian, and texts are UTF-8, as in `BinaryPropagator` of the Go
client:

    u64 trace id, high   u64 trace id, low   u64 span id   u64 parent id
    u8 flags   u32 count   count x (u32 length, key, u32 length, value)

Each length is compared with the remaining bytes before anything is read, so wrong
lengths cost neither time nor memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from jaeger_client.codecs.baggage import BaggageCodec
from jaeger_client.codecs.base import context_of
from jaeger_client.codecs.headers import utf8
from jaeger_client.codecs.items import Item
from jaeger_client.constants import MAX_ID_BITS
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

_HEAD: Final = struct.Struct(">QQQQBI")
_LENGTH: Final = struct.Struct(">I")
_pack_length: Final = _LENGTH.pack
_length_at: Final = _LENGTH.unpack_from
_MIN_ITEM_SIZE: Final = 2 * _LENGTH.size
_MASK_64: Final = (1 << MAX_ID_BITS) - 1


class BinaryCodec(BaggageCodec):
    """Appends to a bytearray, and reads from the beginning of one."""

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Append *span_context* to *carrier*, a bytearray."""
        buffer = _bytearray(carrier)
        context = context_of(span_context)
        items = self._items(context.baggage) if context.baggage else ()
        # Without a trace the ids are None; numbers that do not fit are cut.
        trace_id = context.trace_id or 0
        buffer += _HEAD.pack(
            trace_id >> MAX_ID_BITS & _MASK_64,
            trace_id & _MASK_64,
            (context.span_id or 0) & _MASK_64,
            (context.parent_id or 0) & _MASK_64,
            (context.flags or 0) & 0xFF,
            len(items),
        )
        for item in items:
            buffer += item

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context at the beginning of *carrier*, a bytearray."""
        buffer = _bytearray(carrier)
        try:
            high, low, span_id, parent_id, flags, count = _HEAD.unpack_from(buffer)
        except struct.error as exc:
            msg = f"a span context needs {_HEAD.size} bytes, got {len(buffer)}"
            raise CorruptContextError(msg) from exc
        trace_id = high << MAX_ID_BITS | low if high else low
        baggage = self._incoming(self._items_in(buffer, count)) if count else None
        return SpanContext(trace_id, span_id, parent_id, flags, baggage)

    def _items_in(self, buffer: bytearray, count: int) -> Iterator[Item]:
        rest = len(buffer) - _HEAD.size
        if count * _MIN_ITEM_SIZE > rest:
            msg = f"{count} items of baggage do not fit in {rest} bytes"
            raise CorruptContextError(msg)
        max_length = self.baggage_limits.max_value_length
        length, end, size = 0, _HEAD.size, len(buffer)
        try:
            for _ in range(count):
                (length,) = _length_at(buffer, end)
                key_begin = end + _LENGTH.size
                key_end = key_begin + length
                (length,) = _length_at(buffer, key_end)
                begin = key_end + _LENGTH.size
                end = begin + length
                if key_end - key_begin + length > max_length:
                    yield "", None
                else:
                    key = buffer[key_begin:key_end].decode("utf-8", "replace")
                    yield key, buffer[begin:end].decode("utf-8", "replace")
        except struct.error:  # there is no length where the next one should be
            end = size + 1
        if end > size:
            msg = (
                f"baggage ends after {size} bytes, in the middle of an item; "
                f"the last length is {length}"
            )
            raise CorruptContextError(msg)

    def _items(self, baggage: Mapping[str, str]) -> list[bytes]:
        """
        Return the encoded items of *baggage* that are within the limits.

        Key and value together must not exceed the limit of a value, because the Go
        client rejects the whole context otherwise.
        """
        max_length = self.baggage_limits.max_value_length
        carried = self._outgoing(baggage)
        items: list[bytes] = []
        for key, value in carried.items():
            first, second = _encoded(key), _encoded(value)
            if len(first) + len(second) <= max_length:
                lengths = _pack_length(len(first)), _pack_length(len(second))
                items.append(b"".join((lengths[0], first, lengths[1], second)))
        self._drop(len(carried) - len(items))
        return items


def _bytearray(carrier: object) -> bytearray:
    if isinstance(carrier, bytearray):
        return carrier
    msg = f"the carrier must be a bytearray, got {type(carrier).__name__}"
    raise InvalidCarrierError(msg)


def _encoded(value: object) -> bytes:
    if type(value) is str:
        return value.encode() if value.isascii() else utf8(value)
    return value if isinstance(value, bytes) else utf8(str(value))
