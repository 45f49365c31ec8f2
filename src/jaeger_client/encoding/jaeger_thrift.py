"""
What both Thrift encoders share: the order of a span, and a batch's frame.

Writing a span is what the worker does most, so nothing is made twice and
nothing called that a look-up can do: one list of pieces, one join. A list is
preceded by its size, which is known only once all of it is written, for tags
may still be added: an empty piece keeps its place.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, cast

from jaeger_client.encoding.packing import PackingEncoder
from jaeger_client.encoding.plain import ReferencedIds, plain_items
from jaeger_client.model import Process, SpanData, SpanLosses

if TYPE_CHECKING:
    import opentracing

    from jaeger_client.encoding.jaeger_tags import AppendTags

MASK_31: Final = (1 << 31) - 1
"""Bits of a message's sequence number."""


class ListTable(Protocol):
    """What a list begins with, by its size."""

    def __getitem__(self, key: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class BatchFrame:
    """What stands around the spans of one `Batch`."""

    before: bytes
    after: bytes
    lists: ListTable
    most: int

    def size(self, count: int, spans_size: int) -> int:  # noqa: ARG002 - no matter here
        """Return the bytes around *count* spans."""
        return len(self.before) + len(self.lists[count]) + len(self.after)

    def around(self, spans: list[bytes], spans_size: int) -> bytes:  # noqa: ARG002 - no matter here
        """Return the payload."""
        return b"".join((self.before, self.lists[len(spans)], *spans, self.after))


class ThriftEncoder(PackingEncoder):
    """What both protocols share; each sets the look-ups below and writes the rest."""

    _append_tags: AppendTags
    _tag_lists: ListTable
    _log_lists: ListTable
    _field_lists: ListTable

    def _span(self, span: SpanData) -> bytes:
        pieces = self._head(span)
        append = pieces.append
        append_tags = self._append_tags
        place = len(pieces)
        append(b"")
        pieces[place] = self._tag_lists[append_tags(pieces, span.tag_items)]
        logs = [*span.log_items]
        if logs:
            append(self._log_lists[len(logs)])
            for timestamp, fields in logs:
                append(self._log_begin(timestamp))
                place = len(pieces)
                append(b"")
                pieces[place] = self._field_lists[append_tags(pieces, fields)]
                append(b"\x00")
        append(b"\x00")
        return b"".join(pieces)

    @abstractmethod
    def _head(self, span: SpanData) -> list[bytes]:
        """Return the pieces of fields 1 to 9."""

    @abstractmethod
    def _log_begin(self, timestamp: int) -> bytes:
        """Return field 1 of a log."""

    def _tag_list(self, process: Process) -> bytes:
        pieces: list[bytes] = []
        count = self._append_tags(pieces, plain_items(process.tags))
        return b"".join((self._field_lists[count], *pieces))


def batch_frame(before: bytes, after: bytes, lists: ListTable) -> BatchFrame:
    """Return the frame whose list of spans begins as *lists* says."""
    longest_list = 6  # type, and 32 bits as a varint
    return BatchFrame(before, after, lists, len(before) + longest_list + len(after))


def stats(losses: SpanLosses) -> tuple[int, int, int]:
    """Return the numbers of `ClientStats`: totals since the start."""
    failed = losses.send_failed + losses.not_encodable
    return losses.queue_full, losses.too_large, failed


def usable_references(
    references: Sequence[opentracing.Reference],
) -> Iterator[tuple[bool, int, int]]:
    """
    Yield of each reference whether it follows from, its trace id and span id.

    One without a trace id is left out: it costs Jaeger the whole datagram.
    """
    for reference in references:
        context = cast("ReferencedIds | None", reference.referenced_context)
        if context is not None and context.trace_id:
            follows = reference.type == "follows_from"
            yield follows, context.trace_id, context.span_id or 0
