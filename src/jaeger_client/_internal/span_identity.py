"""
Who a span is: its ids, flags and baggage, and the context made of them.

A span keeps them itself. Its context is made when somebody asks for it, which
for most roots and many children is never. Without one a root takes 6 % fewer
instructions, a child 12 %, and a span of eight tags 532 bytes instead of 612.
"""

from __future__ import annotations

from typing import Final

import opentracing

from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from jaeger_client.span_context import SpanContext

_new: Final = object.__new__


class SpanIdentity(opentracing.Span):  # type: ignore[misc]  # untyped base
    """The part of a span that says which one it is."""

    __slots__ = (
        "baggage",
        "made_context",
        "own_flags",
        "parent_id",
        "span_id",
        "trace_id",
    )

    trace_id: int
    """Id of the trace, up to 128 bits."""
    span_id: int
    """Id of this span, 64 bits."""
    parent_id: int | None
    """Id of the parent span; `None` for a root."""
    baggage: dict[str, str]
    """Items that travel along with the trace; not to be changed."""
    own_flags: int
    """
    Bits `SAMPLED_FLAG` and `DEBUG_FLAG` while there is no `made_context`, then 0.

    So one comparison with `SAMPLED_FLAG` is enough for most spans: it is true only
    if the span is sampled. Read `flags` for the flags in any case.
    """
    made_context: SpanContext | None
    """The context, once it was read or assigned; from then on its flags count."""

    @property
    def context(self) -> SpanContext:  # pyright: ignore[reportIncompatibleMethodOverride]  # ours can be set
        """Ids, flags and baggage, as they travel; replaced by `set_baggage_item`."""
        if self.made_context is not None:
            return self.made_context
        context = _new(SpanContext)
        context.trace_id = self.trace_id
        context.span_id = self.span_id
        context.parent_id = self.parent_id
        context.baggage = self.baggage
        context.debug_id = None
        # No call stands between the lines: all threads get the same context, and
        # flags that one of them changes are not lost.
        context.flags = self.own_flags
        if self.made_context is None:
            self.made_context = context
            self.own_flags = 0
        return self.made_context

    @context.setter
    def context(self, context: SpanContext) -> None:
        self.trace_id = context.trace_id
        self.span_id = context.span_id
        self.parent_id = context.parent_id
        self.baggage = context.baggage
        self.made_context = context
        self.own_flags = 0

    @property
    def _context(self) -> SpanContext:
        # The name 4.8 kept it under; third parties read it.
        return self.context

    @_context.setter
    def _context(self, context: SpanContext) -> None:
        self.context = context

    @property
    def flags(self) -> int:
        """Bits `SAMPLED_FLAG` and `DEBUG_FLAG`."""
        made = self.made_context
        return self.own_flags if made is None else made.flags

    @flags.setter
    def flags(self, flags: int) -> None:
        # No call stands between the lines, see `context`.
        if self.made_context is None:
            self.own_flags = flags
        else:
            self.made_context.flags = flags

    def is_sampled(self) -> bool:
        """Return whether this span is recorded."""
        return self.flags & SAMPLED_FLAG == SAMPLED_FLAG

    def is_debug(self) -> bool:
        """Return whether the backend must keep this trace, too."""
        return self.flags & DEBUG_FLAG == DEBUG_FLAG
