"""Starts the spans of all hooks."""

from __future__ import annotations

import opentracing

__all__ = ["start_child_span"]


def start_child_span(
    operation_name: str,
    tracer: opentracing.Tracer | None = None,
    parent: opentracing.Span | opentracing.SpanContext | None = None,
    tags: dict[str, object] | None = None,
) -> opentracing.Span:
    """
    Start a span that is a child of *parent*, or else of the active span.

    Args:
        operation_name: Name of the span.
        tracer: Creates the span; by default OpenTracing's global tracer.
        parent: The parent, or its context.
        tags: Initial tags.
    """
    return (tracer or opentracing.tracer).start_span(
        operation_name=operation_name, child_of=parent, tags=tags
    )
