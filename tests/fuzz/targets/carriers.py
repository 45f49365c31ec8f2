"""
Headers and text maps, in every format and in several at once.

The first byte selects the formats; each line that follows is a header, its name and its
value at a colon. A first character of the value that is in `TYPES` gives it another
type; a name that begins with the first of them is bytes.

- `extract` returns a context or `None`, or raises `CorruptContextError`; W3C headers
  never raise.
- The carrier is not changed.
- A context is within the bounds of ids, flags, baggage and debug ids.
- A span of it can be started, and injected in any format, with header names that are
  tokens and values that can break no header.
- What is injected is a bounded multiple of what was extracted.
- What was injected is the same after it was extracted and injected again.
- A list of pairs carries the same ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from opentracing import Format

from jaeger_client.codecs import CodecOptions, ZipkinSpanFormat
from jaeger_client.codecs.baggage import MAX_DEBUG_ID_LENGTH
from jaeger_client.codecs.items import MAX_BAGGAGE_SIZE
from jaeger_client.codecs.registry import make_codecs_for
from jaeger_client.codecs.w3c import W3CCodec
from jaeger_client.constants import MAX_BAGGAGE_ITEMS
from jaeger_client.errors import CorruptContextError
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.span_context import SpanContext
from jaeger_client.tracer import Tracer
from tests.fuzz.oracles import check_error, checked_log

IS_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
BREAKS_HEADERS: Final = re.compile(r"[^\t -~]").search
BREAKS_LINES: Final = re.compile(r"[\r\n\0]").search

MAX_GROWTH: Final = 13
"""
How many characters may be injected for each that was extracted, in each format.

A character takes up to four bytes in UTF-8, each of which is encoded as three; and the
prefix of its baggage key, where the key has one character.
"""


def make_tracer(*formats: str) -> Tracer:
    """Return a tracer with *formats*."""
    return Tracer(
        "fuzz",
        NullReporter(),
        ConstSampler(decision=True),
        extra_codecs=make_codecs_for(formats, CodecOptions()),
    )


ALL: Final = ("jaeger", "b3", "b3single", "w3c")
TRACERS: Final = [
    *(make_tracer(name) for name in ALL),
    make_tracer(*ALL),
    make_tracer(*reversed(ALL)),
]
PLACES: Final = [
    *((tracer, Format.HTTP_HEADERS) for tracer in TRACERS),
    *((tracer, Format.TEXT_MAP) for tracer in TRACERS),
    (TRACERS[0], ZipkinSpanFormat),
]
"""Tracers and formats, in the order of the first byte: `a` is 97."""


def fuzz_one(data: bytes) -> None:
    """Extract from the headers in *data*, start a span, inject, and extract again."""
    tracer, format_ = PLACES[(data[0] - ord("a") if data else 0) % len(PLACES)]
    carrier = headers_of(data[1:])
    before = [*carrier.items()]
    with checked_log():
        try:
            context = tracer.extract(format_, carrier)
        except CorruptContextError as error:
            check_error(error)
            assert not isinstance(tracer.codecs[format_], W3CCodec)
            return
        assert before == [*carrier.items()]
        if context is not None:
            check_context(context)
            check_injection(tracer, format_, context, 200 + len(data))
            tracer, format_ = PLACES[len(data) % len(PLACES)]
            check_span(tracer, format_, context, 200 + len(data))


def check_context(context: SpanContext) -> None:
    """A context that came from outside is within all limits."""
    if context.has_trace:
        assert 0 < context.trace_id < 1 << 128
        assert 0 <= (context.span_id or 0) < 1 << 64
        assert 0 <= (context.parent_id or 0) < 1 << 64
        assert 0 <= (context.flags or 0) < 1 << 31
    assert len(context.baggage) <= MAX_BAGGAGE_ITEMS
    size = sum(len(key) + len(str(text)) for key, text in context.baggage.items())
    assert size <= MAX_BAGGAGE_SIZE
    assert len(context.debug_id or "") <= MAX_DEBUG_ID_LENGTH


def check_injection(
    tracer: Tracer, format_: str, context: SpanContext, size: int
) -> None:
    """What is injected can be sent, is not large, and does not change any more."""
    first, again = passed_on(tracer, format_, context, size)
    if again is None:
        assert not context.has_trace, first
        return
    assert ids_of(context) == ids_of(again), first
    if format_ != ZipkinSpanFormat:
        check_pairs(tracer, format_, context)
    # Keys of baggage may have been converted to lower case, and stay so.
    second, again = passed_on(tracer, format_, again, size)
    assert again is not None, second
    third, _ = passed_on(tracer, format_, again, size)
    assert second == third


def check_pairs(tracer: Tracer, format_: str, context: SpanContext) -> None:
    """A list of pairs carries the same ids as a dict."""
    pairs: list[tuple[str, bytes]] = []
    tracer.inject(context, format_, pairs)
    again = tracer.extract(format_, pairs)
    assert again is not None, pairs
    assert ids_of(context) == ids_of(again), pairs


def passed_on(
    tracer: Tracer, format_: str, context: SpanContext, size: int
) -> tuple[dict[str, object], SpanContext | None]:
    """Return what is injected, and what is extracted from it."""
    headers: dict[str, object] = {}
    tracer.inject(context, format_, headers)
    check_headers(headers, is_http=format_ == Format.HTTP_HEADERS)
    written = sum(len(name) + len(str(value)) for name, value in headers.items())
    assert written <= MAX_GROWTH * len(ALL) * size, (written, size)
    return headers, tracer.extract(format_, headers)


def ids_of(context: SpanContext) -> tuple[object, ...]:
    """Return what every format carries: ids, and the sampling decision."""
    is_sampled = bool((context.flags or 0) & 3)
    return context.trace_id, context.span_id, is_sampled


def check_span(tracer: Tracer, format_: str, context: SpanContext, size: int) -> None:
    """A span with such a parent can be injected, in another format, too."""
    with tracer.start_span("fuzz", child_of=context) as span:
        passed_on(tracer, format_, span.context, size)


def check_headers(headers: Mapping[str, object], *, is_http: bool) -> None:
    """Names and values do not break the request that they are part of."""
    for name, value in headers.items():
        if is_http:
            assert isinstance(value, str), headers
            assert IS_TOKEN(name), headers
            assert not BREAKS_HEADERS(value), headers
        else:
            assert not BREAKS_LINES(name), headers
            assert not BREAKS_LINES(str(value)), headers


def headers_of(data: bytes) -> dict[object, object]:
    """Return the headers in *data*; a name may occur again in another spelling."""
    headers: dict[object, object] = {}
    for line in data.split(b"\n"):
        name, colon, value = line.decode("utf-8", "surrogateescape").partition(":")
        if colon:
            make = TYPES.get(value[:1])
            key = as_bytes(name[1:]) if name[:1] == "\1" else name
            headers[key] = make(value[1:]) if make else value
    return headers


def as_bytes(text: str) -> bytes:
    """Return the bytes that *text* was decoded from."""
    return text.encode("utf-8", "surrogateescape")


def as_integer(text: str) -> int:
    """Return the integer that *text* is, or a large one of its length."""
    try:
        return int(text)
    except ValueError:
        return 1 << 16 * len(text)


def as_float(text: str) -> float:
    """Return the number that *text* is, or NaN."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


TYPES: Final[Mapping[str, Callable[[str], object]]] = {
    "\1": as_bytes,
    "\2": as_integer,
    "\3": as_float,
    "\4": lambda text: text.split("|"),
    "\5": lambda text: [as_bytes(part) for part in text.split("|")],
    "\6": lambda _text: None,
    "\7": lambda _text: object(),
}
