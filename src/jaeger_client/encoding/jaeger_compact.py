"""Jaeger's `emitBatch` in the compact protocol, for UDP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jaeger_client.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding import thrift_compact as compact
from jaeger_client.encoding.jaeger_tags import compact_tags
from jaeger_client.encoding.jaeger_thrift import (
    MASK_31,
    ThriftEncoder,
    WriteHead,
    WriteLogBegin,
    batch_frame,
    stats,
    usable_references,
)
from jaeger_client.encoding.plain import plain_text
from jaeger_client.encoding.tables import PieceTable, Tables
from jaeger_client.encoding.varint import LAST, LOW_BITS, MORE, varint
from jaeger_client.model import Process, SpanData, SpanLosses

if TYPE_CHECKING:
    import opentracing

    from jaeger_client.encoding.packing import Frame

_FIRST_STAMP: Final = 1 << 28
_STAMP_END: Final = 1 << 64
"""
Doubled microseconds between these two are written 14, 14 and all other bits at
a time; the other bits change every two minutes. Before are two minutes of 1970.
"""


class JaegerCompactEncoder(ThriftEncoder):
    """One `emitBatch` message of the compact protocol a payload, for UDP 6831."""

    content_type = "application/vnd.apache.thrift.compact"

    def __init__(self, losses: SpanLosses, *, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(losses, clock=clock)
        tables = self.tables
        epochs = tables.numbers(varint)
        self._lists = tables.numbers(compact.struct_list)
        # Each of these lists is one field after the one before it.
        self._tag_lists = tables.numbers(_list_field)
        self._log_lists = self._field_lists = self._tag_lists
        self._append_tags = compact_tags(tables)
        self._head = _head_writer(tables, epochs)
        self._log_begin = _log_writer(epochs)
        self.set_process(Process(service_name=""))

    def set_process(self, process: Process) -> None:
        """Take the process whose spans come."""
        name = _name_field(plain_text(process.service_name))
        self._process = b"".join((name, self._tag_list(process), b"\x00"))

    def _frame(self) -> Frame:
        number = self._payloads + 1
        name = b"\x09emitBatch"
        # One field each: emitBatch's batch, its process, its spans.
        before = (compact.MESSAGE, varint(number & MASK_31), name, b"\x1c\x1c")
        after = (b"\x16", compact.i64(number), b"\x1c", self._stats(), b"\x00\x00")
        return batch_frame(
            b"".join((*before, self._process, b"\x19")),
            b"".join(after),
            self._lists,
        )

    def _stats(self) -> bytes:
        fields = [b"\x16" + compact.i64(count) for count in stats(self.losses)]
        return b"".join(fields) + b"\x00"


def _head_writer(tables: Tables, epochs: PieceTable[int]) -> WriteHead:
    """Return the function that writes fields 1 to 9, with all it needs at hand."""
    traces = tables.numbers(_trace_fields)
    parents = tables.numbers(compact.i64_id)
    names = tables.texts(_name_field)
    flags = tables.numbers(_flags_field)
    get_trace, make_trace = traces.get, traces.make
    get_parent, make_parent = parents.get, parents.make
    get_name, make_name = names.get, names.make
    i64, i64_id = compact.i64, compact.i64_id

    def head(span: SpanData) -> list[bytes]:
        context = span.context
        trace_id, parent_id = context.trace_id, context.parent_id or 0
        name, references = span.operation_name, span.references
        start, end = span.start_time, span.end_time
        duration = 2 if end is None else int((end - start) * 1000000) << 1
        if duration <= 0:
            duration = 0 if end < start else 2  # type: ignore[operator]  # None gives 2
        stamp = int(start * 1000000) << 1
        return [
            get_trace(trace_id) or make_trace(trace_id),
            # Children end first: if others need this id, they have put it there.
            get_parent(context.span_id) or i64_id(context.span_id),
            b"\x16",
            get_parent(parent_id) or make_parent(parent_id),
            get_name(name) or make_name(name),
            _references_field(references) if references else b"\x25",
            flags[context.flags],
            # Here and in _log_writer written out: a call would take 0.1 us.
            MORE[stamp & LOW_BITS] + MORE[stamp >> 14 & LOW_BITS] + epochs[stamp >> 28]
            if _FIRST_STAMP <= stamp < _STAMP_END
            else i64(stamp >> 1),
            b"\x16",
            LAST[duration]
            if duration <= LOW_BITS
            else MORE[duration & LOW_BITS] + LAST[duration >> 14]
            if duration < _FIRST_STAMP
            else i64(duration >> 1),
        ]

    return head


def _log_writer(epochs: PieceTable[int]) -> WriteLogBegin:
    """Return the function that writes field 1 of a log."""

    def log_begin(timestamp: int) -> bytes:
        stamp = timestamp << 1
        if _FIRST_STAMP <= stamp < _STAMP_END:
            low, middle = MORE[stamp & LOW_BITS], MORE[stamp >> 14 & LOW_BITS]
            return b"\x16" + low + middle + epochs[stamp >> 28]
        return b"\x16" + compact.i64(timestamp)

    return log_begin


def _trace_fields(trace_id: int) -> bytes:
    low, high = compact.i64_id(trace_id), compact.i64_id(trace_id >> 64)
    return b"".join((b"\x16", low, b"\x16", high, b"\x16"))


def _name_field(name: str) -> bytes:
    return b"\x18" + compact.text(name)


def _flags_field(flags: int) -> bytes:
    return compact.i32_flags(flags) + b"\x16"


def _list_field(size: int) -> bytes:
    return b"\x19" + compact.struct_list(size)


def _references_field(references: Sequence[opentracing.Reference]) -> bytes:
    """Return field 6, if there is anything to refer to, and the begin of field 7."""
    structs = [
        b"".join(
            (
                b"\x15\x02" if kind else b"\x15\x00",
                _trace_fields(trace_id),
                compact.i64_id(span_id),
                b"\x00",
            ),
        )
        for kind, trace_id, span_id in usable_references(references)
    ]
    if not structs:
        return b"\x25"
    return b"".join((_list_field(len(structs)), *structs, b"\x15"))
