"""
Where spans, contexts and tracers store their attributes.

These are the first bases of `Span`, `SpanContext` and `SpanStarter`. The compiled core
has classes of the same names and attributes in their place; they also have their own
versions of the methods that are called most. See `_native/spans.pyx`.
"""

from __future__ import annotations


class ContextCore:
    """The attributes of `SpanContext`, which describes them."""

    __slots__ = (
        "baggage",
        "debug_id",
        "flags",
        "has_random_trace_id",
        "parent_id",
        "span_id",
        "trace_id",
    )

    # Class attributes, not slots: they are assigned to few contexts, whose `__dict__`
    # then has them.
    trace_state: str | None = None
    sampling_undecided: bool = False


class SpanCore:
    """The attributes of `Span`, which describes them."""

    __slots__ = (
        "_tracer",
        "baggage",
        "clock_offset",
        "decision_tags",
        "end_time",
        "finished",
        "first_tags",
        "has_random_trace_id",
        "log_items",
        "more_tags",
        "operation_name",
        "own_flags",
        "parent_id",
        "references",
        "span_id",
        "start_time",
        "stored_context",
        "trace_id",
    )

    # As in `ContextCore`.
    dropped_tags: int = 0
    dropped_logs: int = 0
    shares_span_id: bool = False


class StarterCore:
    """The attributes of `SpanStarter`, which are in its `__dict__`."""

    __slots__ = ()
