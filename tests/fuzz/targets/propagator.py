"""
Headers that OpenTelemetry's propagator reads and writes.

Each line is a header, as in the target `carriers`.

- Neither `extract` nor `inject` raises, and the carrier is not changed.
- A span context has valid ids and no flag but sampled; baggage and debug id are within
  their bounds.
- What is injected has header names that are tokens and values that can break no header,
  and is a bounded multiple of what was extracted.
- What was injected is the same after it was extracted and injected again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry import baggage, trace

from jaeger_client.codecs.baggage import MAX_DEBUG_ID_LENGTH
from jaeger_client.codecs.items import MAX_BAGGAGE_SIZE
from jaeger_client.constants import MAX_BAGGAGE_ITEMS
from jaeger_client.otel.debug import debug_id_of
from jaeger_client.otel.propagator import JaegerPropagator
from tests.fuzz.oracles import checked_log
from tests.fuzz.targets.carriers import MAX_GROWTH, check_headers, headers_of

if TYPE_CHECKING:
    from opentelemetry.context import Context

PROPAGATOR: Final = JaegerPropagator()


def fuzz_one(data: bytes) -> None:
    """Extract from the headers in *data*, inject, and do both again."""
    carrier = headers_of(data)
    before = [*carrier.items()]
    with checked_log():
        context = PROPAGATOR.extract(carrier)
        assert before == [*carrier.items()]
        check_context(context)
        first = written(context, 200 + len(data))
        again = PROPAGATOR.extract(first)
        assert span_context_in(context) == span_context_in(again), first
        # Keys of baggage may have got lower case, in which they stay.
        second = written(again, 200 + len(data))
        assert second == written(PROPAGATOR.extract(second), 200 + len(data))


def check_context(context: Context) -> None:
    """A context that came from outside is within all bounds."""
    found = span_context_in(context)
    assert found.trace_flags in {0, 1}
    assert found.is_valid == found.is_remote
    items = baggage.get_all(context)
    assert len(items) <= MAX_BAGGAGE_ITEMS
    assert sum(len(key) + len(str(text)) for key, text in items.items()) <= (
        MAX_BAGGAGE_SIZE
    )
    assert len(debug_id_of(context) or "") <= MAX_DEBUG_ID_LENGTH


def written(context: Context, size: int) -> dict[str, str]:
    """Return what is injected; it can be sent, and is not large."""
    headers: dict[str, str] = {}
    PROPAGATOR.inject(headers, context)
    check_headers(headers, is_http=True)
    length = sum(len(name) + len(value) for name, value in headers.items())
    assert length <= MAX_GROWTH * size, (length, size)
    return headers


def span_context_in(context: Context) -> trace.SpanContext:
    """Return the span context in *context*."""
    return trace.get_current_span(context).get_span_context()
