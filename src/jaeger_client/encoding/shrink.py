"""
Make a span fit a packet: drop logs, oldest first, then cut the longest values.

Both steps look for the least loss by halving, so that a span of 100,000 logs
is encoded 17 times and not 100,000.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from jaeger_client.encoding.plain import PlainSpan, plain_span
from jaeger_client.model import SpanData, TagValue

TRUNCATED_TAG_KEY: Final = "jaeger.truncated"
"""Tag of a span that lost logs or parts of its values to fit a packet."""

MAX_NAME: Final = 256
"""Characters that are left of the operation name where values are cut."""


def shrunk(
    span: SpanData,
    encode: Callable[[SpanData], bytes],
    fits: Callable[[bytes], bool],
) -> bytes | None:
    """
    Return the bytes of as much of *span* as *fits*, or None if too much is left.

    Raises:
        Exception: If the span cannot be made plain.
    """
    plain = plain_span(span)
    items = [item for item in plain.tag_items if item[0] != TRUNCATED_TAG_KEY]
    plain = plain.replace(tag_items=[*items, (TRUNCATED_TAG_KEY, True)])

    def attempt(variant: PlainSpan) -> bytes | None:
        body = encode(variant)
        return body if fits(body) else None

    return _with_fewer_logs(plain, attempt) or _with_shorter_values(plain, attempt)


_Attempt = Callable[[PlainSpan], "bytes | None"]


def _with_fewer_logs(span: PlainSpan, attempt: _Attempt) -> bytes | None:
    logs = span.log_items
    by_age = sorted(range(len(logs)), key=lambda index: logs[index][0])

    def without_oldest(count: int) -> bytes | None:
        dropped = set(by_age[:count])
        kept = [log for index, log in enumerate(logs) if index not in dropped]
        return attempt(span.replace(log_items=kept))

    return _least(without_oldest, 0, len(logs))


def _with_shorter_values(span: PlainSpan, attempt: _Attempt) -> bytes | None:
    longest = max(len(_cuttable(value)) for _, value in span.tag_items)

    def cut_by(count: int) -> bytes | None:
        return attempt(_cut(span, longest - count))

    return _least(cut_by, 0, longest)


def _cut(span: PlainSpan, length: int) -> PlainSpan:
    return span.replace(
        operation_name=span.operation_name[:MAX_NAME],
        tag_items=[(key, _cut_value(value, length)) for key, value in span.tag_items],
        log_items=[],
    )


def _cuttable(value: TagValue) -> str | bytes:
    return value if isinstance(value, (str, bytes)) else ""


def _cut_value(value: TagValue, length: int) -> TagValue:
    return value[:length] if isinstance(value, (str, bytes)) else value


def _least(attempt: Callable[[int], bytes | None], low: int, high: int) -> bytes | None:
    """Return the answer at the least number up to *high* that gives one, if any."""
    best = attempt(high)
    if best is None:
        return None
    while low < high:
        middle = (low + high) // 2
        body = attempt(middle)
        if body is None:
            low = middle + 1
        else:
            best, high = body, middle
    return best
