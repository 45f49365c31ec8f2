"""Several formats at once, for a service among callers of different kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jaeger_client.codecs.base import Codec, context_of
from jaeger_client.errors import CorruptContextError
from jaeger_client.span_context import SpanContext


class CompositeCodec(Codec):
    """
    Writes every format; reads the first, in the order given, that yields a trace.

    Where none yields a trace, baggage, debug id and sampling decision are each taken
    from the first format that has one. A format that cannot be read is passed over, and
    is an error only where no other yields anything.
    """

    def __init__(self, codecs: Iterable[Codec]) -> None:
        self.codecs = tuple(codecs)

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier* in every format."""
        if type(span_context) is not SpanContext:
            span_context = context_of(span_context)
        for codec in self.codecs:
            codec.inject(span_context, carrier)

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the first context in *carrier*, one with a trace before others."""
        without_trace: SpanContext | None = None
        corrupt: CorruptContextError | None = None
        for codec in self.codecs:
            try:
                context = codec.extract(carrier)
            except CorruptContextError as exc:
                corrupt = corrupt or exc
                continue
            if context is not None and context.has_trace:
                return context
            without_trace = _merged(without_trace, context)
        if without_trace is None and corrupt is not None:
            raise corrupt
        return without_trace

    def count_dropped_baggage(self, count: Callable[[int], object]) -> None:
        """Have each format count what it drops."""
        for codec in self.codecs:
            codec.count_dropped_baggage(count)


def _merged(
    first: SpanContext | None, second: SpanContext | None
) -> SpanContext | None:
    """Return one context of two that have no trace; the first one wins in each part."""
    if first is None or second is None:
        return second if first is None else first
    decision = first if first.decides_sampling_only else second
    flags = decision.flags if decision.decides_sampling_only else None
    return SpanContext(
        None,  # type: ignore[arg-type]  # no trace, no ids
        None,  # type: ignore[arg-type]  # as before
        None,
        flags,  # type: ignore[arg-type]  # None without a decision
        first.baggage or second.baggage,
        second.debug_id if first.debug_id is None else first.debug_id,
    )
