"""
Spans and batches as the structs of jaeger.thrift, in either protocol.

The structs, with the ids of their fields; text where no type is given:

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

An id is an unsigned number of 64 bits, sent as the i64 with the same bits. What Jaeger
cannot read, or shows wrongly, is not written: a reference without a trace id costs the
whole datagram and is left out; a duration of 0 counts as negative and becomes 1, unless
the end is before the start; NaN and infinity become text; times are clamped to 64 bits.

A *writer* appends spans to a buffer. `ThriftWriter` is the base of those in Python,
which are written for reading and are the reference; each protocol defines how a header,
a number or a list begins. `_native/thrift.pxi` has the same writers compiled,
which leave spans that are not plain to those here. Frames and processes are always
written in Python, once per payload.

A Thrift list is preceded by its size, and the application may append to the lists of a
span while it is encoded. So each list is copied first; the copy has the size that is
written.

Writers accept numbers and values only of exactly the types that `SpanData` documents.
Subclasses may override any operation, so they raise as other types do, and the span is
encoded as a plain copy, in which an integer of more than 64 bits is text and a lone
surrogate is U+FFFD (see `packing` and `plain`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, Final

from jaeger_client.encoding.packing import (
    Frame,
    PackingEncoder,
    dropped_items,
    duration_us,
    start_us,
    usable_references,
    write_logs,
)
from jaeger_client.encoding.plain import (
    exact_int,
    non_finite_text,
    plain_items,
    plain_text,
)
from jaeger_client.encoding.varint import MASK_32, MAX_I64, MIN_I64
from jaeger_client.model import LogItem, Process, SpanData, TagItem

STOP: Final = 0
"""Field type 0, a byte that ends a struct in both protocols."""

MAX_I32: Final = (1 << 31) - 1


class ThriftWriter(ABC):
    """
    Writes the structs in one protocol; has no state but the headers of their fields.

    The abstract methods that write take a header, which they append first.
    """

    types: ClassVar[Mapping[str, int]]
    """The numbers of the types of fields."""

    def __init__(self) -> None:
        field = self.header
        # Of Span:
        self._trace_id_low, self._trace_id_high = field("i64", 1), field("i64", 2)
        self._span_id, self._parent_span_id = field("i64", 3), field("i64", 4)
        self._operation_name, self._references = field("text", 5), field("list", 6)
        self._flags_after_name, self._flags = field("i32", 7, 5), field("i32", 7)
        self._start_time, self._duration = field("i64", 8), field("i64", 9)
        self._tags, self._logs = field("list", 10), field("list", 11)
        # Of SpanRef, Log, Batch, Process and Tag:
        self._ref_type, self._ref_low = field("i32", 1), field("i64", 2)
        self._ref_high, self._ref_span_id = field("i64", 3), field("i64", 4)
        self._timestamp, self._log_fields = field("i64", 1), field("list", 2)
        self._spans = field("list", 2)
        self._service_name, self._process_tags = field("text", 1), field("list", 2)
        self._key = field("text", 1)
        bools = [self._value_header(2, header) for header in self.bools(5, 2)]
        self._string = self._value_header(0, field("text", 3, 2))
        self._values: Mapping[type, tuple[Callable[..., None], Any]] = {
            float: (self._write_float, self._value_header(1, field("double", 4, 2))),
            bool: (self._write_bool, bools),
            int: (self._write_int, self._value_header(3, field("i64", 6, 2))),
            bytes: (self.write_bytes, self._value_header(4, field("text", 7, 2))),
        }
        """
        By exact type of a value that is not text: the function, and its argument.

        That is the whole `vType` and the header of the field that has the value.
        """

    def _value_header(self, value_type: int, header: bytes) -> bytes:
        out = bytearray()
        self.write_i32(out, self.header("i32", 2), value_type)
        return bytes(out + header)

    def write_span(self, out: bytearray, span: SpanData, max_size: int) -> None:
        """Append *span*; see `PackingEncoder._write_span`."""
        self._write_head(out, span)
        tags = [*span.tag_items]
        if span.dropped_tags or span.dropped_logs:
            tags += dropped_items(span)
        self._write_tags(out, self._tags, tags)
        # Field 11 is optional; without logs it is left out.
        if logs := [*span.log_items]:
            self.write_list(out, self._logs, len(logs))
            write_logs(out, logs, self.write_log, max_size)
        out.append(STOP)

    def _write_head(self, out: bytearray, span: SpanData) -> None:
        """Append fields 1 to 9."""
        context, start, end = span.ids, span.start_time, span.end_time
        trace_id = context.trace_id
        self.write_id(out, self._trace_id_low, trace_id)
        self.write_id(out, self._trace_id_high, trace_id >> 64)
        self.write_id(out, self._span_id, context.span_id)
        self.write_id(out, self._parent_span_id, context.parent_id or 0)
        self.write_text(out, self._operation_name, span.operation_name)
        has_references = span.references and self._write_references(out, span)
        header = self._flags if has_references else self._flags_after_name
        flags = exact_int(context.flags) & MASK_32
        self.write_i32(out, header, flags if flags <= MAX_I32 else flags - (1 << 32))
        self.write_i64(out, self._start_time, start_us(start))
        self.write_i64(out, self._duration, duration_us(start, end))

    def _write_references(self, out: bytearray, span: SpanData) -> bool:
        """Append field 6 of *span* if it has a usable reference; return whether."""
        usable = usable_references(span.references)
        if not usable:
            return False
        self.write_list(out, self._references, len(usable))
        for follows, trace_id, span_id in usable:
            self.write_i32(out, self._ref_type, 1 if follows else 0)
            self.write_id(out, self._ref_low, trace_id)
            self.write_id(out, self._ref_high, trace_id >> 64)
            self.write_id(out, self._ref_span_id, span_id)
            out.append(STOP)
        return True

    def write_log(self, out: bytearray, log: LogItem) -> None:
        """Append *log*."""
        timestamp, fields = log
        self.write_i64(out, self._timestamp, exact_int(timestamp))
        self._write_tags(out, self._log_fields, [*fields])
        out.append(STOP)

    def write_process(self, out: bytearray, process: Process) -> None:
        """Append *process*."""
        self.write_text(out, self._service_name, plain_text(process.service_name))
        self._write_tags(out, self._process_tags, plain_items(process.tags))
        out.append(STOP)

    def write_spans_header(self, out: bytearray, count: int) -> None:
        """Append what precedes the *count* spans of a batch."""
        self.write_list(out, self._spans, count)

    def _write_tags(self, out: bytearray, header: bytes, tags: list[TagItem]) -> None:
        """
        Append a list of *tags*.

        Raises for a key that is not text, a type that is not in `model.TagValue`, an
        integer that does not fit in an i64, and text that UTF-8 cannot encode.
        """
        self.write_list(out, header, len(tags))
        for key, value in tags:
            self.write_text(out, self._key, key)
            if type(value) is str:  # most values; saves a twentieth of the time
                self.write_text(out, self._string, value)
            else:
                write, header = self._values[type(value)]
                write(out, header, value)
            out.append(STOP)

    def _write_float(self, out: bytearray, header: bytes, value: float) -> None:
        if isfinite(value):
            self.write_double(out, header, value)
        else:
            self.write_text(out, self._string, non_finite_text(value))

    def _write_bool(self, out: bytearray, fields: Sequence[bytes], value: bool) -> None:  # noqa: FBT001 - the value itself
        out += fields[value]

    def _write_int(self, out: bytearray, header: bytes, value: int) -> None:
        if not MIN_I64 <= value <= MAX_I64:
            msg = f"needs 64 signed bits, got {value.bit_length()} bits"
            raise OverflowError(msg)
        self.write_i64(out, header, value)

    @abstractmethod
    def header(self, kind: str, field: int, previous: int | None = None) -> bytes:
        """
        Return the header of *field*, whose type is that of `types`.

        *previous* is the id of the field before it, by default one less than its own.
        """

    @abstractmethod
    def bools(self, field: int, previous: int) -> Sequence[bytes]:
        """Return *field* with its header, for false and for true."""

    @abstractmethod
    def write_i32(self, out: bytearray, header: bytes, number: int) -> None:
        """Append a number of 32 signed bits."""

    @abstractmethod
    def write_i64(self, out: bytearray, header: bytes, number: int) -> None:
        """Append the number of 64 signed bits that is nearest to *number*."""

    @abstractmethod
    def write_id(self, out: bytearray, header: bytes, number: int) -> None:
        """Append the low 64 bits of *number*; raise if it is not exactly an int."""

    @abstractmethod
    def write_double(self, out: bytearray, header: bytes, number: float) -> None:
        """Append a number of 64 bits."""

    @abstractmethod
    def write_text(self, out: bytearray, header: bytes, text: str) -> None:
        """Append *text*; raise for lone surrogates."""

    @abstractmethod
    def write_bytes(self, out: bytearray, header: bytes, data: bytes) -> None:
        """Append *data*."""

    @abstractmethod
    def write_list(self, out: bytearray, header: bytes, size: int) -> None:
        """Append what precedes the elements of a list of *size* structs."""


class ThriftEncoder(PackingEncoder):
    """
    The base of both encoders.

    Used by one thread at a time.
    """

    _writer: ThriftWriter

    def _write_span(self, out: bytearray, span: SpanData, max_size: int) -> None:
        self._writer.write_span(out, span, max_size)

    def _write_log(self, out: bytearray, log: LogItem) -> None:
        self._writer.write_log(out, log)

    def _use_process(self, process: Process) -> int:
        self._process = bytearray()
        self._writer.write_process(self._process, process)
        return len(self._process)

    def _batch_frame(self, before: bytearray, after: bytes) -> Frame:
        """Return the frame of a batch; its list of spans follows *before*."""

        def with_list(count: int, _spans_size: int) -> bytes:
            out = bytearray(before)
            self._writer.write_spans_header(out, count)
            return bytes(out)

        return Frame(with_list, after)
