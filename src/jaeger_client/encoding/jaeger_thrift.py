"""
The part that both Thrift encoders share: the order of a span's fields.

The structs of jaeger.thrift, field by field:

```text
Batch    1 process  2 list<Span>  3 i64 seqNo  4 ClientStats
Process  1 serviceName  2 list<Tag>
Span     1 i64 traceIdLow  2 i64 traceIdHigh  3 i64 spanId  4 i64 parentSpanId
         5 operationName  6 list<SpanRef>  7 i32 flags  8 i64 startTime (µs)
         9 i64 duration (µs)  10 list<Tag>  11 list<Log>
SpanRef  1 i32 refType  2 i64 traceIdLow  3 i64 traceIdHigh  4 i64 spanId
Log      1 i64 timestamp (µs)  2 list<Tag>
Tag      1 key  2 i32 vType  3 vStr  4 double vDouble  5 vBool  6 i64 vLong  7 vBinary
```

Encoding spans is most of the worker's time, so nothing is encoded twice, and nothing is
called that a look-up can replace: a span is one list of pieces and one join. A list is
preceded by its size, which is known only when all of it is written, because tags may
still be added: an empty piece reserves its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from jaeger_client.encoding.packing import (
    LARGE_SPAN,
    Frame,
    PackingEncoder,
    dropped_items,
)
from jaeger_client.encoding.plain import plain_items
from jaeger_client.encoding.tables import AppendItems, PieceTable, Tables
from jaeger_client.model import LogItem, Process, SpanData, TagItem

STOP: Final = b"\x00"
"""The end of a struct, in both protocols."""

_FEW_TAGS: Final = 32
"""Number of tags up to which the size of a span is not checked, which takes 3 %."""

EncodeHeads: TypeAlias = Callable[[Sequence[SpanData]], list[list[bytes]]]
"""Returns the pieces of the fields 1 to 9, span by span."""

EncodeLogTime: TypeAlias = Callable[[int], Iterable[bytes]]
"""Returns the pieces of field 1 of a log."""

EndTag: TypeAlias = Callable[[bytes, Any], bytes]
"""Appends the value of a tag and the end of the struct to what comes before."""

TagTypes: TypeAlias = Mapping[type, tuple[bytes, EndTag]]
"""
By type of value: the bytes between key and value, which are `vType` and the header of
the value's field; and the function that ends the tag.
"""


class ThriftEncoder(PackingEncoder):
    """The base of both encoders; each sets the functions and tables below."""

    _encode_heads: EncodeHeads
    _encode_log_time: EncodeLogTime
    _append_tags: AppendItems
    _tag_lists: PieceTable[int]
    """The headers of the list of tags of a span, by size."""
    _log_lists: PieceTable[int]
    _field_lists: PieceTable[int]
    _lists: PieceTable[int]
    """The headers of the list of spans, by size."""

    def _bodies(self, spans: Sequence[SpanData]) -> list[bytes]:
        bodies: list[bytes] = []
        append_tags, tag_lists = self._append_tags, self._tag_lists
        for span, pieces in zip(spans, self._encode_heads(spans), strict=True):
            place = len(pieces)
            pieces.append(b"")
            count = append_tags(pieces, span.tag_items)
            if span.dropped_tags or span.dropped_logs:
                count += append_tags(pieces, dropped_items(span))
            pieces[place] = tag_lists[count]
            logs = span.log_items
            if logs:
                items = [*logs]
                pieces.append(self._log_lists[len(items)])
                self._append_logs(pieces, items)
            pieces.append(STOP)
            body = b"".join(pieces)
            bodies.append(body)
            if (logs or count > _FEW_TAGS) and len(body) > LARGE_SPAN:
                break
        return bodies

    def _append_each_log(self, pieces: list[bytes], logs: Sequence[LogItem]) -> None:
        append_tags, field_lists = self._append_tags, self._field_lists
        encode_log_time = self._encode_log_time
        for timestamp, fields in logs:
            pieces += encode_log_time(timestamp)
            place = len(pieces)
            pieces.append(b"")
            pieces[place] = field_lists[append_tags(pieces, fields)]
            pieces.append(STOP)

    def _batch_frame(self, before: bytes, after: bytes) -> Frame:
        """Return the frame of a batch; the list of spans begins after *before*."""
        lists = self._lists

        def with_list(count: int, _spans_size: int) -> bytes:
            return before + lists[count]

        return Frame(with_list, after)

    def _process_tags(self, process: Process) -> bytes:
        """Return field 2 of *process*, which has the number of a log's fields."""
        pieces: list[bytes] = []
        count = self._append_tags(pieces, plain_items(process.tags))
        return b"".join((self._field_lists[count], *pieces))


def tag_appender(
    tables: Tables, types: TagTypes, encode_key: Callable[[str], bytes]
) -> AppendItems:
    """
    Return the function that appends tags as *types* specifies.

    It raises for a key that is not text, a type that is not in *types*, an integer
    beyond 64 bits and text that UTF-8 cannot encode.
    """

    def begin_table(before: bytes) -> PieceTable[str]:
        return tables.add(lambda key: encode_key(key) + before)

    writers = {
        kind: (*begin_table(before).get_and_make, end)
        for kind, (before, end) in types.items()
    }

    def encode_tag(item: TagItem) -> bytes:
        key, value = item
        get_begin, make_begin, end = writers[type(value)]
        return end(get_begin(key) or make_begin(key), value)

    return tables.add_for_items(encode_tag)
