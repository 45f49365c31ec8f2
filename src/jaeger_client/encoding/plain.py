"""
Plain copies of spans that the fast encoders stumbled over.

The encoders assume what `SpanData` promises and raise where it does not hold:
text with lone surrogates, a key that is no text, a number that is none. Then
the span is copied by the functions here, which take any object for any part,
and encoded once more. That costs ten times as much, for one span in thousands.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import Final, Protocol, SupportsFloat, SupportsIndex, TypeVar, cast

import opentracing

from jaeger_client._internal.frozen import Frozen
from jaeger_client.encoding.varint import MASK_64, MASK_128
from jaeger_client.model import SpanData, SpanIds, TagItem, TagValue

T = TypeVar("T")

_MOST_SECONDS: Final = 9e12
"""Seconds whose microseconds still fit in 64 signed bits, past the year 280,000."""


class ReferencedIds(Protocol):
    """What an encoder reads of a referenced context."""

    trace_id: int
    span_id: int


class PlainIds:
    """Ids and flags that are numbers for certain."""

    def __init__(
        self,
        trace_id: int,
        span_id: int,
        parent_id: int | None = None,
        flags: int = 0,
    ) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.parent_id = parent_id
        self.flags = flags


class PlainSpan(Frozen):
    """A span of plain values, all its own."""

    ids: PlainIds
    operation_name: str
    start_time: float
    end_time: float | None
    references: list[opentracing.Reference]
    tag_items: list[TagItem]
    log_items: list[tuple[int, list[TagItem]]]
    shares_span_id: bool = False
    dropped_tags: int = 0
    dropped_logs: int = 0

    def replace(self, **changes: object) -> PlainSpan:
        """Return a copy with other values for some fields."""
        copy = PlainSpan.__new__(PlainSpan)
        vars(copy).update(vars(self) | changes)
        return copy


def plain_span(span: SpanData, *, with_logs: bool = True) -> PlainSpan:
    """
    Return a copy of *span* that every encoder can write.

    Raises:
        Exception: If the span has no usable ids, or its parts raise when read.
    """
    end = span.end_time
    return PlainSpan(
        ids=_ids(span.ids),
        operation_name=plain_text(span.operation_name),
        start_time=_seconds(span.start_time),
        end_time=None if end is None else _seconds(end),
        references=_survivors(_reference, span.references),
        tag_items=plain_items(span.tag_items),
        log_items=_survivors(plain_log, span.log_items) if with_logs else [],
        shares_span_id=bool(getattr(span, "shares_span_id", False)),
        dropped_tags=_count(getattr(span, "dropped_tags", 0)),
        dropped_logs=_count(getattr(span, "dropped_logs", 0)),
    )


def plain_items(items: Iterable[tuple[object, object]]) -> list[tuple[str, TagValue]]:
    """Return *items* as text and values of the five types; the unreadable left out."""
    return _survivors(_item, items)


def plain_text(value: object) -> str:
    """Return *value* as text without lone surrogates, whatever it is."""
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    # str() of an enumeration of text is its name; the text is what was meant.
    text = str.__str__(value) if isinstance(value, str) else _printed(value)
    # Pairs of surrogates, as some JSON parsers leave them, become one character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain_value(value: object) -> TagValue:
    """Return *value* as exactly one of the five types of tag values."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _plain_int(int(value))
    if isinstance(value, float):
        return float(value)
    if isinstance(value, bytes):
        return bytes(value)
    return plain_text(value)


def _plain_int(value: int) -> TagValue:
    try:
        return value if -(1 << 63) <= value < 1 << 63 else str(value)
    except ValueError:  # Python refuses to print more than 4,300 digits
        return hex(value)


def _printed(value: object) -> str:
    try:
        return str.__str__(str(value))
    except Exception as error:  # noqa: BLE001 - str() of a stranger may raise anything
        return _error_text(error)


def _error_text(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - and so may str() of what it raised
        return type(error).__name__


def _ids(context: SpanIds) -> PlainIds:
    # The fast ways of some encoders refuse longer ids.
    return PlainIds(
        trace_id=_index(context.trace_id) & MASK_128,
        span_id=_index(context.span_id) & MASK_64,
        parent_id=_index(getattr(context, "parent_id", None) or 0) & MASK_64,
        flags=_index(getattr(context, "flags", None) or 0),
    )


def _index(value: object) -> int:
    # int() as well, for an index may be True.
    return int(operator.index(cast("SupportsIndex", value)))


def _seconds(value: object) -> float:
    return _bounded(value, _MOST_SECONDS)


def _bounded(value: object, most: float) -> float:
    number = float(cast("SupportsFloat", value))
    if math.isnan(number):
        return 0.0
    return max(-most, min(number, most))


def _item(item: object) -> tuple[str, TagValue]:
    key, value = cast("tuple[object, object]", item)
    return plain_text(key), plain_value(value)


def plain_log(item: object) -> tuple[int, list[tuple[str, TagValue]]]:
    """
    Return a log as every encoder can write it.

    Raises:
        Exception: If *item* is not a log.
    """
    timestamp, fields = cast("tuple[object, Iterable[tuple[object, object]]]", item)
    return _log_time(timestamp), plain_items(fields)


def log_times(items: Iterable[object]) -> list[tuple[int, int]]:
    """Return time and index of each log in *items*, without malformed ones."""
    times: list[tuple[int, int]] = []
    for index, item in enumerate(items):
        try:
            timestamp, _ = cast("tuple[object, object]", item)
            time = timestamp if type(timestamp) is int else _log_time(timestamp)
            times.append((time, index))
        except Exception:  # noqa: BLE001, PERF203, S112 - only this item is lost
            continue
    return times


def _log_time(timestamp: object) -> int:
    return int(_bounded(timestamp, _MOST_SECONDS * 1e6))


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _reference(item: object) -> opentracing.Reference:
    reference = cast("opentracing.Reference", item)
    context = cast("ReferencedIds", reference.referenced_context)
    ids = PlainIds(
        _index(context.trace_id) & MASK_128, _index(context.span_id or 0) & MASK_64
    )
    return opentracing.Reference(
        plain_text(reference.type),
        cast("opentracing.SpanContext", ids),
    )


def _survivors(make: Callable[[object], T], items: Iterable[object] | None) -> list[T]:
    """Return what *make* makes of *items*, without those it fails at."""
    made: list[T] = []
    # A copy first: the application's thread may still add to the list.
    for item in list(items or ()):
        try:
            made.append(make(item))
        except Exception:  # noqa: BLE001, PERF203, S112 - only this item is lost
            continue
    return made
