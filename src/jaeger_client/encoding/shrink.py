"""
Make a span fit a packet: drop logs, oldest first, then cut the longest values.

The cost of neither step depends on how much too large the span is. Logs are encoded
one by one, from the newest, until their sizes add up to the space that is left. The
length to which values are cut is calculated from their sizes, and corrected by the
size of the span with values of that length.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from operator import length_hint
from typing import TYPE_CHECKING, Final

from jaeger_client.encoding.plain import (
    PlainSpan,
    log_times,
    plain_items,
    plain_log,
    plain_span,
)
from jaeger_client.model import LogItem, Process, SpanData, TagItem, TagValue

if TYPE_CHECKING:
    from typing import TypeGuard

TRUNCATED_TAG_KEY: Final = "jaeger.truncated"
"""Tag of a span that lost logs or parts of its values to fit a packet."""

MAX_NAME: Final = 256
"""Characters that are left of the operation name where values are cut."""

_MIN_PROCESS_VALUE: Final = 64
"""Characters to which values of process tags are cut before any tag is dropped."""

_MANY_TAGS: Final = 1_000
"""Number of tags from which on the keys are measured before the span is copied."""

_MIN_TAG_SIZE: Final = 4
"""Minimum number of bytes that a tag takes beside its key, in any format."""

_CORRECTIONS: Final = 4
"""Number of lengths that are calculated before bisection is used."""

EncodeSpan = Callable[[SpanData], bytes]
SizeOfLog = Callable[[LogItem], int]


def shrunk(
    span: SpanData,
    encode: EncodeSpan,
    size_of_log: SizeOfLog,
    room: int,
) -> bytes | None:
    """
    Return as much of *span* as fits *room* bytes, or `None` if too much is left.

    Raises:
        Exception: If the span cannot be made plain.
    """
    if _has_too_many_keys(span, room):
        return None
    logs = list(span.log_items or ())
    plain = plain_span(span, with_logs=False)
    items = [item for item in plain.tag_items if item[0] != TRUNCATED_TAG_KEY]
    plain = plain.replace(tag_items=[*items, (TRUNCATED_TAG_KEY, True)])
    body = _with_fewer_logs(plain, logs, encode, size_of_log, room) if logs else None
    return body or _with_shorter_values(plain, encode, room)


def _has_too_many_keys(span: SpanData, room: int) -> bool:
    """Return whether the keys of *span*, which are never cut, do not fit *room*."""
    # Encoding a few tags is faster than measuring them.
    if length_hint(span.tag_items) < _MANY_TAGS:
        return False
    with suppress(Exception):  # its parts may be anything
        keys = {key for key, _ in span.tag_items}
        return len(keys) * _MIN_TAG_SIZE + sum(map(len, keys)) > room
    return False


def _with_fewer_logs(
    span: PlainSpan,
    logs: Sequence[object],
    encode: EncodeSpan,
    size_of_log: SizeOfLog,
    room: int,
) -> bytes | None:
    """Return *span*, which has no logs, with the newest of *logs*, if that fits."""
    without_logs = encode(span)
    if len(without_logs) > room:
        return None
    kept = _newest(logs, size_of_log, room - len(without_logs))
    # The header of the list takes some bytes more, so one log less may fit.
    while kept:
        in_order = [kept[index] for index in sorted(kept)]
        body = encode(span.replace(log_items=in_order))
        if len(body) <= room:
            return body
        kept.popitem()  # the oldest, for it was added last
    return without_logs


def _newest(
    logs: Sequence[object],
    size_of_log: SizeOfLog,
    room: int,
) -> dict[int, LogItem]:
    """Return the newest logs that fit *room* together, newest first, by index."""
    kept: dict[int, LogItem] = {}
    for _, index in sorted(log_times(logs), reverse=True):
        with suppress(Exception):
            log = plain_log(logs[index])
            room -= size_of_log(log)
            if room < 0:
                break
            kept[index] = log
    return kept


def _with_shorter_values(
    span: PlainSpan,
    encode: EncodeSpan,
    room: int,
) -> bytes | None:
    def encode_cut(length: int) -> bytes:
        cut = _cut_items(span.tag_items, length)
        name = span.operation_name[:MAX_NAME]
        return encode(span.replace(operation_name=name, tag_items=cut))

    length = _longest_length(
        span.tag_items, lambda length: len(encode_cut(length)), room
    )
    return None if length is None else encode_cut(length)


def shrunk_process(
    process: Process,
    size_of: Callable[[Process], int],
    room: int,
) -> Process:
    """
    Return *process* with shorter values, and fewer tags if need be, to fit *room*.

    Tags are dropped, the longest first, if values of 64 characters are too long. The
    service's name stays whole, so that the process may still be too large.
    """

    def size_of_tags(items: Sequence[TagItem]) -> int:
        return size_of(Process(process.service_name, tuple(items)))

    items: list[TagItem] = plain_items(process.tags)
    short = _cut_items(items, _MIN_PROCESS_VALUE)
    by_size = sorted(range(len(items)), key=lambda index: len(str(short[index])))
    fitting = bisect_right(
        range(1, len(items) + 1),
        room,
        key=lambda count: size_of_tags([short[index] for index in by_size[:count]]),
    )
    items = [items[index] for index in sorted(by_size[:fitting])]
    length = _longest_length(
        items, lambda length: size_of_tags(_cut_items(items, length)), room
    )
    return Process(process.service_name, tuple(_cut_items(items, length or 0)))


def _longest_length(
    items: Sequence[TagItem],
    size_at: Callable[[int], int],
    room: int,
) -> int | None:
    """
    Return the length to which to cut the values of *items* to fit *room* bytes.

    *size_at* is the size with values of a length. Returns `None` if that of empty
    values is larger than *room*.
    """
    without_values = size_at(0)
    spare = room - without_values
    if spare < 0:
        return None
    values = sorted(_Value(value) for _, value in items if _is_cuttable(value))
    low, high = 0, values[-1].length if values else 0
    length, tries = _even_length(values, spare), 0
    while low < high:
        length, tries = max(low + 1, min(length, high)), tries + 1
        used = size_at(length) - without_values
        if used <= spare:
            low = length
        else:
            high = length - 1
        if tries < _CORRECTIONS:
            # Escapes and prefixes take more than was expected, in the same proportion.
            expected = sum(value.weight * min(value.length, length) for value in values)
            length = _even_length(values, spare * expected / max(used, 1))
        else:
            length = (low + high + 1) // 2
    return low


class _Value:
    """The length of a value in characters, and the bytes of one on average."""

    __slots__ = ("length", "weight")

    def __init__(self, value: str | bytes) -> None:
        self.length = len(value)
        size = len(value.encode()) if isinstance(value, str) else self.length
        self.weight = size / self.length

    def __lt__(self, other: _Value) -> bool:
        return self.length < other.length


def _even_length(values: Sequence[_Value], room: float) -> int:
    """
    Return the length to which to cut *values* so that together they fit *room* bytes.

    *values* are in the order of their lengths. What a value needs beside its own
    bytes is ignored.
    """
    weight = sum(value.weight for value in values)
    for value in values:
        if value.length * weight > room:
            return int(room / weight)
        room -= value.length * value.weight
        weight -= value.weight
    return values[-1].length if values else 0


def _cut_items(items: Sequence[TagItem], length: int) -> list[TagItem]:
    return [
        (key, value[:length] if isinstance(value, (str, bytes)) else value)
        for key, value in items
    ]


def _is_cuttable(value: TagValue) -> TypeGuard[str | bytes]:
    return isinstance(value, (str, bytes)) and len(value) > 0
