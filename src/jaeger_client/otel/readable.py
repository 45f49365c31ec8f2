"""What the conversions of the SDK's spans to Thrift and to OTLP share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from jaeger_client.encoding.varint import MASK_64, MASK_128
from jaeger_client.otel.values import text

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

    from jaeger_client.encoding.plain import PlainSpan

SERVICE_NAME: Final = "service.name"
"""The attribute of a resource that is the name of the service."""

MAX_GROUPS: Final = 256
"""Number of resources and scopes whose conversion is stored."""


class Converter(Protocol):
    """Converts spans to what an encoder reads. Used by one thread at a time."""

    def convert(self, span: ReadableSpan) -> PlainSpan:
        """
        Return *span*, of which each part has a type that the encoder relies on.

        Raises:
            Exception: If it has no usable ids or times.
        """
        ...

    def group_of(self, span: PlainSpan) -> object:
        """Return an object that all spans have that can be written together."""
        ...


def context_of(span: ReadableSpan) -> SpanContext:
    """
    Return the context of *span*.

    Raises:
        ValueError: If it has none, or an id is 0: Jaeger would reject the whole batch.
    """
    context = span.get_span_context()
    if context is None or not (context.trace_id and context.span_id):
        msg = "the span has no ids"
        raise ValueError(msg)
    return context


def ids_of(context: SpanContext) -> tuple[int, int]:
    """Return trace id and span id."""
    return context.trace_id & MASK_128, context.span_id & MASK_64


def times_of(span: ReadableSpan) -> tuple[int, int]:
    """Return start and end in nanoseconds; a span without an end ends at its start."""
    start = span.start_time or 0
    end = start if span.end_time is None else span.end_time
    return int(start), int(end)


def trace_state_of(context: SpanContext) -> str:
    """Return the trace state as a header has it; empty if there is none."""
    items = context.trace_state.items() if context.trace_state else ()
    return text(",".join([f"{key}={value}" for key, value in items]))
