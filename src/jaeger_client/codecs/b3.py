"""
B3, the headers of Zipkin, in several headers (`X-B3-*`).

Here is also what it shares with the single header, which is in `b3_single`.

Baggage travels beside them as `baggage-<key>`, as in the Go and Java clients:
as it is where it is printable ASCII and looks like nothing encoded, else
percent-encoded.

A sender may leave the sampling decision to the receiver. The context then has flags
0 and its `sampling_undecided` is true: the tracer asks its sampler, and a codec that
injects the context writes no decision. A sender may also send a decision without ids,
which then applies to the trace that the receiver starts.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Final

from jaeger_client.codecs.baggage import (
    DEFAULT_LIMITS,
    BaggageCodec,
    BaggageLimits,
    encoding_but,
    percent_decoded,
    percent_encoded,
    readable,
)
from jaeger_client.codecs.base import (
    context_of,
    id_of,
    set_beside,
    text_of,
    writable,
)
from jaeger_client.codecs.headers import Header, HeaderNames, is_token
from jaeger_client.constants import (
    DEBUG_FLAG,
    MAX_ID_BITS,
    MAX_TRACE_ID_BITS,
    SAMPLED_FLAG,
)
from jaeger_client.span_context import SpanContext

_BAGGAGE_PREFIX: Final = "baggage-"
BAGGAGE: Final = "baggage"
SAMPLED_STATES: Final = {"0": 0, "false": 0, "1": SAMPLED_FLAG, "true": SAMPLED_FLAG}
"""The flags of each sampling decision."""

DEBUG_STATE: Final = SAMPLED_FLAG | DEBUG_FLAG
_PRINTABLE: Final = encoding_but(string.punctuation.replace("%", "") + " ")


class B3Base(BaggageCodec):
    """What both share: the width of ids, and baggage."""

    def __init__(
        self,
        generate_128bit_trace_id: bool = False,  # noqa: FBT001, FBT002 - as in 4.8
        *,
        baggage_limits: BaggageLimits = DEFAULT_LIMITS,
    ) -> None:
        super().__init__(baggage_limits)
        self.generate_128bit_trace_id = generate_128bit_trace_id
        self._names = HeaderNames(self._meaning)

    def _meaning(self, name: str) -> Header | None:
        raise NotImplementedError

    def _write_baggage(
        self,
        baggage: Mapping[str, str],
        headers: MutableMapping[str, object],
    ) -> None:
        for key, value in self._outgoing(baggage).items():
            headers[_BAGGAGE_PREFIX + key] = _baggage_text(value)

    def _can_write_key(self, key: str) -> bool:
        """Whether an item of *key* can be injected."""
        return is_token(_BAGGAGE_PREFIX + key)

    def _read_baggage(self, items: list[tuple[str, object]]) -> dict[str, str]:
        baggage = self._box()
        too_long = self.baggage_limits.is_too_long
        for key, value in items:
            text = readable(value)
            if text is None or (isinstance(text, str) and too_long(text)):
                baggage.drop()
            else:
                item = _baggage_item(text) if isinstance(text, str) else text
                baggage.add(key, item)
        return baggage.close()


class B3Codec(B3Base):
    """B3 in several headers, read in any case."""

    trace_header = "X-B3-TraceId"
    _trace_header_lc = trace_header.lower()
    span_header = "X-B3-SpanId"
    _span_header_lc = span_header.lower()
    parent_span_header = "X-B3-ParentSpanId"
    _parent_span_header_lc = parent_span_header.lower()
    sampled_header = "X-B3-Sampled"
    _sampled_header_lc = sampled_header.lower()
    flags_header = "X-B3-Flags"
    _flags_header_lc = flags_header.lower()
    _own: Final = frozenset(
        {
            _trace_header_lc,
            _span_header_lc,
            _parent_span_header_lc,
            _sampled_header_lc,
            _flags_header_lc,
        }
    )

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier*, a dict or other mutable mapping."""
        if type(span_context) is not SpanContext:
            span_context = context_of(span_context)
        headers = writable(carrier)
        if span_context.has_trace:
            self._write_ids(span_context, headers)
            self._write_decision(span_context, headers)
        elif span_context.decides_sampling_only:
            self._write_decision(span_context, headers)
        if span_context.baggage:
            self._write_baggage(span_context.baggage, headers)

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context in *carrier*, anything that has `items()`."""
        values: dict[str, object] = {}
        baggage: list[tuple[str, object]] = []
        for header, value in self._names.own_headers(carrier):
            if header.kind is BAGGAGE:
                baggage.append((header.key, value))
            elif value is not None:
                values[header.kind] = value
        items = self._read_baggage(baggage) if baggage else None
        return self._context(values, items) if values else None

    def _write_ids(
        self,
        span_context: SpanContext,
        headers: MutableMapping[str, object],
    ) -> None:
        headers[self.trace_header] = padded(
            span_context.trace_id, wide=self.generate_128bit_trace_id
        )
        headers[self.span_header] = _hex(span_context.span_id)
        if span_context.parent_id is not None:
            headers[self.parent_span_header] = _hex(span_context.parent_id)

    def _write_decision(
        self,
        span_context: SpanContext,
        headers: MutableMapping[str, object],
    ) -> None:
        flags = span_context.flags
        if flags & DEBUG_FLAG:
            headers[self.flags_header] = "1"
        # Beside the debug header too: without it the Go and Java clients record
        # nothing of a debug trace.
        if flags & (DEBUG_FLAG | SAMPLED_FLAG):
            headers[self.sampled_header] = "1"
        # Without a decision, each service that receives the headers makes its own, and
        # traces are recorded in part.
        elif not span_context.sampling_undecided:
            headers[self.sampled_header] = "0"

    def _context(
        self,
        values: dict[str, object],
        baggage: dict[str, str] | None,
    ) -> SpanContext | None:
        trace_id = _id_or_none(values.get(self._trace_header_lc), MAX_TRACE_ID_BITS)
        span_id = _id_or_none(values.get(self._span_header_lc), MAX_ID_BITS)
        parent_id = _id_or_none(values.get(self._parent_span_header_lc), MAX_ID_BITS)
        sampled = text_of(values.get(self._sampled_header_lc))
        debug = text_of(values.get(self._flags_header_lc)) == "1"
        state = None if sampled is None else _state_of(sampled)
        if trace_id is None and span_id is None:
            return decision_only(DEBUG_STATE if debug else state, baggage)
        if not trace_id or not span_id:
            return None
        flags = (state or 0) | (DEBUG_FLAG if debug else 0)
        context = SpanContext(trace_id, span_id, parent_id, flags, baggage)
        undecided = sampled is None and not debug
        if undecided:
            set_beside(context, "sampling_undecided", undecided)
        return context

    def _meaning(self, name: str) -> Header | None:
        return Header(name) if name in self._own else baggage_meaning(name)


def _hex(number: int) -> str:
    return "%016x" % number  # noqa: UP031 - half the time of an f-string


def _id_or_none(value: object, bits: int) -> int | None:
    return None if value is None else id_of(value, bits=bits)


def _state_of(text: str) -> int | None:
    state = SAMPLED_STATES.get(text)
    return SAMPLED_STATES.get(text.strip().lower()) if state is None else state


def decision_only(
    flags: int | None, baggage: dict[str, str] | None
) -> SpanContext | None:
    """Return the context of a decision without ids; `None` without a decision."""
    if flags is None:
        return None
    return SpanContext(None, None, None, flags, baggage)  # type: ignore[arg-type]  # no ids


def padded(trace_id: int, *, wide: bool) -> str:
    """Return a trace id as 16 digits, or 32 if it needs them or *wide* is set."""
    return f"{trace_id:032x}" if wide or trace_id >> MAX_ID_BITS else f"{trace_id:016x}"


def baggage_meaning(name: str) -> Header | None:
    """Return what a header means that is none of the ids."""
    if not name.startswith(_BAGGAGE_PREFIX):
        return None
    return Header(BAGGAGE, name[len(_BAGGAGE_PREFIX) :])


def _baggage_text(value: object) -> str:
    encoded = percent_encoded(value, _PRINTABLE)
    # The Go and Java clients decode nothing, so a percent sign that nobody takes for
    # an escape stays as it is.
    plain = encoded.replace("%25", "%")
    if plain != value or percent_decoded(plain) != plain:
        plain = encoded
    if plain.strip(" ") != plain:
        # Servers remove blanks at the ends, and some clients refuse to send them.
        return encoded.replace(" ", "%20")
    return plain


def _baggage_item(text: str) -> str:
    # The Go client writes UTF-8 as it is, and servers, by PEP 3333 too, hand on the
    # bytes of headers as Latin-1. Text that is none of this is hardly ever UTF-8.
    if not text.isascii():
        with suppress(UnicodeError):
            text = text.encode("latin-1").decode()
    return percent_decoded(text)
