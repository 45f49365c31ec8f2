"""
The part that both Thrift encoders share: the order of a span's fields.

The fields of the structs of jaeger.thrift are listed in `jaeger_compact`.

Encoding takes most of the worker's time, so bytes that repeat are cached, and each span
is one list of byte strings, its parts, which are joined once.

A Thrift list is preceded by its size. While a span is encoded, the application may
still append tags to it, so the size is known only after the last tag was written. Until
then an empty part reserves the place of the list's header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from jaeger_client.encoding.caches import AppendItems, BytesCache, CacheSet
from jaeger_client.encoding.packing import Frame, PackingEncoder, dropped_items
from jaeger_client.encoding.plain import plain_items
from jaeger_client.model import LogItem, Process, SpanData, TagItem

STOP: Final = b"\x00"
"""Field type 0, which ends a struct in both protocols."""

EncodeHeads: TypeAlias = Callable[[Sequence[SpanData]], list[list[bytes]]]
"""Returns the parts of fields 1 to 9 of each span, in a list that can be extended."""

EncodeLogTime: TypeAlias = Callable[[int], Iterable[bytes]]
"""Returns the parts of field 1 of a log, by its time in microseconds."""

FinishTag: TypeAlias = Callable[[bytes, Any], bytes]
"""Returns the bytes of a tag: those before the value, the value, the end."""

TagTypes: TypeAlias = Mapping[type, tuple[bytes, FinishTag]]
"""
By type of value: the bytes between key and value, which are `vType` and the header of
the value's field; and the function that appends the value and the end of the struct.
"""


class ThriftEncoder(PackingEncoder):
    """
    The base of both encoders, which define the functions and caches below.

    Used by one thread at a time.
    """

    _encode_heads: EncodeHeads
    _encode_log_time: EncodeLogTime
    _append_tags: AppendItems
    _tag_list_headers: BytesCache[int]
    """Field 10 of a span up to the first tag, by number of tags."""
    _log_list_headers: BytesCache[int]
    """Field 11 of a span up to the first log, by number of logs."""
    _field_list_headers: BytesCache[int]
    """Field 2 of a log up to the first tag, by number of tags."""
    _list_headers: BytesCache[int]
    """The header of the list of spans without that of its field, by size."""

    def _write_spans(
        self,
        out: bytearray,
        ends: list[int],
        spans: Sequence[SpanData],
        max_size: int,
    ) -> None:
        append_tags, tag_list_headers = self._append_tags, self._tag_list_headers
        for span, parts in zip(spans, self._encode_heads(spans), strict=True):
            place = len(parts)
            parts.append(b"")  # the header of the list of tags, when its size is known
            count = append_tags(parts, span.tag_items)
            if span.dropped_tags or span.dropped_logs:
                count += append_tags(parts, dropped_items(span))
            parts[place] = tag_list_headers[count]
            out += b"".join(parts)
            logs = span.log_items
            # Field 11 is optional; without logs it is left out.
            if logs:
                items = [*logs]  # a copy, because the application may append to it
                out += self._log_list_headers[len(items)]
                self._write_logs(out, items)
            out += STOP
            ends.append(len(out))
            if len(out) > max_size:
                break

    def _write_log(self, out: bytearray, log: LogItem) -> None:
        timestamp, fields = log
        parts: list[bytes] = []
        parts += self._encode_log_time(timestamp)
        place = len(parts)
        parts.append(b"")  # the header of the list of fields
        parts[place] = self._field_list_headers[self._append_tags(parts, fields)]
        parts.append(STOP)
        out += b"".join(parts)

    def _batch_frame(self, before: bytes, after: bytes) -> Frame:
        """Return the frame of a batch; its list of spans follows *before*."""
        list_headers = self._list_headers

        def with_list(count: int, _spans_size: int) -> bytes:
            return before + list_headers[count]

        return Frame(with_list, after)

    def _process_tags(self, process: Process) -> bytes:
        """
        Return field 2 of *process*.

        It has the header of a log's fields: they are field 2 after field 1, too.
        """
        parts: list[bytes] = []
        count = self._append_tags(parts, plain_items(process.tags))
        return b"".join((self._field_list_headers[count], *parts))


def tag_appender(
    caches: CacheSet, types: TagTypes, encode_key: Callable[[str], bytes]
) -> AppendItems:
    """
    Return the function that appends tags as *types* specifies.

    It raises for a key that is not text, a type that is not in *types*, an integer
    that does not fit in an i64, and text that UTF-8 cannot encode.
    """

    # What comes before a value depends on its key and type only: one cache per type.
    def prefix_cache(before: bytes) -> BytesCache[str]:
        return caches.new(lambda key: encode_key(key) + before)

    writers = {
        kind: (*prefix_cache(before).get_and_add, end)
        for kind, (before, end) in types.items()
    }

    def encode_tag(item: TagItem) -> bytes:
        key, value = item
        get_prefix, add_prefix, end = writers[type(value)]
        return end(get_prefix(key) or add_prefix(key), value)

    return caches.new_appender(encode_tag)
