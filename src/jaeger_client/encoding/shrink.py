"""
Make a span fit a payload: drop logs, the oldest first, then cut the longest values.

The time does not depend on how much too large the span is. Logs are encoded one by one,
the newest first, until they fill the space that remains in the payload. Values are cut
to a common length, so that only the longest ones lose text. That length is calculated
from the sizes of the values; then the span is encoded with it, and the length corrected
by the size of the result.

For example, a payload of 100 bytes has space for two values of 80 and 10 bytes, and
their keys and the rest of the span take 40. The short value stays whole, and the long
one is cut to 50 bytes. Cutting both to the same share, 30, would waste 20.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.encoding.plain import (
    PlainLog,
    PlainSpan,
    log_times,
    plain_items,
)
from jaeger_client.model import Process, SpanData, TagItem

TRUNCATED_TAG_KEY: Final = "jaeger.truncated"
"""Tag, with value true, of a span that lost logs or parts of values to fit."""

MAX_NAME: Final = 256
"""Maximum number of characters of the operation name if values are cut."""

_MIN_PROCESS_VALUE: Final = 64
"""Characters to which values of process tags are cut before tags are dropped."""

_CORRECTIONS: Final = 4
"""Number of lengths that are calculated; after these, bisection is used."""

EncodeSpan = Callable[[SpanData], bytes]
"""Returns the bytes of a span in the format of the payload."""

MeasureLog = Callable[[object], tuple[PlainLog, int]]
"""Returns a log as the encoder writes it, and its encoded size in bytes, or raises."""


def shrink_span(
    plain: PlainSpan,
    logs: Sequence[object],
    encode: EncodeSpan,
    measure_log: MeasureLog,
    max_size: int,
) -> bytes | None:
    """
    Return as much of *plain* and *logs* as fits *max_size* bytes, encoded.

    *plain* has no logs yet. Returns `None` if it does not fit even without logs and
    with empty values.

    Raises:
        Exception: If the span cannot be encoded.
    """
    # Once, even if the application has set a tag of that name.
    items = [item for item in plain.tag_items if item[0] != TRUNCATED_TAG_KEY]
    plain = plain._replace(tag_items=[*items, (TRUNCATED_TAG_KEY, True)])
    body = None
    if logs:
        body = _with_fewer_logs(plain, logs, encode, measure_log, max_size)
    return body or _with_shorter_values(plain, encode, max_size)


def _with_fewer_logs(
    span: PlainSpan,
    logs: Sequence[object],
    encode: EncodeSpan,
    measure_log: MeasureLog,
    max_size: int,
) -> bytes | None:
    """
    Return *span*, which has no logs, with as many of the newest *logs* as fit.

    Returns `None` if it does not fit without logs either.
    """
    without_logs = encode(span)
    if len(without_logs) > max_size:
        return None
    newest = _newest(logs, measure_log, max_size - len(without_logs))
    # The header of the list needs some bytes, too, so one log less may fit.
    while newest:
        in_order = [newest[index] for index in sorted(newest)]
        body = encode(span._replace(log_items=in_order))
        if len(body) <= max_size:
            return body
        newest.popitem()  # the oldest, because it was added last
    return without_logs


def _newest(
    logs: Sequence[object], measure_log: MeasureLog, max_size: int
) -> dict[int, PlainLog]:
    """Return the newest logs that fit *max_size* together, newest first, by index."""
    newest: dict[int, PlainLog] = {}
    for _, index in sorted(log_times(logs), reverse=True):
        with suppress(Exception):  # a log that cannot be read is left out
            log, size = measure_log(logs[index])
            max_size -= size
            if max_size < 0:
                break
            newest[index] = log
    return newest


def _with_shorter_values(
    span: PlainSpan, encode: EncodeSpan, max_size: int
) -> bytes | None:
    def encode_cut(length: int) -> bytes:
        cut = _cut_items(span.tag_items, length)
        name = span.operation_name[:MAX_NAME]
        return encode(span._replace(operation_name=name, tag_items=cut))

    length = _max_length(
        span.tag_items, lambda length: len(encode_cut(length)), max_size
    )
    return None if length is None else encode_cut(length)


def shrink_process(
    process: Process, size_of: Callable[[Process], int], max_size: int
) -> Process:
    """
    Return *process* with values cut, and if necessary tags dropped, to fit *max_size*.

    Tags are dropped, those with the longest values first, if values of 64 characters
    are too long. The name of the service is never cut, so the result may still be too
    large.
    """

    def size_of_tags(items: Sequence[TagItem]) -> int:
        return size_of(Process(process.service_name, tuple(items)))

    items = plain_items(process.tags)
    short = _cut_items(items, _MIN_PROCESS_VALUE)
    by_size = sorted(range(len(items)), key=lambda index: len(str(short[index])))
    # The largest number of tags, the shortest first, whose size is at most *max_size*.
    fitting = bisect_right(
        range(1, len(items) + 1),
        max_size,
        key=lambda count: size_of_tags([short[index] for index in by_size[:count]]),
    )
    items = [items[index] for index in sorted(by_size[:fitting])]
    length = _max_length(
        items, lambda length: size_of_tags(_cut_items(items, length)), max_size
    )
    return Process(process.service_name, tuple(_cut_items(items, length or 0)))


class _Length(NamedTuple):
    """The length of a value."""

    length: int
    """Characters of a text, or number of bytes."""
    bytes_per_character: float
    """Average size of a character in UTF-8; 1 for bytes."""


def _max_length(
    items: Sequence[TagItem], size_at: Callable[[int], int], max_size: int
) -> int | None:
    """
    Return the maximum length of the values of *items* with which they fit *max_size*.

    *size_at* returns the encoded size with values cut to a length. Returns `None` if it
    is larger than *max_size* even with empty values.
    """
    without_values = size_at(0)
    spare = max_size - without_values
    if spare < 0:
        return None
    values = _lengths(items)
    low, high = 0, values[-1].length if values else 0
    length, attempts = _common_length(values, spare), 0
    # The result is from *low* to *high*; each step encodes once and narrows the range.
    while low < high:
        length, attempts = max(low + 1, min(length, high)), attempts + 1
        used = size_at(length) - without_values
        if used <= spare:
            low = length
        else:
            high = length - 1
        if attempts < _CORRECTIONS:
            # Escapes and sizes take bytes, too: scale by the ratio of real to expected.
            expected = sum(
                value.bytes_per_character * min(value.length, length)
                for value in values
            )
            length = _common_length(values, spare * expected / max(used, 1))
        else:
            length = (low + high + 1) // 2
    return low


def _lengths(items: Sequence[TagItem]) -> list[_Length]:
    """Return the lengths of the values that can be cut, in ascending order."""
    return sorted(
        _Length(len(value), len(_encoded(value)) / len(value))
        for _, value in items
        if isinstance(value, (str, bytes)) and value
    )


def _encoded(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _common_length(values: Sequence[_Length], size: float) -> int:
    """
    Return the length to which to cut *values* so that together they fit *size* bytes.

    *values* are in ascending order. Values shorter than that length stay whole, and the
    space that they do not use is divided among the others. Escapes and the bytes around
    a value are ignored.
    """
    bytes_per_character = sum(value.bytes_per_character for value in values)
    for value in values:
        if value.length * bytes_per_character > size:
            return int(size / bytes_per_character)
        size -= value.length * value.bytes_per_character
        bytes_per_character -= value.bytes_per_character
    return values[-1].length if values else 0


def _cut_items(items: Sequence[TagItem], length: int) -> list[TagItem]:
    return [
        (key, value[:length] if isinstance(value, (str, bytes)) else value)
        for key, value in items
    ]
