"""
Where spans, contexts and tracers store their attributes.

The first bases of `Span`, `SpanContext` and `SpanStarter`. The compiled core has
classes of the same names and attributes in their place, which also have their own
versions of the methods that are called most; see `_native/spans.pyx`. The functions
pass the classes to it; it imports what else it uses of the Python code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jaeger_client._native import IS_COMPILED


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


def _leave(_adopted: type) -> None:
    """Leave the class as it is: without the compiled core, none replaces methods."""


# Each passes a class to the compiled core, which replaces some of its methods.
adopt_context = adopt_span = adopt_starter = adopt_reporter = _leave


def seed_ids() -> None:
    """Seed the compiled core's generator of ids from the operating system."""


def _once(adopt: Callable[[type], None]) -> Callable[[type], None]:
    """
    Return *adopt* for one class; later ones keep their Python methods.

    A module that is reloaded has a new class, but the others still use the old one.
    """
    adoptions = [adopt]

    def adopt_first(adopted: type) -> None:
        if adoptions:
            adoptions.pop()(adopted)

    return adopt_first


if IS_COMPILED and not TYPE_CHECKING:
    from jaeger_client._native import spans

    ContextCore, SpanCore = spans.ContextCore, spans.SpanCore
    StarterCore, seed_ids = spans.StarterCore, spans.seed_ids
    adopt_context, adopt_span = _once(spans.adopt_context), _once(spans.adopt_span)
    adopt_starter = _once(spans.adopt_starter)
    adopt_reporter = _once(spans.adopt_reporter)
