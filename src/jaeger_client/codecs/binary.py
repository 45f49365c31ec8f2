"""
The binary format: ids, flags and baggage, big-endian, in one bytearray.

    u64 trace id, high   u64 trace id, low   u64 span id   u64 parent id
    u8 flags   u32 count   count x (u32 length, key, u32 length, value)

Every length is checked against what is left before anything is read, so input
that lies costs nothing.
"""

from __future__ import annotations

import struct
from typing import Final

from jaeger_client.codecs.baggage import BaggageBox, without_surrogates
from jaeger_client.codecs.base import BaggageLosses, Codec
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

MAX_BINARY_BAGGAGE_SIZE: Final = 4096
"""Bytes of all keys and values that are read from one carrier, as by the Go client."""

_HEAD: Final = struct.Struct(">QQQQBI")
_LENGTH: Final = struct.Struct(">I")
_SMALLEST_ITEM: Final = 2 * _LENGTH.size
_MASK_64: Final = (1 << 64) - 1


class BinaryCodec(Codec):
    """
    Writes to the end of a bytearray and reads from the beginning of one.

    Baggage over the bounds (`MAX_BAGGAGE_ITEMS`, `MAX_BINARY_BAGGAGE_SIZE`) is
    dropped when it is read, and counted in `dropped_baggage_items`.
    """

    def __init__(self) -> None:
        self._losses = BaggageLosses()

    @property
    def dropped_baggage_items(self) -> int:
        """Items of baggage that were read and not kept, since the codec was made."""
        return self._losses.items

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Append *span_context* to *carrier*, a bytearray."""
        buffer = _bytearray(carrier)
        trace_id = span_context.trace_id or 0
        baggage = span_context.baggage
        buffer += _HEAD.pack(
            trace_id >> 64 & _MASK_64,
            trace_id & _MASK_64,
            (span_context.span_id or 0) & _MASK_64,
            (span_context.parent_id or 0) & _MASK_64,
            (span_context.flags or 0) & 0xFF,
            len(baggage),
        )
        for item in baggage.items():
            for part in map(_encoded, item):
                buffer += _LENGTH.pack(len(part)) + part

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context at the beginning of *carrier*, a bytearray."""
        buffer = _bytearray(carrier)
        try:
            high, low, span_id, parent_id, flags, count = _HEAD.unpack_from(buffer)
        except struct.error as exc:
            msg = f"a span context needs {_HEAD.size} bytes, got {len(buffer)}"
            raise CorruptContextError(msg) from exc
        baggage = self._read_baggage(buffer, count)
        return SpanContext(high << 64 | low, span_id, parent_id, flags, baggage)

    def _read_baggage(self, buffer: bytearray, count: int) -> dict[str, str]:
        rest = len(buffer) - _HEAD.size
        if count * _SMALLEST_ITEM > rest:
            msg = f"{count} items of baggage cannot be in {rest} bytes"
            raise CorruptContextError(msg)
        baggage = BaggageBox(self._losses, MAX_BINARY_BAGGAGE_SIZE)
        position = _HEAD.size
        for _ in range(count):
            key, position = _read(buffer, position)
            value, position = _read(buffer, position)
            if len(key) + len(value) > MAX_BINARY_BAGGAGE_SIZE:
                baggage.drop()
            else:
                baggage.add(_decoded(key), _decoded(value))
        return baggage.close()


def _bytearray(carrier: object) -> bytearray:
    if isinstance(carrier, bytearray):
        return carrier
    msg = f"the carrier must be a bytearray, got {type(carrier).__name__}"
    raise InvalidCarrierError(msg)


def _encoded(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return without_surrogates(str(value)).encode()


def _decoded(value: memoryview) -> str:
    return str(value, "utf-8", "replace")


def _read(buffer: bytearray, position: int) -> tuple[memoryview, int]:
    begin = position + _LENGTH.size
    if begin > len(buffer):
        msg = f"baggage ends after {len(buffer)} bytes, in the middle of an item"
        raise CorruptContextError(msg)
    (length,) = _LENGTH.unpack_from(buffer, position)
    if length > len(buffer) - begin:
        msg = f"{length} bytes of baggage cannot be in {len(buffer) - begin}"
        raise CorruptContextError(msg)
    return memoryview(buffer)[begin : begin + length], begin + length
