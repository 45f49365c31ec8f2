"""The part of a span that travels: ids, flags and baggage."""

from __future__ import annotations

from typing import Final

import opentracing

from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG

NO_BAGGAGE: Final[dict[str, str]] = opentracing.SpanContext.EMPTY_BAGGAGE
"""The baggage of every context that has none; never written to."""


class SpanContext(opentracing.SpanContext):  # type: ignore[misc]  # untyped base
    """
    Ids, flags and baggage of one span.

    All but `flags` stay as they are made; `flags` changes when
    `sampling.priority` is set on a span of this context, for all who share it.
    Safe to read from any thread.
    """

    __slots__ = ("baggage", "debug_id", "flags", "parent_id", "span_id", "trace_id")

    trace_id: int
    """Up to 128 bits; 0 means that there is no trace."""
    span_id: int
    parent_id: int | None
    """`None` for a root; 0 is read as `None`."""
    flags: int
    """Bits `SAMPLED_FLAG` and `DEBUG_FLAG`."""
    baggage: dict[str, str]
    """Items that travel along with the context; not to be changed."""
    debug_id: str | None
    """Text of the debug header that asked for this trace."""
    # A class attribute, and not a slot: only codecs that carry one along set it,
    # so it costs nothing where none does.
    trace_state: str | None = None
    """`tracestate` of W3C trace context, as it came; passed on to children."""
    sampling_undecided: bool = False
    """Whether the sender of the trace leaves it to us whether to record it."""

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
        # By reference, never copied: callers rely on seeing their own dict.
        self.baggage = baggage or NO_BAGGAGE
        self.debug_id = debug_id

    @property
    def _baggage(self) -> dict[str, str]:
        # The name 4.8 kept it under; third parties read and set it.
        return self.baggage

    @_baggage.setter
    def _baggage(self, baggage: dict[str, str]) -> None:
        self.baggage = baggage  # pyright: ignore[reportIncompatibleMethodOverride]  # a slot reads faster

    @property
    def has_trace(self) -> bool:
        """Whether there is a trace to take part in."""
        return bool(self.trace_id and self.span_id and self.flags is not None)  # pyright: ignore[reportUnnecessaryComparison]  # without a trace it is

    @property
    def is_debug_id_container_only(self) -> bool:
        """Whether the context carries a debug id and no trace."""
        return not self.trace_id and self.debug_id is not None

    @property
    def decides_sampling_only(self) -> bool:
        """Whether the context says only whether to record, as a `b3` of 0 does."""
        return self.trace_id is None and self.flags is not None  # type: ignore[unreachable]  # no trace, no ids

    @property
    def is_sampled(self) -> bool:
        """Whether spans of this context are recorded."""
        # Contexts without a trace may have no flags, such as those of baggage alone.
        return bool((self.flags or 0) & (SAMPLED_FLAG | DEBUG_FLAG))

    def with_baggage_item(self, key: str, value: str | None) -> SpanContext:
        """Return a copy with one item set, or left out where *value* is `None`."""
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
        if self.trace_state is not None:
            context.trace_state = self.trace_state  # type: ignore[misc]  # see there
        if self.sampling_undecided:
            context.sampling_undecided = True  # type: ignore[misc]  # see there
        return context

    @staticmethod
    def with_debug_id(debug_id: str) -> SpanContext:
        """Return a context without a trace that asks for a debug trace."""
        return SpanContext(None, None, None, None, debug_id=debug_id)  # type: ignore[arg-type]  # no trace, no ids

    def __repr__(self) -> str:
        if self.has_trace:
            ids = (self.trace_id, self.span_id, self.parent_id or 0, self.flags)
            return f"<SpanContext {':'.join(f'{number:x}' for number in ids)}>"
        carried = f"baggage={self.baggage!r}, debug_id={self.debug_id!r}"
        return f"<SpanContext without trace, {carried}>"
