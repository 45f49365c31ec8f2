"""
Plain copies of spans for which an encoder has raised an exception.

The encoders rely on the types that `SpanData` documents. They raise for a span that
violates them: lone surrogates in text, a key that is not text, an integer of more than
64 bits. Then the functions here copy the span, accepting any object for any part, and
the copy is encoded. That takes ten times as long, for one span in thousands.

```text
id                    its low 64 bits, of a trace id 128; raises if it is not an integer
text, key             lone surrogates become U+FFFD; bytes are decoded from UTF-8
bool, bytes, float    unchanged; NaN and infinity become text
int                   text if it needs more than 64 bits
any other value       str(value); if that raises, the text of the error
time                  a float; NaN becomes 0, infinity a large number
tag, log, reference   left out if it cannot be read
```
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, SupportsFloat, SupportsIndex, TypeAlias, TypeVar, cast

import opentracing

from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.encoding.varint import MASK_64, MASK_128, MAX_I64, MIN_I64
from jaeger_client.model import SpanData, SpanIds, TagItem, TagValue

T = TypeVar("T")

PlainLog: TypeAlias = tuple[int, list[TagItem]]

_MAX_SECONDS: Final = 1e300
"""Replaces infinity; encoders clamp what does not fit in 64 bits."""


class PlainIds(NamedTuple):
    """The identity of a span or of a referenced one, as numbers."""

    trace_id: int
    span_id: int
    parent_id: int | None = None
    flags: int = 0


class PlainSpan(NamedTuple):
    """A span whose parts have exactly the types that encoders rely on."""

    ids: PlainIds
    operation_name: str
    start_time: float
    end_time: float | None
    references: list[opentracing.Reference]
    tag_items: list[TagItem]
    log_items: list[PlainLog]
    shares_span_id: bool = False
    dropped_tags: int = 0
    dropped_logs: int = 0
    extra: object = None
    """What only one encoder reads; see `otel`."""


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
        references=_readable(_reference, span.references),
        tag_items=plain_items(span.tag_items),
        log_items=_readable(plain_log, span.log_items) if with_logs else [],
        shares_span_id=getattr(span, "shares_span_id", False) is True,
        dropped_tags=_count(getattr(span, "dropped_tags", 0)),
        dropped_logs=_count(getattr(span, "dropped_logs", 0)),
    )


def plain_items(items: Iterable[object]) -> list[TagItem]:
    """Return *items* as plain tags, without those that cannot be read."""
    return _readable(_item, items)


def plain_log(item: object) -> PlainLog:
    """
    Return a log that every encoder can write.

    Raises:
        Exception: If *item* is not a log.
    """
    timestamp, fields = cast("tuple[object, Iterable[object]]", item)
    return _log_time(timestamp), plain_items(fields)


def log_times(items: Iterable[object]) -> list[tuple[int, int]]:
    """Return time and index of each log in *items* that can be read."""
    times: list[tuple[int, int]] = []
    for index, item in enumerate(items):
        with suppress(Exception):
            timestamp, _ = cast("tuple[object, object]", item)
            time = timestamp if type(timestamp) is int else _log_time(timestamp)
            times.append((time, index))
    return times


def plain_text(value: object) -> str:
    """Return any *value* as text without lone surrogates, which become U+FFFD."""
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    # str() of a member of an enum of strings is its name, not its text.
    text = str.__str__(value) if isinstance(value, str) else _str_of(value)
    # Pairs of surrogates, which some JSON parsers produce, become one character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class NotIntegerError(TypeError):
    """A value is not an integer, or of a subclass of `int`, such as `bool`."""

    def __init__(self, value: object) -> None:
        super().__init__(f"needs a whole number, got {type(value).__name__}")


def exact_text(text: object) -> str:
    """Return *text* itself; raise if it is not text, or of a subclass of `str`."""
    if type(text) is not str:  # a subclass may override any method
        msg = f"needs text, got {type(text).__name__}"
        raise TypeError(msg)
    return text


def exact_int(number: object) -> int:
    """Return *number* itself, or raise `NotIntegerError`."""
    if type(number) is not int:
        raise NotIntegerError(number)
    return number


def non_finite_text(number: float) -> str:
    """
    Return the text that is sent for *number*, which is NaN or infinite.

    JSON has no such numbers: if one is stored as a double, Jaeger responds 500 for the
    trace and for the whole service. The spelling is that of protobuf's JSON mapping.
    """
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def plain_value(value: object) -> TagValue:
    """Return *value* as str, bool, int of 64 bits, finite float or bytes."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _plain_int(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else non_finite_text(value)
    if isinstance(value, bytes):
        return bytes(value)
    return plain_text(value)


def _plain_int(value: int) -> TagValue:
    try:
        return value if MIN_I64 <= value <= MAX_I64 else str(value)
    except ValueError:  # Python does not convert more than 4,300 digits
        return hex(value)


def _str_of(value: object) -> str:
    try:
        return str.__str__(str(value))
    except Exception as error:  # noqa: BLE001 - the value's own code may raise anything
        with suppress(Exception):  # the code of the exception may raise, too
            return str(error)
        return type(error).__name__


def _ids(context: SpanIds) -> PlainIds:
    return PlainIds(
        trace_id=_index(context.trace_id) & MASK_128,
        span_id=_index(context.span_id) & MASK_64,
        parent_id=_index(getattr(context, "parent_id", None) or 0) & MASK_64,
        flags=_index(getattr(context, "flags", None) or 0),
    )


def _index(value: object) -> int:
    # int() as well, because the index of True is True.
    return int(operator.index(cast("SupportsIndex", value)))


def _seconds(value: object) -> float:
    return _bounded(value, _MAX_SECONDS)


def _log_time(timestamp: object) -> int:
    return int(_bounded(timestamp, _MAX_SECONDS * 1e6))


def _bounded(value: object, maximum: float) -> float:
    number = float(cast("SupportsFloat", value))
    return 0.0 if math.isnan(number) else max(-maximum, min(number, maximum))


def _item(item: object) -> TagItem:
    key, value = cast("tuple[object, object]", item)
    return plain_text(key), plain_value(value)


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _reference(item: object) -> opentracing.Reference:
    reference = cast("opentracing.Reference", item)
    context = cast("SpanIds", reference.referenced_context)
    ids = PlainIds(
        _index(context.trace_id) & MASK_128, _index(context.span_id or 0) & MASK_64
    )
    kind = plain_text(reference.type)
    return opentracing.Reference(kind, cast("opentracing.SpanContext", ids))


def _readable(
    convert: Callable[[object], T], items: Iterable[object] | None
) -> list[T]:
    """Return *items* converted by *convert*, without those for which it raises."""
    converted: list[T] = []
    # A copy first: another thread of the application may still append to the list.
    for item in list(items or ()):
        with suppress(Exception):
            converted.append(convert(item))
    return converted
