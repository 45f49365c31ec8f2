"""
B3, the headers of Zipkin (github.com/openzipkin/b3-propagation): multiple, and single.

    X-B3-TraceId: 16 or 32 hexadecimal digits
    X-B3-SpanId, X-B3-ParentSpanId: 16 digits; no parent for a root
    X-B3-Sampled: 1 or 0        X-B3-Flags: 1 for debug
    b3: {trace}-{span}-{1, 0, or d for debug}-{parent}, or the state alone

Baggage is written to headers `baggage-<key>`, as by the Go and Java clients: unchanged
if it is printable ASCII and does not look encoded, otherwise percent-encoded.

A sender may leave the sampling decision to the receiver. The context then has flags
0 and its `sampling_undecided` is true: the tracer uses its sampler, and a codec that
injects the context writes no decision. A sender may also send a decision without ids,
which then applies to the trace that the receiver starts.
"""

from __future__ import annotations

import string
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

from jaeger_client._internal.shown import shown
from jaeger_client._native import IS_COMPILED
from jaeger_client.codecs.baggage import BaggageCodec
from jaeger_client.codecs.base import (
    Headers,
    context_of,
    header_text,
    set_extra,
    without_trace,
)
from jaeger_client.codecs.carriers import header_writer
from jaeger_client.codecs.headers import (
    Header,
    HeaderNames,
    encoding_except,
    is_metadata_key,
    is_token,
)
from jaeger_client.codecs.items import DEFAULT_LIMITS, BaggageLimits
from jaeger_client.constants import DEBUG_FLAG, MAX_ID_BITS, SAMPLED_FLAG
from jaeger_client.errors import CorruptContextError
from jaeger_client.span_context import SpanContext

if TYPE_CHECKING or not IS_COMPILED:
    from jaeger_client.codecs.headers import (
        own_headers,
        percent_decoded,
        percent_encoded,
    )
    from jaeger_client.codecs.items import header_value
    from jaeger_client.codecs.trace_id import id_texts, read_fields
else:
    from jaeger_client._native.headers import (
        header_value,
        id_texts,
        own_headers,
        percent_decoded,
        percent_encoded,
        read_fields,
    )

_BAGGAGE: Final = "baggage"
_BAGGAGE_PREFIX: Final = "baggage-"
_SAMPLED_STATES: Final = {"0": 0, "false": 0, "1": SAMPLED_FLAG, "true": SAMPLED_FLAG}
"""The flags of each sampling decision in `X-B3-Sampled`."""
_DEBUG_STATE: Final = SAMPLED_FLAG | DEBUG_FLAG
_STATES: Final = {**_SAMPLED_STATES, "d": _DEBUG_STATE}
"""The flags of each sampling decision in `b3`."""
_PARENT_LENGTH: Final = MAX_ID_BITS // 4
"""Number of digits that distinguishes a parent id from a sampling state."""
_Fields: TypeAlias = tuple[object, object, object, int | None]
"""Trace id, span id and parent id as they were read, and the flags of the decision."""

_PRINTABLE: Final = encoding_except(string.punctuation.replace("%", "") + " ")


class _B3(BaggageCodec):
    """The common part of both formats: ids, the sampling decision and baggage."""

    _own: frozenset[str]
    """Names of the format's headers in lower case, without baggage."""

    def __init__(
        self,
        generate_128bit_trace_id: bool = False,  # noqa: FBT001, FBT002 - as in 4.8
        *,
        baggage_limits: BaggageLimits = DEFAULT_LIMITS,
        lower_case_headers: bool = False,
    ) -> None:
        super().__init__(baggage_limits, lower_case_headers=lower_case_headers)
        self.generate_128bit_trace_id = generate_128bit_trace_id
        self._names = HeaderNames(self._meaning)

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier*; see `carriers` for its types."""
        context = context_of(span_context)
        headers = header_writer(carrier)
        if context.has_trace or context.decides_sampling_only:
            self._write(context, headers)
        if context.baggage:
            for key, value in self._outgoing(context.baggage).items():
                headers[_BAGGAGE_PREFIX + key] = _baggage_text(value)

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context in *carrier*; see `carriers` for its types."""
        values: dict[str, object] = {}
        items: list[tuple[str, object]] = []
        for header, value in own_headers(self._names, carrier):
            if header.kind is _BAGGAGE:
                items.append((header.key, value))
            elif value is not None:
                values[header.kind] = value
        baggage: dict[str, str] | None = None
        if items:
            baggage = self._incoming(
                (key, header_value(value, _baggage_item, self.baggage_limits))
                for key, value in items
            )
        return self._context(values, baggage) if values else None

    def _write(self, context: SpanContext, headers: Headers) -> None:
        """Write the ids, if there are any, and the sampling decision."""
        raise NotImplementedError

    def _fields(self, values: dict[str, object]) -> _Fields:
        """Return the fields in *values*, the codec's own headers by lower-case name."""
        raise NotImplementedError

    def _context(
        self, values: dict[str, object], baggage: dict[str, str] | None
    ) -> SpanContext | None:
        trace, span, parent, state = self._fields(values)
        context = read_fields(trace, span, parent, state or 0, baggage)
        if context is None:
            if trace is None and span is None and state is not None:
                return without_trace(baggage, flags=state)
        elif state is None:
            set_extra(context, "sampling_undecided", True)  # noqa: FBT003 - a value
        return context

    def _meaning(self, name: str) -> Header | None:
        if name in self._own:
            return Header(name)
        if not name.startswith(_BAGGAGE_PREFIX):
            return None
        return Header(_BAGGAGE, name.removeprefix(_BAGGAGE_PREFIX))

    def _can_write_key(self, key: str) -> bool:
        name = _BAGGAGE_PREFIX + key
        return is_metadata_key(name) if self.lower_case_headers else is_token(name)


class B3Codec(_B3):
    """B3 in multiple headers. The case of header names is ignored."""

    trace_header = "X-B3-TraceId"
    span_header = "X-B3-SpanId"
    parent_span_header = "X-B3-ParentSpanId"
    sampled_header = "X-B3-Sampled"
    flags_header = "X-B3-Flags"
    _own = frozenset(
        [
            "x-b3-traceid",
            "x-b3-spanid",
            "x-b3-parentspanid",
            "x-b3-sampled",
            "x-b3-flags",
        ]
    )

    def __init__(
        self,
        generate_128bit_trace_id: bool = False,  # noqa: FBT001, FBT002 - as in 4.8
        *,
        baggage_limits: BaggageLimits = DEFAULT_LIMITS,
        lower_case_headers: bool = False,
    ) -> None:
        super().__init__(
            generate_128bit_trace_id,
            baggage_limits=baggage_limits,
            lower_case_headers=lower_case_headers,
        )
        if lower_case_headers:
            self.trace_header = self.trace_header.lower()
            self.span_header = self.span_header.lower()
            self.parent_span_header = self.parent_span_header.lower()
            self.sampled_header = self.sampled_header.lower()
            self.flags_header = self.flags_header.lower()

    def _write(self, context: SpanContext, headers: Headers) -> None:
        if context.has_trace:
            trace, span, parent = id_texts(context, self.generate_128bit_trace_id)
            headers[self.trace_header] = trace
            headers[self.span_header] = span
            if parent is not None:
                headers[self.parent_span_header] = parent
        flags = context.flags
        if flags & DEBUG_FLAG:
            headers[self.flags_header] = "1"
        # Required in addition to the debug header: without it the Go and Java clients
        # do not record a debug trace.
        if flags & (DEBUG_FLAG | SAMPLED_FLAG):
            headers[self.sampled_header] = "1"
        # Without this header, each service that receives the context decides on its
        # own, and traces are incomplete.
        elif not context.sampling_undecided:
            headers[self.sampled_header] = "0"

    def _fields(self, values: dict[str, object]) -> _Fields:
        get = values.get
        trace, span = get("x-b3-traceid"), get("x-b3-spanid")
        has_ids = trace is not None or span is not None
        sampled = header_text(get("x-b3-sampled"))
        state = None if sampled is None else _state_of(sampled)
        if header_text(get("x-b3-flags")) == "1":
            state = (state or 0) | DEBUG_FLAG if has_ids else _DEBUG_STATE
        elif has_ids and sampled is not None:
            state = state or 0
        return trace, span, get("x-b3-parentspanid"), state


class B3SingleCodec(_B3):
    """
    B3 in one header, `b3: {trace}-{span}-{state}-{parent}`.

    The state is missing if the sender leaves the decision to the receiver; the parent
    is missing for a root span. `b3: 0` alone is a decision without a trace: a context
    without ids whose flags are those of the decision.
    """

    header = "b3"
    _own = frozenset({header})

    def _write(self, context: SpanContext, headers: Headers) -> None:
        if context.flags & DEBUG_FLAG:
            state = "d"
        elif context.flags & SAMPLED_FLAG:
            state = "1"
        else:
            state = "" if context.sampling_undecided else "0"
        value = state
        if context.has_trace:
            trace, span, parent = id_texts(context, self.generate_128bit_trace_id)
            value = f"{trace}-{span}-{state}" if state else f"{trace}-{span}"
            if parent is not None:
                value = f"{value}-{parent}"
        headers[self.header] = value

    def _fields(self, values: dict[str, object]) -> _Fields:
        value = values[self.header]
        match (header_text(value) or "").strip().split("-"):
            case [word] if word.lower() in _STATES:
                return None, None, None, _STATES[word.lower()]
            case [trace, span]:
                return trace, span, None, None
            case [trace, span, parent] if len(parent) == _PARENT_LENGTH:
                # Brave omits the state if it leaves the decision to the receiver.
                return trace, span, parent, None
            case [trace, span, word, *rest] if word.lower() in _STATES and not rest[1:]:
                return trace, span, rest[0] if rest else None, _STATES[word.lower()]
            case _:
                form = "{trace}-{span}-{state}-{parent}"
                msg = f"b3 must be {form}, got {shown(value)}"
                raise CorruptContextError(msg)


def _state_of(text: str) -> int | None:
    state = _SAMPLED_STATES.get(text)
    return _SAMPLED_STATES.get(text.strip().lower()) if state is None else state


def _baggage_text(value: object) -> str:
    encoded = percent_encoded(value, _PRINTABLE)
    # The Go and Java clients do not decode, so a percent sign is encoded only where it
    # looks like an escape.
    plain = encoded.replace("%25", "%")
    if plain != value or percent_decoded(plain) != plain:
        plain = encoded
    if plain.strip(" ") != plain:
        # Servers remove blanks at the ends, and some clients refuse to send them.
        return encoded.replace(" ", "%20")
    return plain


def _baggage_item(text: str) -> str:
    # The Go client writes UTF-8 without encoding it, and servers (PEP 3333) decode
    # headers as Latin-1. This reverses that; other text is hardly ever valid UTF-8.
    if not text.isascii():
        with suppress(UnicodeError):
            text = text.encode("latin-1").decode()
    return percent_decoded(text)
