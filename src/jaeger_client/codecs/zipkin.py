"""The format of TChannel: four fields or attributes that contain numbers."""

from __future__ import annotations

from typing import Final

from jaeger_client._internal.shown import shown
from jaeger_client.codecs.base import Codec, context_of, is_mapping, is_writable
from jaeger_client.constants import MAX_ID_BITS, MAX_TRACE_ID_BITS
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

ZipkinSpanFormat: Final = "zipkin-span-format"
"""The name of the format, for `Tracer.inject` and `Tracer.extract`."""

_MAX_FLAGS_BITS: Final = 31


class ZipkinCodec(Codec):
    """Writes to dicts; reads dicts and objects with attributes of the same names."""

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier*, a dict or other mutable mapping."""
        context, fields = context_of(span_context), carrier
        if not is_writable(fields):
            got = type(carrier).__name__
            msg = f"the carrier must be a dict or mutable mapping, got {got}"
            raise InvalidCarrierError(msg)
        fields["trace_id"] = context.trace_id
        fields["span_id"] = context.span_id
        fields["parent_id"] = context.parent_id
        fields["traceflags"] = context.flags

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context in *carrier*, or `None` if it has no trace id."""
        trace_id = _number(carrier, "trace_id", MAX_TRACE_ID_BITS)
        span_id = _number(carrier, "span_id", MAX_ID_BITS)
        parent_id = _number(carrier, "parent_id", MAX_ID_BITS)
        flags = _number(carrier, "traceflags", _MAX_FLAGS_BITS)
        if not trace_id:
            return None
        return SpanContext(trace_id, span_id, parent_id, flags)  # type: ignore[arg-type]  # None as in 4.8


def _number(carrier: object, name: str, bits: int) -> int | None:
    value: object
    if is_mapping(carrier):
        value = carrier.get(name)
    else:
        try:
            value = getattr(carrier, name)
        except AttributeError as exc:
            got = type(carrier).__name__
            msg = f"the carrier must be a mapping or have {name}, got {got}"
            raise InvalidCarrierError(msg) from exc
    if value is None:
        return None
    if isinstance(value, int) and value >= 0 and not value >> bits:
        return value
    msg = f"{name} must be a number of at most {bits} bits, got {shown(value)}"
    raise CorruptContextError(msg)
