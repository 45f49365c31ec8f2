"""
W3C Trace Context and Baggage: `traceparent`, `tracestate`, `baggage`.

A header that is not as the recommendation says is ignored, never an error: the
recommendation has the receiver start a new trace. `tracestate` is carried along
as it came, in the context's `trace_state`. Debug is ours alone, so it travels
there, under our own key, and not in `traceparent`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, MutableMapping
from typing import Final

from jaeger_client.codecs.baggage import (
    DEFAULT_LIMITS,
    BaggageCodec,
    BaggageLimits,
    encoding_but,
    percent_decoded,
    percent_encoded,
)
from jaeger_client.codecs.base import (
    context_of,
    is_list,
    set_beside,
    text_of,
    writable,
)
from jaeger_client.codecs.headers import Header, HeaderNames
from jaeger_client.codecs.trace_state import BLANKS, read_state, with_debug
from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from jaeger_client.span_context import SpanContext

MAX_BAGGAGE_HEADER: Final = 8192
"""Characters of the baggage header that is written: what every receiver must take."""

_TRACEPARENT: Final = re.compile(
    r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?",
).fullmatch
_IN_KEYS: Final = encoding_but("!#$&'*+^`|")
"""What a baggage key may hold besides letters, digits and `_.-~`; `%` escapes."""
_IN_VALUES: Final = encoding_but(
    string.punctuation.translate(str.maketrans("", "", '%",;\\+')),
)
"""What a value may hold; a plus is encoded, for some read it as a blank."""


class W3CCodec(BaggageCodec):
    """`traceparent`, `tracestate` and `baggage`."""

    traceparent_header = "traceparent"
    tracestate_header = "tracestate"
    baggage_header = "baggage"

    def __init__(self, *, baggage_limits: BaggageLimits = DEFAULT_LIMITS) -> None:
        super().__init__(baggage_limits)
        self._names = HeaderNames(self._meaning)

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier*, a dict or other mutable mapping."""
        if type(span_context) is not SpanContext:
            span_context = context_of(span_context)
        headers = writable(carrier)
        if span_context.has_trace:
            self._write_trace(span_context, headers)
        if span_context.baggage:
            baggage = self._baggage_value(span_context.baggage)
            if baggage:
                headers[self.baggage_header] = baggage

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context in *carrier*, anything that has `items()`."""
        values: dict[str, list[str]] = {}
        for header, value in self._names.own_headers(carrier):
            values.setdefault(header.kind, []).extend(_texts(value))
        baggage: dict[str, str] | None = None
        if self.baggage_header in values:
            baggage = self._read_baggage(values[self.baggage_header])
        ids = _read_parent(values.get(self.traceparent_header, []))
        if ids is not None:
            return self._context(ids, values.get(self.tracestate_header, []), baggage)
        if not baggage:
            return None
        return SpanContext(None, None, None, None, baggage)  # type: ignore[arg-type]  # no trace, no ids

    def _meaning(self, name: str) -> Header | None:
        own = {self.traceparent_header, self.tracestate_header, self.baggage_header}
        return Header(name) if name in own else None

    def _context(
        self,
        ids: tuple[int, int, int],
        states: list[str],
        baggage: dict[str, str] | None,
    ) -> SpanContext:
        trace_id, span_id, flags = ids
        state, debug = read_state(states) if states else (None, False)
        if debug:
            flags |= DEBUG_FLAG | SAMPLED_FLAG
        context = SpanContext(trace_id, span_id, None, flags, baggage)
        if state is not None:
            set_beside(context, "trace_state", state)
        return context

    def _write_trace(
        self,
        span_context: SpanContext,
        headers: MutableMapping[str, object],
    ) -> None:
        debug = bool(span_context.flags & DEBUG_FLAG)
        sampled = debug or span_context.flags & SAMPLED_FLAG
        headers[self.traceparent_header] = (
            f"00-{span_context.trace_id:032x}-{span_context.span_id:016x}"
            f"-{'01' if sampled else '00'}"
        )
        state = span_context.trace_state
        if state is not None:
            state = self._safe_state(state)
        if debug:
            state = with_debug(state)
        if state:
            headers[self.tracestate_header] = state

    def _safe_state(self, state: object) -> str | None:
        """Return a `tracestate` as it can be written, `None` if it cannot."""
        # True of nearly all that is extracted; the application can set anything.
        if isinstance(state, str):
            state = str.__str__(state)  # of a subclass, whose methods may lie
            if state.isascii() and state.isprintable():
                return state.strip(BLANKS)
            valid, _ = read_state([state])
            if valid is not None:
                return valid
        self._losses.add_unsafe("tracestate")
        return None

    def _can_write_key(self, key: str) -> bool:
        """Whether an item of *key* can be injected: the format has no empty keys."""
        return bool(key)

    def _baggage_value(self, baggage: Mapping[str, str]) -> str:
        members: list[str] = []
        carried = self._outgoing(baggage)
        room = MAX_BAGGAGE_HEADER + 1  # there is a comma less than there are members
        for key, value in carried.items():
            name = percent_encoded(key, _IN_KEYS)
            member = f"{name}={percent_encoded(value, _IN_VALUES)}"
            if len(member) < room:
                room -= len(member) + 1
                members.append(member)
        self._losses.add(len(carried) - len(members))
        return ",".join(members)

    def _read_baggage(self, values: list[str]) -> dict[str, str]:
        baggage = self._box()
        for text in values:
            if self.baggage_limits.is_too_long(text):
                baggage.drop()
                continue
            for member in text.split(","):
                # What follows a semicolon are properties, which we do not carry.
                key, equals, value = member.partition(";")[0].partition("=")
                if equals and key.strip():
                    name = percent_decoded(key.strip())
                    baggage.add(name, percent_decoded(value.strip()))
                elif member.strip():
                    baggage.drop()
        return baggage.close()


def _texts(value: object) -> list[str]:
    """Return the texts of a header, which may stand in a carrier as a list."""
    if type(value) is str:
        return [value]
    values: list[object] = value if is_list(value) else [value]
    texts = map(text_of, values)
    return [text for text in texts if text is not None]


def _read_parent(values: list[str]) -> tuple[int, int, int] | None:
    # More than one is no header that can be trusted.
    match = _TRACEPARENT(values[0].strip(BLANKS)) if len(values) == 1 else None
    if match is None:
        return None
    version, trace, span, flags, more = match.groups()
    if version == "ff" or (version == "00" and more):
        return None
    trace_id, span_id = int(trace, 16), int(span, 16)
    if not trace_id or not span_id:
        return None
    # Only the lowest bit is a decision; the next is not our debug flag.
    return trace_id, span_id, int(flags, 16) & SAMPLED_FLAG
