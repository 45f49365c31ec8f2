"""Jaeger's `emitBatch` in the compact protocol, for UDP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding import thrift_compact as compact
from jaeger_client.encoding.jaeger_tags import compact_tags
from jaeger_client.encoding.jaeger_thrift import (
    MASK_31,
    ThriftEncoder,
    WriteHeads,
    WriteLogBegin,
    batch_frame,
    stats,
    usable_references,
)
from jaeger_client.encoding.lanes import Lanes
from jaeger_client.encoding.plain import plain_text
from jaeger_client.encoding.tables import PieceTable, Tables
from jaeger_client.encoding.varint import MASK_64, MAX_I64, ONE_BYTE, ONES, varint
from jaeger_client.model import Process, SpanData, SpanLosses

if TYPE_CHECKING:
    import opentracing

    from jaeger_client.encoding.packing import Frame

K = TypeVar("K")

_MORE: Final = ONES[ONE_BYTE:]
"""Seven bits that more follow."""

_FIELD: Final = tuple([bytes((0x16, octet)) for octet in range(0x100)])
"""The next field, an i64 of up to seven bits, or the begin of a longer one."""

_FIRST_STAMP: Final = 1 << 21
_STAMP_END: Final = 1 << 64
"""
Doubled microseconds between these two are written seven bits a time, and what
changes but every second is looked up.
"""


class JaegerCompactEncoder(ThriftEncoder):
    """One `emitBatch` message of the compact protocol a payload, for UDP 6831."""

    content_type = "application/vnd.apache.thrift.compact"

    def __init__(self, losses: SpanLosses, *, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(losses, clock=clock)
        tables = self.tables
        self._lists = tables.numbers(compact.struct_list)
        # Each of these lists is one field after the one before it.
        self._tag_lists = tables.numbers(_list_field)
        self._log_lists = self._field_lists = self._tag_lists
        self._append_tags = compact_tags(tables)
        self._heads = _heads_writer(tables)
        self._log_begin = _log_writer(tables)
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        name = _name_field(plain_text(process.service_name))
        self._process = b"".join((name, self._tag_list(process), b"\x00"))
        return len(self._process)

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


def _heads_writer(tables: Tables) -> WriteHeads:
    """Return the function that writes fields 1 to 9, with all it needs at hand."""
    get_parent, make_parent = _of(tables.numbers(compact.i64_id))

    def trace_fields(trace_id: int) -> bytes:
        if not 0 <= trace_id <= MASK_64:
            return _trace_fields(trace_id)
        # The first span's parent may have the same id, and many spans after it.
        low = get_parent(trace_id) or make_parent(trace_id)
        return b"".join((b"\x16", low, b"\x16\x00\x16"))

    get_trace, make_trace = _of(tables.numbers(trace_fields))
    get_name, make_name = _of(tables.texts(_name_field))
    get_flags, make_flags = _of(tables.numbers(_flags_fields))
    get_rest, make_rest = _of(tables.numbers(varint))

    def heads(spans: Sequence[SpanData]) -> list[list[bytes]]:
        contexts = [span.ids for span in spans]
        ids = [context.span_id for context in contexts]
        stamps = [int(span.start_time * 1000000) for span in spans]
        made: list[list[bytes]] = []
        for span, context, low, high, stamp in zip(
            spans, contexts, *_lanes().write(ids, stamps), strict=False
        ):
            trace_id, parent_id = context.trace_id, context.parent_id
            name, flags, references = (
                span.operation_name,
                context.flags,
                span.references,
            )
            start, end = span.start_time, span.end_time
            duration = 2 if end is None else int((end - start) * 1000000) << 1
            if duration <= 0:
                duration = 0 if end < start else 2  # type: ignore[operator]  # None gives 2
            pieces = (
                [
                    get_trace(trace_id) or make_trace(trace_id),
                    low,
                    high,
                    get_parent(parent_id or 0) or make_parent(parent_id or 0),
                ]
                if parent_id or trace_id != context.span_id
                # A root: one random number serves as both ids.
                else [b"\x16", low, high, b"\x00\x16", low, high, b"\x00"]
            )
            pieces += (
                get_name(name) or make_name(name),
                _references_field(references, flags)
                if references
                else get_flags(flags) or make_flags(flags),
                stamp,
            )
            if duration < ONE_BYTE:
                pieces.append(_FIELD[duration])
            elif duration <= MAX_I64:
                pieces += (
                    _FIELD[duration & 0x7F | 0x80],
                    get_rest(duration >> 7) or make_rest(duration >> 7),
                )
            else:
                pieces += b"\x16", compact.i64(duration >> 1)
            made.append(pieces)
        return made

    return heads


@cache
def _lanes() -> Lanes:
    # At the first span: to make it takes 0.1 ms.
    return Lanes(b"\x16")


def _log_writer(tables: Tables) -> WriteLogBegin:
    """Return the function that writes field 1 of a log."""
    get_second, make_second = _of(tables.numbers(varint))

    def log_begin(timestamp: int) -> tuple[bytes, ...]:
        stamp = timestamp << 1
        if _FIRST_STAMP <= stamp < _STAMP_END:
            second = stamp >> 21
            return (
                _FIELD[stamp & 0x7F | 0x80],
                _MORE[stamp >> 7 & 0x7F],
                _MORE[stamp >> 14 & 0x7F],
                get_second(second) or make_second(second),
            )
        return b"\x16", compact.i64(timestamp)

    return log_begin


def _of(
    table: PieceTable[K],
) -> tuple[Callable[[K], bytes | None], Callable[[K], bytes]]:
    return table.get, table.make


def _trace_fields(trace_id: int) -> bytes:
    low, high = compact.i64_id(trace_id), compact.i64_id(trace_id >> 64)
    return b"".join((b"\x16", low, b"\x16", high, b"\x16"))


def _name_field(name: str) -> bytes:
    return b"\x18" + compact.text(name)


def _flags_fields(flags: int) -> bytes:
    """Return fields 6, which is left out, and 7, and the begin of field 8."""
    return b"".join((b"\x25", compact.i32_flags(flags), b"\x16"))


def _list_field(size: int) -> bytes:
    return b"\x19" + compact.struct_list(size)


def _references_field(
    references: Sequence[opentracing.Reference],
    flags: int,
) -> bytes:
    """Return field 6, if there is anything to refer to, 7, and the begin of 8."""
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
        return _flags_fields(flags)
    after = b"\x15", compact.i32_flags(flags), b"\x16"
    return b"".join((_list_field(len(structs)), *structs, *after))
