"""
What both Thrift encoders share: the order of a span, and a batch's frame.

Writing a span is what the worker does most, so nothing is made twice and
nothing called that a look-up can do: one list of pieces, one join. A list is
preceded by its size, which is known only once all of it is written, for tags
may still be added: an empty piece keeps its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from jaeger_client._internal.frozen import Frozen
from jaeger_client.encoding.packing import (
    LARGE_SPAN,
    LOG_BLOCK,
    PackingEncoder,
    dropped_items,
)
from jaeger_client.encoding.plain import ReferencedIds, plain_items
from jaeger_client.model import LogItem, Process, SpanData, SpanLosses

if TYPE_CHECKING:
    import opentracing

    from jaeger_client.encoding.jaeger_tags import AppendTags
    from jaeger_client.encoding.tables import PieceTable

_FEW_TAGS: Final = 32
"""Number of tags up to which the size of a span is not checked, which takes 3 %."""

MASK_31: Final = (1 << 31) - 1
"""Bits of a message's sequence number."""


WriteHeads: TypeAlias = "Callable[[Sequence[SpanData]], list[list[bytes]]]"
"""Returns the pieces of the fields 1 to 9, span by span."""

WriteLogBegin: TypeAlias = "Callable[[int], Iterable[bytes]]"
"""Returns the pieces of field 1 of a log."""


class BatchFrame(Frozen):
    """What stands around the spans of one `Batch`."""

    before: bytes
    after: bytes
    lists: PieceTable[int]
    most: int

    def size(self, count: int, spans_size: int) -> int:  # noqa: ARG002 - no matter here
        """Return the bytes around *count* spans."""
        return len(self.before) + len(self.lists[count]) + len(self.after)

    def around(self, spans: list[bytes], spans_size: int) -> bytes:  # noqa: ARG002 - no matter here
        """Return the payload."""
        return b"".join((self.before, self.lists[len(spans)], *spans, self.after))


class ThriftEncoder(PackingEncoder):
    """What both protocols share; each sets the functions and tables below."""

    _heads: WriteHeads
    _log_begin: WriteLogBegin
    _append_tags: AppendTags
    _tag_lists: PieceTable[int]
    _log_lists: PieceTable[int]
    _field_lists: PieceTable[int]

    def _bodies(self, spans: Sequence[SpanData]) -> list[bytes]:
        bodies: list[bytes] = []
        append_tags, tag_lists = self._append_tags, self._tag_lists
        for span, pieces in zip(spans, self._heads(spans), strict=True):
            place = len(pieces)
            pieces.append(b"")
            count = append_tags(pieces, span.tag_items)
            if span.dropped_tags or span.dropped_logs:
                count += append_tags(pieces, dropped_items(span))
            pieces[place] = tag_lists[count]
            logs = span.log_items
            if logs:
                self._append_logs(pieces, [*logs])
            pieces.append(b"\x00")
            body = b"".join(pieces)
            bodies.append(body)
            if (logs or count > _FEW_TAGS) and len(body) > LARGE_SPAN:
                break
        return bodies

    def _append_logs(self, pieces: list[bytes], logs: list[LogItem]) -> None:
        pieces.append(self._log_lists[len(logs)])
        if len(logs) > LOG_BLOCK:
            self._append_log_blocks(pieces, logs)
        else:
            self._append_each_log(pieces, logs)

    def _append_each_log(self, pieces: list[bytes], logs: Sequence[LogItem]) -> None:
        append_tags, field_lists = self._append_tags, self._field_lists
        for timestamp, fields in logs:
            pieces += self._log_begin(timestamp)
            place = len(pieces)
            pieces.append(b"")
            pieces[place] = field_lists[append_tags(pieces, fields)]
            pieces.append(b"\x00")

    def _tag_list(self, process: Process) -> bytes:
        pieces: list[bytes] = []
        count = self._append_tags(pieces, plain_items(process.tags))
        return b"".join((self._field_lists[count], *pieces))


def batch_frame(before: bytes, after: bytes, lists: PieceTable[int]) -> BatchFrame:
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
