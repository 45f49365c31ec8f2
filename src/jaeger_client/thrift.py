"""
Functions of jaeger-client 4.8 that create Thrift structs, for third-party reporters.

The client's own encoders do not use them: they write bytes from plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, cast

import opentracing

from jaeger_client._internal.span_records import FixedLimits, to_tag_value
from jaeger_client._internal.tag_lists import Log, Tag
from jaeger_client.model import SpanData, SpanIds
from jaeger_client.thrift_gen.jaeger import ttypes

__all__ = [
    "_id_to_high",
    "_id_to_low",
    "_make_bool_tag",
    "_make_double_tag",
    "_make_long_tag",
    "_make_string_tag",
    "_make_traceback_tag",
    "id_to_int",
    "make_jaeger_batch",
    "make_log",
    "make_process",
    "make_ref_type",
    "make_references",
    "make_tag",
    "make_tags",
    "timestamp_micros",
]

_ID_BITS: Final = 64
_MAX_UNSIGNED: Final = 1 << _ID_BITS
_MAX_SIGNED: Final = (_MAX_UNSIGNED >> 1) - 1


def make_tag(
    key: str, value: object, max_length: int, max_traceback_length: int
) -> Tag:
    """Return a tag; text is cut to *max_length* characters."""
    limits = FixedLimits(max_length, max_traceback_length)
    return Tag.of(key, to_tag_value(value, limits))


def make_tags(
    tags: Mapping[str, object] | None, max_length: int, max_traceback_length: int
) -> list[Tag]:
    """Return *tags* as a list of tags."""
    return [
        make_tag(key, value, max_length, max_traceback_length)
        for key, value in (tags or {}).items()
    ]


def make_log(
    timestamp: float,
    fields: Mapping[str, object] | None,
    max_length: int,
    max_traceback_length: int,
) -> Log:
    """Return a log; *timestamp* is in seconds, that of the log in microseconds."""
    tags = make_tags(fields, max_length, max_traceback_length)
    return Log(timestamp_micros(timestamp), tags)


def make_process(
    service_name: str, tags: Mapping[str, object] | None, max_length: int
) -> ttypes.Process:
    """Return a process; text is cut to *max_length* characters."""
    return ttypes.Process(service_name, make_tags(tags, max_length, max_length))


def make_ref_type(span_ref_type: str) -> int:
    """Return the number of a reference type in the IDL."""
    if span_ref_type == opentracing.ReferenceType.FOLLOWS_FROM:
        return ttypes.SpanRefType.FOLLOWS_FROM
    return ttypes.SpanRefType.CHILD_OF


def make_references(
    references: Iterable[opentracing.Reference] | None,
) -> list[ttypes.SpanRef] | None:
    """Return references to other spans, or `None` if there are none."""
    if not references:
        return None
    return [_make_reference(reference) for reference in references]


def make_jaeger_batch(
    spans: Iterable[SpanData], process: ttypes.Process
) -> ttypes.Batch:
    """Return a batch of spans of one process."""
    return ttypes.Batch(process, [_make_span(span) for span in spans])


def timestamp_micros(ts: float) -> int:
    """Convert seconds to microseconds."""
    return int(ts * 1_000_000)


def id_to_int(big_id: int | None) -> int | None:
    """Return the low 64 bits of an id as a signed number, as in the IDL."""
    if big_id is None:
        return None
    low = big_id % _MAX_UNSIGNED
    return low - _MAX_UNSIGNED if low > _MAX_SIGNED else low


def _make_reference(reference: opentracing.Reference) -> ttypes.SpanRef:
    context = cast("SpanIds", reference.referenced_context)
    return ttypes.SpanRef(
        refType=make_ref_type(reference.type),
        traceIdLow=id_to_int(context.trace_id),
        traceIdHigh=id_to_int(context.trace_id >> _ID_BITS),
        spanId=id_to_int(context.span_id),
    )


def _make_span(span: SpanData) -> ttypes.Span:
    ids = span.ids
    start_time = timestamp_micros(span.start_time)
    end_time = start_time if span.end_time is None else timestamp_micros(span.end_time)
    return ttypes.Span(
        traceIdLow=id_to_int(ids.trace_id),
        traceIdHigh=id_to_int(ids.trace_id >> _ID_BITS),
        spanId=id_to_int(ids.span_id),
        parentSpanId=id_to_int(ids.parent_id) or 0,
        operationName=span.operation_name,
        references=make_references(span.references),
        flags=ids.flags,
        startTime=start_time,
        duration=max(0, end_time - start_time),
        tags=[Tag.of(*item) for item in span.tag_items],
        logs=[Log(timestamp, fields) for timestamp, fields in span.log_items],
    )


# Private names of 4.8 that applications use.


def _make_string_tag(key: str, value: str, max_length: int) -> Tag:
    return make_tag(key, str(value), max_length, max_length)


def _make_traceback_tag(key: str, value: TracebackType, max_length: int) -> Tag:
    return make_tag(key, value, max_length, max_length)


def _make_bool_tag(
    key: str,
    value: bool,  # noqa: FBT001 - the signature of 4.8
) -> Tag:
    return Tag.of(key, bool(value))


def _make_long_tag(key: str, value: int) -> Tag:
    return Tag.of(key, int(value))


def _make_double_tag(key: str, value: float) -> Tag:
    return Tag.of(key, float(value))


def _id_to_low(big_id: int | None) -> int | None:
    return None if big_id is None else big_id & (_MAX_UNSIGNED - 1)


def _id_to_high(big_id: int | None) -> int | None:
    return None if big_id is None else (big_id >> _ID_BITS) & (_MAX_UNSIGNED - 1)
