"""
W3C Trace Context (w3.org/TR/trace-context) and Baggage (w3.org/TR/baggage).

    traceparent: ids and flags                      see the module of this name
    tracestate: key=value,key=value                 up to 32 members
    baggage: key=value;property,key=value           values are percent-encoded

A header that does not follow the recommendation is ignored and never an error: the
recommendation requires the receiver to start a new trace. `tracestate`, the data of
other tracers, is passed on unchanged and in order, in the context's `trace_state`; an
invalid one is omitted as a whole.

`traceparent` has no debug flag, which only Jaeger has, so debug is written to
`tracestate` as `jaeger=debug`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from jaeger_client._native import IS_COMPILED
from jaeger_client.codecs.baggage import BaggageCodec
from jaeger_client.codecs.base import (
    Headers,
    context_of,
    header_text,
    is_list,
    set_extra,
    without_trace,
)
from jaeger_client.codecs.carriers import header_writer
from jaeger_client.codecs.headers import (
    Header,
    HeaderNames,
    encoding_except,
    is_token,
)
from jaeger_client.codecs.items import DEFAULT_LIMITS, BaggageLimits, Item
from jaeger_client.codecs.traceparent import RANDOM_FLAG
from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from jaeger_client.span_context import SpanContext

if TYPE_CHECKING or not IS_COMPILED:
    from jaeger_client.codecs.headers import (
        own_headers,
        percent_decoded,
        percent_encoded,
    )
    from jaeger_client.codecs.trace_id import id_texts
    from jaeger_client.codecs.traceparent import read_parent
else:
    from jaeger_client._native.headers import (
        id_texts,
        own_headers,
        percent_decoded,
        percent_encoded,
        read_parent,
    )

MAX_BAGGAGE_HEADER: Final = 8192
"""Maximum length of the baggage header; every receiver must accept as much."""

_BLANKS: Final = " \t"
"""Characters that may surround a header and the members of `tracestate`."""

_IN_VALUES: Final = encoding_except(
    string.punctuation.translate(str.maketrans("", "", '%",;\\+'))
)
"""A plus is allowed in a value, but is encoded: some receivers read it as a blank."""

_DEBUG_KEY: Final = "jaeger="
_DEBUG_MEMBER: Final = f"{_DEBUG_KEY}debug"
"""The member of `tracestate` that marks a debug trace."""
_MAX_MEMBERS: Final = 32
# All members, each of maximum length: key, equals sign, value, comma. Only blanks and
# empty members, of which there may be any number, make a state longer.
_MAX_STATE_LENGTH: Final = _MAX_MEMBERS * (256 + 1 + 256 + 1)
# Keys of level 2 of the specification, which include those of level 1. Values are
# printable ASCII without comma and equals sign, and without a blank at the end.
_MEMBER: Final = re.compile(
    r"([a-z0-9][a-z0-9_*/@-]{0,255})=[ -+\--<>-~]{0,255}[!-+\--<>-~]"
).fullmatch


class W3CCodec(BaggageCodec):
    """`traceparent`, `tracestate` and `baggage`."""

    traceparent_header = "traceparent"
    tracestate_header = "tracestate"
    baggage_header = "baggage"

    def __init__(self, *, baggage_limits: BaggageLimits = DEFAULT_LIMITS) -> None:
        super().__init__(baggage_limits)
        self._names = HeaderNames(self._meaning)

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier*; see `carriers` for its types."""
        context = context_of(span_context)
        headers = header_writer(carrier)
        if context.has_trace:
            self._write_trace(context, headers)
        if context.baggage and (baggage := self._baggage_value(context.baggage)):
            headers[self.baggage_header] = baggage

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context in *carrier*; see `carriers` for its types."""
        values: dict[str, list[str]] = {}
        for header, value in own_headers(self._names, carrier):
            values.setdefault(header.kind, []).extend(_texts(value))
        baggage: dict[str, str] | None = None
        if self.baggage_header in values:
            baggage = self._incoming(self._items_in(values[self.baggage_header]))
        parents = values.get(self.traceparent_header, ())
        context: SpanContext | None = None
        if len(parents) == 1:  # more than one header of this name is invalid
            context = read_parent(parents[0].strip(_BLANKS), baggage)
        if context is None:
            return without_trace(baggage) if baggage else None
        if self.tracestate_header in values:
            state, is_debug = read_state(values[self.tracestate_header])
            if is_debug:
                context.flags |= DEBUG_FLAG | SAMPLED_FLAG
            if state is not None:
                set_extra(context, "trace_state", state)
        return context

    def _meaning(self, name: str) -> Header | None:
        own = {self.traceparent_header, self.tracestate_header, self.baggage_header}
        return Header(name) if name in own else None

    def _write_trace(self, context: SpanContext, headers: Headers) -> None:
        is_debug = bool(context.flags & DEBUG_FLAG)
        flags = SAMPLED_FLAG if is_debug else context.flags & SAMPLED_FLAG
        if context.has_random_trace_id:
            flags |= RANDOM_FLAG
        trace, span, _ = id_texts(context, True)  # noqa: FBT003 - as `read_context`
        headers[self.traceparent_header] = f"00-{trace}-{span}-{flags:02x}"
        state = context.trace_state
        if state is not None:
            state = self._safe_state(state)
        if is_debug:
            state = _with_debug(state)
        if state:
            headers[self.tracestate_header] = state

    def _safe_state(self, state: object) -> str | None:
        """Return a `tracestate` that can be written, or `None` if *state* cannot."""
        # Nearly all are as they were extracted; the application can set anything.
        if isinstance(state, str):
            state = str.__str__(state)  # a subclass may have changed every method
            if state.isascii() and state.isprintable():
                return state.strip(_BLANKS)
            valid, _ = read_state([state])
            if valid is not None:
                return valid
        self._drop_unsafe("tracestate")
        return None

    def _can_write_key(self, key: str) -> bool:
        """Return whether *key* is a token: keys are not percent-encoded."""
        return is_token(key)

    def _baggage_value(self, baggage: Mapping[str, str]) -> str:
        members: list[str] = []
        carried = self._outgoing(baggage)
        size_left = MAX_BAGGAGE_HEADER + 1  # there is one comma less than members
        for key, value in carried.items():
            member = f"{key}={percent_encoded(value, _IN_VALUES)}"
            if len(member) < size_left:
                size_left -= len(member) + 1
                members.append(member)
        self._drop(len(carried) - len(members))
        return ",".join(members)

    def _items_in(self, values: list[str]) -> Iterator[Item]:
        for text in values:
            if self.baggage_limits.is_too_long(text):
                yield "", None
                continue
            for member in text.split(","):
                # Properties, which follow a semicolon, are not carried.
                key, equals, value = member.partition(";")[0].partition("=")
                if equals and key.strip():
                    yield key.strip(), percent_decoded(value.strip())
                elif member.strip():
                    yield "", None


def _texts(value: object) -> list[str]:
    """Return the texts of a header; some carriers have lists as values."""
    if type(value) is str:
        return [value]
    values: list[object] = value if is_list(value) else [value]
    texts = map(header_text, values)
    return [text for text in texts if text is not None]


def read_state(headers: Sequence[str]) -> tuple[str | None, bool]:
    """Return the `tracestate` to pass on, and whether the trace is a debug trace."""
    state = ",".join(headers)
    # Empty members are allowed.
    members = [member for part in state.split(",") if (member := part.strip(_BLANKS))]
    if not members or not _is_valid(members):
        return None, False
    if _DEBUG_MEMBER not in members:
        is_unchanged = len(headers) == 1 and len(state) <= _MAX_STATE_LENGTH
        return (state.strip(_BLANKS) if is_unchanged else ",".join(members)), False
    others = [member for member in members if member != _DEBUG_MEMBER]
    return ",".join(others) or None, True


def _with_debug(state: str | None) -> str:
    """Return *state* with the debug member at its beginning."""
    members = state.split(",") if state else []
    others = [member for member in members if not member.strip().startswith(_DEBUG_KEY)]
    return ",".join([_DEBUG_MEMBER, *others[: _MAX_MEMBERS - 1]])


def _is_valid(members: Sequence[str]) -> bool:
    if len(members) > _MAX_MEMBERS:
        return False
    matches = [_MEMBER(member) for member in members]
    keys = {match[1] for match in matches if match is not None}
    return len(keys) == len(members)  # all match, and no key occurs twice
