"""
Jaeger's headers for OpenTelemetry, from `OTEL_PROPAGATORS=jaeger_client`.

    uber-trace-id: {trace, 32 digits}:{span, 16}:{parent, 16}:{flags, 2}
    uberctx-{key}: value                   an item of baggage, percent-encoded
    jaeger-debug-id: text                  requests a debug trace
    jaeger-baggage: key=value, key=value   read only

The codec of the OpenTracing tracer reads and writes them, with the same limits and the
same checks. Only the ids are written differently: padded with zeros, as by
OpenTelemetry's own propagator.

Flags are 1, sampled, and 2, debug. OpenTelemetry has no debug flag, and its 0x02 means
random trace ids; debug is therefore in the trace state: see `jaeger_client.otel.debug`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.codecs.base import header_text
from jaeger_client.codecs.headers import own_headers
from jaeger_client.codecs.text import BAGGAGE_LIST, TextCodec
from jaeger_client.constants import (
    BAGGAGE_HEADER_KEY,
    BAGGAGE_HEADER_PREFIX,
    DEBUG_FLAG,
    DEBUG_ID_HEADER_KEY,
    SAMPLED_FLAG,
    TRACE_ID_HEADER,
)
from jaeger_client.errors import CorruptContextError
from jaeger_client.metrics import MetricsFactory, table
from jaeger_client.metrics.instruments import MetricMaker
from jaeger_client.metrics.metrics import CountFunction
from jaeger_client.span_context import SpanContext

try:
    from opentelemetry import baggage, trace
    from opentelemetry.context import Context
    from opentelemetry.propagators.textmap import (
        CarrierT,
        Getter,
        Setter,
        TextMapPropagator,
        default_getter,
        default_setter,
    )
except ModuleNotFoundError as error:
    msg = (
        f"{error}: it is part of the extra, pip install 'jaeger-client[opentelemetry]'"
    )
    raise ModuleNotFoundError(msg, name=error.name) from error

from jaeger_client.metrics.opentelemetry import OpenTelemetryMetricsFactory
from jaeger_client.otel import debug

_CORRUPT: Final = RateLimitedWarning(
    "the span context of a request is ignored, and a new trace begins: %s"
)
_NOT_EXTRACTED: Final = RateLimitedWarning(
    "no span context was read from a carrier of type %s: its getter, or an object in "
    "the context, raised %r. Pass a getter that can read the carrier"
)
_NOT_INJECTED: Final = RateLimitedWarning(
    "the span context was not written to a carrier of type %s, so the trace ends here: "
    "its setter, or an object in the context, raised %r. Pass a setter that can write "
    "to the carrier"
)
_NOT_COUNTED: Final = RateLimitedWarning(
    "%s was not counted: creating the counter raised %r. Nothing else is affected"
)


class JaegerPropagator(TextMapPropagator):
    """
    Jaeger's headers. Thread-safe; `extract` and `inject` never raise.

    Spellings of ids, and limits and safety of baggage, are those of the OpenTracing
    tracer. Baggage is OpenTelemetry's; its keys are in lower case when they are read.

    Args:
        trace_id_header: Header of ids and flags.
        baggage_header_prefix: Prefix of the headers of baggage.
        debug_id_header: Header that requests a debug trace.
        baggage_header: Header with a list of baggage items.
        metrics_factory: Counts corrupt span contexts and dropped items of baggage; by
            default with OpenTelemetry's global meter provider.

    Raises:
        ConfigError: If a name cannot be that of an HTTP header.
    """

    def __init__(
        self,
        *,
        trace_id_header: str = TRACE_ID_HEADER,
        baggage_header_prefix: str = BAGGAGE_HEADER_PREFIX,
        debug_id_header: str = DEBUG_ID_HEADER_KEY,
        baggage_header: str = BAGGAGE_HEADER_KEY,
        metrics_factory: MetricsFactory | None = None,
    ) -> None:
        self._codec = _PaddedTextCodec(
            url_encoding=True,
            trace_id_header=trace_id_header,
            baggage_header_prefix=baggage_header_prefix,
            debug_id_header=debug_id_header,
            baggage_header=baggage_header,
        )
        self._codec.count_dropped_baggage(
            lambda items: self._count(table.DROPPED_BAGGAGE_ITEMS, items)
        )
        self._metrics_factory = metrics_factory
        self._counters: dict[str, CountFunction] = {}

    @property
    def fields(self) -> set[str]:
        """The headers that `inject` writes, besides those of baggage."""
        return {self._codec.trace_id_header, self._codec.debug_id_header}

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        """
        Return *context*, by default an empty one, with what *carrier* contains.

        Without ids that can be read, its span is not changed.
        """
        context = Context() if context is None else context
        try:
            found = self._read(self._codec.headers_in(carrier, getter))
            return context if found is None else _merged(context, found)
        except Exception as error:  # noqa: BLE001 - carrier and getter may raise anything
            _NOT_EXTRACTED.warn(type(carrier).__name__, error)
            return context

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """
        Write span and baggage of *context*, by default the current one.

        Without a valid span, its debug id is written.
        """
        try:
            for name, value in self._codec.headers_of(context).items():
                setter.set(carrier, name, str(value))
        except Exception as error:  # noqa: BLE001 - carrier and setter may raise anything
            _NOT_INJECTED.warn(type(carrier).__name__, error)

    def _read(self, headers: dict[str, object]) -> SpanContext | None:
        try:
            return self._codec.extract(headers)
        except CorruptContextError as error:
            _CORRUPT.warn(error)
            self._count(table.DECODING_ERRORS, 1)
        # The trace that begins has the baggage and the debug id.
        del headers[self._codec.trace_id_header]
        return self._codec.extract(headers)

    def _count(self, metric: table.Metric, number: int) -> None:
        count = self._counters.get(metric.name)
        if count is None:
            # Not earlier: OpenTelemetry creates propagators when it is imported, and
            # creating a counter may create the global meter provider.
            try:
                factory = self._metrics_factory or OpenTelemetryMetricsFactory()
                count = MetricMaker(factory).counter(metric)
            except Exception as error:  # noqa: BLE001 - the factory is the application's
                _NOT_COUNTED.warn(metric.name, error)
                return
            self._counters[metric.name] = count
        count(number)


class _PaddedTextCodec(TextCodec):
    """Jaeger's headers between carriers and contexts of OpenTelemetry."""

    def headers_in(
        self, carrier: CarrierT, getter: Getter[CarrierT]
    ) -> dict[str, object]:
        """Return the codec's own headers in *carrier*, by names in lower case."""
        # Several getters return no keys. Others find a name only in its own spelling.
        fixed = (self.trace_id_header, self.debug_id_header, self.baggage_header)
        names = dict.fromkeys((*fixed, *(getter.keys(carrier) or ())))
        headers: dict[str, object] = {}
        for header, name in own_headers(self._names, {name: name for name in names}):
            values = _listed(getter.get(carrier, cast("str", name)))
            if values:
                value = _joined(values) if header is BAGGAGE_LIST else values[0]
                headers.setdefault(str(header_text(name)).lower(), value)
        return headers

    def headers_of(self, context: Context | None) -> dict[str, object]:
        """Return the headers of *context*, by default the current one."""
        headers: dict[str, object] = {}
        span = trace.get_current_span(context)
        span_context = span.get_span_context()
        if span_context.is_valid:
            # Spans of the SDK have a parent; those of the API alone have none.
            parent = getattr(span, "parent", None)
            parent_id = parent.span_id if isinstance(parent, trace.SpanContext) else 0
            headers[self.trace_id_header] = (
                f"{span_context.trace_id:032x}:{span_context.span_id:016x}:"
                f"{parent_id:016x}:{_flags_of(span_context):02x}"
            )
        elif (debug_id := debug.debug_id_of(context)) is not None:
            self._write_debug_id(debug_id, headers)
        items: Mapping[str, object] = baggage.get_all(context)
        if items:
            self._write_baggage(items, headers)  # type: ignore[arg-type]  # values of other types become text
        return headers


def _listed(values: object) -> Sequence[object]:
    """Return what a getter has returned, usually a list or `None`, as a sequence."""
    if isinstance(values, (list, tuple)):
        return cast("Sequence[object]", values)
    return () if values is None else (values,)


def _joined(values: Sequence[object]) -> str:
    """Return the values of a header that is a list in one."""
    return ",".join(text for text in map(header_text, values) if text)


def _flags_of(span_context: trace.SpanContext) -> int:
    if debug.is_debug(span_context.trace_state):
        return SAMPLED_FLAG | DEBUG_FLAG
    return span_context.trace_flags & SAMPLED_FLAG


def _merged(context: Context, found: SpanContext) -> Context:
    """Return *context* with what was found in a carrier."""
    for key, value in found.baggage.items():
        context = baggage.set_baggage(key, str(value), context)
    if found.has_trace:
        span = trace.NonRecordingSpan(_remote_context(found, context))
        return trace.set_span_in_context(span, context)
    if found.debug_id is not None:
        return debug.with_debug_id(found.debug_id, context)
    return context


def _remote_context(found: SpanContext, context: Context) -> trace.SpanContext:
    flags, state = 0, trace.TraceState()
    known = trace.get_current_span(context).get_span_context()
    if (known.trace_id, known.span_id) == (found.trace_id, found.span_id):
        # Another propagator, such as W3C's, has read the same span: it knows the trace
        # state, and the flag of random trace ids.
        flags, state = known.trace_flags & ~SAMPLED_FLAG, known.trace_state
    if found.flags & DEBUG_FLAG:
        state = debug.with_debug(state)
    return trace.SpanContext(
        found.trace_id,
        found.span_id,
        is_remote=True,
        trace_flags=trace.TraceFlags(flags | int(found.is_sampled)),
        trace_state=state,
    )
