"""
The part of a span that is propagated: ids, flags and baggage.

In OpenTracing that part is an object of its own, the `SpanContext`. Here, a span stores
its ids itself (`SpanIdentity`) and creates the context when it is first read, which for
most roots and many children is never. That saves 6 % of the instructions of a root,
12 % of a child, and 88 of the 620 bytes of a span with eight tags.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import opentracing

from jaeger_client._internal.span_core import ContextCore, adopt_context
from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG

NO_BAGGAGE: Final[dict[str, str]] = opentracing.SpanContext.EMPTY_BAGGAGE
"""The baggage of every context without items; never changed."""

_MAX_BAGGAGE: Final = 4096
"""Maximum number of baggage items of a span; by default, 180 are propagated."""


class SpanContext(ContextCore, opentracing.SpanContext):  # type: ignore[misc]  # untyped base
    """
    Ids, flags and baggage of one span.

    Immutable except for `flags`: setting `sampling.priority` on a span of this context
    changes them for every span and application object that refers to it. Safe to read
    from any thread.
    """

    trace_id: int
    """Up to 128 bits; 0 means that there is no trace."""
    span_id: int
    parent_id: int | None
    """`None` for a root; 0 is read as `None`."""
    flags: int
    """Bits `SAMPLED_FLAG` and `DEBUG_FLAG`."""
    baggage: dict[str, str]
    """Items that are propagated with the context; not to be changed."""
    debug_id: str | None
    """Value of the debug header of the request, if it had one."""
    has_random_trace_id: bool
    """
    Whether the lowest 56 bits of the trace id are known to be random.

    Flag 0x02 of W3C Trace Context; not one of `flags`, where this bit means debug.
    """
    trace_state: str | None
    """`tracestate` of W3C Trace Context, propagated to children unchanged."""
    sampling_undecided: bool
    """Whether the receiver of the context makes the sampling decision."""

    def __init__(  # noqa: PLR0917 - the signature of 4.8
        self,
        trace_id: int,
        span_id: int,
        parent_id: int | None,
        flags: int,
        baggage: dict[str, str] | None = None,
        debug_id: str | None = None,
    ) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.parent_id = parent_id or None
        self.flags = flags
        # Not copied: callers rely on getting their own dict.
        self.baggage = baggage or NO_BAGGAGE
        self.debug_id = debug_id
        self.has_random_trace_id = False

    @property
    def _baggage(self) -> dict[str, str]:
        # The attribute of 4.8, which third parties read and set.
        return self.baggage

    @_baggage.setter
    def _baggage(self, baggage: dict[str, str]) -> None:
        self.baggage = baggage  # pyright: ignore[reportIncompatibleMethodOverride]  # a slot reads faster

    @property
    def has_trace(self) -> bool:
        """Whether the context belongs to a trace."""
        return bool(self.trace_id and self.span_id and self.flags is not None)  # pyright: ignore[reportUnnecessaryComparison]  # None without a trace

    @property
    def is_debug_id_container_only(self) -> bool:
        """Whether the context carries a debug id and no trace."""
        return not self.trace_id and self.debug_id is not None

    @property
    def decides_sampling_only(self) -> bool:
        """Whether the context is a sampling decision without ids, such as `b3` of 0."""
        return self.trace_id is None and self.flags is not None  # type: ignore[unreachable]  # None without a trace

    @property
    def is_sampled(self) -> bool:
        """Whether spans of this context are recorded."""
        # Contexts without a trace, such as those with baggage only, may have no flags.
        return bool((self.flags or 0) & (SAMPLED_FLAG | DEBUG_FLAG))

    def with_baggage_item(self, key: str, value: str | None) -> SpanContext:
        """Return a copy with one item set, or removed if *value* is `None`."""
        baggage = dict(self.baggage)
        if value is None:
            baggage.pop(key, None)
        else:
            baggage[key] = value
        context = SpanContext(
            trace_id=self.trace_id,
            span_id=self.span_id,
            parent_id=self.parent_id,
            flags=self.flags,
            baggage=baggage,
            debug_id=self.debug_id,
        )
        context.has_random_trace_id = self.has_random_trace_id
        if self.trace_state is not None:
            context.trace_state = self.trace_state
        if self.sampling_undecided:
            context.sampling_undecided = True
        # Attributes of the application.
        context.__dict__.update(self.__dict__)
        return context

    @staticmethod
    def with_debug_id(debug_id: str) -> SpanContext:
        """Return a context without a trace that requests a debug trace."""
        return SpanContext(None, None, None, None, debug_id=debug_id)  # type: ignore[arg-type]  # no trace, no ids

    def __repr__(self) -> str:
        if self.has_trace:
            ids = (self.trace_id, self.span_id, self.parent_id or 0, self.flags)
            return f"<SpanContext {':'.join(f'{number:x}' for number in ids)}>"
        carried = f"baggage={self.baggage!r}, debug_id={self.debug_id!r}"
        return f"<SpanContext without trace, {carried}>"


adopt_context(SpanContext)


class SpanIdentity(opentracing.Span):  # type: ignore[misc]  # untyped base
    """The part of a `Span` that stores ids, flags and baggage."""

    trace_id: int
    """Id of the trace, up to 128 bits."""
    span_id: int
    """Id of this span, 64 bits."""
    parent_id: int | None
    """Id of the parent span; `None` for a root."""
    baggage: dict[str, str]
    """Items that are propagated with the trace; not to be changed."""
    has_random_trace_id: bool
    """As in `SpanContext`; true for roots, whose ids have at least 64 random bits."""
    own_flags: int
    """
    Bits `SAMPLED_FLAG` and `DEBUG_FLAG` until there is a `stored_context`, then 0.

    So for most spans one comparison with `SAMPLED_FLAG` is enough: if they are equal,
    the span is sampled. The property `flags` is right in all cases.
    """
    stored_context: SpanContext | None
    """The context, once it was read or assigned; from then on its flags are valid."""

    @property
    def context(self) -> SpanContext:  # pyright: ignore[reportIncompatibleMethodOverride]  # ours can be set
        """Ids, flags and baggage to propagate; `set_baggage_item` replaces it."""
        if self.stored_context is not None:
            return self.stored_context
        context = SpanContext.__new__(SpanContext)
        context.trace_id = self.trace_id
        context.span_id = self.span_id
        context.parent_id = self.parent_id
        context.baggage = self.baggage
        context.debug_id = None
        context.has_random_trace_id = self.has_random_trace_id
        # No call and no jump between the next lines (see `signal_safe`): all threads
        # get the same context, and no change of the flags is lost.
        context.flags = self.own_flags
        if self.stored_context is None:
            self.stored_context = context
            self.own_flags = 0
        return self.stored_context

    @context.setter
    def context(self, context: SpanContext) -> None:
        self.trace_id = context.trace_id
        self.span_id = context.span_id
        self.parent_id = context.parent_id
        self.baggage = context.baggage
        # Tests of applications pass objects with the attributes that 4.8 had.
        self.has_random_trace_id = getattr(context, "has_random_trace_id", False)
        self.stored_context = context
        self.own_flags = 0

    @property
    def _context(self) -> SpanContext:
        # The attribute of 4.8, which third parties read.
        return self.context

    @_context.setter
    def _context(self, context: SpanContext) -> None:
        self.context = context

    @property
    def flags(self) -> int:
        """Bits `SAMPLED_FLAG` and `DEBUG_FLAG`."""
        context = self.stored_context
        return self.own_flags if context is None else context.flags

    @flags.setter
    def flags(self, flags: int) -> None:
        # No call and no jump between the lines, as in `context`.
        if self.stored_context is None:
            self.own_flags = flags
        else:
            self.stored_context.flags = flags

    def is_sampled(self) -> bool:
        """Return whether this span is recorded."""
        return self.flags & SAMPLED_FLAG == SAMPLED_FLAG

    def is_debug(self) -> bool:
        """Return whether this is a debug trace, which the backend must store."""
        return self.flags & DEBUG_FLAG == DEBUG_FLAG

    def get_baggage_item(self, key: str) -> str | None:
        """Return the baggage item of *key*, or `None`."""
        with suppress(Exception):  # the key's own code may raise anything
            return self.baggage.get(key)
        return None

    def store_baggage(self, key: str, value: str | None) -> bool:
        """
        Replace the context by one with the item set, or removed if *value* is `None`.

        Returns false if the item was not set because the span has too many.
        """
        while True:
            # Not `self.context`: reading it forces the decision of an undecided span.
            context: SpanContext = SpanIdentity.context.__get__(self)
            baggage = context.baggage
            if len(baggage) >= _MAX_BAGGAGE and key not in baggage:
                # Removing an item that does not exist has no effect.
                return value is None
            changed = context.with_baggage_item(key, value)
            # No call and no jump from the comparison to the last line: no item or flag
            # that another thread sets is lost.
            if self.stored_context is context:
                changed.flags = context.flags
                self.baggage = changed.baggage
                self.stored_context = changed
                return True
