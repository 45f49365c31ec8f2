"""
The format of TChannel: four numbers under names, nothing else.

TChannel's own carriers hold numbers (`ZipkinCodec`). Headers hold text only, so
where the format is one of those of headers it is decimal text (`ZipkinTextCodec`).
"""

from __future__ import annotations

import re
from typing import Final

from jaeger_client.codecs.base import Codec, is_mapping, shown, text_of, writable
from jaeger_client.codecs.headers import Header, HeaderNames
from jaeger_client.constants import MAX_ID_BITS, MAX_TRACE_ID_BITS
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

ZipkinSpanFormat: Final = "zipkin-span-format"
"""The name of the format, for `Tracer.inject` and `Tracer.extract`."""

_MAX_FLAGS_BITS: Final = 31
_BITS: Final = {
    "trace-id": MAX_TRACE_ID_BITS,
    "span-id": MAX_ID_BITS,
    "parent-id": MAX_ID_BITS,
    "traceflags": _MAX_FLAGS_BITS,
}
"""The headers, and the bits that their numbers may have."""

# No more digits than 128 bits have.
_DECIMAL: Final = re.compile("[0-9]{1,39}").fullmatch


class ZipkinCodec(Codec):
    """Writes to dicts; reads dicts and objects with attributes of the same names."""

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier*, a dict or other mutable mapping."""
        fields = writable(carrier)
        fields["trace_id"] = span_context.trace_id
        fields["span_id"] = span_context.span_id
        fields["parent_id"] = span_context.parent_id
        fields["traceflags"] = span_context.flags

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context in *carrier*, or `None` if it has no trace id."""
        trace_id = _number(carrier, "trace_id", MAX_TRACE_ID_BITS)
        span_id = _number(carrier, "span_id", MAX_ID_BITS)
        parent_id = _number(carrier, "parent_id", MAX_ID_BITS)
        flags = _number(carrier, "traceflags", _MAX_FLAGS_BITS)
        if not trace_id:
            return None
        return SpanContext(trace_id, span_id, parent_id, flags)  # type: ignore[arg-type]  # None as in 4.8


class ZipkinTextCodec(Codec):
    """Writes to headers as decimal text; reads text and numbers, names in any case."""

    def __init__(self) -> None:
        self._names = HeaderNames(_meaning)

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write *span_context* into *carrier*, a dict or other mutable mapping."""
        headers = writable(carrier)
        if not span_context.has_trace:
            return
        headers["trace-id"] = str(span_context.trace_id)
        headers["span-id"] = str(span_context.span_id)
        if span_context.parent_id is not None:
            headers["parent-id"] = str(span_context.parent_id)
        headers["traceflags"] = str(span_context.flags)

    def extract(self, carrier: object) -> SpanContext | None:
        """Return the context in *carrier*, or `None` if it lacks an id."""
        numbers = {
            header.kind: _checked(_plain(value), header.kind, _BITS[header.kind])
            for header, value in self._names.own_headers(carrier)
        }
        trace_id, span_id = numbers.get("trace-id"), numbers.get("span-id")
        if not trace_id or not span_id:
            return None
        flags = numbers.get("traceflags") or 0
        return SpanContext(trace_id, span_id, numbers.get("parent-id"), flags)


def _meaning(name: str) -> Header | None:
    # As TChannel spells it, too.
    name = name.replace("_", "-")
    return Header(name) if name in _BITS else None


def _plain(value: object) -> object:
    """Return the number that a header's text is, and all else as it is."""
    text = text_of(value)
    if text is None:
        return value
    digits = text.strip()
    return int(digits) if _DECIMAL(digits) else text


def _number(carrier: object, name: str, bits: int) -> int | None:
    return _checked(_field(carrier, name), name, bits)


def _checked(value: object, name: str, bits: int) -> int | None:
    """
    Return *value* if it is a number of at most *bits* bits, or `None`.

    Raises:
        CorruptContextError: If it is anything else.
    """
    if value is None:
        return None
    if isinstance(value, int) and value >= 0 and not value >> bits:
        return value
    msg = f"{name} must be a number of at most {bits} bits, got {shown(value)}"
    raise CorruptContextError(msg)


def _field(carrier: object, name: str) -> object:
    # A dict is what nearly always comes; asking an ABC costs several times more.
    if type(carrier) is dict or is_mapping(carrier):
        return carrier.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # any dict
    try:
        value: object = getattr(carrier, name)
    except AttributeError as exc:
        got = type(carrier).__name__
        msg = f"the carrier must be a mapping or have {name}, got {got}"
        raise InvalidCarrierError(msg) from exc
    return value
