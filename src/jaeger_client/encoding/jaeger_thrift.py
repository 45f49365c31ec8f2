"""
The part that both Thrift formats share: the order of the fields of spans and batches.

The fields of the structs of jaeger.thrift are listed in `jaeger_compact`.

A *writer* appends spans to a buffer. `ThriftWriter` is the base of those in Python,
which are written for reading and are the reference; it leaves to each protocol how a
header, a number or a text is written. `_native/thrift.pxi` has the same writers
compiled, which leave spans that are not plain to those here. Frames and processes are
always written in Python, once per payload.

A Thrift list is preceded by its size, and the application may append to the lists of a
span while it is encoded. So each list is copied first; the copy has the size that is
written.

Writers accept numbers and values only of exactly the types that `SpanData` documents.
Subclasses may override any operation, so they raise as other types do, and the span is
encoded as a plain copy (see `plain`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from jaeger_client.encoding.packing import (
    Frame,
    LogsTooLargeError,
    PackingEncoder,
    dropped_items,
)
from jaeger_client.encoding.plain import plain_items, plain_text
from jaeger_client.model import LogItem, Process, SpanData, TagItem

STOP: Final = 0
"""Field type 0, a byte that ends a struct in both protocols."""

# The ids of the fields that are lists of structs.
BATCH_SPANS: Final = 2
PROCESS_TAGS: Final = 2
SPAN_REFERENCES: Final = 6
SPAN_TAGS: Final = 10
SPAN_LOGS: Final = 11
LOG_FIELDS: Final = 2

WriteValue: TypeAlias = Callable[[bytearray, Any], None]
"""Appends fields 2 and following of a tag: its type and its value."""


class ThriftWriter(ABC):
    """The base of the writers in Python."""

    def write_span(self, out: bytearray, span: SpanData, max_size: int) -> None:
        """Append *span*; see `PackingEncoder._write_span`."""
        self.write_head(out, span)
        tags = [*span.tag_items]
        if span.dropped_tags or span.dropped_logs:
            tags += dropped_items(span)
        self.write_list(out, SPAN_TAGS, len(tags))
        self.write_tags(out, tags)
        # Field 11 is optional; without logs it is left out.
        if logs := [*span.log_items]:
            self.write_list(out, SPAN_LOGS, len(logs))
            before = len(out)
            for log in logs:
                self.write_log(out, log)
                if len(out) - before > max_size:
                    raise LogsTooLargeError
        out.append(STOP)

    def write_log(self, out: bytearray, log: LogItem) -> None:
        """Append *log* to *out*."""
        timestamp, items = log
        fields = [*items]
        self.write_log_time(out, timestamp)
        self.write_list(out, LOG_FIELDS, len(fields))
        self.write_tags(out, fields)
        out.append(STOP)

    def write_process(self, out: bytearray, process: Process) -> None:
        """Append *process* to *out*."""
        tags = plain_items(process.tags)
        self.write_name(out, plain_text(process.service_name))
        self.write_list(out, PROCESS_TAGS, len(tags))
        self.write_tags(out, tags)
        out.append(STOP)

    @abstractmethod
    def write_head(self, out: bytearray, span: SpanData) -> None:
        """Append fields 1 to 9 of *span*."""

    @abstractmethod
    def write_references(self, out: bytearray, span: SpanData) -> bool:
        """Append field 6 of *span* if it has a usable reference; return whether."""

    @abstractmethod
    def write_log_time(self, out: bytearray, timestamp: int) -> None:
        """Append field 1 of a log, a time in microseconds."""

    @abstractmethod
    def write_name(self, out: bytearray, name: str) -> None:
        """Append field 1 of a process or a tag, which is text in both."""

    @abstractmethod
    def write_tags(self, out: bytearray, tags: Iterable[TagItem]) -> None:
        """
        Append the structs of *tags*.

        Raises for a key that is not text, a type that is not in `model.TagValue`, an
        integer that does not fit in an i64, and text that UTF-8 cannot encode.
        """

    @abstractmethod
    def write_list(self, out: bytearray, field: int, size: int) -> None:
        """
        Append the header of *field*, a list of *size* structs, and of that list.

        The previous field of the struct has the id before that of *field*.
        """


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
            self._writer.write_list(out, BATCH_SPANS, count)
            return bytes(out)

        return Frame(with_list, after)
