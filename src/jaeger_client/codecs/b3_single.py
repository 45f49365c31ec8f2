"""B3 in one header, `b3`; what it shares with B3 in several is in `b3`."""

from __future__ import annotations

from typing import Final

from jaeger_client.codecs.b3 import (
    BAGGAGE,
    DEBUG_STATE,
    SAMPLED_STATES,
    B3Base,
    baggage_meaning,
    decision_only,
    padded,
)
from jaeger_client.codecs.base import (
    context_of,
    id_of,
    set_beside,
    shown,
    text_of,
    writable,
)
from jaeger_client.codecs.headers import Header
from jaeger_client.constants import (
    DEBUG_FLAG,
    MAX_ID_BITS,
    MAX_TRACE_ID_BITS,
    SAMPLED_FLAG,
)
from jaeger_client.errors import CorruptContextError
from jaeger_client.span_context import SpanContext


class B3SingleCodec(B3Base):
    """
    B3 in one header, `b3: {trace}-{span}-{state}-{parent}`.

    The state is missing where the sender leaves the decision to the receiver, and the
    parent for a root. `b3: 0` alone is a decision without a trace: a context without
    ids whose flags are those of the decision.
    """

    header = "b3"

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier*, a dict or other mutable mapping."""
        if type(span_context) is not SpanContext:
            span_context = context_of(span_context)
        headers = writable(carrier)
        if span_context.has_trace:
            headers[self.header] = self._value(span_context)
        elif span_context.decides_sampling_only:
            headers[self.header] = _state_of(span_context)
        if span_context.baggage:
            self._write_baggage(span_context.baggage, headers)

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context in *carrier*, anything that has `items()`."""
        single: object = None
        baggage: list[tuple[str, object]] = []
        for header, value in self._names.own_headers(carrier):
            if header.kind is BAGGAGE:
                baggage.append((header.key, value))
            else:
                single = value
        items = self._read_baggage(baggage) if baggage else None
        return None if single is None else _single_context(single, items)

    def _value(self, span_context: SpanContext) -> str:
        trace_id = padded(span_context.trace_id, wide=self.generate_128bit_trace_id)
        value = f"{trace_id}-{span_context.span_id:016x}"
        if state := _state_of(span_context):
            value = f"{value}-{state}"
        if span_context.parent_id is None:
            return value
        return f"{value}-{span_context.parent_id:016x}"

    def _meaning(self, name: str) -> Header | None:
        return Header(name) if name == self.header else baggage_meaning(name)


_STATES: Final = {**SAMPLED_STATES, "d": DEBUG_STATE}
_PARENT_LENGTH: Final = MAX_ID_BITS // 4
"""Number of digits of a parent id, which tells it from a sampling state."""


def _state_of(span_context: SpanContext) -> str:
    """Return the state that is written; empty where the decision is left open."""
    if span_context.flags & DEBUG_FLAG:
        return "d"
    if span_context.flags & SAMPLED_FLAG:
        return "1"
    return "" if span_context.sampling_undecided else "0"


def _single_context(
    value: object, baggage: dict[str, str] | None
) -> SpanContext | None:
    parts = (text_of(value) or "").strip().split("-")
    match parts:
        case [state] if state.lower() in _STATES:
            return decision_only(_STATES[state.lower()], baggage)
        case [trace, span]:
            return _context_of(trace, span, None, "0", baggage)
        case [trace, span, state] if state.lower() in _STATES:
            return _context_of(trace, span, state, "0", baggage)
        case [trace, span, parent] if len(parent) == _PARENT_LENGTH:
            return _context_of(trace, span, None, parent, baggage)
        case [trace, span, state, parent] if state.lower() in _STATES:
            return _context_of(trace, span, state, parent, baggage)
        case _:
            msg = f"b3 is {{trace}}-{{span}}-{{state}}-{{parent}}, got {shown(value)}"
            raise CorruptContextError(msg)


def _context_of(
    trace: str,
    span: str,
    state: str | None,
    parent: str,
    baggage: dict[str, str] | None,
) -> SpanContext | None:
    trace_id = id_of(trace, bits=MAX_TRACE_ID_BITS)
    span_id = id_of(span, bits=MAX_ID_BITS)
    parent_id = id_of(parent, bits=MAX_ID_BITS)
    if not trace_id or not span_id:
        return None
    flags = _STATES[state.lower()] if state else 0
    context = SpanContext(trace_id, span_id, parent_id, flags, baggage)
    if state is None:
        set_beside(context, "sampling_undecided", True)  # noqa: FBT003 - a value
    return context
