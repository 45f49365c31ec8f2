"""Jaeger's `Batch` in the binary protocol, for HTTP."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding import thrift_binary as binary
from jaeger_client.encoding.jaeger_tags import binary_tags
from jaeger_client.encoding.jaeger_thrift import (
    MASK_31,
    ThriftEncoder,
    WriteHeads,
    batch_frame,
    stats,
    usable_references,
)
from jaeger_client.encoding.plain import plain_text
from jaeger_client.encoding.tables import Tables
from jaeger_client.encoding.varint import MASK_64, clamped_i64
from jaeger_client.model import Process, SpanData, SpanLosses

if TYPE_CHECKING:
    import opentracing

    from jaeger_client.encoding.packing import Frame

_MASK_32: Final = (1 << 32) - 1
_IDS: Final = struct.Struct(">3sQ3sQ3sQ3sQ3s")
"""Fields 1 to 4, and the begin of field 5. Ids are taken as unsigned numbers."""

_TIMES: Final = struct.Struct(">3sI3sq3sq")
"""Fields 7 to 9."""

_REFERENCE: Final = struct.Struct(">bhibhQbhQbhQx")
"""A whole `SpanRef`; the pad byte ends it."""


class JaegerBinaryEncoder(ThriftEncoder):
    """
    One `Batch` of the binary protocol a payload, for HTTP 14268.

    With *message* it is an `emitBatch` message, for UDP 6832.
    """

    content_type = "application/x-thrift"

    def __init__(
        self,
        losses: SpanLosses,
        *,
        message: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(losses, clock=clock)
        tables = self.tables
        self._message = message
        self._lists = tables.numbers(binary.struct_list)
        self._tag_lists = tables.numbers(_tag_list)
        self._log_lists = tables.numbers(_log_list)
        self._field_lists = tables.numbers(_field_list)
        self._heads = _heads_writer(tables)
        self._log_begin = _log_begin
        self._append_tags = binary_tags(tables)
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        name = binary.text(plain_text(process.service_name))
        tags = self._tag_list(process)
        self._process = b"".join((b"\x0b\x00\x01", name, tags, b"\x00"))
        return len(self._process)

    def _frame(self) -> Frame:
        before = b"\x0c\x00\x01" + self._process + b"\x0f\x00\x02"
        if not self._message:
            return batch_frame(before, b"\x00", self._lists)
        number = self._payloads + 1
        head = (binary.MESSAGE, binary.text("emitBatch"), binary.i32(number & MASK_31))
        after = (b"\x0a\x00\x03", binary.i64(number), b"\x0c\x00\x04", self._stats())
        return batch_frame(
            b"".join((*head, b"\x0c\x00\x01", before)),
            b"".join((*after, b"\x00\x00")),
            self._lists,
        )

    def _stats(self) -> bytes:
        fields = [
            b"\x0a\x00" + bytes((field,)) + binary.i64(count)
            for field, count in enumerate(stats(self.losses), 1)
        ]
        return b"".join(fields) + b"\x00"


def _heads_writer(tables: Tables) -> WriteHeads:
    """Return the function that writes fields 1 to 9, with all it needs at hand."""
    names = tables.texts(binary.text)
    get_name, make_name = names.get, names.make
    pack_ids, pack_times = _IDS.pack, _TIMES.pack

    def head(span: SpanData) -> list[bytes]:
        context = span.ids
        trace_id, parent_id = context.trace_id, context.parent_id or 0
        name, references = span.operation_name, span.references
        start, end = span.start_time, span.end_time
        duration = 1 if end is None else int((end - start) * 1000000)
        if duration <= 0:
            duration = 0 if end < start else 1  # type: ignore[operator]  # None gives 1
        return [
            pack_ids(
                b"\x0a\x00\x01",
                trace_id & MASK_64,
                b"\x0a\x00\x02",
                trace_id >> 64 & MASK_64,
                b"\x0a\x00\x03",
                context.span_id & MASK_64,
                b"\x0a\x00\x04",
                parent_id & MASK_64,
                b"\x0b\x00\x05",
            ),
            get_name(name) or make_name(name),
            _references(references) if references else b"",
            pack_times(
                b"\x08\x00\x07",
                context.flags & _MASK_32,
                b"\x0a\x00\x08",
                clamped_i64(int(start * 1000000)),
                b"\x0a\x00\x09",
                clamped_i64(duration),
            ),
        ]

    return lambda spans: [head(span) for span in spans]


def _log_begin(timestamp: int) -> tuple[bytes, bytes]:
    return b"\x0a\x00\x01", binary.i64(timestamp)


def _tag_list(size: int) -> bytes:
    return b"\x0f\x00\x0a" + binary.struct_list(size)


def _log_list(size: int) -> bytes:
    return b"\x0f\x00\x0b" + binary.struct_list(size)


def _field_list(size: int) -> bytes:
    return b"\x0f\x00\x02" + binary.struct_list(size)


def _references(references: Sequence[opentracing.Reference]) -> bytes:
    """Return field 6, if there is anything to refer to."""
    structs = [
        _REFERENCE.pack(
            *(8, 1, follows),
            *(10, 2, trace_id & MASK_64),
            *(10, 3, trace_id >> 64 & MASK_64),
            *(10, 4, span_id & MASK_64),
        )
        for follows, trace_id, span_id in usable_references(references)
    ]
    if not structs:
        return b""
    return b"".join((b"\x0f\x00\x06", binary.struct_list(len(structs)), *structs))
