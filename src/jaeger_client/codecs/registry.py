"""
Formats by name, as listed in `propagation` and `JAEGER_PROPAGATION`, and combinations.

Applications add formats with `register_codec`. There is one registry for the process,
because the environment, which contains names, applies to all its tracers.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from opentracing import Format

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.shown import shown
from jaeger_client.codecs.base import Codec, context_of, without_trace
from jaeger_client.codecs.binary import BinaryCodec
from jaeger_client.codecs.items import DEFAULT_LIMITS, BaggageLimits
from jaeger_client.codecs.text import TextCodec
from jaeger_client.codecs.zipkin import ZipkinCodec, ZipkinSpanFormat
from jaeger_client.constants import (
    BAGGAGE_HEADER_KEY,
    BAGGAGE_HEADER_PREFIX,
    DEBUG_ID_HEADER_KEY,
    TRACE_ID_HEADER,
)
from jaeger_client.errors import ConfigError, CorruptContextError
from jaeger_client.span_context import SpanContext


class CodecOptions(NamedTuple):
    """The settings of codecs."""

    url_encoding: bool = True
    """Whether values are percent-encoded, as in HTTP headers and not in text maps."""
    generate_128bit_trace_id: bool = False
    """Whether B3 writes all trace ids with 32 digits."""
    trace_id_header: str = TRACE_ID_HEADER
    """Jaeger's header of ids and flags."""
    baggage_header_prefix: str = BAGGAGE_HEADER_PREFIX
    """Prefix of Jaeger's headers of baggage."""
    debug_id_header: str = DEBUG_ID_HEADER_KEY
    """Jaeger's header that requests a debug trace."""
    baggage_header: str = BAGGAGE_HEADER_KEY
    """Jaeger's header with a list of baggage items."""
    baggage_limits: BaggageLimits = DEFAULT_LIMITS
    """How much baggage is injected and extracted."""
    lower_case_headers: bool = False
    """Whether names are written as gRPC metadata requires, baggage keys too."""


MakeCodec: TypeAlias = Callable[[CodecOptions], Codec]
"""Creates the codec of a format; called once for each tracer and kind of carrier."""


class CompositeCodec(Codec):
    """
    Writes all formats; reads the first one, in order, that contains a trace.

    If none contains a trace, baggage, debug id and sampling decision are each read from
    the first format that contains it. A format that cannot be read is skipped; it is an
    error only if no other format contains anything.
    """

    def __init__(self, codecs: Iterable[Codec]) -> None:
        self.codecs = tuple(codecs)

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier* in every format."""
        context = context_of(span_context)
        for codec in self.codecs:
            codec.inject(context, carrier)

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the first context in *carrier*, one with a trace before others."""
        merged: SpanContext | None = None
        corrupt: CorruptContextError | None = None
        for codec in self.codecs:
            try:
                context = codec.extract(carrier)
            except CorruptContextError as exc:
                corrupt = corrupt or exc
                continue
            if context is not None and context.has_trace:
                return context
            merged = _merged(merged, context)
        if merged is None and corrupt is not None:
            raise corrupt
        return merged

    def count_dropped_baggage(self, count: Callable[[int], object]) -> None:
        """Pass *count* on to each codec."""
        for codec in self.codecs:
            codec.count_dropped_baggage(count)


def _merged(
    first: SpanContext | None, second: SpanContext | None
) -> SpanContext | None:
    """Merge two contexts without a trace; parts of the first take precedence."""
    if first is None or second is None:
        return second if first is None else first
    decision = first if first.decides_sampling_only else second
    return without_trace(
        first.baggage or second.baggage,
        flags=decision.flags if decision.decides_sampling_only else None,
        debug_id=second.debug_id if first.debug_id is None else first.debug_id,
    )


def make_codecs(
    *, trace_id_header: str, baggage_header_prefix: str, debug_id_header: str
) -> dict[str, Codec]:
    """Return the default codec of each format of OpenTracing, and of TChannel."""
    options = CodecOptions(
        trace_id_header=trace_id_header,
        baggage_header_prefix=baggage_header_prefix,
        debug_id_header=debug_id_header,
    )
    return {
        Format.TEXT_MAP: make_codec("jaeger", options._replace(url_encoding=False)),
        Format.HTTP_HEADERS: make_codec("jaeger", options),
        Format.BINARY: BinaryCodec(),
        ZipkinSpanFormat: ZipkinCodec(),
    }


def make_codecs_for(
    formats: tuple[str, ...], options: CodecOptions
) -> dict[str, Codec]:
    """Return the codecs of *formats* that replace those of `make_codecs`."""
    limits = options.baggage_limits
    lower_case = options.lower_case_headers
    defaults = (("jaeger",), BAGGAGE_HEADER_KEY, DEFAULT_LIMITS, False)
    if (formats, options.baggage_header, limits, lower_case) == defaults:
        return {}
    in_text = options._replace(url_encoding=False)
    codecs = {Format.HTTP_HEADERS: _combined(formats, options)}
    # As in 4.8, text maps stay in Jaeger's format where b3 is the only one.
    if formats != ("b3",):
        codecs[Format.TEXT_MAP] = _combined(formats, in_text)
    elif limits != DEFAULT_LIMITS or lower_case:
        codecs[Format.TEXT_MAP] = make_codec("jaeger", in_text)
    if limits != DEFAULT_LIMITS:
        codecs[Format.BINARY] = BinaryCodec(limits)
    return codecs


def _combined(formats: tuple[str, ...], options: CodecOptions) -> Codec:
    codecs = [make_codec(name, options) for name in formats]
    return codecs[0] if len(codecs) == 1 else CompositeCodec(codecs)


BUILT_IN: Final = ("jaeger", "b3", "b3single", "w3c")
"""Names of the formats of this library."""

_OWN: Final[dict[str, MakeCodec]] = {}
"""The formats of the application, by name."""

_IN_NAMES: Final = frozenset(f"{string.ascii_lowercase}{string.digits}_-.")


def register_codec(name: str, make: MakeCodec, *, replace: bool = False) -> None:
    """
    Register a format of the application, for use in `propagation`.

    Must be called before the tracer is created. Thread-safe.

    Args:
        name: Name of the format; ASCII letters, digits, `_`, `-` and `.`, in any case.
        make: Creates its codec from the settings.
        replace: Whether it may replace another format of the application.

    Raises:
        ConfigError: If the name is invalid or in use.
    """
    known = name.strip().lower()
    if not known or not set(known) <= _IN_NAMES:
        msg = (
            "the name of a format must consist of ASCII letters, digits, _, - and ., "
            f"got {shown(name)}"
        )
        raise ConfigError(msg)
    if replace and known not in BUILT_IN:
        _OWN[known] = make
    # setdefault(), so that only one of several threads can register a name.
    elif known in codec_names() or _OWN.setdefault(known, make) is not make:
        msg = f"the name of a format must be unique, got {shown(name)}, which is in use"
        raise ConfigError(msg)


def codec_names() -> tuple[str, ...]:
    """Return the names of all formats, those of this library first."""
    return (*BUILT_IN, *_OWN)


def make_codec(name: str, options: CodecOptions) -> Codec:
    """Return a codec of the format *name*, or raise a `ConfigError`."""
    if name in _OWN:
        return _OWN[name](options)
    if name not in BUILT_IN:
        msg = f"a format must be one of {', '.join(codec_names())}, got {shown(name)}"
        raise ConfigError(msg)
    limits = options.baggage_limits
    if name == "jaeger":
        return TextCodec(
            options.url_encoding,
            options.trace_id_header,
            options.baggage_header_prefix,
            options.debug_id_header,
            options.baggage_header,
            baggage_limits=limits,
            lower_case_headers=options.lower_case_headers,
        )
    if name == "w3c":
        with forks_wait():
            from jaeger_client.codecs.w3c import W3CCodec  # noqa: PLC0415 - 1 ms
        return W3CCodec(baggage_limits=limits)
    with forks_wait():
        from jaeger_client.codecs.b3 import B3Codec, B3SingleCodec  # noqa: PLC0415
    kind = B3Codec if name == "b3" else B3SingleCodec
    return kind(
        options.generate_128bit_trace_id,
        baggage_limits=limits,
        lower_case_headers=options.lower_case_headers,
    )
